// Hours as bars: a band of what came in, and one for each kind of trouble there was, each to its own scale.
// Grey is well; colour is only for what was lost or could not be used.

import { h, svg } from "./dom.js";
import { count, dayMonth, hourMinute, ms, t } from "./text.js";

const HOUR = 3600000;
export const MOST_HOURS = 48;
const BANDS = [
  { name: "received", parts: ["received"], always: true },
  { name: "harmless", parts: ["duplicate", "ignored"] },
  { name: "unusable", parts: ["quarantined", "shed"] },
  { name: "gaps", parts: ["seq_gaps"] },
];
const COLUMNS = ["received", "stored", "duplicate", "ignored", "quarantined", "shed", "seq_gaps"];

const span = (at) => `${dayMonth(at)} ${hourMinute(at)}–${hourMinute(at + HOUR)}`;
const sumOf = (hour, parts) => parts.reduce((sum, part) => sum + Math.max(hour?.[part] ?? 0, 0), 0);

// What happened in an hour, in words; what did not happen is left out.
export function hourWords(hour) {
  return COLUMNS.filter((name) => name === "received" || hour[name]).filter((name) => name in hour)
    .map((name) => t(`hours.word_${name}`, { n: count(hour[name]) })).join(" · ");
}

// The rows of the table under the chart, newest hour first.
export function hourRows(hours) {
  const head = COLUMNS.map((name) => h("th", { scope: "col" }, t(name === "seq_gaps" ? "hours.gaps" : `ledger.${name}`)));
  const row = (hour) => h("tr", {}, h("th", { scope: "row" }, span(ms(hour.hour))),
    ...COLUMNS.map((name) => h("td", { class: hour[name] ? null : "none" }, count(hour[name]))));
  return [h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("hours.hour")), ...head)), h("tbody", {}, ...hours.map(row))];
}

export class HourChart {
  constructor(box, said) {
    this.box = box;
    this.said = said;
    this.hours = [];
    this.chosen = null;
    box.addEventListener("pointermove", (event) => this._point(event));
    box.addEventListener("pointerleave", () => this._choose(null));
    box.addEventListener("blur", () => this._choose(null));
    box.addEventListener("keydown", (event) => this._key(event));
  }

  // `hours` as the API tells them; the hours without any row are drawn empty.
  show(hours, now) {
    const known = new Map(hours.map((hour) => [ms(hour.hour), hour]));
    const last = Math.floor(now / HOUR) * HOUR;
    this.times = Array.from({ length: MOST_HOURS }, (_, at) => last - (MOST_HOURS - 1 - at) * HOUR);
    this.hours = this.times.map((time) => known.get(time) ?? null);
    this.draw();
  }

  draw() {
    if (!this.hours.some(Boolean)) {
      this.box.replaceChildren(h("p", { class: "muted" }, t("hours.none")));
      return;
    }
    const seen = BANDS.filter((band) => band.always || this.hours.some((hour) => sumOf(hour, band.parts)));
    this.box.replaceChildren(...seen.map((band) => this._band(band)), this._axis());
    this._choose(this.chosen);
  }

  _band({ name, parts }) {
    const most = Math.max(1, ...this.hours.map((hour) => sumOf(hour, parts)));
    const drawing = svg("svg", { viewBox: `0 0 ${MOST_HOURS} 100`, preserveAspectRatio: "none", "aria-hidden": "true" });
    this.hours.forEach((hour, at) => {
      const column = svg("g", { "data-hour": at }, svg("rect", { class: "ground", x: at, y: 0, width: 1, height: 100 }));
      let top = 100;
      for (const part of parts) {
        const share = (100 * Math.max(hour?.[part] ?? 0, 0)) / most;
        const height = share ? Math.max(share, 3) : 0; // one message among thousands is still seen
        top = Math.max(top - height, 0);
        if (height) column.append(svg("rect", { class: part, x: at + 0.12, y: top, width: 0.76, height }));
      }
      drawing.append(column);
    });
    return h("div", { class: `band ${name}` }, h("p", {}, t(`hours.${name}`), h("small", { class: "number" }, t("hours.most", { n: count(most) }))), drawing);
  }

  // Every sixth hour of our clock; midnight is told as its day.
  _axis() {
    const axis = h("div", { class: "axis number", "aria-hidden": "true" });
    this.times.forEach((time, at) => {
      const clock = hourMinute(time);
      if (Number(clock.slice(0, 2)) % 6 || at > MOST_HOURS - 3) return;
      const midnight = clock.startsWith("00");
      const label = h("span", { class: midnight ? "day" : "" }, midnight ? dayMonth(time) : clock);
      label.style.setProperty("--at", `${(100 * at) / MOST_HOURS}%`);
      axis.append(label);
    });
    return axis;
  }

  _point(event) {
    const drawing = this.box.querySelector("svg")?.getBoundingClientRect();
    if (!drawing) return;
    const at = Math.floor(((event.clientX - drawing.left) / drawing.width) * MOST_HOURS);
    this._choose(at >= 0 && at < MOST_HOURS ? at : null);
  }

  _key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || !this.hours.length) return;
    event.preventDefault();
    this._choose(Math.min(MOST_HOURS - 1, Math.max(0, (this.chosen ?? MOST_HOURS) + step)));
  }

  _choose(at) {
    this.chosen = at;
    for (const column of this.box.querySelectorAll("g")) column.classList.toggle("chosen", Number(column.dataset.hour) === at);
    const words = at === null ? "" : `${span(this.times[at])} · ${hourWords(this.hours[at] ?? { received: 0 })}`;
    if (this.said.textContent !== words) this.said.textContent = words;
  }
}
