// Finding a device by a few letters, without tone marks if need be; the way to every device by keyboard.
// A combobox after the ARIA pattern: arrows choose, Enter opens, Escape leaves. Troubled devices come first.

import { find, h, sign } from "./dom.js";
import { plain, t } from "./text.js";

const MOST = 30;

export class Finder {
  constructor(picture, areaName, open) {
    this.picture = picture;
    this.areaName = areaName;
    this.open = open;
    this.input = find("finder-input");
    this.list = find("finder-list");
    this.found = [];
    this.chosen = -1;
    this.input.addEventListener("input", () => this.search());
    this.input.addEventListener("focus", () => this.search());
    this.input.addEventListener("blur", () => this.leave());
    this.input.addEventListener("keydown", (event) => this._key(event));
    // Before the blur that a click on the list would cause.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
  }

  search() {
    const words = plain(this.input.value).split(/\s+/).filter(Boolean);
    const { picture } = this;
    const fits = (index) => {
      const text = plain(`${picture.name[index]} ${picture.address[index]} ${this.areaName(picture.area[index])}`);
      return words.every((word) => text.includes(word));
    };
    this.found = [];
    for (const index of picture.ordered()) {
      if (this.found.length === MOST) break;
      if (fits(index)) this.found.push(index);
    }
    this._show(this.found.length && words.length ? 0 : -1);
  }

  leave() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
  }

  _show(chosen) {
    const { picture } = this;
    const entry = (index, at) => h("li", { id: `found-${at}`, role: "option", "aria-selected": "false", onclick: () => this._open(at) },
      sign(window.IOC.STATES[picture.state[index]]), h("span", {}, picture.name[index]),
      h("span", { class: "unseen" }, t(`state.${window.IOC.STATES[picture.state[index]]}`)),
      h("small", {}, this.areaName(picture.area[index])));
    this.list.replaceChildren(...(this.found.length ? this.found.map(entry) : [h("li", {}, t("finder.none"))]));
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this._choose(chosen);
  }

  _choose(at) {
    this.list.children[this.chosen]?.setAttribute("aria-selected", "false");
    this.chosen = at;
    const entry = this.found.length ? this.list.children[at] : null;
    entry?.setAttribute("aria-selected", "true");
    entry?.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", entry ? entry.id : "");
  }

  _key(event) {
    const last = this.found.length - 1;
    if (event.key === "ArrowDown") this._choose(Math.min(last, this.chosen + 1));
    else if (event.key === "ArrowUp") this._choose(Math.max(0, this.chosen - 1));
    else if (event.key === "Enter") this._open(Math.max(0, this.chosen));
    else if (event.key === "Escape") this.leave();
    else return;
    event.preventDefault();
  }

  _open(at) {
    const index = this.found[at];
    if (index === undefined) return;
    this.leave();
    this.input.value = "";
    this.open(index);
  }
}

// "/" goes to the finder from anywhere but a field.
export function slashFinds(finder) {
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    event.preventDefault();
    finder.input.focus();
  });
}

