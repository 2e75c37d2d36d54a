// Who is on duty, which alerts nobody has taken up, what was sent to whom and how that went, and who is told of what.

import { ask, items } from "./api.js";
import { failed, filledIn, keepInAddress, may, openDesk } from "./desk.js";
import { find, h, refill, say, sign } from "./dom.js";
import { alertState, count, lang, moment, ms, t } from "./text.js";

const PAGE = 50;
const SIGNS = { failed: "critical", queued: "unknown", leased: "unknown", sent: "ok", cancelled: "unknown" };

const form = find("filters");
let session = null;
let book = { contacts: [], routes: [] };
let sent = [];
let next = null;

const called = (name) => book.contacts.find((contact) => contact.name === name)?.display ?? name;
const told = (name) => (name.startsWith("duty:") ? t("people.duty", { name: name.slice("duty:".length) }) : called(name));
const people = (names) => (names.length ? names.map(called).join(", ") : t("people.nobody"));

function duty({ name, who, next: after }) {
  const later = after ? t("people.next", { at: moment(ms(after.at)), who: people(after.who) }) : t("people.no_next");
  return h("li", {}, h("strong", {}, name), h("b", { class: who.length ? "" : "bad" }, people(who)), h("span", { class: "muted" }, later));
}

function escalation({ alert, title, device, since, severity, level, state, next: at }) {
  const words = state === "exhausted" ? t("people.exhausted") : [t("people.level", { n: count(level + 1) }), at && t("people.next_level", { at: moment(ms(at)) })].filter(Boolean).join(", ");
  return h("li", {}, sign(alertState({ severity })), h("a", { href: `/alerts?${new URLSearchParams({ alert })}` }, [t(`severity.${severity}`), title[lang] ?? title.vi, device].filter(Boolean).join(" · ")),
    h("time", { datetime: since }, moment(ms(since))), h("span", { class: state === "exhausted" ? "bad" : "muted" }, words));
}

function letter(each) {
  const how = [t(`people.state_${each.state}`), each.attempts > 1 ? t("people.attempts", { n: count(each.attempts) }) : null, each.error].filter(Boolean).join(" · ");
  const about = each.alerts.length === 1 ? h("a", { href: `/alerts?${new URLSearchParams({ alert: each.alerts[0] })}` }, each.title[lang] ?? each.title.vi) : each.title[lang] ?? each.title.vi;
  return h("li", {}, h("time", { class: "number", datetime: each.created_at }, moment(ms(each.created_at))), h("strong", {}, called(each.contact)),
    h("span", { class: "muted" }, each.channel), h("span", { class: "tag" }, sign(SIGNS[each.state]), how),
    h("details", { "data-key": each.key }, h("summary", { "data-key": `line ${each.key}` }, each.title[lang] ?? each.title.vi), h("p", { class: "text" }, each.text[lang] ?? each.text.vi), h("p", {}, about)));
}

function route({ name, areas, families, rules, at_least: least, steps }) {
  const which = [...areas, ...families.map((family) => t(`family.${family}`)), ...rules].join(", ") || t("people.all");
  const step = ({ to, after_s: after }) => h("li", {}, after ? t("people.after", { n: count(after / 60) }) : t("people.at_once"), " ", to.map(told).join(", "));
  return h("li", {}, h("strong", {}, name), h("span", { class: "muted" }, t("people.takes", { which, severity: t(`severity.${least}`) })), h("ol", {}, ...steps.map(step)));
}

const wanted = (cursor) => {
  const query = filledIn(form);
  query.set("limit", PAGE);
  if (cursor) query.set("cursor", cursor);
  return ask(`/api/v1/people/messages?${query}`);
};

function showSent() {
  refill(find("letters"), sent.length ? sent.map(letter) : [h("li", { class: "none" }, t("people.none"))]);
  find("more").hidden = !next;
}

async function showBehind() {
  const [open, letters] = await Promise.all([ask("/api/v1/people/escalations"), wanted()]);
  say(find("open-n"), count(items(open).length));
  refill(find("open-list"), items(open).length ? items(open).map(escalation) : [h("li", { class: "none" }, t("people.open_none"))]);
  sent = items(letters);
  next = letters.next;
  showSent();
  for (const id of ["open", "messages", "book"]) find(id).hidden = false;
}

async function show() {
  const duties = items(await ask("/api/v1/people/duty"));
  refill(find("duties"), duties.length ? duties.map(duty) : [h("li", { class: "none" }, t("people.no_duties"))]);
  if (may(session, "operator")) await showBehind();
}

// Who reads the messages may also know who is in the book; a viewer sees who is on duty, by the roster's names.
async function learnBook(who) {
  session = who;
  if (!may(session, "operator")) return;
  book = await ask("/api/v1/people/contacts");
  find("contact").append(...book.contacts.map(({ name, display }) => h("option", { value: name }, display)));
  find("contact").value = new URLSearchParams(location.search).get("contact") ?? "";
  refill(find("routes"), book.routes.length ? book.routes.map(route) : [h("li", { class: "none" }, t("people.no_routes"))]);
  await again();
}

const again = openDesk(show, { knows: (who) => learnBook(who).catch(failed) });
keepInAddress(form, again);
find("more").addEventListener("click", async () => {
  const answer = await wanted(next).catch(failed);
  if (!answer) return;
  sent = [...sent, ...items(answer)];
  next = answer.next;
  showSent();
});
