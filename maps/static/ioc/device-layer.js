// All devices on three canvases: lowest what they see and cover (reach.js); above it what is well, dim, redrawn when
// the view changes; on top what is not, redrawn when it changes. So a device that recovers never covers its neighbour's
// alarm, and twenty thousand of them need neither a graphics card nor a library.
// It draws a picture (picture.js) and tells what lies at a point; it decides no state.
window.IOC = window.IOC || {};

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
    map.on("move", this._follow, this);
    map.on("moveend resize", this._arrive, this);
    map.on("zoomanim", this._animate, this);
    document.fonts.addEventListener("loadingdone", () => { // what was drawn before has another font
      this._spriteKey = null;
      this._anew();
    });
    IOC.devices = this;
  },

  // The picture changed: `positions` when devices came, went or moved, else only states did.
  show(picture, positions) {
    this.picture = picture;
    if (positions) this._project();
    if (positions || !this._sprites) this._anew();
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
    this._anew();
  },

  // The crowd whose disc lies at a point of the container, if any.
  crowdAt(point) {
    const [x, y] = [point.x + this._pad.x, point.y + this._pad.y];
    const reach = 26 * IOC.unit();
    return this._discs.find((disc) => Math.hypot(disc.x - x, disc.y - y) < reach);
  },

  // The devices within `reach` pixels of a point of the container, nearest first.
  at(point, reach) {
    const near = [];
    const [x, y] = [point.x + this._pad.x, point.y + this._pad.y];
    for (const index of this._placed) {
      const [dx, dy] = [this._x[index] - x, this._y[index] - y];
      if (dx > reach || dx < -reach || dy > reach || dy < -reach) continue;
      const far = Math.hypot(dx, dy);
      if (far <= reach) near.push([far, index]);
    }
    return near.sort((a, b) => a[0] - b[0]).map(([, index]) => index);
  },

  // Where a device stands in the container, in pixels.
  pointOf(index) {
    return L.point(this._x[index] - this._pad.x, this._y[index] - this._pad.y);
  },

  // Calls `take(x, y, state)` for every device in the container.
  eachSeen(take) {
    const { _x: xs, _y: ys, _pad: pad, _size: size, picture: { state } } = this;
    for (const index of this._placed) {
      const [x, y] = [xs[index] - pad.x, ys[index] - pad.y];
      if (x > 0 && y > 0 && x < size.x && y < size.y) take(x, y, state[index]);
    }
  },

  _anew() {
    if (!this.picture || !this._map) return;
    this.redraw();
    this.fire("drawn");
  },

  redraw() {
    this._makeSprites();
    this._spread();
    this._place();
    this._drawLow();
    this._drawHigh();
    this._drawReaches();
  },

  // Lay the canvases over the view and a tenth beyond it on every side.
  _spread() {
    const map = this._map;
    const pad = map.getSize().multiplyBy(0.1).round();
    Object.assign(this, { _size: map.getSize(), _origin: map.getPixelOrigin(), _zoom: map.getZoom(), _bounds: map.getBounds().pad(0.1) });
    this._whole = this._size.add(pad.multiplyBy(2));
    this._corner = map.containerPointToLayerPoint(pad.multiplyBy(-1));
    for (const canvas of this._canvases) {
      L.DomUtil.setPosition(canvas, this._corner);
      const [width, height] = [Math.round(this._whole.x * this._ratio), Math.round(this._whole.y * this._ratio)];
      if (canvas.width !== width) canvas.width = width;
      if (canvas.height !== height) canvas.height = height;
      canvas.style.width = `${this._whole.x}px`;
      canvas.style.height = `${this._whole.y}px`;
    }
    this._pad = pad;
  },

  // The map is being moved: the canvases move with it, and are drawn anew only where it comes to their edge.
  _follow() {
    if (this._map.getPixelOrigin() !== this._origin) return; // another zoom, or far away: it is not there yet
    this._pad = this._map.containerPointToLayerPoint([0, 0]).subtract(this._corner);
    if (!this._covers()) this.redraw();
  },

  _arrive() {
    if (this._covers()) this.fire("drawn");
    else this._anew();
  },

  // Whether all of the view lies on the canvases as they were drawn.
  _covers() {
    const { _map: map, _pad: at, _whole: whole, _size: size } = this;
    return map.getPixelOrigin() === this._origin && map.getSize().equals(size)
      && at.x >= 0 && at.y >= 0 && at.x + size.x <= whole.x && at.y + size.y <= whole.y;
  },

  _animate(event) {
    if (!this._bounds) return;
    const scale = this._map.getZoomScale(event.zoom);
    const corner = this._map._latLngBoundsToNewLayerBounds(this._bounds, event.zoom, event.center).min;
    for (const canvas of this._canvases) L.DomUtil.setTransform(canvas, corner, scale);
  },

  _project() {
    const count = this.picture.address.length;
    Object.assign(this, IOC.standing(this.picture, this.hidden)); // _placed, _wx, _wy
    this._x = new Float32Array(count);
    this._y = new Float32Array(count);
    this._well = new Uint8Array(count); // as last drawn
    this._crowds = null;
  },

  // Where everything stands on the canvases, and which devices stand there alone.
  _place() {
    const scale = this._map.getZoomScale(this._zoom, 0);
    const origin = this._map.getPixelOrigin().add(this._corner);
    const { of, discs } = this._gather(scale);
    this._alone = [];
    for (const index of this._placed) {
      const x = (this._x[index] = this._wx[index] * scale - origin.x);
      const y = (this._y[index] = this._wy[index] * scale - origin.y);
      if (of[index] < 0 && this._near(x, y, 20)) this._alone.push(index);
    }
    for (const disc of discs) [disc.x, disc.y] = [disc.wx * scale - origin.x, disc.wy * scale - origin.y];
  },

  // The crowds of this zoom. Who stands in one is drawn as a part of its disc; only what alarms stands out of it as well.
  _gather(scale) {
    const cell = (IOC.CLUSTER.cell * IOC.unit()) / scale;
    if (this._crowds?.cell !== cell) {
      const few = this._placed.length < IOC.CLUSTER.many;
      this._crowds = { cell, ...IOC.crowds(few ? [] : this._placed, this._wx, this._wy, cell) };
    }
    return this._crowds;
  },

  _makeSprites() {
    this._ratio = window.devicePixelRatio || 1;
    const key = [this._placed.length, IOC.unit(), this._ratio];
    if (`${key}` === this._spriteKey) return;
    this._spriteKey = `${key}`;
    this._sprites = IOC.makeSprites(...key);
  },

  _stamp(pen, sprite, index) {
    const half = sprite.width / 2;
    pen.drawImage(sprite, Math.round(this._x[index] * this._ratio - half), Math.round(this._y[index] * this._ratio - half));
  },

  _drawLow() {
    const { state } = this.picture;
    this._clear(this._low, this._alone.length);
    for (const index of this._alone) {
      this._well[index] = state[index] === 0;
      if (this._well[index]) this._stamp(this._low, this._sprites.plain[0], index);
    }
  },

  // A canvas without anything costs nothing where it is not shown.
  _clear(pen, filled) {
    pen.clearRect(0, 0, pen.canvas.width, pen.canvas.height);
    pen.canvas.style.display = filled ? "" : "none";
  },

  _drawReaches() {
    const { reach, lat, state } = this.picture;
    const drawn = reach.size ? this._placed.filter((index) => this._reaches(index)) : [];
    this._clear(this._ground, drawn.length);
    for (const index of drawn) {
      const radius = reach.get(index).range_m * IOC.pixelsAMetre(lat[index], this._zoom);
      const path = IOC.reachPath(this._x[index] * this._ratio, this._y[index] * this._ratio, radius * this._ratio, reach.get(index));
      const works = IOC.WORKING.has(IOC.STATES[state[index]]);
      IOC.drawReach(this._ground, path, { works, chosen: index === this.selected, look: this._sprites.look });
    }
  },

  // Where it would be no larger than a sign, or its device is part of a crowd, what a device sees is not drawn.
  _reaches(index) {
    const { reach, family, lat } = this.picture;
    const mine = reach.get(index);
    if (!mine || this._crowds.of[index] >= 0 || this.hidden.has(`${family[index]}-reach`)) return false;
    const radius = mine.range_m * IOC.pixelsAMetre(lat[index], this._zoom);
    return radius >= this._sprites.leastReach && this._near(this._x[index], this._y[index], radius);
  },

  // Whether a disc around a point touches what is drawn.
  _near(x, y, radius) {
    return x > -radius && y > -radius && x < this._whole.x + radius && y < this._whole.y + radius;
  },

  _drawHigh() {
    const pen = this._high;
    if (!this._crowds) return;
    const { state } = this.picture;
    this._clear(pen, true);
    this._discs = IOC.judgeCrowds(this._crowds, this._placed, state);
    const { look } = this._sprites;
    IOC.setType(pen, look.unit, "left");
    pen.fillStyle = look.colours.bright;
    for (const disc of this._discs) {
      if (this._near(disc.x, disc.y, 80)) IOC.drawCluster(pen, disc, this._sprites.disc(disc), this._sprites.plain[disc.worst], look);
    }
    const levels = IOC.STATES.map(() => []);
    for (const index of this._alone) if (state[index]) levels[state[index]].push(index);
    for (const index of this.alarming) if (state[index] && this._crowds.of[index] >= 0) levels[state[index]].push(index);
    for (const code of IOC.DRAW_ORDER) {
      for (const index of levels[code]) {
        const ringed = this._bright && this.alarming.has(index);
        this._stamp(pen, (ringed ? this._sprites.ringed : this._sprites.plain)[code], index);
      }
    }
    if (this.selected !== null && this._x[this.selected] !== undefined) this._drawChoice(pen);
  },

  _drawChoice(pen) {
    const r = this._ratio;
    pen.beginPath();
    pen.arc(this._x[this.selected] * r, this._y[this.selected] * r, this._sprites.reach * 0.9 * r, 0, 7);
    pen.lineWidth = 2.5 * this._sprites.look.unit;
    pen.strokeStyle = this._sprites.look.colours.focus;
    pen.stroke();
  },

  // Many changes make one drawing; the more there is to draw the less often, at least twice a second.
  _soon() {
    if (this._waiting || !this._map || !this.picture) return;
    this._waiting = true;
    const gap = Math.min(500, ((this._alone?.length ?? 0) + 4 * this._discs.length) / 20);
    const rest = Math.max(0, gap - (performance.now() - (this._drawnAt || 0)));
    setTimeout(() => requestAnimationFrame(() => {
      this._waiting = false;
      this._drawnAt = performance.now();
      const { state } = this.picture;
      if (this._alone.some((index) => (state[index] === 0) !== Boolean(this._well[index]))) this._drawLow();
      this._drawHigh();
      this._drawReaches();
      this.fire("drawn-high");
    }), rest);
  },
});
