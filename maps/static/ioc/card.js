// The card of one device over the map: what it is, its three facts, its latest values, the way to its page.

import { ask, devicePage, deviceUrl } from "./api.js";
import { find, h, sign, tone } from "./dom.js";
import { factList, latestTable, presenceOf, workList } from "./facts.js";
import { hasPicture, pictureOf } from "./snapshot.js";
import { moment, ms, reachText, t } from "./text.js";

const AGAIN_MS = 10000;

export class Card {
  constructor(picture, layer, areaName) {
    this.picture = picture;
    this.layer = layer;
    this.areaName = areaName;
    this.box = find("card");
    this.index = null;
    this.onchange = () => {}; // it covers more or less of the map than before
    this.onclose = () => {};
    this.box.addEventListener("keydown", (event) => { if (event.key === "Escape") this.close(); });
    setInterval(() => this.index !== null && this._ask(), AGAIN_MS);
  }

  // `same`: other devices at the same spot, to choose from.
  open(index, same = []) {
    if (this.index === null) this.from = document.activeElement;
    this.index = index;
    this.same = same.filter((other) => other !== index);
    this.device = null;
    this.layer.select(index);
    this.show();
    this.box.hidden = false;
    this.box.querySelector("h2").focus();
    this._ask();
    this._offerPicture(this.picture.address[index], this.picture.name[index]);
  }

  async _offerPicture(address, name) {
    if (this.figure?.of === address || !(await hasPicture(address))) return;
    this.figure = { of: address, box: pictureOf(address, name) };
    this.key = null;
    this.show();
  }

  close() {
    if (this.index === null) return;
    this.index = null;
    this.box.hidden = true;
    this.layer.select(null);
    if (this.from?.isConnected) this.from.focus();
    this.onclose();
  }

  async _ask() {
    const { index } = this;
    try {
      this.device = await ask(deviceUrl(this.picture.address[index]));
      this.failed = false;
    } catch {
      this.failed = true;
    }
    if (index === this.index) this.show();
  }

  // Again whenever the stream or the API says something new about it.
  show() {
    const { index, picture } = this;
    if (index === null) return;
    if (!picture.address[index]) {
      this.close();
      return;
    }
    const key = JSON.stringify([index, picture.state[index], picture.name[index], this.device, this.failed, this.same]);
    if (key === this.key && !this.box.hidden) return;
    this.key = key;
    const focused = this.box.contains(document.activeElement) ? document.activeElement.dataset.part : null;
    const state = window.IOC.STATES[picture.state[index]];
    tone(this.box, state);
    this.box.replaceChildren(...this._parts(index, state));
    if (focused) this.box.querySelector(`[data-part="${focused}"]`)?.focus();
    this.onchange();
  }

  _parts(index, state) {
    const { picture, device } = this;
    const where = [t(`family.${picture.family[index]}`), this.areaName(picture.area[index])].filter(Boolean).join(" · ");
    const head = h("header", {}, sign(state),
      h("h2", { id: "card-title", tabindex: "-1", "data-part": "title" }, picture.name[index]),
      h("button", { class: "close", "data-part": "close", onclick: () => this.close() }, t("card.close")));
    const since = picture.since[index] ? ` ${t("card.since", { time: moment(picture.since[index]) })}` : "";
    return [head, h("p", {}, t(`state.${state}`), h("span", { class: "muted" }, since)), h("p", { class: "muted" }, where),
      picture.reach.has(index) ? h("p", { class: "muted" }, reachText(picture.reach.get(index))) : null,
      ...(device ? this._news(device) : []),
      this.failed ? h("p", { class: "muted" }, t("card.failed")) : null,
      this.figure?.of === picture.address[index] ? this.figure.box : null,
      h("a", { class: "go", "data-part": "go", href: devicePage(picture.address[index]) }, `${t("card.page")} →`),
      this.same.length ? this._others() : null].filter(Boolean);
  }

  _news(device) {
    const heard = device.last_heard ? t("latest.heard", { time: moment(ms(device.last_heard)) }) : null;
    return [workList(device), presenceOf(device).unknown ? h("p", {}, t("fact.unknown")) : null, factList(device), latestTable(device, 6),
      heard ? h("p", { class: "muted" }, heard) : null];
  }

  _others() {
    const entry = (other) => h("button", { class: "plain", onclick: () => this.open(other, [...this.same, this.index]) },
      sign(window.IOC.STATES[this.picture.state[other]]), this.picture.name[other]);
    return h("div", { class: "same" }, h("h3", { class: "muted" }, t("card.same")), ...this.same.slice(0, 20).map(entry));
  }
}
