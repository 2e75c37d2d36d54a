// The form for a new silence or maintenance window. The address may fill it in (`?new=maintenance&devices=…`), so that a
// link from an alert or a device needs only a reason.

import { ask, items } from "./api.js";
import { find, h, say } from "./dom.js";
import { Finder, slashFinds } from "./finder.js";
import { ruleName } from "./quiet-words.js";
import { fieldOf, instantOf, t } from "./text.js";

const USUAL_MS = 4 * 3600_000;
const MINUTE_MS = 60_000;
const LISTS = ["areas", "families", "rules"];

export class QuietForm {
  // `made(quiet)`: it is kept; `reasonOf(error)`: a refusal in words.
  constructor(form, { picture, areaName, reasonOf, made }) {
    Object.assign(this, { form, picture, reasonOf, made });
    const wish = new URLSearchParams(location.search);
    this.wanted = Object.fromEntries(LISTS.map((name) => [name, wish.get(name)]));
    this.picked = wish.getAll("devices");
    this.asked = wish.get("new");
    if (this.asked) form.kind.value = this.asked === "maintenance" ? "maintenance" : "silences";
    slashFinds(new Finder(picture, areaName, (index) => this._pick(picture.address[index])));
    form.addEventListener("change", () => this._suit());
    form.addEventListener("submit", (event) => { event.preventDefault(); this._send(); });
    this._offerWords();
    this.showPicked();
    this._from(Date.now());
    this._suit();
  }

  // Who came by a link goes on with the reason.
  wish() {
    if (this.asked && !find("new").hidden) this.form.reason.focus();
    this.asked = null;
  }

  focus() {
    this.form.querySelector("[name=kind]:checked").focus();
  }

  // What may be chosen: [[value, words], …].
  offer(name, choices) {
    find(name).append(...choices.map(([value, words]) => h("option", { value }, words)));
    find(name).value = this.wanted[name] ?? "";
  }

  showPicked() {
    const entry = (address) => h("li", {}, h("span", {}, this.picture.nameOf(address)),
      h("button", { type: "button", "aria-label": t("history.drop_of", { name: this.picture.nameOf(address) }), onclick: () => this._drop(address) }, "✕"));
    find("picked").replaceChildren(...this.picked.map(entry));
  }

  async _offerWords() {
    const [families, rules] = await Promise.all(["families", "rules"].map((name) => ask(`/api/v1/${name}`).then(items, () => [])));
    this.offer("families", families.map(({ slug }) => [slug, t(`family.${slug}`)]));
    this.offer("rules", rules.map(({ name }) => [name, ruleName(name)]).sort((a, b) => a[1].localeCompare(b[1], "vi")));
  }

  _pick(address) {
    if (!this.picked.includes(address)) this.picked.push(address);
    this.showPicked();
  }

  _drop(address) {
    this.picked = this.picked.filter((each) => each !== address);
    this.showPicked();
    find("finder-input").focus();
  }

  _from(at) {
    this.form.from.value = fieldOf(at);
    this.form.to.value = fieldOf(at + USUAL_MS);
  }

  // Only maintenance comes again.
  _suit() {
    find("days").hidden = this.form.kind.value !== "maintenance";
    say(find("send"), t(`quiets.send_${this.form.kind.value}`));
  }

  _scope() {
    const one = (name) => (this.form[name].value ? [this.form[name].value] : []);
    return { areas: one("areas"), families: one("families"), rules: one("rules"), devices: this.picked };
  }

  // What is asked for, or a sentence that says why it cannot be.
  _question() {
    const { form } = this;
    const scope = this._scope();
    const [from, to] = [instantOf(form.from.value), instantOf(form.to.value)];
    if (!Object.values(scope).some((list) => list.length)) return t("quiets.nothing");
    if (to <= from) return t("quiets.backwards");
    const common = { scope, reason: form.reason.value.trim(), starts_at: new Date(from).toISOString() };
    if (form.kind.value === "silences") return { ...common, ends_at: new Date(to).toISOString() };
    const days = [...form.querySelectorAll("[name=day]:checked")].map((box) => Number(box.value));
    const last = days.length && form.last.value ? { last_at: new Date(instantOf(`${form.last.value}T23:59`)).toISOString() } : {};
    return { ...common, minutes: (to - from) / MINUTE_MS, days, ...last };
  }

  async _send() {
    const question = this._question();
    if (typeof question === "string") return say(find("said"), question);
    find("send").setAttribute("aria-disabled", "true");
    try {
      const quiet = await ask(`/api/v1/${this.form.kind.value}`, { method: "POST", body: question });
      this._clear();
      await this.made(quiet);
    } catch (error) {
      say(find("said"), t("quiets.refused", { why: this.reasonOf(error) }));
    }
    find("send").removeAttribute("aria-disabled");
    return undefined;
  }

  _clear() {
    const kind = this.form.kind.value;
    this.form.reset();
    this.form.kind.value = kind;
    this.picked = [];
    this.showPicked();
    this._from(Date.now());
    this._suit();
    say(find("said"), "");
  }
}
