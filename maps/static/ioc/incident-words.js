// An incident in words: how it stands, and what each line of its timeline says.

import { h } from "./dom.js";
import { alertState, alertText, count, lang, t } from "./text.js";

export const STATES = ["open", "acked", "mitigated", "closed"]; // as they need somebody

export const incidentPage = (id) => `/incidents?${new URLSearchParams({ incident: id })}`;
export const alertPage = (id) => `/alerts?${new URLSearchParams({ alert: id })}`;
export const stateWords = (incident) => t(`incidents.state_${incident.state}`);

// Trouble keeps its sign until it is over; then it waits to be closed.
export function signOf(incident) {
  if (incident.state === "closed") return "ok";
  return incident.state === "mitigated" ? "pending" : alertState(incident);
}

// How many of its alerts are open, of how many.
export const ofAll = (incident) => t("incidents.of_all", { open: count(incident.open), all: count(incident.alerts.length) });

// An alert that is gone is told as it was.
export const memberText = ({ alert, was }) => (alert ? alertText(alert) : was.title[lang] ?? was.rule.replaceAll("-", " "));

export function noteText(note) {
  const n = count(note.alerts.length);
  if (note.deed === "added" && note.other) return t("incidents.note_come", { n });
  if (note.deed === "removed" && note.other) return t("incidents.note_gone", { n });
  if (note.deed === "merged" && note.text) return t("incidents.note_taken", { n, text: note.text });
  if (note.deed === "led" && !note.text) return t("incidents.note_unled");
  return t(`incidents.note_${note.deed}`, { n, text: note.text });
}

// Words of a person, which stand apart from what was done.
const SAID = ["commented", "acknowledged", "closed", "reopened"];
export const saidIn = (note) => (SAID.includes(note.deed) ? note.text : "");

export const otherLink = (note) => (note.other ? h("a", { href: incidentPage(note.other) }, t("incidents.see_other")) : null);
