// How much the centre asks of the people who answer it, after ISA-18.2: each figure beside its limits, when it was most, which
// rules and devices make most of it, and what to mend.

import { ask, devicePage } from "./api.js";
import { areaNames, filledIn, keepInAddress, openDesk } from "./desk.js";
import { find, h, refill, say, sign, svg, tone } from "./dom.js";
import { count, dayMonth, hourMinute, lang, moment, ms, percent, t } from "./text.js";

const HOUR = 3600000;
const SIGNS = { few: "unknown", good: "ok", fair: "warning", poor: "critical" };
const WORST = ["poor", "fair", "good"];
const MEANT = { critical: 5, major: 15, minor: 80, warning: 80 }; // per cent; the last two together
const one = new Intl.NumberFormat(lang === "en" ? "en-GB" : "vi-VN", { maximumFractionDigits: 1 });

const share = (value) => percent(Math.round(value * 1000), 1000);
// The figures in the order they are read: how many, how they crowd, what they are made of.
const MEASURES = [
  ["per_day", (told) => told.per_day, (value) => one.format(value)],
  ["per_hour", (told) => told.per_hour, (value) => one.format(value)],
  ["most_in_ten_minutes", (told) => told.most_in_ten_minutes, count],
  ["flood_share", (told) => told.flood_share, share],
  ["top_share", (told) => told.top_share, share],
  ["stale", (told) => told.stale.length, count],
  ["chattering", (told) => told.chattering.length, count],
  ["fleeting", (told) => told.fleeting.length, count],
];

const form = find("filters");

const ruleText = (rule) => t(`rule.${rule}`).startsWith("rule.") ? rule : t(`rule.${rule}`);

function subjectOf({ subject, name }) {
  const words = name ?? subject.replace(/^\w+:/, "");
  return subject.split("/").length === 3 && !subject.includes(":") ? h("a", { href: devicePage(subject) }, words) : words;
}

function measure([name, of, worded], told) {
  const limit = told.limits[name];
  const verdict = told.verdicts[name];
  const value = of(told);
  const full = Math.max(value, limit.most, limit.good) || 1;
  const at = (where) => `${Math.min(100, (100 * where) / full)}%`;
  const scale = h("div", { class: "scale", "aria-hidden": "true" }, h("i", { class: `is ${verdict}` }), h("i", { class: "mark" }), limit.most > limit.good ? h("i", { class: "mark most" }) : null);
  scale.style.setProperty("--is", at(value));
  scale.style.setProperty("--good", at(limit.good));
  scale.style.setProperty("--most", at(limit.most));
  const bounds = limit.most > limit.good ? t("kpis.bounds", { good: worded(limit.good), most: worded(limit.most) }) : t("kpis.bound", { good: worded(limit.good) });
  return h("li", {}, h("strong", {}, t(`kpi.${name}`)), h("p", {}, h("b", { class: "number" }, worded(value)), sign(SIGNS[verdict]), t(`verdict.${verdict}`)), scale,
    h("small", { class: "muted number" }, bounds));
}

function showSentence(told) {
  const verdicts = MEASURES.map(([name]) => told.verdicts[name]);
  tone(find("headline"), SIGNS[WORST.find((each) => verdicts.includes(each)) ?? "good"]);
  const floods = told.flood_now ? t("kpis.flood_now") : told.floods.length ? t("kpis.floods", { n: count(told.floods.length) }) : t("kpis.calm");
  say(find("sentence"), [t("kpis.sentence", { n: count(told.alarms), since: moment(ms(told.since)) }), floods,
    told.suppressed ? t("kpis.suppressed", { n: count(told.suppressed) }) : null].filter(Boolean).join(" "));
}

// Bars by the hour or the day, each with its words for a pointer and in the table below.
function showCourse(told) {
  const course = told.course.map((each) => ({ at: ms(each.since), n: each.alarms }));
  const daily = course.length > 1 && course[1].at - course[0].at > HOUR;
  const when = (at) => (daily ? dayMonth(at) : `${dayMonth(at)} ${hourMinute(at)}`);
  const most = Math.max(1, ...course.map((each) => each.n));
  const drawing = svg("svg", { viewBox: `0 0 ${course.length} 100`, preserveAspectRatio: "none", "aria-hidden": "true" });
  course.forEach(({ at, n }, place) => {
    const height = n && Math.max((100 * n) / most, 3);
    const title = svg("title", {}, `${when(at)}: ${count(n)}`);
    drawing.append(svg("g", {}, title, svg("rect", { class: "ground", x: place, y: 0, width: 1, height: 100 }), svg("rect", { x: place + 0.12, y: 100 - height, width: 0.76, height })));
  });
  const every = Math.ceil(course.length / 8);
  const axis = h("div", { class: "axis number", "aria-hidden": "true" }, ...course.filter((_, place) => place % every === 0)
    .map(({ at }) => h("span", {}, daily ? dayMonth(at) : hourMinute(at))));
  find("columns").replaceChildren(h("p", { class: "muted number" }, t("hours.most", { n: count(most) })), drawing, axis);
  refill(find("course"), [...course].reverse().map(({ at, n }) => h("tr", {}, h("th", { scope: "row" }, when(at)), h("td", {}, count(n)))));
}

function showMix(told) {
  const row = (severity) => {
    const bar = h("div", { class: `bar-of ${severity}`, "aria-hidden": "true" });
    bar.style.setProperty("--is", `${100 * told.mix[severity]}%`);
    return h("li", {}, h("span", {}, t(`severity.${severity}`)), bar, h("b", { class: "number" }, share(told.mix[severity])),
      h("small", { class: "muted" }, t(severity === "minor" || severity === "warning" ? "kpis.meant_both" : "kpis.meant", { n: MEANT[severity] })));
  };
  find("mix").replaceChildren(...(told.alarms ? ["critical", "major", "minor", "warning"].map(row) : [h("li", { class: "none" }, t("kpis.none"))]));
}

function showLists(told) {
  const source = (each) => {
    const line = h("li", {}, h("div", {}, h("strong", {}, ruleText(each.rule)), h("small", { class: "muted" }, subjectOf(each))), h("b", { class: "number" }, count(each.count)));
    line.style.setProperty("--share", `${(100 * each.count) / told.top[0].count}%`);
    return line;
  };
  refill(find("top"), told.top.length ? told.top.map(source) : [h("li", { class: "none" }, t("kpis.none"))]);
  const stale = told.stale.map((each) => h("li", {}, t("kpis.stale", { since: moment(ms(each.since)) }), " ", ruleText(each.rule), " – ", subjectOf(each)));
  const advice = told.advice.map(({ text }) => h("li", {}, text[lang] ?? text.vi));
  refill(find("advice"), advice.length || stale.length ? [...advice, ...stale] : [h("li", { class: "none" }, t("kpis.nothing"))]);
}

async function show() {
  const told = await ask(`/api/v1/kpis/alarms?${filledIn(form)}`);
  showSentence(told);
  find("measures").replaceChildren(...MEASURES.map((each) => measure(each, told)));
  showCourse(told);
  showMix(told);
  showLists(told);
}

const again = openDesk(show);
keepInAddress(form, again);
areaNames().then((names) => {
  find("area").append(...[...names].map(([slug, name]) => h("option", { value: slug }, name)));
  const wanted = new URLSearchParams(location.search).get("area");
  if (!wanted) return;
  find("area").value = wanted;
  again();
});
