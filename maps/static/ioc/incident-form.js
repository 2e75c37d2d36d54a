// The form for a new incident: a title, and ticks for the open alerts that are in none yet. The address may tick one
// (`?new=…`), so that a link from an alert needs only a title.

import { ask } from "./api.js";
import { reasonOf } from "./desk.js";
import { find, h, say, sign } from "./dom.js";
import { alertState, alertText, moment, ms, t } from "./text.js";

export class IncidentForm {
  // `made(incident)`: it is open; `wish`: the alert somebody came with.
  constructor(form, { nameOf, wish, made }) {
    Object.assign(this, { form, nameOf, wish, made });
    this.ticked = new Set(wish ? [wish] : []);
    this.alerts = [];
    form.addEventListener("change", ({ target }) => target.name === "alert" && this._tick(target));
    form.addEventListener("submit", (event) => { event.preventDefault(); this._send(); });
  }

  // Who came with an alert goes on with the title.
  wished() {
    if (this.wish) this.form.elements.title.focus();
    this.wish = null;
  }

  focus() {
    this.form.elements.title.focus();
  }

  // The alerts that may be ticked; what was ticked and is gone is ticked no more.
  offer(alerts) {
    this.alerts = alerts;
    const known = new Set(alerts.map(({ id }) => id));
    this.ticked = new Set([...this.ticked].filter((id) => known.has(id)));
    this.draw();
  }

  // Drawn anew only where something changed, so that the focus stays.
  draw() {
    const words = JSON.stringify(this.alerts.map((alert) => [alert.id, alertText(alert), this._where(alert)]));
    find("loose-none").hidden = this.alerts.length > 0;
    if (words === this.words) return;
    this.words = words;
    const held = this.form.contains(document.activeElement) ? document.activeElement.value : null;
    find("loose").replaceChildren(...this.alerts.map((alert) => this._choice(alert)));
    if (held) [...find("loose").querySelectorAll("input")].find((box) => box.value === held)?.focus();
  }

  _where(alert) {
    return alert.device ? this.nameOf(alert.device) : "";
  }

  _choice(alert) {
    const box = h("input", { type: "checkbox", name: "alert", value: alert.id, checked: this.ticked.has(alert.id) });
    return h("li", {}, h("label", {}, box, sign(alertState(alert)), h("span", {}, alertText(alert), h("small", {}, `${this._where(alert)} · ${moment(ms(alert.since))}`))));
  }

  _tick(box) {
    if (box.checked) this.ticked.add(box.value);
    else this.ticked.delete(box.value);
  }

  async _send() {
    const alerts = this.alerts.map(({ id }) => id).filter((id) => this.ticked.has(id));
    if (!alerts.length) return say(find("said"), t("incidents.nothing"));
    find("send").setAttribute("aria-disabled", "true");
    try {
      const incident = await ask("/api/v1/incidents", { method: "POST", body: { title: this.form.elements.title.value.trim(), alerts } });
      this.form.reset();
      this.ticked.clear();
      say(find("said"), "");
      await this.made(incident);
    } catch (error) {
      say(find("said"), t("incidents.refused", { why: reasonOf(error) }));
    }
    find("send").removeAttribute("aria-disabled");
    return undefined;
  }
}
