// How one moves over the map: it frames the site by itself until someone takes hold of it; a click, a tap
// or a key opens a device's card.

import { pointOf } from "./places.js";
import { find, say } from "./dom.js";
import { t } from "./text.js";

const SAME_PX = 7; // devices closer than this to each other cannot be told apart

export class View {
  constructor(map, layer, picture, card, areaName) {
    Object.assign(this, { map, layer, picture, card, areaName });
    this.held = false;
    this.step = -1;
    map.on("dragstart", () => { this.held = true; });
    map.getContainer().addEventListener("wheel", () => { this.held = true; }, { passive: true });
    map.on("resize", () => this.bounds && !this.held && this._frame());
    map.on("click", (event) => this._click(event.containerPoint));
    map.on("mousemove", (event) => this._hover(event.containerPoint));
    map.getContainer().addEventListener("keydown", (event) => this._key(event));
  }

  // Frame all devices and areas, and let nobody wander off the site.
  fit(features) {
    const { picture } = this;
    const bounds = L.latLngBounds([]);
    for (const index of picture.index.values()) {
      if (picture.lat[index] !== null) bounds.extend([picture.lat[index], picture.lon[index]]);
    }
    for (const feature of features) {
      if (feature.geometry?.type === "Point") bounds.extend(pointOf(feature.geometry));
      else if (feature.geometry) bounds.extend(L.geoJSON(feature).getBounds());
    }
    if (!bounds.isValid() || this.bounds?.equals(bounds)) return;
    this.bounds = bounds;
    if (!this.held) this._frame();
  }

  _frame() {
    const { map } = this;
    const edge = 60 * window.IOC.unit();
    map.setMinZoom(0);
    map.setMaxBounds(null);
    map.fitBounds(this.bounds, { padding: [edge, edge * 0.9], animate: false, maxZoom: 15 });
    map.setMinZoom(map.getZoom() - 1);
    map.setMaxBounds(map.getBounds().pad(0.8));
  }

  // Frame the devices of one area; nothing is the whole site.
  frameArea(slug) {
    const { picture } = this;
    const bounds = L.latLngBounds([]);
    for (const index of picture.index.values()) {
      if (picture.area[index] === slug && picture.lat[index] !== null) bounds.extend([picture.lat[index], picture.lon[index]]);
    }
    if (slug === null || !bounds.isValid()) {
      this.held = false;
      if (this.bounds) this._frame();
      return;
    }
    this.held = true;
    this.map.fitBounds(bounds.pad(0.15), { animate: false, maxZoom: 16 });
  }

  // After a card closed: back to the whole site, unless someone took hold of the map.
  settle() {
    if (this.bounds && !this.held) this._frame();
  }

  // Bring a device into sight and open its card.
  goTo(index) {
    if (index === undefined) return;
    const { lat, lon } = this.picture;
    if (lat[index] !== null && !this.map.getBounds().pad(-0.1).contains([lat[index], lon[index]])) {
      this.map.panTo([lat[index], lon[index]], { animate: false });
    }
    this.card.open(index, lat[index] === null ? [] : this._same(index));
    this._uncover(index);
  }

  // The card must not hide the very device it tells of: make room beside it, or above it on a phone.
  _uncover(index) {
    if (this.picture.lat[index] === null) return;
    const card = this.card.box.getBoundingClientRect();
    const whole = this.map.getContainer().getBoundingClientRect();
    const wide = card.width > whole.width * 0.7;
    const edge = 50 * window.IOC.unit();
    this.map.panInside([this.picture.lat[index], this.picture.lon[index]], {
      paddingTopLeft: [wide ? edge : card.right - whole.left + edge, edge],
      paddingBottomRight: [edge, wide ? whole.height * 0.66 : edge],
      animate: false,
    });
  }

  _same(index) {
    return this.layer.at(this.layer.pointOf(index), SAME_PX);
  }

  _click(point) {
    const crowd = this.layer.crowdAt(point);
    if (crowd) {
      this.held = true;
      this.map.setView(this.map.containerPointToLatLng(point), this.map.getZoom() + 1.5, { animate: false });
      return;
    }
    const [index] = this.layer.at(point, Math.max(14, 16 * window.IOC.unit()));
    if (index === undefined) this.card.close();
    else this.goTo(index);
  }

  _hover(point) {
    if (!this.layer.picture || this.map.dragging.moving()) return;
    const [index] = this.layer.at(point, 12 * window.IOC.unit());
    if (index === undefined && this.under === undefined) return; // over nothing, as before
    this.under = index;
    this.map.getContainer().style.cursor = index === undefined ? "" : "pointer";
    this.map.getContainer().title = index === undefined ? "" : this._words(index);
  }

  _words(index) {
    const { name, state, area } = this.picture;
    return t("map.at", { name: name[index], state: t(`state.${window.IOC.STATES[state[index]]}`), area: this.areaName(area[index]) });
  }

  // N and P walk through the devices, the troubled first; Enter opens the one that is ringed.
  _key(event) {
    const order = this.picture.ordered();
    const key = event.key.toLowerCase();
    if (!order.length || event.ctrlKey || event.altKey || event.metaKey) return;
    if (key === "n" || key === "p") {
      this.step = (this.step + (key === "n" ? 1 : -1) + order.length) % order.length;
      this.at = order[this.step];
      this._ring(this.at);
    } else if (key === "enter" && this.at !== undefined) this.goTo(this.at);
    else if (key === "escape") this.card.close();
  }

  _ring(index) {
    const { lat, lon } = this.picture;
    this.layer.select(index);
    if (lat[index] !== null) this.map.panInside([lat[index], lon[index]], { padding: [60, 60], animate: false });
    say(find("announce"), this._words(index));
  }
}
