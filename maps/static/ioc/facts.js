// A device's three facts and its latest values, for its card on the wall and for its own page.

import { h } from "./dom.js";
import { metricName, moment, ms, t, valueText } from "./text.js";

// The API gives the facts beside the device or under `presence`.
export const presenceOf = (device) => ({ ...device, ...(device.presence ?? {}) });

export function factList(device) {
  const presence = presenceOf(device);
  const list = h("ul", { class: `facts${presence.unknown ? " guess" : ""}` });
  for (const fact of ["connected", "fresh", "working"]) {
    const value = presence[fact];
    const [mark, word] = value === true ? ["✓", "fact.yes"] : value === false ? ["✕", "fact.no"] : ["?", "fact.unsaid"];
    list.append(h("li", { class: value === false ? "bad" : "" }, t(`fact.${fact}`),
      h("span", { "aria-hidden": "true" }, mark), h("span", { class: "unseen" }, t(word))));
  }
  return list;
}

// What is worked on: until when, why, and by whom it was planned; asked of one device only, lists do not tell it.
export function workList(device) {
  const line = ({ until, author, reason }) => h("li", {}, t("card.work", { reason, until: moment(ms(until)), name: author }));
  return device.maintenance?.length ? h("ul", { class: "plain-list" }, ...device.maintenance.map(line)) : null;
}

export function latestTable(device, most = Infinity) {
  const latest = Object.entries(device.latest ?? {}).slice(0, most);
  if (!latest.length) return h("p", { class: "muted" }, t("latest.none"));
  const row = ([metric, { value, ts }]) => h("tr", {}, h("th", { scope: "row" }, metricName(metric)),
    h("td", {}, valueText(metric, value)), h("td", { class: "when" }, moment(ms(ts))));
  return h("table", { class: "latest" }, h("caption", { class: "unseen" }, t("latest.title")), h("tbody", {}, ...latest.map(row)));
}
