// The picture as the stream tells it: columns by device index, counts by area, alerts by id.
// Folds snapshots and deltas (docs/live.md); draws nothing and decides no state.

import { has, t } from "./text.js";

const isOver = ({ condition }) => condition !== "firing" && condition !== "recovering";

export class Picture {
  constructor() {
    this.seq = null;
    this.placeName = (slug) => slug; // of an area; a page that knows their names says so here
    this.clear();
  }

  clear() {
    this.address = [];
    this.name = [];
    this.family = [];
    this.lat = [];
    this.lon = [];
    this.area = [];
    this.state = [];
    this.since = [];
    this.reach = new Map(); // index -> {range_m, bearing_deg, angle_deg}, of those that have one
    this.index = new Map(); // address -> index
    this.areas = new Map(); // slug -> counts by state
    this.alerts = new Map(); // id -> alert on the wall
  }

  // Returns what changed: {positions, devices, areas, fresh}, fresh being alerts newly announced.
  fold(frame) {
    const { devices, reaches, areas, alerts } = frame.layers;
    if (frame.type === "snapshot") this.clear();
    else if (frame.from !== this.seq) throw new Error(`step from ${frame.from} at ${this.seq}`);
    this.seq = frame.seq;
    const positions = devices ? this._describe(devices) : false;
    if (devices) this._colour(devices);
    reaches?.i.forEach((index, at) => this.reach.set(index,
      { range_m: reaches.range_m[at], bearing_deg: reaches.bearing_deg[at], angle_deg: reaches.angle_deg[at] }));
    if (areas) areas.area.forEach((slug, at) => this.areas.set(slug, areas.counts[at]));
    const fresh = alerts ? this._alert(alerts) : [];
    return { positions: positions || frame.type === "snapshot", devices: Boolean(devices), areas: Boolean(areas), fresh };
  }

  _describe({ about, gone = [] }) {
    for (const index of gone) {
      this.index.delete(this.address[index]);
      this.address[index] = null;
      this.reach.delete(index);
    }
    if (!about) return gone.length > 0;
    about.i.forEach((index, at) => {
      for (const column of ["address", "name", "family", "lat", "lon", "area"]) this[column][index] = about[column][at];
      this.index.set(about.address[at], index);
    });
    return true;
  }

  _colour({ i, state, since }) {
    i.forEach((index, at) => {
      this.state[index] = state[at];
      this.since[index] = since[at];
    });
  }

  _alert({ open, steps = [] }) {
    for (const alert of open ?? []) this.alerts.set(alert.id, alert);
    const fresh = [];
    for (const { alert } of steps) {
      if (!this.alerts.has(alert.id) && alert.shown && !alert.acked) fresh.push(alert);
      if (alert.shown) this.alerts.set(alert.id, alert);
      else this.alerts.delete(alert.id);
    }
    return fresh;
  }

  // Alerts nobody acknowledged: those still bad before those that are over, worst first, then the longest lasting.
  waiting() {
    return [...this.alerts.values()].filter((alert) => !alert.acked)
      .sort((a, b) => isOver(a) - isOver(b) || b.rank - a.rank || a.since - b.since || (a.id < b.id ? -1 : 1));
  }

  // Indexes of the devices there are, the troubled ones first, by name.
  ordered() {
    const rank = [6, 2, 0, 1, 4, 3, 5]; // by state code: critical, offline, warning, unknown, …, ok last
    return [...this.index.values()].sort((a, b) => rank[this.state[a]] - rank[this.state[b]]
      || this.name[a].localeCompare(this.name[b], "vi", { numeric: true }));
  }

  // What people call a device, or what is out (`feeder:…`, `area:…`).
  nameOf(subject) {
    const index = this.index.get(subject);
    if (index !== undefined) return this.name[index];
    const [, kind, name] = /^(\w+):(.+)$/.exec(subject) ?? [];
    if (kind === undefined) return subject.split("/").pop();
    const key = `subject.${kind}`;
    return has(key) ? t(key, { name: kind === "area" ? this.placeName(name) : this.nameOf(name) }) : name;
  }
}
