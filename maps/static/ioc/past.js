// The time machine: the wall as it was at a moment (`?at=`), played on at 1 to 600 times life, drawn by the same code from
// the same frames as the live wall. The address keeps the moment, so that it can be sent to a colleague.

import { ask } from "./api.js";
import { find, say } from "./dom.js";
import { clockTime, fullDate, longDay, t } from "./text.js";

const DAYS = 30;
const TICK_MS = 250;
const SHORTEST_MS = 10 * 60_000;
const LONGEST_MS = 6 * 3600_000;
const SPEEDS = [1, 10, 60, 300, 600];

export const wishedMoment = () => {
  const at = Date.parse(new URLSearchParams(location.search).get("at") ?? "");
  return Number.isNaN(at) ? null : at;
};

// How much to ask for at once: two minutes of looking, within bounds.
export const spanFor = (speed) => Math.min(LONGEST_MS, Math.max(SHORTEST_MS, speed * 120_000));

export class Past {
  // `on`: as of the stream; `at`: where to begin, epoch ms.
  constructor(at, on) {
    Object.assign(this, { at, on });
    this.speed = Number(new URLSearchParams(location.search).get("speed")) || 60;
    this.playing = new URLSearchParams(location.search).has("play");
    this.frames = [];
    this.asking = 0;
    document.body.classList.add("past");
    find("past").hidden = false;
    find("sound").parentElement.hidden = true; // the past makes no noise
    this._controls();
    this.seek(at);
    setInterval(() => this._tick(), TICK_MS);
  }

  _controls() {
    const slider = find("past-slider");
    this._reach(slider);
    slider.addEventListener("input", () => this._show(Number(slider.value)));
    slider.addEventListener("change", () => this.seek(Number(slider.value)));
    find("past-play").addEventListener("click", () => this._play(!this.playing));
    find("past-back").addEventListener("click", () => this.seek(this.at - 10 * 60_000));
    find("past-on").addEventListener("click", () => this.seek(this.at + 10 * 60_000));
    const speed = find("past-speed");
    speed.value = SPEEDS.includes(this.speed) ? this.speed : 60;
    speed.addEventListener("change", () => { this.speed = Number(speed.value); this._keep(); });
    this._play(this.playing);
  }

  _play(on) {
    this.playing = on;
    say(find("past-play"), t(on ? "past.pause" : "past.play"));
    find("past-play").setAttribute("aria-pressed", String(on));
  }

  // Go to a moment: a new picture, and what follows it.
  async seek(at) {
    const now = Date.now();
    this.at = Math.min(Math.max(at, now - DAYS * 86400_000), now - 1000);
    this._show(this.at);
    this._keep();
    const asking = ++this.asking;
    const answer = await this._ask(this.at);
    if (asking !== this.asking || !answer) return;
    this.frames = answer;
    this.until = this.at + spanFor(this.speed);
    this._due();
  }

  async _ask(at) {
    const span = { from: new Date(at).toISOString(), to: new Date(Math.min(at + spanFor(this.speed), Date.now())).toISOString() };
    try {
      const { frames } = await ask(`/api/v1/past?${new URLSearchParams(span)}`);
      find("past-problem").hidden = true;
      return frames;
    } catch {
      find("past-problem").hidden = false;
      return null;
    }
  }

  // Time passes; near the end of what is known more is asked for.
  _tick() {
    this._reach(find("past-slider"));
    if (!this.playing || this.until === undefined) return;
    const to = Math.min(this.at + TICK_MS * this.speed, Date.now() - 1000);
    if (to >= this.until) {
      this.until = undefined;
      this.seek(to);
      return;
    }
    this.at = to;
    this._due();
    this._show(this.at);
  }

  _reach(slider) {
    slider.max = Date.now();
    slider.min = Date.now() - DAYS * 86400_000;
  }

  _due() {
    while (this.frames.length && this.frames[0].at <= this.at) {
      const { frame, figures } = this.frames.shift();
      this.on.frame(frame);
      this.on.figures(figures);
    }
  }

  _show(at) {
    find("past-slider").value = at;
    find("past-slider").setAttribute("aria-valuetext", `${fullDate(at)} ${clockTime(at)}`);
    say(find("past-time"), `${longDay(at)} · ${clockTime(at)}`);
  }

  _keep() {
    const query = new URLSearchParams(location.search);
    query.set("at", new Date(Math.round(this.at / 1000) * 1000).toISOString().replace(".000", ""));
    query.set("speed", this.speed);
    history.replaceState(null, "", `/?${query}`);
  }
}
