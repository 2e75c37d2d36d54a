// One alert's whole story beside the list: what, where, since when, what was done by whom, the metric around the time,
// and what one may do about it.

import { kinOf } from "./alert-kin.js";
import { Refused, ask, devicePage, deviceUrl } from "./api.js";
import { draw } from "./chart.js";
import { did, failed, refused } from "./desk.js";
import { h, sign, tone } from "./dom.js";
import { incidentPart, placeOf } from "./incident-part.js";
import { alertState, alertText, has, metricName, moment, ms, t, valueText } from "./text.js";

const BEFORE_MS = 3600_000;
const AFTER_MS = 1800_000;
const HOURS = [1, 4, 12];

// The words of a key; a word that a newer engine says and this page does not know stands for itself.
const worded = (key) => (has(key) ? t(key) : key.split(".")[1].replaceAll("_", " "));

// "shelved until 14:00 by lan (waiting for a part)": of what the engine does by itself, the kind says all.
function muteText({ kind, until, author, reason }) {
  const person = author && author !== "engine";
  return [worded(`suppress.${kind}`), until && person ? t("alerts.mute_until", { at: moment(ms(until)) }) : null,
    person ? t("alerts.mute_by", { name: author }) : null, person && reason ? `(${reason})` : null].filter(Boolean).join(" ");
}

export class AlertStory {
  constructor(box, { nameOf, areaOf, done }) {
    Object.assign(this, { box, nameOf, areaOf, done });
    this.may = false; // operators and above
    this.people = []; // whom work may be given to: {account, display}, oneself first
    this.id = null;
  }

  async open(id) {
    this.id = id;
    await this.refresh();
  }

  async refresh() {
    if (this.id === null) return;
    try {
      const [alert, place] = await Promise.all([ask(`/api/v1/alerts/${encodeURIComponent(this.id)}`), placeOf(this.id)]);
      if (alert.id === this.id) this._show(alert, place);
    } catch (error) {
      if (error instanceof Refused && error.status === 404) this.box.hidden = true;
      else failed(error);
    }
  }

  focus(part) {
    this.box.querySelector(`[data-part="${part}"]`)?.focus();
  }

  // Ask the engine; what it refuses is said where the person looks.
  act(alert, action, body = {}) {
    return this._ask(`/api/v1/alerts/${encodeURIComponent(alert.id)}/${action}`, body, t(`alerts.done_${action}`, { name: this.nameOf(alert) }));
  }

  // Put it into an incident.
  put(alert, incident) {
    return this._ask(`/api/v1/incidents/${encodeURIComponent(incident)}/add`, { alerts: [alert.id] }, t("incidents.done_add"));
  }

  async _ask(path, body, words) {
    if (!this.may) return;
    try {
      await ask(path, { method: "POST", body });
      did(words);
    } catch (error) {
      refused(error, "alerts.refused");
    }
    await this.done();
  }

  _show(alert, place) {
    const words = JSON.stringify([alert, place, this.may, this.people, this.nameOf(alert)]);
    if (words === this.words) return;
    this.words = words;
    const held = this.box.contains(document.activeElement) ? document.activeElement.dataset.part : null;
    const typed = this.box.querySelector("textarea")?.value ?? "";
    this.box.hidden = false;
    tone(this.box, alertState(alert));
    this.box.replaceChildren(...[this._head(alert), this._facts(alert), incidentPart(alert, place, this), this.may ? this._acts(alert) : null,
      kinOf(alert, { nameOf: this.nameOf, open: (id) => this.open(id) }), this._chart(alert), this._timeline(alert)].filter(Boolean));
    const field = this.box.querySelector("textarea");
    if (field) field.value = typed;
    if (held) this.focus(held);
  }

  _head(alert) {
    const name = alert.device.includes(":") ? this.nameOf(alert) : h("a", { href: devicePage(alert.device) }, this.nameOf(alert)); // an outage has no page
    const place = [name, this.areaOf(alert)].filter(Boolean);
    return h("header", {}, sign(alertState(alert)), h("div", {}, h("h2", { id: "detail-title" }, alertText(alert)),
      h("p", {}, ...place.flatMap((each, at) => (at ? [" · ", each] : [each])))));
  }

  _facts(alert) {
    const rows = [["alerts.severity", t(`severity.${alert.severity}`)], ["alerts.column_state", t(`condition.${alert.condition}`)],
      ["alerts.column_since", moment(ms(alert.since))], ["alerts.cleared", alert.cleared_at && moment(ms(alert.cleared_at))],
      ["alerts.acked", alert.acked && `${alert.acked_by ?? "–"}, ${moment(ms(alert.acked_at))}`],
      ["alerts.until", alert.ack_until && moment(ms(alert.ack_until))], ["alerts.outcome", alert.outcome && worded(`outcome.${alert.outcome}`)],
      ["alerts.assigned", alert.assignee && this._called(alert.assignee)], ["alerts.suppressed", alert.suppressions.map(muteText).join("; ")]];
    return h("table", { class: "latest" }, h("tbody", {}, ...rows.filter(([, value]) => value)
      .map(([key, value]) => h("tr", {}, h("th", { scope: "row" }, t(key)), h("td", {}, value)))));
  }

