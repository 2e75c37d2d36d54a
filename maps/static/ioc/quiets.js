// The desk of silences and maintenance: who is left in peace about what, until when; asked for, planned and ended here.

import { ask, items } from "./api.js";
import { areaNames, did, keepInAddress, may, openDesk, reasonOf, refused } from "./desk.js";
import { find, h, say, sign } from "./dom.js";
import { Picture } from "./picture.js";
import { QuietForm } from "./quiet-form.js";
import { isOver, scopeText, stateText, whenText } from "./quiet-words.js";
import { Rows, sortable } from "./rows.js";
import { Stream } from "./stream.js";
import { count, ms, t } from "./text.js";

const KINDS = ["silences", "maintenance"];

const picture = new Picture();
const filters = find("filters");
let names = new Map();
let listed = [];
let mayEnd = false;

const told = { area: (slug) => names.get(slug) ?? slug, device: (address) => picture.nameOf(address) };
const whatOf = (quiet) => scopeText(quiet.scope, told);
const rank = (quiet) => (quiet.active ? 0 : isOver(quiet) ? 2 : 1);
const startOf = (quiet) => ms(quiet.next_from ?? quiet.starts_at);

function cells(quiet) {
  const state = quiet.active ? "maintenance" : isOver(quiet) ? "ok" : "unknown";
  return [h("span", { class: "tag" }, sign(state), stateText(quiet)), t(`quiets.kind_${quiet.kind}`), whatOf(quiet), whenText(quiet), quiet.reason, quiet.author];
}

const rows = new Rows(find("rows"), {
  id: (quiet) => quiet.id, cells, opened: open,
  keys: { e: (quiet) => quiet && find("end")?.click(), n: () => form.focus() },
});
const inOrder = sortable(document.querySelector("thead"), {
  state: rank, kind: (quiet) => quiet.kind, what: whatOf, when: startOf, reason: (quiet) => quiet.reason, author: (quiet) => quiet.author,
}, showList);

function showList() {
  rows.show(inOrder(listed));
  say(find("total"), count(listed.length));
  find("none").hidden = listed.length > 0;
  if (!rows.item()) find("detail").hidden = true;
  else if (!find("detail").contains(document.activeElement)) open(rows.item());
}

// What is chosen, in full, and the button that ends it: it asks once more.
function open(quiet) {
  const facts = [["quiets.column_kind", t(`quiets.kind_${quiet.kind}`)], ["quiets.column_when", whenText(quiet)], ["quiets.column_state", stateText(quiet)],
    ["quiets.column_reason", quiet.reason], ["quiets.column_author", quiet.author]];
  const button = mayEnd && !isOver(quiet) ? h("button", { id: "end" }, t("quiets.end")) : null;
  button?.addEventListener("click", () => {
    if (button.dataset.sure) return end(quiet);
    button.dataset.sure = "true";
    button.focus();
    return say(button, t("quiets.end_sure"));
  });
  button?.addEventListener("blur", () => {
    delete button.dataset.sure;
    say(button, t("quiets.end"));
  });
  find("detail").hidden = false;
  find("detail").replaceChildren(...[h("h2", { id: "detail-title" }, whatOf(quiet)),
    h("table", { class: "latest" }, h("tbody", {}, ...facts.map(([key, value]) => h("tr", {}, h("th", { scope: "row" }, t(key)), h("td", {}, value))))),
    button].filter(Boolean));
}

async function end(quiet) {
  try {
    await ask(`/api/v1/${quiet.kind}/${encodeURIComponent(quiet.id)}`, { method: "DELETE" });
    did(t("quiets.ended", { what: whatOf(quiet) }));
  } catch (error) {
    refused(error, "quiets.refused");
  }
  find("main").focus(); // the button is no more
  await again();
  find("rows").querySelector("[tabindex='0']")?.focus();
}

async function show() {
  const kinds = KINDS.filter((kind) => !filters.kind.value || filters.kind.value === kind);
  const live = filters.live.value === "true" ? "live=true" : "limit=500";
  const answers = await Promise.all(kinds.map((kind) => ask(`/api/v1/${kind}?${live}`)));
  listed = answers.flatMap((answer, n) => items(answer).map((quiet) => ({ ...quiet, kind: kinds[n] })))
    .sort((a, b) => rank(a) - rank(b) || (rank(a) === 2 ? startOf(b) - startOf(a) : startOf(a) - startOf(b)));
  showList();
}

const form = new QuietForm(find("asked"), {
  picture, areaName: (slug) => (slug ? told.area(slug) : ""), reasonOf,
  async made(quiet) {
    did(t("quiets.made"));
    await again();
    rows.choose(quiet.id, { focus: true });
  },
});
const again = openDesk(show, {
  knows: (session) => {
    mayEnd = may(session, "operator");
    find("new").hidden = !mayEnd;
    form.wish();
    if (rows.item()) open(rows.item());
  },
});
keepInAddress(filters, again);
areaNames().then((found) => {
  names = found;
  form.offer("areas", [...names]);
  showList();
});
new Stream("/ws/live", ["devices"], {
  frame(frame) {
    picture.fold(frame);
    if (frame.type === "snapshot") { form.showPicked(); showList(); }
    document.body.dataset.seq = frame.seq;
  },
  figures() {}, beat() {}, closed() {}, link() {},
});
