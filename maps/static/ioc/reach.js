// What a camera sees and what a loudspeaker covers: a sector, or a disc, under the devices' signs. Grey, since it alarms nobody:
// a thin line and a faint fill while the device works, a broken line around nothing while it does not.
window.IOC = window.IOC || {};

IOC.REACH = { least: 15, fill: 0.1, line: 0.5 }; // pixels of the design below which it would be clutter; how opaque

// Pixels to a metre at a latitude and zoom (Web Mercator).
IOC.pixelsAMetre = (lat, zoom) => (256 * 2 ** zoom) / (40075016.686 * Math.cos((lat * Math.PI) / 180));

// The outline around a point; `reach` as the picture has it: {range_m, bearing_deg, angle_deg}.
IOC.reachPath = (x, y, radius, { bearing_deg: bearing, angle_deg: angle }) => {
  const path = new Path2D();
  if (angle === null) {
    path.arc(x, y, radius, 0, 2 * Math.PI);
    return path;
  }
  const [from, to] = [bearing - angle / 2, bearing + angle / 2].map((turn) => ((turn - 90) * Math.PI) / 180); // north is up
  path.moveTo(x, y);
  path.arc(x, y, radius, from, to);
  path.closePath();
  return path;
};

// `works`: whether it sees or sounds now; `chosen`: whether its device's card is open; `look`: colours and the unit of this canvas.
IOC.drawReach = (pen, path, { works, chosen, look: { unit, colours } }) => {
  pen.strokeStyle = colours[chosen ? "focus" : "muted"];
  pen.fillStyle = pen.strokeStyle;
  pen.lineWidth = (chosen ? 2 : 1.2) * unit;
  pen.setLineDash(works ? [] : [5 * unit, 5 * unit]);
  pen.globalAlpha = IOC.REACH.fill;
  if (works) pen.fill(path);
  pen.globalAlpha = chosen ? 1 : IOC.REACH.line;
  pen.stroke(path);
  pen.globalAlpha = 1;
};