  _acts(alert) {
    if (!alert.open) return null;
    const button = (action, words, body, part) => h("button", { "data-part": part ?? action, onclick: () => this.act(alert, action, body) }, words);
    const shelve = h("select", { "data-part": "shelve", "aria-label": t("alerts.shelve") }, h("option", { value: "" }, t("alerts.shelve")),
      ...HOURS.map((hours) => h("option", { value: hours }, t("alerts.shelve_hours", { n: hours }))));
    shelve.addEventListener("change", () => {
      const until = new Date(Date.now() + Number(shelve.value) * 3600_000).toISOString();
      this.act(alert, "shelve", { until, comment: this._typed() || t("alerts.shelve_hours", { n: shelve.value }) });
    });
    const give = h("select", { "data-part": "assign", "aria-label": t("alerts.assign") }, h("option", { value: "" }, t("alerts.assign")),
      ...this.people.filter(({ account }) => account !== alert.assignee).map(({ account, display }) => h("option", { value: account }, display)));
    give.addEventListener("change", () => this.act(alert, "assign", { assignee: give.value }));
    const over = alert.condition === "cleared";
    const comment = h("form", { class: "comment" }, h("textarea", { "data-part": "comment", rows: 2, maxlength: 2000, "aria-label": t("alerts.comment"),
      placeholder: t("alerts.comment_hint") }), h("button", { type: "submit" }, t("alerts.comment")));
    comment.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this._typed();
      if (!text) return this.focus("comment");
      this.box.querySelector("textarea").value = "";
      return this.act(alert, "comment", { comment: text });
    });
    return h("div", { class: "acts" }, alert.acked ? button("unack", t("alerts.unack")) : button("ack", t("ribbon.ack")), shelve, this.people.length ? give : null,
      over ? button("close", t("alerts.close")) : null, button("close", t("alerts.false_alarm"), { reason: "false_alarm" }, "false"), this._silence(alert), comment);
  }

  // To the form of a silence about this very alert.
  _silence({ device, area, rule }) {
    const query = new URLSearchParams([["new", "silence"], ["rules", rule], ...(device ? [["devices", device]] : area ? [["areas", area]] : [])]);
    return h("a", { class: "button", href: `/quiets?${query}` }, t("alerts.silence"));
  }

  _called(account) {
    return this.people.find((each) => each.account === account)?.display ?? account;
  }

  _typed() {
    return this.box.querySelector("textarea")?.value.trim() ?? "";
  }

  // The metric from an hour before until a while after, so that one sees how it came and whether it passed.
  _chart(alert) {
    if (!alert.metric || alert.device.includes(":")) return null;
    if (alert.metric.startsWith("wire_")) return h("p", { class: "muted" }, t("alerts.measured")); // nobody stores it
    const from = ms(alert.since) - BEFORE_MS;
    const to = Math.min(Date.now(), alert.cleared_at ? ms(alert.cleared_at) + AFTER_MS : Date.now());
    const plot = h("div", { class: "plot" });
    const figure = h("figure", { class: "chart" }, h("figcaption", {}, h("strong", {}, metricName(alert.metric)), h("span", { class: "said number" })), plot);
    const query = new URLSearchParams({ metric: alert.metric, from: new Date(from).toISOString(), to: new Date(to).toISOString(), points: 400 });
    ask(`${deviceUrl(alert.device)}/history?${query}`).then(({ points }) => {
      if (!figure.isConnected) return;
      if (points.length) draw(plot, alert.metric, points, from, to, { shade: [ms(alert.since), alert.cleared_at ? ms(alert.cleared_at) : to] });
      else plot.replaceWith(h("p", { class: "none" }, t("device.no_points")));
    }).catch(() => figure.remove());
    return figure;
  }

  _timeline(alert) {
    const step = (entry) => {
      const by = entry.actor ? t("alerts.by", { name: entry.actor }) : null;
      const value = entry.value === null || entry.value === undefined || !alert.metric ? null : valueText(alert.metric, entry.value);
      return h("li", {}, h("time", { class: "number", datetime: entry.at }, moment(ms(entry.at))),
        h("div", {}, h("p", {}, [worded(`cause.${entry.cause}`), value, by].filter(Boolean).join(" · ")),
          entry.comment ? h("p", { class: "said" }, entry.comment) : null,
          entry.announce ? h("p", { class: "muted" }, worded(`announce.${entry.announce}`)) : null));
    };
    return h("section", { "aria-labelledby": "story-title" }, h("h3", { id: "story-title" }, t("alerts.timeline")),
      h("ol", { class: "timeline" }, ...[...alert.timeline].reverse().map(step)));
  }
}
