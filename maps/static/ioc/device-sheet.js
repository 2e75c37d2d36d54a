// One device beside the list: its facts and latest values, and what a supervisor may change of it.

import { ask, devicePage, deviceUrl } from "./api.js";
import { did, refused } from "./desk.js";
import { h, say, sign, tone } from "./dom.js";
import { factList, latestTable } from "./facts.js";
import { moment, ms, t } from "./text.js";

export class DeviceSheet {
  constructor(box, { names, signOf, done }) {
    Object.assign(this, { box, names, signOf, done });
    this.may = false; // supervisors and above
    this.device = null;
  }

  open(device) {
    this.device = device;
    this._show();
  }

  refresh(listed) {
    if (this.device === null) return;
    this.device = listed.find((each) => each.address === this.device.address) ?? this.device;
    if (!this.box.contains(document.activeElement) || document.activeElement.tagName === "BUTTON") this._show();
  }

  async change(device, given) {
    if (!this.may) return;
    try {
      this.device = await ask(deviceUrl(device.address), { method: "PATCH", body: given });
      did(t("devices.changed", { name: this.device.name || this.device.device }));
      this._show();
    } catch (error) {
      refused(error, "devices.refused");
    }
    await this.done();
  }

  _show() {
    const { device } = this;
    const words = JSON.stringify([device, this.may, [...this.names()]]);
    if (words === this.words && !this.box.hidden) return;
    this.words = words;
    this.box.hidden = false;
    tone(this.box, this.signOf(device));
    const heard = device.last_heard ? t("latest.heard", { time: moment(ms(device.last_heard)) }) : null;
    const about = [["device.address", device.address], ["device.maker", [device.maker, device.model].filter(Boolean).join(" ")],
      ["device.fw", device.fw], ["device.gateway", device.gateway]].filter(([, value]) => value);
    this.box.replaceChildren(...[
      h("header", {}, sign(this.signOf(device)), h("div", {}, h("h2", { id: "detail-title" }, device.name || device.device),
        h("p", {}, [t(`standing.${device.state}`), heard].filter(Boolean).join(" · ")))),
      factList(device), this.may ? this._acts(device) : null, latestTable(device),
      h("table", { class: "latest" }, h("tbody", {}, ...about.map(([key, value]) => h("tr", {}, h("th", { scope: "row" }, t(key)), h("td", {}, value))))),
      h("p", { class: "links" }, h("a", { href: devicePage(device.address) }, `${t("card.page")} →`), " ",
        h("a", { href: `/history?${new URLSearchParams({ device: device.address })}` }, `${t("desk.history")} →`), " ",
        h("a", { href: `/quiets?${new URLSearchParams({ new: "maintenance", devices: device.address })}` }, `${t("devices.maintain")} →`)),
    ].filter(Boolean));
  }

  _acts(device) {
    const { admission } = device;
    const name = h("input", { maxlength: 200, value: device.name ?? "", "aria-label": t("devices.name") });
    const area = h("select", { "aria-label": t("list.area") }, h("option", { value: "" }, t("devices.no_area")),
      ...[...this.names()].map(([slug, words]) => h("option", { value: slug }, words)));
    area.value = device.area ?? "";
    const form = h("form", { class: "change" }, h("label", {}, t("devices.name"), name), h("label", {}, t("list.area"), area),
      h("button", { type: "submit" }, t("devices.save")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const given = { area: area.value || null };
      if (name.value.trim()) given.name = name.value.trim();
      this.change(device, given);
    });
    const admit = admission === "admitted" ? null : h("button", { onclick: () => this.change(device, { admission: "admitted" }) },
      t(admission === "retired" ? "devices.readmit" : "devices.admit"));
    return h("div", { class: "acts" }, admit, form, admission === "retired" ? null : this._retire(device));
  }

  // Retiring takes a device off the wall: the button asks once more.
  _retire(device) {
    const button = h("button", {}, t("devices.retire"));
    button.addEventListener("click", () => {
      if (button.dataset.sure) this.change(device, { admission: "retired" });
      button.dataset.sure = "true";
      say(button, t("devices.retire_sure"));
    });
    return button;
  }
}
