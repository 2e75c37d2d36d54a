// The names of the areas and, beside them, how many devices there are not well. Each label looks for the
// place near its area where it covers no other label and as few devices as can be; where there is none, the
// label of the quieter area is left out until there is room (zooming in makes some).

import { h, say, sign } from "./dom.js";
import { count } from "./text.js";

const SHOWN = ["critical", "warning", "offline", "unknown"];
const GRID = 8; // pixels; as exact as a label's place need be

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

  // `areas`: [{slug, name, position: [lat, lon]}], `counts`: slug -> devices by state.
  show(areas, counts) {
    const kept = new Set(areas.map((area) => area.slug));
    for (const [slug, label] of this.labels) if (!kept.has(slug)) this._drop(slug, label);
    let moved = false;
    for (const area of areas) moved = this._fill(area, counts.get(area.slug) ?? []) || moved;
    if (moved) this.place();
  }

  _drop(slug, label) {
    label.element.remove();
    this.labels.delete(slug);
  }

  // Writes one label anew if its words changed; returns whether it may need another place. In a storm only digits change,
  // and a label that jumped about for each of them could not be read.
  _fill(area, counts) {
    const shown = SHOWN.map((state) => [state, counts[window.IOC.STATES.indexOf(state)] ?? 0]).filter(([, n]) => n);
    const label = this.labels.get(area.slug) ?? this._make(area.slug);
    const form = `${area.name}|${area.position}|${shown.map(([state, n]) => `${state}${String(n).length}`)}`;
    label.weight = shown.reduce((sum, [state, n]) => sum + n * (state === "critical" ? 100 : 1), 0);
    label.position = area.position;
    const same = label.form === form;
    if (!same) {
      say(label.element.firstChild, area.name);
      label.element.lastChild.replaceChildren(...shown.map(([state]) => h("span", {}, sign(state), " ")));
      label.element.classList.toggle("calm", shown.length === 0);
      label.form = form;
    }
    shown.forEach(([, n], at) => say(label.element.lastChild.children[at].lastChild, count(n)));
    return !same;
  }

  _make(slug) {
    const label = { element: h("div", { class: "area-label" }, h("b"), h("div", { class: "counts number" })) };
    this.labels.set(slug, label);
    this.box.append(label.element);
    return label;
  }

  // All that is asked of the page comes before all that is told it: else it would be laid out again for every label.
  place() {
    const taken = this._hidden();
    const labels = [...this.labels.values()].sort((a, b) => b.weight - a.weight);
    for (const label of labels) label.size = [label.element.offsetWidth, label.element.offsetHeight];
    const crowding = this.layer.picture ? this._crowding() : () => 0;
    const unit = window.IOC.unit();
    for (const label of labels) {
      const rect = this._best(label, taken, crowding, unit);
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

  // How much a rectangle would cover: the weight of the devices in it, a troubled one being worse. Sums over a grid, so that
  // asking costs the same for one device and for twenty thousand.
  _crowding() {
    const size = this.map.getSize();
    const [wide, high] = [Math.ceil(size.x / GRID) + 1, Math.ceil(size.y / GRID) + 1];
    const sums = new Int32Array(wide * high); // [column, row]: all that is left of and above its corner
    this.layer.eachSeen((x, y, state) => { sums[(Math.floor(y / GRID) + 1) * wide + Math.floor(x / GRID) + 1] += state ? 4 : 1; });
    for (let row = 1; row < high; row++) {
      for (let at = row * wide + 1, line = 0; at < (row + 1) * wide; at++) sums[at] = sums[at - wide] + (line += sums[at]);
    }
    const upTo = (x, y) => sums[Math.min(high - 1, Math.max(0, y)) * wide + Math.min(wide - 1, Math.max(0, x))];
    return ([x, y, width, height], gap) => {
      const [left, top] = [Math.floor((x - gap) / GRID), Math.floor((y - gap) / GRID)];
      const [right, bottom] = [Math.ceil((x + width + gap) / GRID), Math.ceil((y + height + gap) / GRID)];
      return upTo(right, bottom) - upTo(left, bottom) - upTo(right, top) + upTo(left, top);
    };
  }

  _best(label, taken, crowding, unit) {
    const [width, height] = label.size;
    const at = this.map.latLngToContainerPoint(label.position);
    const size = this.map.getSize();
    let best = null;
    for (const dy of [0, -1, 1, -2, 2, -3, 3, -4.2, 4.2]) {
      for (const dx of [0, -0.6, 0.6, -1.1, 1.1]) {
        const rect = [at.x - width / 2 + dx * width * 0.6, at.y - height / 2 + dy * 26 * unit, width, height];
        if (rect[0] < 4 || rect[1] < 4 || rect[0] + width > size.x - 4 || rect[1] + height > size.y - 4) continue;
        if (taken.some((other) => overlap(rect, other, 8 * unit))) continue;
        const cost = crowding(rect, 8 * unit) * 3 + Math.abs(dx) * 2 + Math.abs(dy);
        if (!best || cost < best[0]) best = [cost, rect];
      }
    }
    return best && best[1];
  }
}

const overlap = (a, b, gap) => a[0] < b[0] + b[2] + gap && b[0] < a[0] + a[2] + gap
  && a[1] < b[1] + b[3] + gap && b[1] < a[1] + a[3] + gap;
