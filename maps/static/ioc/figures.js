// The four figures on the left, and the legend that counts every state. Numbers only turn bright-edged
// when they say that something is wrong.

import { find, h, say, sign, tone } from "./dom.js";
import { count, percent, t } from "./text.js";

function put(id, value, note, state) {
  const box = find(id);
  say(box.querySelector(".value"), value);
  say(box.querySelector(".note"), note);
  box.classList.toggle("long", value.length >= 5 && note.length > 8);
  box.classList.toggle("raised", Boolean(state));
  if (state) tone(box, state);
}

export function showFigures(frame) {
  const { devices, expected, in_service: serving, unacked, unacked_grave: grave, offline, states } = frame;
  put("figure-devices", count(devices), t("figure.in_service", { share: percent(serving, expected) }));
  put("figure-unacked", count(unacked), t("figure.unacked_note", { n: count(grave) }), unacked && (grave ? "critical" : "warning"));
  put("figure-offline", count(offline), t("figure.offline_note", { n: count(states[5]) }), offline && "offline");
  showFlow(frame);
  showLegend(states);
}

// What was lost comes first; else what the self-probe says, where it says that something is wrong.
function showFlow({ per_minute: rate, lost, probe }) {
  const flowing = rate !== undefined;
  const late = probe === "slow" || probe === "lost";
  const note = flowing ? t("figure.flow_note", { n: count(lost) }) : t("figure.flow_none");
  put("figure-flow", flowing ? count(rate) : "–", late ? `${lost ? `${note} · ` : ""}${t(`probe.wall_${probe}`)}` : note,
    lost ? "critical" : late && "warning");
}

function showLegend(states) {
  const list = find("legend");
  if (!list.children.length) {
    list.append(...window.IOC.STATES.map((state) =>
      h("li", {}, sign(state), h("span", {}, t(`state.${state}`)), h("span", { class: "count number" }))));
  }
  states.forEach((n, code) => {
    say(list.children[code].lastChild, count(n));
    list.children[code].classList.toggle("none", !n);
  });
}
