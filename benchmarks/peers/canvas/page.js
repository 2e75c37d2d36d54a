// The layer on a bare map, fed by our own stream (`?from=stream`) or by a broker's websocket (`?from=broker&port=…&devices=…`).

import { listen } from "./mqtt.js";
import { TwoCanvases } from "./two-canvases.js";

const asked = new URLSearchParams(location.search);
const map = L.map("map", { zoomControl: false, attributionControl: false, zoomSnap: 0.25, fadeAnimation: false });
let layer = null;
window.map = map;

function begin(devices, states) {
  map.fitBounds(L.latLngBounds(devices), { padding: [60, 54], animate: false });
  layer = new TwoCanvases(devices, states, (times) => window.bench?.drawn(times, 1)).addTo(map);
  document.body.dataset.ready = "yes";
}

function fromStream() {
  const socket = new WebSocket(`ws://${location.host}/ws/live`);
  socket.onopen = () => socket.send(JSON.stringify({ type: "hello", layers: ["devices"], bbox: null, since: null }));
  socket.onmessage = ({ data }) => {
    const { type, seq, layers } = JSON.parse(data);
    if (!layers) return;
    const { about, i, state, since } = layers.devices ?? { i: [] };
    if (type === "snapshot") begin(about.lat.map((lat, at) => [lat, about.lon[at]]), state);
    else layer.apply(i.map((index, at) => [index, state[at], since[at]]));
    socket.send(JSON.stringify({ type: "ack", seq }));
  };
}

// Every message is a device as a whole, since a broker keeps nothing but the last one of each.
function fromBroker() {
  const index = new Map();
  const devices = [];
  const states = [];
  const changes = [];
  listen(`ws://${location.hostname}:${asked.get("port")}/`, "wall/#", (topic, text) => {
    const { lat, lon, state, since } = JSON.parse(text);
    const known = index.get(topic);
    if (known === undefined) {
      index.set(topic, devices.push([lat, lon]) - 1);
      states.push(state);
      if (devices.length === Number(asked.get("devices"))) begin(devices, states);
    } else if (layer) changes.push([known, state, since]);
    else states[known] = state;
  }, () => layer?.apply(changes.splice(0)));
}

if (asked.get("from") === "broker") fromBroker();
else fromStream();
