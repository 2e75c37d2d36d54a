// Beside an alert's story: the incident it is in, or the offer to put it into an open one or a new one.

import { ask, items } from "./api.js";
import { h } from "./dom.js";
import { incidentPage, stateWords } from "./incident-words.js";
import { t } from "./text.js";

// The incident an alert, or what explains it, is in; else those it may be put into.
export async function placeOf(alertId) {
  const [incident] = items(await ask(`/api/v1/incidents?${new URLSearchParams({ alert: alertId })}`));
  if (incident) return { incident, open: [] };
  return { incident: null, open: items(await ask("/api/v1/incidents?open=true")).map(({ id, title }) => ({ id, title })) };
}

// `story`: who may, and how an alert is put in.
export function incidentPart(alert, { incident, open }, story) {
  if (incident) {
    const words = incident.alerts.includes(alert.id) ? t("incidents.in") : t("incidents.cause_in");
    return h("p", { class: "part" }, `${words} `, h("a", { href: incidentPage(incident.id), "data-part": "incident" }, incident.title),
      ` · ${stateWords(incident)}`);
  }
  if (!story.may) return null;
  const fresh = alert.open ? h("a", { class: "button", href: `/incidents?${new URLSearchParams({ new: alert.id })}`, "data-part": open.length ? null : "incident" }, t("incidents.new_about")) : null;
  if (!open.length) return fresh && h("p", { class: "part" }, fresh);
  const choice = h("select", { "data-part": "incident" }, ...open.map(({ id, title }) => h("option", { value: id }, title)));
  const form = h("form", { class: "part" }, h("label", {}, t("incidents.put_in"), choice), h("button", { type: "submit" }, t("incidents.put")), fresh);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    story.put(alert, choice.value);
  });
  return form;
}
