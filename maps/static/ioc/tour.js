// What part of the site the wall shows: all of it, one area, or by turns the whole and each area that has trouble.
// The address may say so (`?view=que-trung`, `?rotate=20`), so that every wall of a room can have its own.

import { find, h, say } from "./dom.js";
import { t } from "./text.js";

const SHORTEST_S = 5;
const TROUBLED = ["critical", "warning", "offline", "unknown"];

// The stops of a tour: the whole site, then the areas that have trouble, the worst first.
export function stops(areas, states) {
  const weight = (counts) => TROUBLED.reduce((sum, state, at) => sum + (counts[states.indexOf(state)] ?? 0) * 10 ** (3 - at), 0);
  const troubled = [...areas].map(([slug, counts]) => [slug, weight(counts)]).filter(([, w]) => w > 0);
  return [null, ...troubled.sort((a, b) => b[1] - a[1]).map(([slug]) => slug)];
}

export class Tour {
  constructor(picture, view, areaName) {
    Object.assign(this, { picture, view, areaName });
    const wish = new URLSearchParams(location.search);
    this.preset = wish.get("view");
    this.everyS = Math.max(SHORTEST_S, Number(wish.get("rotate")) || 20);
    this.at = null;
    find("view-area").addEventListener("change", () => this.go(find("view-area").value || null));
    find("view-rotate").addEventListener("change", () => this._turn(find("view-rotate").checked));
    find("view-rotate").checked = wish.has("rotate");
  }

  // Once the picture is there: the areas to choose from, and what the address wishes.
  start() {
    const slugs = [...this.picture.areas.keys()].sort((a, b) => this.areaName(a).localeCompare(this.areaName(b), "vi"));
    find("view-area").replaceChildren(h("option", { value: "" }, t("view.whole")),
      ...slugs.map((slug) => h("option", { value: slug }, this.areaName(slug))));
    if (this.preset && slugs.includes(this.preset)) this.go(this.preset);
    if (find("view-rotate").checked) this._turn(true);
  }

  go(slug) {
    this.at = slug;
    find("view-area").value = slug ?? "";
    this.view.frameArea(slug);
    find("view-name").hidden = slug === null;
    say(find("view-name"), slug === null ? "" : this.areaName(slug));
  }

  _turn(on) {
    clearInterval(this.timer);
    if (!on) return this.go(null);
    this.timer = setInterval(() => this.next(), this.everyS * 1000);
    return undefined;
  }

  // The next stop; where there is no trouble anywhere, the whole site stays.
  next() {
    const all = stops(this.picture.areas, window.IOC.STATES);
    this.go(all[(all.indexOf(this.at) + 1) % all.length]);
  }
}
