// The signs of the wall: one shape a state, in a box of 16 by 16, for canvas (Path2D) and SVG alike.
// A classic script, because folium's own scripts run before any module. Order = the palette's codes.
window.IOC = window.IOC || {};
IOC.STATES = ["ok", "warning", "critical", "offline", "maintenance", "unknown", "pending"];
IOC.SHAPES = {
  ok: "M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12Z",
  warning: "M8 1 15.4 14.6H.6Z",
  critical: "M1.6 1.6h12.8v12.8H1.6Z",
  offline: "M8 .4 15.6 8 8 15.6.4 8Z",
  maintenance: "M5.6 1h4.8v4.6H15v4.8h-4.6V15H5.6v-4.6H1V5.6h4.6Z",
  unknown: "M8 2.6a5.4 5.4 0 1 0 0 10.8a5.4 5.4 0 1 0 0-10.8Z",
  pending: "M8 2.6a5.4 5.4 0 1 0 0 10.8a5.4 5.4 0 1 0 0-10.8Z",
};
IOC.HOLLOW = new Set(["unknown", "pending"]);
// A device in such a state does what it is there for, as far as we know.
IOC.WORKING = new Set(["ok", "warning", "critical", "pending"]);
// What covers what where signs overlap: the worst on top.
IOC.DRAW_ORDER = [6, 4, 5, 3, 1, 2];
IOC.colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
// Pixels of the design (1080p) to pixels of this screen.
IOC.unit = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 20;
