// Very many devices seen from far: where they stand so close that one could not be told from the next, a disc with their
// number takes their place. Its ring and its sign are those of the worst among them, so that no trouble hides in a crowd.
window.IOC = window.IOC || {};

IOC.CLUSTER = { many: 1500, dense: 9, cell: 64 }; // devices in all, devices in one cell, pixels of the design

// Cells of those devices that stand too close: [{x, y, n, worst, wrong}] in pixels, and the set of devices in them.
// `xs`, `ys`: where each device stands; `worse`: rank of each state code.
IOC.clusters = (indexes, xs, ys, states, cell, worse) => {
  const cells = new Map();
  for (const index of indexes) {
    const key = Math.floor(xs[index] / cell) * 65536 + Math.floor(ys[index] / cell);
    const found = cells.get(key);
    if (found) found.push(index);
    else cells.set(key, [index]);
  }
  const discs = [];
  const inside = new Set();
  for (const members of cells.values()) {
    if (members.length < IOC.CLUSTER.dense) continue;
    let [x, y, worst, wrong] = [0, 0, states[members[0]], 0];
    for (const index of members) {
      x += xs[index];
      y += ys[index];
      if (worse[states[index]] > worse[worst]) worst = states[index];
      inside.add(index);
    }
    for (const index of members) if (worst && states[index] === worst) wrong += 1;
    discs.push({ x: x / members.length, y: y / members.length, n: members.length, worst, wrong });
  }
  discs.sort((a, b) => worse[a.worst] - worse[b.worst]); // the worst is drawn last, over its neighbours
  return { discs, inside };
};

IOC.drawCluster = (pen, disc, sprite, ratio) => {
  const unit = IOC.unit() * ratio;
  const [x, y] = [disc.x * ratio, disc.y * ratio];
  const radius = (11 + 6 * Math.log10(disc.n)) * unit;
  pen.beginPath();
  pen.arc(x, y, radius, 0, 7);
  pen.fillStyle = IOC.colour("raised");
  pen.fill();
  pen.lineWidth = (disc.worst ? 3.2 : 1.4) * unit;
  pen.strokeStyle = IOC.colour(IOC.STATES[disc.worst]);
  pen.stroke();
  pen.fillStyle = IOC.colour("bright");
  pen.font = `600 ${Math.round(13 * unit)}px "Be Vietnam Pro"`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(String(disc.n), x, y + unit);
  if (!disc.worst) return;
  const [cx, cy] = [x + radius * 0.8, y - radius * 0.8];
  const size = Math.max(sprite.width, 17 * unit); // the sign of a single device would be lost beside a disc
  pen.drawImage(sprite, cx - size / 2, cy - size / 2, size, size);
  if (disc.wrong < 2) return;
  pen.textAlign = "left";
  pen.fillText(String(disc.wrong), cx + size / 2, cy);
};
