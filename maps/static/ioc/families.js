// Which families of devices the map shows, and of which what they see or cover; what is off is remembered on this screen,
// and said on it.

import { find, h } from "./dom.js";
import { count, t } from "./text.js";

// How often each comes: [[word, times], …] by word.
function counted(words) {
  const times = new Map();
  for (const word of words) times.set(word, (times.get(word) ?? 0) + 1);
  return [...times].sort();
}

export class Families {
  constructor(picture, layer) {
    Object.assign(this, { picture, layer });
    const wish = new URLSearchParams(location.search).get("hide") ?? localStorage.getItem("hide") ?? "";
    this.hidden = new Set(wish.split(",").filter(Boolean));
    this.shown = "";
  }

  // The families there are, each with a box to switch it off.
  show() {
    const { family, index, reach } = this.picture;
    const there = counted([...index.values()].map((each) => family[each]));
    const reaching = counted([...index.values()].filter((each) => reach.has(each)).map((each) => family[each]));
    const words = JSON.stringify([there, reaching]);
    if (words === this.shown) return;
    this.shown = words;
    this.layer.hide(this.hidden);
    find("layers").replaceChildren(...there.map(([each, n]) => this._box(each, t(`family.${each}`), n)),
      ...reaching.map(([each, n]) => this._box(`${each}-reach`, t("view.reach", { family: t(`family.${each}`) }), n)));
    this._tell();
  }

  // One box; `name` is what the address and this screen remember of it.
  _box(name, words, n) {
    const box = h("input", { type: "checkbox" });
    box.checked = !this.hidden.has(name);
    box.addEventListener("change", () => {
      if (box.checked) this.hidden.delete(name);
      else this.hidden.add(name);
      localStorage.setItem("hide", [...this.hidden].join());
      this.layer.hide(this.hidden);
      this._tell();
    });
    return h("label", {}, box, words, h("span", { class: "count number" }, count(n)));
  }

  _tell() {
    find("layers-button").classList.toggle("raised", this.hidden.size > 0);
  }
}
