// How live the wall is, always said: live, delayed or blind, and how old the newest data are. A frozen wall that looks
// healthy is the worst fault, so what is wrong is said in large letters and the picture is dimmed.

import { find, say } from "./dom.js";
import { clockTime, count, t } from "./text.js";

const SILENT_MS = 120_000; // the devices of a whole site are never all silent for two minutes
const DELAYED_MS = 30_000;

// What to say of a link and the newest data's age: {kind, notice}. `kind` is live, delayed or blind.
export function judge(link, ageMs) {
  if (link === "lost" || link === "stale") return { kind: "blind", notice: link };
  if (ageMs !== null && ageMs > SILENT_MS) return { kind: "delayed", notice: "silent" };
  return { kind: ageMs !== null && ageMs > DELAYED_MS ? "delayed" : "live", notice: null };
}

export class Liveness {
  // `past`: the time machine; then nothing is live, and that is no fault.
  constructor(past) {
    this.past = past;
    this.link = "live";
    this.stoppedAt = null;
    this.heard = null; // by the centre's clock
    this.ahead = 0; // how far the centre's clock is ahead of ours
    setInterval(() => this.show(), 1000);
  }

  beat(frame) {
    this.heard = frame.heard;
    this.ahead = frame.now - Date.now();
    this.show();
  }

  linked(link, heardAt) {
    this.link = link;
    this.stoppedAt = heardAt;
    this.show();
  }

  show() {
    if (this.past) {
      say(find("live"), t("live.past"));
      return;
    }
    const age = this.heard === null ? null : Math.max(0, Date.now() + this.ahead - this.heard);
    const { kind, notice } = judge(this.link, age);
    const seconds = age === null ? "–" : count(Math.round(age / 1000));
    say(find("live"), t(`live.${kind}`, { s: seconds }));
    find("live").className = `live ${kind}`;
    find("scene").classList.toggle("stale", kind === "blind");
    find("notice").hidden = notice === null;
    if (document.body.dataset.link !== this.link) document.body.dataset.link = this.link;
    if (notice === null) return;
    const at = notice === "silent" ? this.heard : this.stoppedAt;
    say(find("notice").firstElementChild, t(`link.${notice}`));
    say(find("notice").lastElementChild, t(`link.${notice}_note`, { time: at ? clockTime(at) : "–" }));
  }
}
