// Which families of devices the map shows; what is off is remembered on this screen, and said on it.

import { find, h } from "./dom.js";
import { count, t } from "./text.js";

export class Families {
  constructor(picture, layer) {
    Object.assign(this, { picture, layer });
    const wish = new URLSearchParams(location.search).get("hide") ?? localStorage.getItem("hide") ?? "";
    this.hidden = new Set(wish.split(",").filter(Boolean));
    this.shown = "";
  }

  // The families there are, each with a box to switch it off.
  show() {
    const there = new Map();
    for (const index of this.picture.index.values()) {
      const family = this.picture.family[index];
      there.set(family, (there.get(family) ?? 0) + 1);
    }
    const words = JSON.stringify([...there]);
    if (words === this.shown) return;
    this.shown = words;
    this.layer.hide(this.hidden);
    find("layers").replaceChildren(...[...there].sort().map(([family, n]) => this._box(family, n)));
    this._tell();
  }

  _box(family, n) {
    const box = h("input", { type: "checkbox" });
    box.checked = !this.hidden.has(family);
    box.addEventListener("change", () => {
      if (box.checked) this.hidden.delete(family);
      else this.hidden.add(family);
      localStorage.setItem("hide", [...this.hidden].join());
      this.layer.hide(this.hidden);
      this._tell();
    });
    return h("label", {}, box, t(`family.${family}`), h("span", { class: "count number" }, count(n)));
  }

  _tell() {
    find("layers-button").classList.toggle("raised", this.hidden.size > 0);
  }
}
