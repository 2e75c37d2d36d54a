// Very many devices seen from far: where they stand so close that one could not be told from the next, a disc with their
// number takes their place. Its ring and its sign are those of the worst among them, so that no trouble hides in a crowd.
window.IOC = window.IOC || {};

IOC.CLUSTER = { many: 1500, dense: 9, cell: 64 }; // devices in all, devices in one cell, pixels of the design

// The devices that have a place and are not `hidden` by family, and where each is in the world, in pixels of zoom 0.
IOC.standing = ({ lat, lon, address, family }, hidden) => {
  const [_wx, _wy] = [new Float64Array(address.length), new Float64Array(address.length)];
  const _placed = [];
  for (let index = 0; index < address.length; index++) {
    if (!address[index] || lat[index] === null || lon[index] === null || hidden.has(family[index])) continue;
    const point = L.CRS.EPSG3857.latLngToPoint(L.latLng(lat[index], lon[index]), 0);
    _wx[index] = point.x;
    _wy[index] = point.y;
    _placed.push(index);
  }
  return { _placed, _wx, _wy };
};

// Cells in which devices stand too close: {discs: [{wx, wy, n, counts}], of: by device the number of its disc, or -1}.
// `xs`, `ys`: where each device is in the world, `cell` in the same measure: a disc stays what it is when the map is moved.
IOC.crowds = (indexes, xs, ys, cell) => {
  const cells = new Map();
  for (const index of indexes) {
    const key = Math.floor(xs[index] / cell) * 2 ** 22 + Math.floor(ys[index] / cell);
    const found = cells.get(key);
    if (found) found.push(index);
    else cells.set(key, [index]);
  }
  const discs = [];
  const of = new Int32Array(xs.length).fill(-1);
  for (const members of cells.values()) {
    const n = members.length;
    if (n < IOC.CLUSTER.dense) continue;
    let [x, y] = [0, 0];
    for (const index of members) {
      x += xs[index];
      y += ys[index];
      of[index] = discs.length;
    }
    discs.push({ wx: x / n, wy: y / n, n, counts: new Int32Array(IOC.STATES.length) });
  }
  return { discs, of };
};

// What each crowd's worst state is and how many are in it; returns the discs, the worst last: it is drawn over its neighbours.
IOC.judgeCrowds = ({ discs, of }, indexes, states) => {
  for (const disc of discs) disc.counts.fill(0);
  for (const index of indexes) if (of[index] >= 0) discs[of[index]].counts[states[index]] += 1;
  for (const disc of discs) {
    disc.rank = IOC.DRAW_ORDER.findLastIndex((code) => disc.counts[code]);
    disc.worst = IOC.DRAW_ORDER[disc.rank] ?? 0;
    disc.wrong = disc.worst ? disc.counts[disc.worst] : 0;
  }
  return [...discs].sort((a, b) => a.rank - b.rank);
};

const radiusOf = (n, unit) => (11 + 6 * Math.log10(n)) * unit;

// A disc with its number, as an image: `look` is {unit, colours} of the canvas it is for.
IOC.makeDisc = (n, worst, { unit, colours }) => {
  const canvas = document.createElement("canvas");
  const radius = radiusOf(n, unit);
  const middle = Math.ceil(radius + 3 * unit);
  canvas.width = canvas.height = 2 * middle;
  const pen = canvas.getContext("2d");
  pen.arc(middle, middle, radius, 0, 7);
  pen.fillStyle = colours.raised;
  pen.fill();
  pen.lineWidth = (worst ? 3.2 : 1.4) * unit;
  pen.strokeStyle = colours[IOC.STATES[worst]];
  pen.stroke();
  pen.fillStyle = colours.bright;
  IOC.setType(pen, unit, "center");
  pen.fillText(String(n), middle, middle + unit);
  return canvas;
};

IOC.setType = (pen, unit, align) => {
  pen.font = `600 ${Math.round(13 * unit)}px "Be Vietnam Pro"`;
  pen.textAlign = align;
  pen.textBaseline = "middle";
};

// `image` of makeDisc, `sprite` of the worst; the pen's type is set.
IOC.drawCluster = (pen, disc, image, sprite, { unit, ratio }) => {
  const [x, y] = [disc.x * ratio, disc.y * ratio];
  pen.drawImage(image, Math.round(x - image.width / 2), Math.round(y - image.width / 2));
  if (!disc.worst) return;
  const away = radiusOf(disc.n, unit) * 0.8;
  const size = Math.max(sprite.width, 17 * unit); // the sign of a single device would be lost beside a disc
  pen.drawImage(sprite, x + away - size / 2, y - away - size / 2, size, size);
  if (disc.wrong > 1) pen.fillText(String(disc.wrong), x + away + size / 2, y - away);
};
