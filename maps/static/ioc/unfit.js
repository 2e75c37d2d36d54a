// What could not be used: how often for each reason and what to do about it, where it came from, and the newest examples.

import { ask, devicePage } from "./api.js";
import { find, h, refill, say } from "./dom.js";
import { count, has, moment, ms, t } from "./text.js";

const MOST_PLACES = 12;
const PAGE = 10;
const NATIVE = /^ioc\/v1\/([a-z0-9-]+\/[a-z0-9-]+\/[a-z0-9-]+)\/[a-z]+$/;

const whyOf = (reason) => t(has(`why.${reason}`) ? `why.${reason}` : "why.other");
const mendOf = (reason) => t(has(`mend.${reason}`) ? `mend.${reason}` : "mend.other");
const reasonName = (reason) => (has(`unfit.${reason}`) ? t(`unfit.${reason}`) : reason.replaceAll("_", " "));

function share(element, part, most) {
  element.style.setProperty("--share", `${(100 * part) / Math.max(most, 1)}%`);
  return element;
}

// Devices by their address, and topics that name none of ours; the most first.
export function placesOf({ by_device: devices, by_topic: topics }) {
  const foreign = Object.entries(topics).filter(([topic]) => !NATIVE.test(topic));
  return [...Object.entries(devices), ...foreign].sort((a, b) => b[1] - a[1]).slice(0, MOST_PLACES);
}

export class Unfit {
  constructor(failed) {
    this.failed = failed;
    this.only = null; // {reason} or {topic}
    this.next = null;
    this.paged = false;
    find("all").addEventListener("click", () => this._narrow(null));
    find("more").addEventListener("click", () => this._more().catch(failed));
  }

  async load() {
    const answer = await ask(this._path());
    this._showPlaces(placesOf(answer));
    if (!this.paged) this._showHeads(answer); // who reads further down is not pulled back up
  }

  showReasons(reasons) {
    const most = Math.max(...reasons.map((each) => each.in_hours));
    const rows = reasons.map(({ reason, in_hours: recent, all_time: ever }) => {
      const pressed = this.only?.reason === reason;
      const button = h("button", { class: "plain", "aria-pressed": String(pressed), "data-key": reason,
        onclick: () => this._narrow(pressed ? null : { reason }) },
      h("b", { class: "number" }, count(recent)), h("span", { class: "name" }, reasonName(reason)),
      h("small", { class: "number" }, t("unfit.ever", { n: count(ever) })));
      return share(h("li", {}, button, h("p", {}, whyOf(reason)), h("p", { class: "muted" }, `→ ${mendOf(reason)}`)), recent, most);
    });
    this.reasons = reasons;
    find("unfit-note").hidden = !rows.length;
    refill(find("reasons"), rows.length ? rows : [h("li", { class: "none" }, t("unfit.none"))]);
  }

  _showPlaces(places) {
    const rows = places.map(([place, n]) => {
      const pressed = this.only?.topic === place;
      const button = h("button", { class: "plain", "aria-pressed": String(pressed), "data-key": place,
        onclick: () => this._narrow(pressed ? null : { topic: place }) },
      h("span", { class: "name" }, place), h("b", { class: "number" }, count(n)));
      return share(h("li", {}, button), n, places[0][1]);
    });
    refill(find("places"), rows.length ? rows : [h("li", { class: "none" }, t("unfit.none"))]);
  }

  _showHeads({ items, next }) {
    refill(find("heads"), items.length ? items.map(head) : [h("li", { class: "none" }, t("heads.none"))]);
    this._end(next);
  }

  _end(next) {
    this.next = next;
    find("more").hidden = next === null;
  }

  async _more() {
    const { items, next } = await ask(this._path(this.next));
    this.paged = true;
    const rows = items.map(head);
    find("heads").append(...rows);
    rows[0]?.setAttribute("tabindex", "-1");
    rows[0]?.focus();
    this._end(next);
  }

  async _narrow(only) {
    this.only = only;
    this.paged = false;
    say(find("only"), only ? t("heads.only", { what: only.reason ? reasonName(only.reason) : only.topic }) : "");
    find("all").hidden = only === null;
    this.showReasons(this.reasons);
    try {
      await this.load();
      if (only) find("heads-title").scrollIntoView({ block: "nearest" });
    } catch (error) {
      this.failed(error);
    }
  }

  _path(cursor = null) {
    const query = new URLSearchParams({ limit: PAGE, ...this.only, ...(cursor ? { cursor } : {}) });
    return `/api/v1/quarantine?${query}`;
  }
}

function head(one) {
  const place = one.device ? h("a", { href: devicePage(one.device) }, one.device) : h("span", {}, one.topic);
  return h("li", { "data-key": one.id }, h("time", { class: "number", datetime: one.received_at }, moment(ms(one.received_at))),
    h("strong", {}, reasonName(one.reason)), h("span", { class: "place" }, place),
    h("small", { class: "number" }, t("heads.size", { n: count(one.bytes) })),
    one.detail ? h("p", { lang: "en" }, one.detail) : null, one.head ? h("code", {}, one.head) : null);
}
