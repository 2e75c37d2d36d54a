// The devices whose messages are repeated, unusable, shed or missing, with their hours; the most troubled first.

import { ask } from "./api.js";
import { find, h, refill, say, svg } from "./dom.js";
import { hourWords } from "./hours.js";
import { count, dayMonth, hourMinute, ms, t } from "./text.js";

const HOUR = 3600000;
const KINDS = ["quarantined", "shed", "seq_gaps", "duplicate"];
const GRAVE = ["quarantined", "shed"];
const MOST = 50;

const weight = (hour, kinds) => kinds.reduce((sum, kind) => sum + Math.max(hour[kind], 0), 0);

function words(sums) {
  return KINDS.filter((kind) => sums[kind]).map((kind) => t(`hours.word_${kind}`, { n: count(sums[kind]) })).join(" · ");
}

// Its hours as small bars over the whole range; the grave part is coloured.
function spark(hours, since, width) {
  const most = Math.max(1, ...hours.map((hour) => weight(hour, KINDS)));
  const drawing = svg("svg", { viewBox: `0 0 ${width} 100`, preserveAspectRatio: "none", "aria-hidden": "true", class: "spark" });
  for (const hour of hours) {
    const x = Math.round((ms(hour.hour) - since) / HOUR) + 0.1;
    const tall = (kinds) => (100 * weight(hour, kinds)) / most;
    const bar = (kind, height) => height && drawing.append(svg("rect", { class: kind, x, y: 100 - height, width: 0.8, height }));
    bar("duplicate", tall(KINDS) && Math.max(tall(KINDS), 6));
    bar("quarantined", tall(GRAVE) && Math.max(tall(GRAVE), 6));
  }
  return drawing;
}

function line(device, since, width) {
  const hours = device.hours.filter((hour) => KINDS.some((kind) => hour[kind])).reverse()
    .map((hour) => h("li", { class: "number" }, h("time", {}, `${dayMonth(ms(hour.hour))} ${hourMinute(ms(hour.hour))}`), words(hour) || hourWords(hour)));
  return h("li", {}, h("details", { "data-key": device.address },
    h("summary", { "data-key": `line ${device.address}` }, h("span", { class: "name" }, device.name || device.address, device.name ? h("small", {}, device.address) : null),
      h("span", { class: "number" }, words(device)), spark(device.hours, since, width)),
    h("ul", {}, ...hours)));
}

export class Troubles {
  async load() {
    const hours = Number(find("range").value);
    const { since, devices, items } = await ask(`/api/v1/ledger/devices?${new URLSearchParams({ hours, limit: MOST })}`);
    const rows = items.filter((device) => KINDS.some((kind) => device[kind])).map((device) => line(device, ms(since), hours));
    refill(find("troubles"), rows.length ? rows : [h("li", { class: "none" }, t("trouble.none"))]);
    find("others").hidden = devices <= items.length;
    say(find("others"), t("trouble.more", { n: count(devices - items.length) }));
  }
}
