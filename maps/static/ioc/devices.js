// The devices' desk: the registry. Who is new waits to be admitted; a supervisor admits, renames, moves and retires.

import { ask, items } from "./api.js";
import { areaNames, failed, keepInAddress, may, openDesk } from "./desk.js";
import { DeviceSheet } from "./device-sheet.js";
import { find, h, say, sign } from "./dom.js";
import { Rows, sortable } from "./rows.js";
import { count, moment, ms, t } from "./text.js";

const PAGE = 200;
const SIGNS = { online: "ok", degraded: "warning", silent: "offline", offline: "offline", unknown: "unknown", pending: "pending", retired: "maintenance" };
const ORDER = ["pending", "offline", "silent", "degraded", "unknown", "online", "retired"];

const form = find("filters");
let names = new Map();
let listed = [];
let next = null;

const nameOf = (device) => device.name || device.device;
const areaOf = (device) => device.area_name ?? names.get(device.area) ?? device.area ?? "";
const heardAt = (device) => (device.last_heard ? ms(device.last_heard) : 0);

function cells(device) {
  return [h("span", { class: "tag" }, sign(SIGNS[device.state]), t(`standing.${device.state}`)), nameOf(device), t(`family.${device.family}`),
    areaOf(device), device.last_heard ? h("time", { class: "number", datetime: device.last_heard }, moment(ms(device.last_heard))) : "–"];
}

const sheet = new DeviceSheet(find("detail"), { names: () => names, signOf: (device) => SIGNS[device.state], done: () => again() });
const rows = new Rows(find("rows"), {
  id: (device) => device.address, cells,
  opened: (device) => sheet.open(device),
  keys: {
    a: (device) => device?.state === "pending" && sheet.change(device, { admission: "admitted" }),
    "/": () => find("q").focus(),
  },
});
const inOrder = sortable(document.querySelector("thead"), {
  state: (device) => ORDER.indexOf(device.state), name: nameOf, family: (device) => device.family, area: areaOf, heard: heardAt,
}, showList);

function showList() {
  rows.show(inOrder(listed));
  say(find("total"), count(listed.length) + (next ? "+" : ""));
  find("none").hidden = listed.length > 0;
  find("more").hidden = !next;
}

function wanted(cursor, only = {}) {
  const query = new URLSearchParams({ limit: PAGE });
  for (const name of ["family", "state", "area", "q"]) if (form[name].value.trim()) query.set(name, form[name].value.trim());
  for (const [name, value] of Object.entries(only)) query.set(name, value);
  if (cursor) query.set("cursor", cursor);
  return ask(`/api/v1/devices?${query}`);
}

async function show() {
  const [answer, waiting] = await Promise.all([wanted(), ask("/api/v1/devices?state=pending&limit=1")]);
  listed = items(answer).sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || nameOf(a).localeCompare(nameOf(b), "vi", { numeric: true }));
  next = answer.next ?? null;
  showList();
  find("waiting").hidden = !items(waiting).length || form.state.value === "pending";
  if (!find("waiting").hidden) find("waiting").replaceChildren(h("a", { href: "/devices?state=pending" }, t("devices.waiting")));
  sheet.refresh(listed);
}

async function more() {
  const answer = await wanted(next).catch(failed);
  if (!answer) return;
  listed = [...listed, ...items(answer)];
  next = answer.next ?? null;
  showList();
}

const again = openDesk(show, {
  knows: (session) => {
    sheet.may = may(session, "supervisor");
    sheet.refresh(listed);
  },
});
keepInAddress(form, again);
let typing = null;
find("q").addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(again, 300); });
find("more").addEventListener("click", more);

const wish = new URLSearchParams(location.search);
areaNames().then((found) => {
  names = found;
  find("area").append(...[...names].map(([slug, name]) => h("option", { value: slug }, name)));
  find("area").value = wish.get("area") ?? "";
  again();
});
ask("/api/v1/families").then((answer) => {
  find("family").append(...items(answer).map(({ slug }) => h("option", { value: slug }, t(`family.${slug}`))));
  find("family").value = wish.get("family") ?? "";
}).catch(failed);
