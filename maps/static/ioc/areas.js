// The areas' desk: the tree of places, how much of each is in service now, and the way to its devices and alerts.

import { ask, items } from "./api.js";
import { openDesk } from "./desk.js";
import { find, h, say, sign } from "./dom.js";
import { Picture } from "./picture.js";
import { Stream } from "./stream.js";
import { count, percent, t } from "./text.js";

const WRONG = ["critical", "warning", "offline", "unknown", "pending"];
const picture = new Picture();
let areas = [];

// Parents before their parts, each part under its parent; `depth` is how far in.
export function inTree(list) {
  const known = new Set(list.map((area) => area.slug));
  const parts = (parent, depth) => list.filter((area) => (known.has(area.parent) ? area.parent : null) === parent)
    .flatMap((area) => [{ ...area, depth }, ...parts(area.slug, depth + 1)]);
  return parts(null, 0);
}

// Counts by state of an area and everything below it.
export function countsBelow(list, slug, counts) {
  const own = counts.get(slug) ?? [];
  const below = list.filter((area) => area.parent === slug && area.slug !== slug).map((area) => countsBelow(list, area.slug, counts));
  return window.IOC.STATES.map((_, code) => [own, ...below].reduce((sum, each) => sum + (each[code] ?? 0), 0));
}

function row(area) {
  const counts = countsBelow(areas, area.slug, picture.areas);
  const at = (state) => counts[window.IOC.STATES.indexOf(state)];
  const all = counts.reduce((sum, n) => sum + n, 0);
  const expected = all - at("pending") - at("maintenance");
  const query = new URLSearchParams({ area: area.slug });
  const tags = (states) => states.filter((state) => at(state)).map((state) => h("span", { class: "tag number", title: t(`state.${state}`) },
    sign(state), h("span", { class: "unseen" }, t(`state.${state}`)), count(at(state))));
  const wrong = tags(WRONG);
  const valid = [area.valid_from, area.valid_to].some(Boolean) ? `${area.valid_from ?? "…"} – ${area.valid_to ?? "…"}` : "";
  const name = h("th", { scope: "row", class: `depth-${Math.min(area.depth, 4)}` }, h("a", { href: `/devices?${query}` }, area.name));
  return h("tr", {}, name, h("td", { class: "number" }, count(all), ...tags(["maintenance"])), h("td", { class: "number" }, percent(at("ok") + at("warning"), expected)),
    h("td", {}, wrong.length ? h("a", { class: "wrong", href: `/alerts?${query}` }, ...wrong) : t("areas.calm")), h("td", { class: "number" }, valid));
}

function draw() {
  const list = inTree(areas);
  find("rows").replaceChildren(...list.map(row));
  say(find("total"), count(list.length));
}

openDesk(async () => {
  areas = items(await ask("/api/v1/areas"));
  draw();
});

new Stream("/ws/live", ["areas"], {
  frame(frame) {
    if (picture.fold(frame).areas) draw();
    document.body.dataset.seq = frame.seq;
  },
  figures() {}, beat() {}, closed() {},
  link: (link) => { document.body.dataset.link = link; },
});
