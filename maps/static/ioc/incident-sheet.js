// One incident beside the list: how it stands, its alerts, what people did, and what one may do about it.

import { Refused, ask } from "./api.js";
import { did, failed, refused } from "./desk.js";
import { h, sign, tone } from "./dom.js";
import { acts } from "./incident-acts.js";
import { alertPage, incidentPage, memberText, noteText, ofAll, otherLink, saidIn, signOf, stateWords } from "./incident-words.js";
import { alertState, count, moment, ms, t } from "./text.js";

export class IncidentSheet {
  constructor(box, { nameOf, done }) {
    Object.assign(this, { box, nameOf, done });
    this.id = null;
    this.me = null;
    this.may = false; // operators and above
    this.people = []; // who may lead it, as the book of contacts has them
    this.choices = { free: [], open: [] }; // alerts to put in, incidents to merge into
  }

  async open(id) {
    this.id = id;
    await this.refresh();
  }

  async refresh() {
    if (this.id === null) return;
    try {
      const incident = await ask(`/api/v1/incidents/${encodeURIComponent(this.id)}`);
      if (incident.id === this.id) this._show(incident);
    } catch (error) {
      if (error instanceof Refused && error.status === 404) this.box.hidden = true;
      else failed(error);
    }
  }

  knows(me, may) {
    Object.assign(this, { me, may });
    this.draw();
  }

  offer(choices) {
    this.choices = choices;
  }

  draw() {
    if (this.incident) this._show(this.incident);
  }

  focus(part) {
    const field = this.box.querySelector(`[data-part="${part}"]`);
    field?.closest("details")?.setAttribute("open", "");
    field?.focus();
  }

  // Do it, with the form that asked; what is refused is said where the person looks, and what was typed stays.
  async act(id, action, body = {}, form = null) {
    if (!this.may) return;
    try {
      await ask(`/api/v1/incidents/${encodeURIComponent(id)}/${action}`, { method: "POST", body });
      form?.reset();
      did(t(`incidents.done_${action}`));
    } catch (error) {
      refused(error, "incidents.refused");
    }
    await this.done();
  }

  _show(incident) {
    this.incident = incident;
    const names = incident.members.map(({ was }) => this.nameOf(was.device));
    const words = JSON.stringify([incident, names, this.may, this.me, this.people, this.choices.free.map(({ id }) => id), this.choices.open.map(({ id }) => id)]);
    if (words === this.words) return;
    this.words = words;
    const keep = this._inHand(incident);
    this.box.hidden = false;
    tone(this.box, signOf(incident));
    this.box.replaceChildren(...[this._head(incident), this._facts(incident), this.may ? acts(incident, this) : null, this._members(incident),
      this._timeline(incident)].filter(Boolean));
    keep();
  }

  // What somebody is typing or choosing stays when the same incident is drawn anew, and the focus is not lost with a
  // button that is no more.
  _inHand(incident) {
    if (this.shown !== incident.id) {
      this.shown = incident.id;
      return () => {};
    }
    const held = this.box.contains(document.activeElement) ? document.activeElement.dataset.part ?? "title" : null;
    const opened = this.box.querySelector("details")?.open;
    const said = new Map(this._fields().filter((field) => field.value !== field.defaultValue).map((field) => [field.dataset.part, field.value]));
    return () => {
      for (const field of this._fields()) if (said.has(field.dataset.part)) field.value = said.get(field.dataset.part);
      for (const field of this.box.querySelectorAll("select")) field.selectedIndex = Math.max(0, field.selectedIndex);
      if (opened) this.box.querySelector("details")?.setAttribute("open", "");
      if (held) (this.box.querySelector(`[data-part="${held}"]`) ?? this.box.querySelector("h2")).focus();
    };
  }

  _fields() {
    return [...this.box.querySelectorAll("input, select, textarea")];
  }

  _head(incident) {
    return h("header", {}, sign(signOf(incident)), h("div", {}, h("h2", { id: "detail-title", tabindex: -1, "data-part": "title" }, incident.title), h("p", {}, stateWords(incident))));
  }

  _facts(incident) {
    const into = incident.merged_into && h("a", { href: incidentPage(incident.merged_into) }, t("incidents.see_other"));
    const rows = [["incidents.column_lead", incident.lead ?? "–"], ["incidents.column_alerts", ofAll(incident)],
      ["incidents.opened", `${incident.opened_by}, ${moment(ms(incident.opened_at))}`],
      ["incidents.closed", incident.closed_at && `${incident.closed_by}, ${moment(ms(incident.closed_at))}`],
      ["incidents.summary", incident.summary], ["incidents.merged_into", into]];
    return h("table", { class: "latest" }, h("tbody", {}, ...rows.filter(([, value]) => value)
      .map(([key, value]) => h("tr", {}, h("th", { scope: "row" }, t(key)), h("td", {}, value)))));
  }

  _members(incident) {
    if (!incident.members.length) return null;
    return h("section", { "aria-labelledby": "members-title" }, h("h3", { id: "members-title" }, t("incidents.members")),
      h("ul", { class: "members" }, ...incident.members.map((member) => this._member(member, incident))));
  }

  _member(member, incident) {
    const { alert, was } = member;
    const state = [alert ? t(`condition.${alert.condition}`) : t("incidents.gone"), alert?.open && alert.acked ? t("alerts.acked_by", { name: alert.acked_by ?? "–" }) : null];
    const explained = member.children ? t("incidents.children", { n: count(member.children), open: count(member.children_open) }) : null;
    const name = memberText(member);
    const out = this.may && incident.state !== "closed" ? h("button", { "data-part": `remove-${was.id}`, "aria-label": t("incidents.remove_of", { name }),
      onclick: () => this.act(incident.id, "remove", { alerts: [was.id] }) }, "✕") : null;
    return h("li", {}, sign(alert?.open ? alertState(alert) : "ok"), h("div", {}, alert ? h("a", { href: alertPage(was.id) }, name) : name,
      h("small", {}, [this.nameOf(was.device), ...state, explained].filter(Boolean).join(" · "))), out);
  }

  _timeline(incident) {
    const line = (note) => h("li", {}, h("time", { class: "number", datetime: note.at }, moment(ms(note.at))),
      h("div", {}, h("p", {}, `${noteText(note)} · ${note.actor} `, otherLink(note)), saidIn(note) ? h("p", { class: "said" }, saidIn(note)) : null,
        note.reason ? h("p", { class: "muted" }, t("incidents.early", { why: note.reason })) : null));
    return h("section", { "aria-labelledby": "story-title" }, h("h3", { id: "story-title" }, t("alerts.timeline")),
      h("ol", { class: "timeline" }, ...[...incident.notes].reverse().map(line)));
  }
}
