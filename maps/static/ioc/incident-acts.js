// What one may do about an incident: one button or one small form each; a part's name is what keys lead to.

import { h } from "./dom.js";
import { alertText, count, moment, ms, t } from "./text.js";

const button = (sheet, incident, action, words, body) => h("button", { "data-part": action, onclick: () => sheet.act(incident.id, action, body) }, words);

// A form of one deed: `body()` is what it says.
function form(sheet, incident, action, fields, words, body) {
  const made = h("form", { class: "deed" }, ...fields, h("button", { type: "submit" }, words));
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    sheet.act(incident.id, action, body(), made);
  });
  return made;
}

const labelled = (key, field) => h("label", {}, t(key), field);
const text = (part, more = {}) => h("input", { type: "text", "data-part": part, autocomplete: "off", ...more });
const choice = (part, options) => h("select", { "data-part": part }, ...options.map(([value, words]) => h("option", { value }, words)));

function comment(sheet, incident) {
  const field = h("textarea", { "data-part": "comment", rows: 2, minlength: 3, maxlength: 2000, required: true, "aria-label": t("alerts.comment"), placeholder: t("alerts.comment_hint") });
  return form(sheet, incident, "comment", [field], t("alerts.comment"), () => ({ comment: field.value }));
}

// What was done and found. With alerts still open it takes a reason, and two fields say so.
function close(sheet, incident) {
  const summary = text("close", { required: true, minlength: 3, maxlength: 2000 });
  const fields = [labelled("incidents.summary", summary)];
  if (incident.state === "mitigated") return form(sheet, incident, "close", fields, t("incidents.close"), () => ({ summary: summary.value }));
  const reason = text("reason", { required: true, minlength: 3, maxlength: 2000 });
  return form(sheet, incident, "close", [...fields, labelled("incidents.why_early", reason)], t("incidents.close_early"),
    () => ({ summary: summary.value, reason: reason.value, force: true }));
}

function rename(sheet, incident) {
  const title = text("rename", { value: incident.title, required: true, minlength: 3, maxlength: 200 });
  return form(sheet, incident, "rename", [labelled("incidents.column_title", title)], t("incidents.rename"), () => ({ title: title.value }));
}

function lead(sheet, incident) {
  const name = text("give", { value: incident.lead, maxlength: 64, list: "lead-book" });
  const book = h("datalist", { id: "lead-book" }, ...sheet.people.map(({ account, display }) => h("option", { value: account }, display)));
  return form(sheet, incident, "lead", [labelled("incidents.lead_of", name), book], t("incidents.give"), () => (name.value.trim() ? { lead: name.value.trim() } : {}));
}

function add(sheet, incident) {
  const { free } = sheet.choices;
  if (!free.length) return null;
  const alert = choice("add", free.map((each) => [each.id, [alertText(each), each.device ? sheet.nameOf(each.device) : null, moment(ms(each.since))].filter(Boolean).join(" · ")]));
  return form(sheet, incident, "add", [labelled("incidents.loose", alert)], t("incidents.add"), () => ({ alerts: [alert.value] }));
}

function merge(sheet, incident) {
  const others = sheet.choices.open.filter(({ id }) => id !== incident.id);
  if (!others.length) return null;
  const other = choice("merge", others.map(({ id, title }) => [id, title]));
  return form(sheet, incident, "merge", [labelled("incidents.merge_into", other)], t("incidents.merge"), () => ({ into: other.value }));
}

function reopen(sheet, incident) {
  const why = text("reopen", { required: true, minlength: 3, maxlength: 2000 });
  return form(sheet, incident, "reopen", [labelled("incidents.why_reopen", why)], t("incidents.reopen"), () => ({ comment: why.value }));
}

// Everything that may be done to it now, what is done most first.
export function acts(incident, sheet) {
  if (incident.state === "closed") return h("div", { class: "acts" }, incident.merged_into ? null : reopen(sheet, incident), comment(sheet, incident));
  const now = [incident.unacked ? button(sheet, incident, "ack", t("incidents.ack", { n: count(incident.unacked) })) : null,
    incident.lead === sheet.me ? null : button(sheet, incident, "lead", t("incidents.lead_me"), { lead: sheet.me })];
  const over = incident.state === "mitigated"; // then closing is next; before that it is the exception
  const more = [add(sheet, incident), rename(sheet, incident), lead(sheet, incident), merge(sheet, incident), over ? null : close(sheet, incident)];
  return h("div", { class: "acts" }, ...now, comment(sheet, incident), over ? close(sheet, incident) : null,
    h("details", { class: "more" }, h("summary", {}, t("incidents.more")), ...more.filter(Boolean)));
}
