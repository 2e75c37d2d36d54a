// The signs of the states as images, so that drawing a device is copying one.
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

// For so many devices: {plain, ringed} by state code; `disc`: of a crowd; `reach`: how far around a device its choice is drawn;
// `leastReach`: how far it must see for that to be drawn; `look`: colours and unit of the canvas, since asking the style sheet is
// dear. Few devices are drawn larger than many, so that a small site reads from across the room.
IOC.makeSprites = (count, unit, ratio) => {
  const base = (count <= 400 ? 12.5 : count <= 3000 ? 8.5 : 5.5) * unit;
  const size = { ok: base, critical: base * 2.1, unknown: base * 1.5, pending: base * 1.5, maintenance: base * 1.4 };
  const made = (ring) => IOC.STATES.map((state) => IOC.makeSprite(state, size[state] || base * 1.9, ratio, ring));
  const colours = Object.fromEntries(["raised", "bright", "focus", "muted", ...IOC.STATES].map((name) => [name, IOC.colour(name)]));
  const look = { unit: unit * ratio, ratio, colours };
  const discs = new Map();
  const disc = ({ n, worst }) => {
    const key = n * IOC.STATES.length + worst;
    if (discs.size > 1000) discs.clear(); // every zoom has numbers of its own
    if (!discs.has(key)) discs.set(key, IOC.makeDisc(n, worst, look));
    return discs.get(key);
  };
  return { plain: made(false), ringed: made(true), disc, reach: base * 2, leastReach: IOC.REACH.least * unit, look };
};
