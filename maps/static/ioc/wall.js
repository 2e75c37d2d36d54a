// The wall put together: the stream fills the picture, the picture is shown by the map, the labels, the
// ribbon, the figures and the card. Everything that shows is told what changed and looks no further.

import { Refused, ask, toSignIn } from "./api.js";
import { Card } from "./card.js";
import { find, say } from "./dom.js";
import { showFigures } from "./figures.js";
import { Families } from "./families.js";
import { Finder, slashFinds } from "./finder.js";
import { Alarm } from "./alarm.js";
import { Labels } from "./labels.js";
import { languageSwitch } from "./lang.js";
import { groundOf, labelsOf } from "./places.js";
import { Liveness } from "./liveness.js";
import { newBuild } from "./build.js";
import { Past, wishedMoment } from "./past.js";
import { Picture } from "./picture.js";
import { Ribbon } from "./ribbon.js";
import { Stream } from "./stream.js";
import { clockTime, longDay } from "./text.js";
import { Tour } from "./tour.js";
import { View } from "./view.js";
import { showWho } from "./who.js";

const { devices: layer, areas: ground } = window.IOC;
const scale = Number(new URLSearchParams(location.search).get("scale"));
if (scale >= 0.5 && scale <= 3) document.documentElement.style.setProperty("--scale", scale);

const picture = new Picture();
const names = new Map();
const areaName = (slug) => (slug ? names.get(slug) ?? slug : "");
picture.placeName = areaName;
const map = layer._map;
const labels = new Labels(map, layer, [find("card"), find("finder-input"), find("layers-button"), map.getContainer().querySelector(".leaflet-bar")]);
const card = new Card(picture, layer, areaName);
const view = new View(map, layer, picture, card, areaName);
card.onchange = () => labels.place();
card.onclose = () => view.settle();
const ribbon = new Ribbon(picture, areaName, (address) => view.goTo(picture.index.get(address)));
const finder = new Finder(picture, areaName, (index) => view.goTo(index));
const liveness = new Liveness(wishedMoment() !== null);
const alarm = wishedMoment() === null ? new Alarm(picture) : null;
const tour = new Tour(picture, view, areaName);
const families = new Families(picture, layer);
const opening = new URLSearchParams(location.search).get("device"); // a link to a device's card
let features = [];
let places = [];

function showPlaces() {
  const clusters = groundOf(picture);
  places = labelsOf(features, clusters);
  ground.draw(features, clusters);
  labels.show(places, picture.areas);
}

function showAlarming() {
  const grave = picture.waiting().filter((alert) => alert.rank >= 2).map((alert) => picture.index.get(alert.device));
  layer.setAlarming(new Set(grave.filter((index) => index !== undefined)));
}

let started = false;

function began() {
  if (started) return;
  started = true;
  alarm?.start();
  tour.start();
  if (opening) view.goTo(picture.index.get(opening));
}

const on = {
  frame(frame) {
    const changed = picture.fold(frame);
    if (changed.devices) layer.show(picture, changed.positions);
    if (changed.positions) showPlaces();
    else if (changed.areas) labels.show(places, picture.areas);
    if (changed.positions) {
      view.fit(features);
      families.show();
    }
    ribbon.show();
    if (frame.type === "delta") ribbon.announce(changed.fresh);
    showAlarming();
    card.show();
    if (frame.type === "snapshot") began();
    document.body.dataset.seq = frame.seq; // what is drawn, for tests and for the curious
  },
  figures: showFigures,
  closed: () => learnWhoLooks(), // a session may have ended: then it is the way in that helps
  beat(frame) {
    liveness.beat(frame);
    newBuild(frame.build);
  },
  link: (link, heardAt) => liveness.linked(link, heardAt),
};

async function learnWhoLooks() {
  try {
    const session = await ask("/api/v1/session");
    showWho(session);
    ribbon.may = wishedMoment() === null && ["operator", "supervisor", "admin"].includes(session.role); // the past is past
    ribbon.show();
  } catch (error) {
    if (error instanceof Refused && error.status === 401) toSignIn();
  }
}

async function learnPlaces() {
  try {
    features = (await ask("/api/v1/areas.geojson")).features ?? [];
  } catch {
    features = []; // the wall works without names: areas then show their slugs
  }
  for (const feature of features) names.set(feature.properties.slug, feature.properties.name);
  if (picture.seq === null) return;
  showPlaces();
  view.fit(features);
  tour.start();
  ribbon.show();
}

function tick() {
  const now = Date.now();
  say(find("clock"), clockTime(now));
  say(find("day"), longDay(now));
}

languageSwitch();
slashFinds(finder);
tick();
setInterval(tick, 1000);
if (!matchMedia("(prefers-reduced-motion: reduce)").matches) {
  let bright = true;
  setInterval(() => layer.blink((bright = !bright)), 600); // under 1 Hz; stops with the acknowledgement
}
learnWhoLooks();
learnPlaces();
const moment = wishedMoment();
if (moment === null) new Stream(layer.url, ["devices", "reaches", "areas", "alerts"], on);
else new Past(moment, on);
find("past-open").addEventListener("click", () => location.assign(`/?at=${new Date(Date.now() - 3600_000).toISOString().slice(0, 19)}Z`));
