// The names of the areas and, beside them, how many devices there are not well. Each label looks for the
// place near its area where it covers no other label and as few devices as can be; where there is none, the
// label of the quieter area is left out until there is room (zooming in makes some).

import { h, say, sign } from "./dom.js";
import { count } from "./text.js";

const SHOWN = ["critical", "warning", "offline", "unknown"];

export class Labels {
  // `obstacles`: elements over the map that would hide a label.
  constructor(map, layer, obstacles) {
    this.map = map;
    this.obstacles = obstacles;
    this.layer = layer;
    this.box = h("div", { "aria-hidden": "true" }); // the same facts are in the lists beside the map
    map.getContainer().append(this.box);
    this.box.style.cssText = "position:absolute;inset:0;z-index:460;overflow:hidden;pointer-events:none";
    this.labels = new Map();
    map.on("movestart zoomstart", () => { this.box.style.visibility = "hidden"; });
    layer.on("drawn", () => this.place());
  }

  // `areas`: [{slug, name, position: [lat, lon], counts}]
  show(areas) {
    const kept = new Set(areas.map((area) => area.slug));
    for (const [slug, label] of this.labels) if (!kept.has(slug)) this._drop(slug, label);
    let moved = false;
    for (const area of areas) moved = this._fill(area) || moved;
    if (moved) this.place();
  }

  _drop(slug, label) {
    label.element.remove();
    this.labels.delete(slug);
  }

  // Writes one label anew if its words changed; returns whether it did.
  _fill(area) {
    const counts = SHOWN.map((state) => [state, area.counts[window.IOC.STATES.indexOf(state)] ?? 0]).filter(([, n]) => n);
    const words = `${area.name}|${counts.join()}|${area.position}`;
    let label = this.labels.get(area.slug);
    if (label?.words === words) return false;
    if (!label) {
      label = { element: h("div", { class: "area-label" }, h("b"), h("div", { class: "counts number" })) };
      this.labels.set(area.slug, label);
      this.box.append(label.element);
    }
    say(label.element.firstChild, area.name);
    label.element.lastChild.replaceChildren(...counts.map(([state, n]) => h("span", {}, sign(state), count(n))));
    label.element.classList.toggle("calm", counts.length === 0);
    label.words = words;
    label.position = area.position;
    label.weight = counts.reduce((sum, [state, n]) => sum + n * (state === "critical" ? 100 : 1), 0);
    label.size = [label.element.offsetWidth, label.element.offsetHeight];
    return true;
  }

  place() {
    const taken = this._hidden();
    const points = this.layer.picture ? this._points() : [];
    for (const label of [...this.labels.values()].sort((a, b) => b.weight - a.weight)) {
      label.size = [label.element.offsetWidth, label.element.offsetHeight];
      const rect = this._best(label, taken, points);
      label.element.style.visibility = rect ? "inherit" : "hidden";
      if (!rect) continue;
      label.element.style.transform = `translate(${Math.round(rect[0])}px, ${Math.round(rect[1])}px)`;
      taken.push(rect);
    }
    this.box.style.visibility = "visible";
  }

  _hidden() {
    const { left, top } = this.map.getContainer().getBoundingClientRect();
    return this.obstacles.map((element) => element.getBoundingClientRect())
      .filter((box) => box.width).map((box) => [box.left - left, box.top - top, box.width, box.height]);
  }

  // The devices on screen with their weight: covering a troubled one is worse.
  _points() {
    const size = this.map.getSize();
    const { state } = this.layer.picture;
    return this.layer._placed.slice(0, 4000).map((index) => {
      const { x, y } = this.layer.pointOf(index);
      return [x, y, state[index] ? 4 : 1];
    }).filter(([x, y]) => x > 0 && y > 0 && x < size.x && y < size.y);
  }

  _best(label, taken, points) {
    const [width, height] = label.size;
    const at = this.map.latLngToContainerPoint(label.position);
    const size = this.map.getSize();
    const unit = window.IOC.unit();
    let best = null;
    for (const dy of [0, -1, 1, -2, 2, -3, 3, -4.2, 4.2]) {
      for (const dx of [0, -0.6, 0.6, -1.1, 1.1]) {
        const rect = [at.x - width / 2 + dx * width * 0.6, at.y - height / 2 + dy * 26 * unit, width, height];
        if (rect[0] < 4 || rect[1] < 4 || rect[0] + width > size.x - 4 || rect[1] + height > size.y - 4) continue;
        if (taken.some((other) => overlap(rect, other, 8 * unit))) continue;
        const cost = covered(rect, points, 8 * unit) * 3 + Math.abs(dx) * 2 + Math.abs(dy);
        if (!best || cost < best[0]) best = [cost, rect];
      }
    }
    return best && best[1];
  }
}

const overlap = (a, b, gap) => a[0] < b[0] + b[2] + gap && b[0] < a[0] + a[2] + gap
  && a[1] < b[1] + b[3] + gap && b[1] < a[1] + a[3] + gap;

function covered(rect, points, gap) {
  let sum = 0;
  for (const [x, y, weight] of points) {
    if (x > rect[0] - gap && x < rect[0] + rect[2] + gap && y > rect[1] - gap && y < rect[1] + rect[3] + gap) sum += weight;
  }
  return sum;
}
