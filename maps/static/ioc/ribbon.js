// What waits for someone: the worst of it in the head of the page, all of it in the list on the right.
// Operators acknowledge here; the list itself changes only when the stream says so.

import { ask, why } from "./api.js";
import { find, h, say, sign } from "./dom.js";
import { alertState, alertText, count, hourMinute, moment, t } from "./text.js";

const MOST = 100; // rows; a wall shows a dozen, and a storm must not make the page heavy

export class Ribbon {
  constructor(picture, areaName, open) {
    this.picture = picture;
    this.areaName = areaName;
    this.open = open; // opens a device's card
    this.may = false; // acknowledge: operators and above
    this.rows = new Map();
    this.first = ""; // what the head says now
    this.box = find("alerts");
  }

  show() {
    const waiting = this.picture.waiting();
    this._showFirst(waiting[0]);
    say(find("alerts-count"), count(waiting.length));
    const shown = waiting.slice(0, MOST);
    const rows = shown.map((alert) => this._row(alert));
    const wanted = new Set(shown.map((alert) => alert.id));
    for (const id of this.rows.keys()) if (!wanted.has(id)) this._leave(id);
    rows.forEach((row, at) => { if (this.box.children[at] !== row) this.box.insertBefore(row, this.box.children[at] ?? null); });
    find("alerts-calm").hidden = waiting.length > 0;
    find("alerts-more").hidden = waiting.length <= MOST;
    say(find("alerts-more"), t("ribbon.more", { n: count(waiting.length - MOST) }));
    const acked = [...this.picture.alerts.values()].filter((alert) => alert.acked).length;
    say(find("alerts-acked"), t("ribbon.acked", { n: count(acked) }));
  }

  // For people who listen instead of look; many at once make one sentence.
  announce(fresh) {
    if (!fresh.length) return;
    const worst = [...fresh].sort((a, b) => b.rank - a.rank)[0];
    const words = { n: count(fresh.length), name: this.picture.nameOf(worst.device), what: alertText(worst) };
    say(find("announce"), t(fresh.length === 1 ? "ribbon.new" : "ribbon.new_many", words));
  }

  _showFirst(alert) {
    const box = find("first");
    const state = alert ? alertState(alert) : null;
    const words = alert && JSON.stringify([alert, this.picture.nameOf(alert.device), this.areaName(alert.area)]);
    if (words === this.first) return; // the same, with every step of the picture
    this.first = words;
    box.className = `first ${state ?? ""}`;
    if (!alert) {
      box.replaceChildren(h("span", { class: "text" }, t("ribbon.calm")));
      return;
    }
    const text = h("span", { class: "text" },
      h("strong", {}, `${t(`severity.${alert.severity}`)} · ${this.picture.nameOf(alert.device)}`),
      h("span", {}, [alertText(alert), this.areaName(alert.area)].filter(Boolean).join(" · ")));
    box.replaceChildren(sign(state), text, h("span", { class: "when number" }, moment(alert.since)));
  }

  // A row is made anew only when its words change, so that focus and scrolling stay where they are.
  _row(alert) {
    const words = JSON.stringify([alert, this.may, this.picture.nameOf(alert.device), this.areaName(alert.area)]);
    const old = this.rows.get(alert.id);
    if (old?.words === words) return old.row;
    const row = this._build(alert);
    if (old) {
      const focused = old.row.contains(document.activeElement) && document.activeElement.className;
      old.row.replaceWith(row);
      if (focused) row.getElementsByClassName(focused)[0]?.focus();
    }
    this.rows.set(alert.id, { row, words });
    return row;
  }

  _build(alert) {
    const name = this.picture.nameOf(alert.device);
    const state = alertState(alert);
    const over = alert.condition === "firing" ? "" : ` · ${t(`condition.${alert.condition}`)}`;
    const title = h("button", { class: "plain title", onclick: () => this.open(alert.device) },
      h("span", { class: "unseen" }, `${t(`severity.${alert.severity}`)}: `), name);
    const time = h("time", { class: "number", datetime: new Date(alert.since).toISOString() }, moment(alert.since));
    const about = h("div", {}, h("p", { class: "what" }, alertText(alert) + over), h("p", { class: "where" }, this.areaName(alert.area)));
    const label = t("ribbon.ack_of", { name });
    const ack = this.may ? h("button", { class: "ack", "aria-label": label, onclick: (event) => this._ack(alert, name, event.target) }, t("ribbon.ack")) : null;
    return h("li", { class: `${state}${over ? " over" : ""}`, "data-alert": alert.id }, sign(state),
      h("div", { class: "line" }, title, time), h("div", { class: "line low" }, about, ack));
  }

  async _ack(alert, name, button) {
    if (button.ariaDisabled === "true") return;
    button.ariaDisabled = "true"; // not `disabled`: that would drop the focus
    try {
      await ask(`/api/v1/alerts/${encodeURIComponent(alert.id)}/ack`, { method: "POST", body: {} });
      say(find("announce"), t("ribbon.acked_now", { name }));
    } catch (error) {
      const [key, values] = why(error);
      say(find("announce"), t("problem.ack", { why: t(key, values) }));
      find("problem").hidden = false;
      say(find("problem"), `${hourMinute(Date.now())} · ${t("problem.ack", { why: t(key, values) })}`);
      button.ariaDisabled = "false";
    }
  }

  // A row goes; focus that was in it goes to the row that takes its place, so keys do not get lost.
  _leave(id) {
    const { row } = this.rows.get(id);
    const next = row.nextElementSibling ?? row.previousElementSibling;
    if (row.contains(document.activeElement)) (next?.querySelector(".ack") ?? next?.querySelector(".title") ?? this.box).focus();
    row.remove();
    this.rows.delete(id);
  }
}
