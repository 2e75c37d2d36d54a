// The alerts' desk: what is wrong and was wrong, worst first; one key acknowledges; beside it the whole story of one alert.
// The live stream says when something changed; then the list is asked again.

import { followAlerts } from "./alert-follow.js";
import { folded } from "./alert-kin.js";
import { AlertStory } from "./alert-story.js";
import { ask, items } from "./api.js";
import { bookOf } from "./book.js";
import { areaNames, failed, keepInAddress, may, openDesk } from "./desk.js";
import { find, h, say, sign } from "./dom.js";
import { Picture } from "./picture.js";
import { Rows, sortable } from "./rows.js";
import { alertState, alertText, count, moment, ms, plain, t } from "./text.js";

const PAGE = 200;
const RANK = ["warning", "minor", "major", "critical"];

const picture = new Picture();
const form = find("filters");
let names = new Map();
let listed = [];
let next = null;
let session = null;
let fold = folded([]);

const nameOf = (alert) => (alert.device ? picture.nameOf(alert.device) : "");
const areaOf = (alert) => names.get(alert.area) ?? alert.area ?? "";
const rank = (alert) => RANK.indexOf(alert.severity);

function cells(alert) {
  const state = [t(`condition.${alert.condition}`), alert.acked ? t("alerts.acked_by", { name: alert.acked_by ?? "–" }) : null];
  const behind = fold.behind(alert);
  const what = behind ? [alertText(alert), h("span", { class: "muted" }, ` · ${t("alerts.folded", { n: count(behind) })}`)] : [alertText(alert)];
  return [h("span", { class: "tag" }, sign(alertState(alert)), t(`severity.${alert.severity}`)), h("span", {}, ...what), nameOf(alert), areaOf(alert),
    h("time", { class: "number", datetime: alert.since }, moment(ms(alert.since))), state.filter(Boolean).join(" · ")];
}

const story = new AlertStory(find("detail"), { nameOf, areaOf, done: () => again() });
const rows = new Rows(find("rows"), {
  id: (alert) => alert.id, cells,
  opened: (alert) => story.open(alert.id),
  keys: {
    a: (alert) => alert && story.act(alert, alert.acked ? "unack" : "ack"),
    c: () => story.focus("comment"),
    i: () => story.focus("incident"),
    s: () => story.focus("shelve"),
    "/": () => find("q").focus(),
  },
});
const inOrder = sortable(document.querySelector("thead"), {
  severity: rank, what: alertText, device: nameOf, area: areaOf, since: (alert) => ms(alert.since), state: (alert) => alert.condition,
}, showList);

function showList() {
  const words = plain(form.q.value).split(/\s+/).filter(Boolean);
  const fits = (alert) => {
    const text = plain([alertText(alert), nameOf(alert), alert.device, areaOf(alert)].join(" "));
    return words.every((word) => text.includes(word));
  };
  fold = folded(listed);
  const shown = inOrder(listed.filter((alert) => (words.length || !fold.hides(alert)) && fits(alert))); // who searches finds all
  rows.show(shown);
  say(find("total"), count(shown.length) + (next ? "+" : ""));
  find("none").hidden = shown.length > 0;
  find("more").hidden = !next;
}

function wanted(cursor) {
  const query = new URLSearchParams({ limit: PAGE });
  for (const name of ["open", "severity", "area"]) if (form[name].value) query.set(name, form[name].value);
  if (cursor) query.set("cursor", cursor);
  return ask(`/api/v1/alerts?${query}`);
}

// Open ones as a person needs them: not acknowledged first, worst first, longest first. Past ones newest first.
function usual(alerts) {
  if (form.open.value !== "true") return alerts;
  return [...alerts].sort((a, b) => a.acked - b.acked || rank(b) - rank(a) || ms(a.since) - ms(b.since));
}

async function show() {
  const answer = await wanted();
  listed = usual(items(answer));
  next = answer.next ?? null;
  showList();
  await story.refresh();
}

async function more() {
  const answer = await wanted(next).catch(failed);
  if (!answer) return;
  listed = [...listed, ...items(answer)];
  next = answer.next ?? null;
  showList();
}

const again = openDesk(show, {
  knows: (who) => {
    session = who;
    story.may = may(session, "operator");
    story.refresh();
    if (story.may) bookOf(session.name).then((people) => { story.people = people; return story.refresh(); });
  },
});
keepInAddress(form, again);
find("q").addEventListener("input", showList);
find("more").addEventListener("click", more);
areaNames().then((found) => {
  names = found;
  picture.placeName = (slug) => names.get(slug) ?? slug;
  find("area").append(...[...names].map(([slug, name]) => h("option", { value: slug }, name)));
  find("area").value = new URLSearchParams(location.search).get("area") ?? "";
  again();
});
const asked = new URLSearchParams(location.search).get("alert");
if (asked) story.open(asked);

followAlerts(picture, { named: showList, changed: again });
