// The form of the study's own prototype: what is well on the lower canvas, drawn when the view changes; the rest on the
// upper one, drawn when it changes. No crowds, no labels, no areas, no list beside it: the least that shows devices.

const COLOURS = ["#69717b", "#fdeb58", "#f53224", "#f2a9da"];
const PAD = 0.12;

function sprite(state, size) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.ceil(size) + 2;
  const pen = canvas.getContext("2d");
  const r = size / 2;
  pen.translate(canvas.width / 2, canvas.height / 2);
  pen.fillStyle = COLOURS[state];
  pen.strokeStyle = "#0b0d10";
  pen.beginPath();
  if (state === 0) pen.arc(0, 0, r, 0, 7);
  else if (state === 2) pen.rect(-r, -r, size, size);
  else for (const [x, y] of state === 1 ? [[0, -r], [r, r], [-r, r]] : [[0, -r], [r, 0], [0, r], [-r, 0]]) pen.lineTo(x, y);
  pen.closePath();
  pen.fill();
  pen.stroke();
  return canvas;
}

export const TwoCanvases = L.Layer.extend({
  // `devices`: [[lat, lon], …], `states`: a code each; `drawn` is called with the times of the changes just drawn.
  initialize(devices, states, drawn) {
    this.states = Uint8Array.from(states, (state) => Math.min(state, 3));
    this.world = devices.map(([lat, lon]) => L.CRS.EPSG3857.latLngToPoint(L.latLng(lat, lon), 0));
    this.xs = new Float32Array(devices.length);
    this.ys = new Float32Array(devices.length);
    this.wrong = new Set(this.states.keys().filter((index) => this.states[index]));
    this.drawn = drawn;
    this.times = [];
  },

  onAdd(map) {
    this.map = map;
    map.createPane("devices").style.zIndex = 450;
    this.pens = [0, 1].map(() => L.DomUtil.create("canvas", "leaflet-zoom-animated", map.getPane("devices")).getContext("2d"));
    for (const { canvas } of this.pens) canvas.style.pointerEvents = "none";
    this.sprites = COLOURS.map((_, state) => sprite(state, (state ? 14 : 6) * Math.max(1, innerHeight / 1080)));
    map.on("moveend resize viewreset", this.reset, this);
    this.reset();
  },

  reset() {
    const { map } = this;
    const { x: width, y: height } = map.getSize().multiplyBy(1 + 2 * PAD).round();
    const corner = map.containerPointToLayerPoint(map.getSize().multiplyBy(-PAD));
    for (const { canvas } of this.pens) {
      L.DomUtil.setPosition(canvas, corner);
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    }
    const scale = map.getZoomScale(map.getZoom(), 0);
    const origin = map.getPixelOrigin().add(corner);
    this.world.forEach(({ x, y }, index) => {
      this.xs[index] = x * scale - origin.x;
      this.ys[index] = y * scale - origin.y;
    });
    this.lower();
    this.upper();
  },

  stamp(pen, index) {
    const [x, y, image] = [this.xs[index], this.ys[index], this.sprites[this.states[index]]];
    if (x < -9 || y < -9 || x > pen.canvas.width + 9 || y > pen.canvas.height + 9) return;
    pen.drawImage(image, (x - image.width / 2) | 0, (y - image.width / 2) | 0);
  },

  lower() {
    const [pen] = this.pens;
    pen.clearRect(0, 0, pen.canvas.width, pen.canvas.height);
    pen.globalAlpha = 0.85;
    for (let index = 0; index < this.states.length; index++) if (!this.states[index]) this.stamp(pen, index);
  },

  upper() {
    const [, pen] = this.pens;
    this.at = performance.now();
    pen.clearRect(0, 0, pen.canvas.width, pen.canvas.height);
    for (const state of [3, 1, 2]) for (const index of this.wrong) if (this.states[index] === state) this.stamp(pen, index);
    this.drawn(this.times);
    this.times = [];
  },

  // `changes`: [[index, state, time], …]
  apply(changes) {
    for (const [index, state, time] of changes) {
      this.states[index] = Math.min(state, 3);
      if (state) this.wrong.add(index);
      else this.wrong.delete(index);
      this.times.push(time);
    }
    if (this.waiting || !changes.length) return;
    this.waiting = true;
    const wait = Math.min(500, this.wrong.size / 20) - (performance.now() - (this.at ?? 0)); // as the study has it
    setTimeout(() => requestAnimationFrame(() => {
      this.waiting = false;
      this.upper();
    }), Math.max(0, wait));
  },
});
