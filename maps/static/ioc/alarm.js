// What the wall lets hear: a new alert once, by its severity; a grave one again until somebody acknowledges it.
// Browsers keep sound back until someone touches the page, so whether it can be heard is always shown.

import { find, say } from "./dom.js";
import { hourMinute, t } from "./text.js";

const SEVERITIES = ["warning", "minor", "major", "critical"];
const AGAIN_MS = { major: 60_000, critical: 20_000 }; // the others once
const MUTE_MS = 15 * 60_000;
const LOOK_MS = 1000;

// Which severity is due to sound now, if any: `waiting` are the alerts nobody acknowledged and which are still bad.
export function due(waiting, heard, soundedAt, now) {
  const worst = [...waiting].sort((a, b) => b.rank - a.rank)[0];
  const fresh = waiting.filter(({ id }) => !heard.has(id)).sort((a, b) => b.rank - a.rank)[0];
  const again = worst && AGAIN_MS[worst.severity];
  if (fresh) return fresh.severity;
  return again && now - soundedAt >= again ? worst.severity : null;
}

export class Alarm {
  constructor(picture) {
    this.picture = picture;
    this.heard = new Set();
    this.soundedAt = 0;
    this.mutedUntil = 0;
    this.sounds = new Map();
    this.on = (new URLSearchParams(location.search).get("sound") ?? localStorage.getItem("sound")) === "on";
    find("sound").addEventListener("click", () => this._press());
    find("sound-test").addEventListener("click", () => this._test());
    setInterval(() => this.look(), LOOK_MS);
    if (this.on) this._prepare();
    this._show();
  }

  // What is there at the start was announced before: only grave ones sound, as a reminder.
  start() {
    for (const { id, rank } of this.picture.waiting()) if (rank < 2) this.heard.add(id);
    this.look();
  }

  look(now = Date.now()) {
    const waiting = this.picture.waiting().filter(({ condition }) => condition === "firing");
    const severity = due(waiting, this.heard, this.soundedAt, now);
    for (const { id } of waiting) this.heard.add(id);
    if (this.heard.size > 5000) this.heard = new Set(waiting.map(({ id }) => id));
    this._show();
    if (severity === null || !this.on || now < this.mutedUntil) return;
    this.soundedAt = now;
    this._play(severity);
  }

  // Off → on → silent for a quarter of an hour → on …; holding it down is not needed to switch it off: the test does not.
  _press() {
    if (!this.on) this.on = true;
    else if (Date.now() < this.mutedUntil) this.mutedUntil = 0;
    else this.mutedUntil = Date.now() + MUTE_MS;
    localStorage.setItem("sound", "on");
    this._prepare();
    this._show();
  }

  async _test() {
    await this._prepare();
    for (const severity of SEVERITIES) {
      this._play(severity);
      document.body.dataset.sounded = severity;
      await new Promise((done) => { setTimeout(done, 1200); });
    }
  }

  async _prepare() {
    this.context ??= new AudioContext();
    if (this.context.state === "suspended") this.context.resume().catch(() => {});
    this.context.onstatechange = () => this._show();
    await Promise.all(SEVERITIES.filter((each) => !this.sounds.has(each)).map(async (severity) => {
      const answer = await fetch(`/static/ioc/sounds/${severity}.wav`);
      this.sounds.set(severity, await this.context.decodeAudioData(await answer.arrayBuffer()));
    })).catch(() => {}); // a wall without sound is still a wall; it says so
    this._show();
  }

  _play(severity) {
    const sound = this.sounds.get(severity);
    if (!sound || this.context.state !== "running") return;
    const source = this.context.createBufferSource();
    source.buffer = sound;
    source.connect(this.context.destination);
    source.start();
    document.body.dataset.sounded = severity;
  }

  _show() {
    const muted = Date.now() < this.mutedUntil;
    const blocked = this.on && this.context?.state !== "running";
    const key = !this.on ? "sound.off" : blocked ? "sound.blocked" : muted ? "sound.muted" : "sound.on";
    say(find("sound"), t(key, { time: hourMinute(this.mutedUntil) }));
    find("sound").classList.toggle("raised", blocked || muted);
  }
}
