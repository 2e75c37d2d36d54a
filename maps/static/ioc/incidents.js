// The incidents' desk: the affairs in which people gather alerts that belong together; opened, led, acknowledged and closed.

import { followAlerts } from "./alert-follow.js";
import { ask, items } from "./api.js";
import { bookOf } from "./book.js";
import { areaNames, did, failed, keepInAddress, may, openDesk } from "./desk.js";
import { find, h, say, sign } from "./dom.js";
import { IncidentForm } from "./incident-form.js";
import { IncidentSheet } from "./incident-sheet.js";
import { STATES, ofAll, signOf, stateWords } from "./incident-words.js";
import { Picture } from "./picture.js";
import { Rows, sortable } from "./rows.js";
import { count, moment, ms, t } from "./text.js";

const PAGE = 200;
const ALERTS = 500; // of the open ones, the newest: those that an outage explains are not asked for one by one

const picture = new Picture();
areaNames().then((names) => { picture.placeName = (slug) => names.get(slug) ?? slug; });
const filters = find("filters");
const asked = new URLSearchParams(location.search);
const nameOf = (address) => picture.nameOf(address);
const goes = (incident) => incident && incident.state !== "closed";
const rank = (incident) => STATES.indexOf(incident.state);
let wanted = asked.get("incident");
let listed = [];
let next = null;

function cells(incident) {
  return [h("span", { class: "tag" }, sign(signOf(incident)), stateWords(incident)), incident.title, incident.lead ?? "–", ofAll(incident),
    h("time", { class: "number", datetime: incident.opened_at }, moment(ms(incident.opened_at)))];
}

const sheet = new IncidentSheet(find("detail"), { nameOf, done: () => again() });
const rows = new Rows(find("rows"), {
  id: (incident) => incident.id, cells,
  opened: (incident) => sheet.open(incident.id),
  keys: {
    n: () => form.focus(), c: () => sheet.focus("comment"), e: () => sheet.focus("close"),
    a: (incident) => goes(incident) && incident.unacked && sheet.act(incident.id, "ack"),
    l: (incident) => goes(incident) && incident.lead !== sheet.me && sheet.act(incident.id, "lead", { lead: sheet.me }),
  },
});
const inOrder = sortable(document.querySelector("thead"), {
  state: rank, title: (incident) => incident.title, lead: (incident) => incident.lead ?? "", alerts: (incident) => incident.open,
  since: (incident) => ms(incident.opened_at),
}, showList);

function showList() {
  rows.show(inOrder(listed));
  say(find("total"), count(listed.length) + (next ? "+" : ""));
  find("none").hidden = listed.length > 0;
  find("more").hidden = !next;
}

function page(cursor) {
  const query = new URLSearchParams({ limit: PAGE, ...(filters.open.value && { open: filters.open.value }), ...(cursor && { cursor }) });
  return ask(`/api/v1/incidents?${query}`);
}

// Open alerts that are in no open incident; what an outage explains comes with the outage.
async function loose(open) {
  const gathered = new Set(open.flatMap((incident) => incident.alerts));
  const alerts = items(await ask(`/api/v1/alerts?open=true&limit=${ALERTS}`));
  return alerts.filter((alert) => !gathered.has(alert.id) && (!alert.parent || alert.id === asked.get("new")));
}

async function show() {
  const [answer, going] = await Promise.all([page(), ask(`/api/v1/incidents?open=true&limit=${PAGE}`)]);
  const open = items(going);
  const free = await loose(open);
  listed = items(answer).sort((a, b) => rank(a) - rank(b) || ms(b.opened_at) - ms(a.opened_at));
  next = answer.next ?? null;
  showList();
  form.offer(free);
  sheet.offer({ free, open });
  if (wanted && !sheet.id) await sheet.open(wanted);
  else await sheet.refresh();
  if (wanted) rows.choose(wanted);
  wanted = null;
}

async function more() {
  const answer = await page(next).catch(failed);
  if (!answer) return;
  listed = [...listed, ...items(answer)];
  next = answer.next ?? null;
  showList();
}

const form = new IncidentForm(find("asked"), {
  nameOf, wish: asked.get("new"),
  async made(incident) {
    did(t("incidents.made"));
    await again();
    rows.choose(incident.id, { focus: true });
  },
});
const again = openDesk(show, {
  knows: (session) => {
    const acts = may(session, "operator");
    find("new").hidden = !acts;
    sheet.knows(session.name, acts);
    if (!acts) return;
    form.wished();
    bookOf(session.name).then((people) => { sheet.people = people; sheet.draw(); });
  },
});
keepInAddress(filters, again);
find("more").addEventListener("click", more);
followAlerts(picture, { named: () => { showList(); form.draw(); sheet.draw(); }, changed: again });
