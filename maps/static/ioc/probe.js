// What the self-probe measured: how long a marked message takes to the database and to the wall.

import { find, h, refill, say } from "./dom.js";
import { count, t } from "./text.js";

const time = (ms) => (ms === null ? "–" : t("probe.ms", { n: count(ms) }));

function leg(name, { last, p50, p95, lost }) {
  const fact = (key, value) => h("div", {}, h("dt", {}, t(key)), h("dd", { class: "number" }, time(value)));
  return h("li", {}, h("strong", {}, t(`probe.${name}`)), h("b", { class: "number" }, time(last)),
    h("dl", {}, fact("probe.p50", p50), fact("probe.p95", p95)),
    lost ? h("small", { class: "number" }, t("probe.lost", { n: count(lost) })) : null);
}

export function showProbe(probe) {
  find("probe-is").className = probe?.health ?? "";
  say(find("probe-is"), probe ? t(`probe.is_${probe.health}`) : "");
  const lost = probe?.health === "lost";
  find("probe-why").hidden = !lost;
  if (lost) say(find("probe-why"), t(`probe.lost_${probe.leg}`));
  const legs = probe ? ["stored", "live"].map((name) => leg(name, probe[name])) : [h("li", { class: "none" }, t("probe.off"))];
  refill(find("legs"), legs);
}
