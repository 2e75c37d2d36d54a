// All devices on three canvases: lowest what they see and cover (reach.js); above it what is well, dim, redrawn when
// the view changes; on top what is not, redrawn when it changes. So a device that recovers never covers its neighbour's
// alarm, and twenty thousand of them need neither a graphics card nor a library.
// It draws a picture (picture.js) and tells what lies at a point; it decides no state.
window.IOC = window.IOC || {};

IOC.makeSprite = (state, size, ratio, ring) => {
  const canvas = document.createElement("canvas");
  const edge = Math.ceil((size + (ring ? 10 : 4)) * ratio);
  canvas.width = canvas.height = edge;
  const pen = canvas.getContext("2d");
  pen.translate(edge / 2, edge / 2);
  pen.scale((size * ratio) / 16, (size * ratio) / 16);
  pen.translate(-8, -8);
  const shape = new Path2D(IOC.SHAPES[state]);
  const thin = 16 / size;
  if (ring) {
    pen.lineWidth = 6 * thin;
    pen.strokeStyle = "#fff";
    pen.stroke(shape);
  }
  if (IOC.HOLLOW.has(state)) {
    pen.lineWidth = 2.6;
    pen.strokeStyle = IOC.colour(state);
    if (state === "pending") pen.setLineDash([3, 2.4]);
    pen.stroke(shape);
    return canvas;
  }
  pen.lineWidth = 2.2 * thin;
  pen.strokeStyle = IOC.colour("ground");
  if (!ring) pen.stroke(shape);
  pen.fillStyle = IOC.colour(state);
  pen.fill(shape);
  return canvas;
};

