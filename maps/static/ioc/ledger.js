// The ledger: what came in and what became of it, in all, by the hour, by device; what could not be used, and why.
// It asks the API again every fifteen seconds while somebody looks.

import { ask } from "./api.js";
import { failed, openDesk } from "./desk.js";
import { find, h, refill, say, tone } from "./dom.js";
import { HourChart, hourRows } from "./hours.js";
import { showProbe } from "./probe.js";
import { count, moment, ms, t } from "./text.js";
import { Troubles } from "./troubles.js";
import { Unfit } from "./unfit.js";

const OUTCOMES = ["stored", "duplicate", "ignored", "quarantined", "shed", "in_flight"];

const chart = new HourChart(find("bands"), find("hours-said"));
const unfit = new Unfit(failed);
const troubles = new Troubles();

// received = stored + duplicate + …, as one sentence.
function showSum(account) {
  const term = (name) => h("span", { class: `term ${name}` }, h("span", {}, t(`ledger.${name}`)), " ",
    h("b", { class: "number" }, count(account[name])));
  const terms = OUTCOMES.map((name, at) => h("span", { class: "group" }, h("span", { class: "sign-of" }, at ? " + " : " = "), term(name)));
  find("sum").replaceChildren(term("received"), ...terms);
}

function lostOf(account) {
  const settled = OUTCOMES.reduce((sum, name) => sum + account[name], 0);
  return account.shed + Math.max(account.received - settled, 0);
}

function showAccount(account) {
  say(find("since"), account ? t("ledger.since", { time: moment(ms(account.started_at)) }) : t("ledger.none"));
  find("sum").hidden = find("lost").hidden = account === null;
  if (account === null) return;
  showSum(account);
  const lost = lostOf(account);
  tone(find("headline"), lost ? "critical" : "line");
  const words = [h("b", { class: `number${lost ? " bad" : ""}` }, t("ledger.lost", { n: count(lost) })), " · ",
    lost ? t("ledger.lost_some") : t("ledger.lost_none")];
  if (account.seq_gaps > 0) {
    words.push(h("br"), h("b", { class: "number" }, t("ledger.gaps", { n: count(account.seq_gaps) })), " · ", t("ledger.gaps_about"));
  }
  find("lost").replaceChildren(...words);
  find("spooled").hidden = !account.spooled;
  say(find("spooled"), t("ledger.spooled", { n: count(account.spooled) }));
}

async function show() {
  const [ledger] = await Promise.all([ask("/api/v1/ledger?hours=48"), troubles.load(), unfit.load()]);
  showAccount(ledger.since_start);
  chart.show(ledger.hours, Date.now());
  refill(find("hours"), hourRows(ledger.hours));
  find("hours-table").hidden = !ledger.hours.length;
  showProbe(ledger.probe);
  unfit.showReasons(ledger.reasons);
}

const again = openDesk(show);
find("range").addEventListener("change", again);
let resized = null;
addEventListener("resize", () => { clearTimeout(resized); resized = setTimeout(() => chart.draw(), 200); });
