// What an alert has to do with others: the one that explains it, and those that it explains.

import { ask, items } from "./api.js";
import { h, sign } from "./dom.js";
import { alertState, alertText, count, moment, ms, t } from "./text.js";

const MOST = 200;

const explained = (alert) => alert.suppressions.some(({ kind }) => kind === "parent");

// How many of a list each alert in it explains: these stand behind it, as its number.
export function folded(alerts) {
  const heads = new Map(alerts.map((alert) => [alert.id, 0]));
  for (const alert of alerts) if (explained(alert) && heads.has(alert.parent)) heads.set(alert.parent, heads.get(alert.parent) + 1);
  return { behind: (alert) => heads.get(alert.id) ?? 0, hides: (alert) => explained(alert) && heads.has(alert.parent) };
}

// A part of the page that fills itself; nothing of it is seen where an alert stands alone.
export function kinOf(alert, { nameOf, open }) {
  const box = h("div", { class: "kin" });
  const line = (other) => h("li", {}, h("button", { class: "plain", "data-part": `kin-${other.id}`, onclick: () => open(other.id) }, sign(alertState(other)),
    h("span", {}, [nameOf(other), alertText(other)].filter(Boolean).join(" · "))), h("time", { class: "number", datetime: other.since }, moment(ms(other.since))));
  const list = (title, others) => h("details", { open: others.length === 1 }, h("summary", {}, title), h("ul", { class: "plain-list" }, ...others.map(line)));
  const cause = alert.parent ? ask(`/api/v1/alerts/${encodeURIComponent(alert.parent)}`).then((other) => [other]) : Promise.resolve([]);
  const effects = ask(`/api/v1/alerts?${new URLSearchParams({ parent: alert.id, limit: MOST })}`).then(items);
  Promise.all([cause, effects]).then(([above, below]) => box.append(
    ...(above.length ? [list(t("alerts.because"), above)] : []),
    ...(below.length ? [list(t("alerts.explains", { n: count(below.length) }), below)] : []),
  )).catch(() => box.remove());
  return box;
}