IOC.LiveDeviceLayer = L.Layer.extend({
  initialize(url, options) {
    this.url = url; // where the stream is; wall.js connects to it
    L.setOptions(this, options);
    this.picture = null;
    this.alarming = new Set(); // devices with a grave alert nobody acknowledged: ringed in white
    this.selected = null;
    this.hidden = new Set(); // families that somebody switched off, and `camera-reach` for what cameras see
    this._bright = true;
    this._discs = [];
  },

  onAdd(map) {
    map.createPane("devices").style.zIndex = 450;
    this._canvases = [0, 1, 2].map(() => {
      const canvas = L.DomUtil.create("canvas", "leaflet-zoom-animated", map.getPane("devices"));
      canvas.style.pointerEvents = "none";
      return canvas;
    });
    [this._ground, this._low, this._high] = this._canvases.map((canvas) => canvas.getContext("2d"));
    map.on("moveend viewreset resize", this.redraw, this);
    map.on("zoomanim", this._animate, this);
    IOC.devices = this;
  },

  // The picture changed: `positions` when devices came, went or moved, else only states did.
  show(picture, positions) {
    this.picture = picture;
    if (positions) this._project();
    if (positions || !this._sprites) this.redraw();
    else this._soon();
  },

  setAlarming(indexes) {
    this.alarming = indexes;
    this._soon();
  },

  // Called twice a second by wall.js; nothing is redrawn while nothing alarms.
  blink(bright) {
    this._bright = bright;
    if (this.alarming.size) this._drawHigh();
  },

  select(index) {
    this.selected = index;
    this._soon();
  },

  // Show only the families that are not `hidden`.
  hide(hidden) {
    this.hidden = hidden;
    if (!this.picture) return;
    this._project();
    this.redraw();
  },

  // The crowd whose disc lies at a point of the container, if any.
  crowdAt(point) {
    const [x, y] = [point.x + this._pad.x, point.y + this._pad.y];
    return this._discs.find((disc) => Math.hypot(disc.x - x, disc.y - y) < 26 * IOC.unit());
  },

  // The devices within `reach` pixels of a point of the container, nearest first.
  at(point, reach) {
    const near = [];
    const dx = point.x + this._pad.x;
    const dy = point.y + this._pad.y;
    for (const index of this._placed) {
      const far = Math.hypot(this._x[index] - dx, this._y[index] - dy);
      if (far <= reach) near.push([far, index]);
    }
    return near.sort((a, b) => a[0] - b[0]).map(([, index]) => index);
  },

  // Where a device stands in the container, in pixels.
  pointOf(index) {
    return L.point(this._x[index] - this._pad.x, this._y[index] - this._pad.y);
  },

  redraw() {
    if (!this.picture || !this._map) return;
    const map = this._map;
    const size = map.getSize();
    this._ratio = window.devicePixelRatio || 1;
    this._pad = L.point(Math.round(size.x * 0.1), Math.round(size.y * 0.1));
    const whole = size.add(this._pad.multiplyBy(2));
    const corner = map.containerPointToLayerPoint(this._pad.multiplyBy(-1));
    this._bounds = map.getBounds().pad(0.1);
    for (const canvas of this._canvases) {
      L.DomUtil.setPosition(canvas, corner);
      const [width, height] = [Math.round(whole.x * this._ratio), Math.round(whole.y * this._ratio)];
      if (canvas.width !== width) canvas.width = width;
      if (canvas.height !== height) canvas.height = height;
      canvas.style.width = `${whole.x}px`;
      canvas.style.height = `${whole.y}px`;
    }
    this._whole = whole;
    this._place(corner);
    this._makeSprites();
    this._drawLow();
    this._drawHigh();
    this._drawReaches();
    this.fire("drawn");
  },

  _animate(event) {
    if (!this._bounds) return;
    const scale = this._map.getZoomScale(event.zoom);
    const corner = this._map._latLngBoundsToNewLayerBounds(this._bounds, event.zoom, event.center).min;
    for (const canvas of this._canvases) L.DomUtil.setTransform(canvas, corner, scale);
  },

  _project() {
    const { lat, lon, address, family } = this.picture;
    const count = address.length;
    this._wx = new Float64Array(count);
    this._wy = new Float64Array(count);
    this._x = new Float32Array(count);
    this._y = new Float32Array(count);
    this._placed = [];
    for (let index = 0; index < count; index++) {
      if (!address[index] || lat[index] === null || lon[index] === null || this.hidden.has(family[index])) continue;
      const point = L.CRS.EPSG3857.latLngToPoint(L.latLng(lat[index], lon[index]), 0);
      this._wx[index] = point.x;
      this._wy[index] = point.y;
      this._placed.push(index);
    }
  },

  _place(corner) {
    const scale = this._map.getZoomScale(this._map.getZoom(), 0);
    const origin = this._map.getPixelOrigin().add(corner);
    for (const index of this._placed) {
      this._x[index] = this._wx[index] * scale - origin.x;
      this._y[index] = this._wy[index] * scale - origin.y;
    }
  },

  // Few devices are drawn larger than many, so that a small site reads from across the room.
  _makeSprites() {
    const unit = IOC.unit();
    const count = this._placed.length;
    const base = (count <= 400 ? 12.5 : count <= 3000 ? 8.5 : 5.5) * unit;
    const key = `${base}/${this._ratio}`;
    if (key === this._spriteKey) return;
    this._spriteKey = key;
    const size = { ok: base, critical: base * 2.1, unknown: base * 1.5, pending: base * 1.5, maintenance: base * 1.4 };
    this._sprites = IOC.STATES.map((s) => IOC.makeSprite(s, size[s] || base * 1.9, this._ratio, false));
    this._ringed = IOC.STATES.map((s) => IOC.makeSprite(s, size[s] || base * 1.9, this._ratio, true));
    this._reach = base * 2;
  },

  _stamp(pen, sprite, index) {
    const x = this._x[index];
    const y = this._y[index];
    if (x < -20 || y < -20 || x > this._whole.x + 20 || y > this._whole.y + 20) return;
    const half = sprite.width / 2;
    pen.drawImage(sprite, Math.round(x * this._ratio - half), Math.round(y * this._ratio - half));
  },

  _drawLow() {
    const pen = this._low;
    const { state } = this.picture;
    pen.clearRect(0, 0, pen.canvas.width, pen.canvas.height);
    this._crowd();
    for (const index of this._placed) if (state[index] === 0 && !this._inside.has(index)) this._stamp(pen, this._sprites[0], index);
  },

  // Where one would be no larger than a sign, or its device is part of a crowd, there is none.
  _drawReaches() {
    const pen = this._ground;
    const { reach, family, lat, state } = this.picture;
    const look = { unit: IOC.unit() * this._ratio, colours: { focus: IOC.colour("focus"), muted: IOC.colour("muted") } };
    const least = IOC.REACH.least * IOC.unit();
    pen.clearRect(0, 0, pen.canvas.width, pen.canvas.height);
    for (const index of this._placed) {
      const mine = reach.get(index);
      if (!mine || this._inside.has(index) || this.hidden.has(`${family[index]}-reach`)) continue;
      const radius = mine.range_m * IOC.pixelsAMetre(lat[index], this._map.getZoom());
      if (radius < least || !this._near(index, radius)) continue;
      const path = IOC.reachPath(this._x[index] * this._ratio, this._y[index] * this._ratio, radius * this._ratio, mine);
      IOC.drawReach(pen, path, { works: IOC.WORKING.has(IOC.STATES[state[index]]), chosen: index === this.selected, look });
    }
  },

  // Whether a disc around a device touches what is drawn.
  _near(index, radius) {
    const [x, y] = [this._x[index], this._y[index]];
    return x > -radius && y > -radius && x < this._whole.x + radius && y < this._whole.y + radius;
  },

  // Who stands in a crowd is drawn as a part of its disc; only what alarms stands out of it as well.
  _crowd() {
    const { CLUSTER, DRAW_ORDER } = IOC;
    const worse = IOC.STATES.map((_, code) => DRAW_ORDER.indexOf(code) + 1);
    const found = this._placed.length < CLUSTER.many ? { discs: [], inside: new Set() }
      : IOC.clusters(this._placed, this._x, this._y, this.picture.state, CLUSTER.cell * IOC.unit(), worse);
    this._discs = found.discs;
    this._inside = found.inside;
  },

  _drawHigh() {
    const pen = this._high;
    if (!this._sprites || !this._inside) return;
    const { state } = this.picture;
    pen.clearRect(0, 0, pen.canvas.width, pen.canvas.height);
    const levels = IOC.STATES.map(() => []);
    for (const disc of this._discs) IOC.drawCluster(pen, disc, this._sprites[disc.worst], this._ratio);
    for (const index of this._placed) {
      if (state[index] && (!this._inside.has(index) || this.alarming.has(index))) levels[state[index]].push(index);
    }
    for (const code of IOC.DRAW_ORDER) {
      for (const index of levels[code]) {
        const ringed = this._bright && this.alarming.has(index);
        this._stamp(pen, (ringed ? this._ringed : this._sprites)[code], index);
      }
    }
    if (this.selected !== null && this._x[this.selected] !== undefined) this._drawChoice(pen);
  },

  _drawChoice(pen) {
    const r = this._ratio;
    pen.beginPath();
    pen.arc(this._x[this.selected] * r, this._y[this.selected] * r, this._reach * 0.9 * r, 0, 7);
    pen.lineWidth = 2.5 * IOC.unit() * r;
    pen.strokeStyle = IOC.colour("focus");
    pen.stroke();
  },

  // Many changes make one drawing; a storm of abnormal devices is drawn at most twice a second.
  _soon() {
    if (this._waiting || !this._map || !this.picture) return;
    this._waiting = true;
    const gap = Math.min(500, this._placed.length / 20);
    const rest = Math.max(0, gap - (performance.now() - (this._drawnAt || 0)));
    setTimeout(() => requestAnimationFrame(() => {
      this._waiting = false;
      this._drawnAt = performance.now();
      this._drawLow();
      this._drawHigh();
      this._drawReaches();
      this.fire("drawn-high");
    }), rest);
  },
});
