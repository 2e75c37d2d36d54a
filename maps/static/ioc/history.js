// The history desk: the courses of several metrics of several devices over any span, one chart a metric, one line a
// device. What is chosen stands in the address, so a view can be sent, printed or kept as a bookmark.

import { ask, deviceUrl } from "./api.js";
import { LINES, drawMany } from "./chart.js";
import { areaNames, openDesk } from "./desk.js";
import { find, h, say } from "./dom.js";
import { Finder, slashFinds } from "./finder.js";
import { Picture } from "./picture.js";
import { Stream } from "./stream.js";
import { clockTime, fieldOf, fullDate, instantOf, metricName, ms, t, valueText } from "./text.js";

const HOURS = { "1h": 1, "6h": 6, "24h": 24, "7d": 168, "30d": 720 };
const MOST_METRICS = 6;

const wish = new URLSearchParams(location.search);
const chosen = wish.getAll("device").slice(0, LINES.length);
let metrics = wish.getAll("metric").slice(0, MOST_METRICS);
const known = new Map(); // address -> device
const picture = new Picture();
let names = new Map();
let plots = [];

const nameOf = (address) => known.get(address)?.name || picture.nameOf(address);

function span() {
  const range = find("range").value;
  if (range === "own" && find("from").value && find("to").value) return [instantOf(find("from").value), instantOf(find("to").value)];
  const to = Date.now();
  return [to - (HOURS[range] ?? 24) * 3600_000, to];
}

function keep() {
  const query = new URLSearchParams([...chosen.map((each) => ["device", each]), ...metrics.map((each) => ["metric", each]), ["range", find("range").value]]);
  if (find("range").value === "own") {
    query.set("from", find("from").value);
    query.set("to", find("to").value);
  }
  history.replaceState(null, "", `/history?${query}`);
}

async function learn(address) {
  if (!known.has(address)) known.set(address, await ask(deviceUrl(address)));
}

// Metrics that any of the chosen devices says as a number or as on and off.
function offered() {
  const found = new Set();
  for (const address of chosen) {
    for (const [metric, { value }] of Object.entries(known.get(address)?.latest ?? {})) {
      if (typeof value === "number" || typeof value === "boolean") found.add(metric);
    }
  }
  return [...found].sort((a, b) => metricName(a).localeCompare(metricName(b), "vi"));
}

function showChoice() {
  const entry = (address, n) => h("li", {}, h("span", { class: "line", "data-line": n, "aria-hidden": "true" }), h("span", {}, nameOf(address)),
    h("button", { "aria-label": t("history.drop_of", { name: nameOf(address) }), onclick: () => drop(address) }, "✕"));
  find("chosen").replaceChildren(...chosen.map(entry));
  const box = (metric) => {
    const tick = h("input", { type: "checkbox", value: metric });
    tick.checked = metrics.includes(metric);
    tick.addEventListener("change", () => tickMetric(metric, tick.checked));
    return h("label", {}, tick, metricName(metric));
  };
  const held = document.activeElement?.closest("#metrics") ? document.activeElement.value : null;
  find("metrics").replaceChildren(...offered().map(box));
  if (held) find("metrics").querySelector(`[value="${CSS.escape(held)}"]`)?.focus();
}

function tickMetric(metric, on) {
  metrics = on ? [...metrics, metric].slice(-MOST_METRICS) : metrics.filter((each) => each !== metric);
  keep();
  again();
}

function drop(address) {
  chosen.splice(chosen.indexOf(address), 1);
  keep();
  again();
  find("finder-input").focus();
}

async function courseOf(address, metric, from, to) {
  const points = Math.min(1500, Math.max(200, find("charts").clientWidth));
  const query = new URLSearchParams({ metric, from: new Date(from).toISOString(), to: new Date(to).toISOString(), points });
  return { name: nameOf(address), points: (await ask(`${deviceUrl(address)}/history?${query}`)).points };
}

// The same as a table, for those who read instead of look, and for printing.
function table(metric, courses) {
  const rows = courses.flatMap(({ name, points }) => points.slice(-200).map((point) => h("tr", {},
    h("th", { scope: "row" }, `${fullDate(ms(point.ts))} ${clockTime(ms(point.ts))}`), h("td", {}, name), h("td", {}, valueText(metric, point.min)),
    h("td", {}, valueText(metric, point.avg)), h("td", {}, valueText(metric, point.max)))));
  return h("details", {}, h("summary", {}, t("history.table")), h("div", { class: "wide", tabindex: 0, role: "region", "aria-label": metricName(metric) },
    h("table", {}, h("thead", {}, h("tr", {}, ...["time", "device", "min", "avg", "max"].map((each) => h("th", { scope: "col" }, t(`history.${each}`))))),
      h("tbody", {}, ...rows))));
}

async function show() {
  await Promise.all(chosen.map(learn));
  if (!metrics.length) metrics = offered().slice(0, 2);
  showChoice();
  const [from, to] = span();
  const wanted = metrics.filter((metric) => offered().includes(metric));
  const courses = await Promise.all(wanted.map((metric) => Promise.all(chosen.map((address) => courseOf(address, metric, from, to)))));
  for (const plot of plots) plot.destroy();
  plots = [];
  find("empty").hidden = chosen.length > 0;
  const opened = new Set([...find("charts").querySelectorAll("details[open]")].map((each) => each.closest("figure").dataset.metric));
  const figures = wanted.map((metric, n) => figureOf(metric, courses[n], opened.has(metric)));
  find("charts").replaceChildren(...figures.map(([box]) => box));
  figures.forEach(([, plot], n) => {
    if (plot) plots.push(drawMany(plot, wanted[n], courses[n], from, to, { sync: "history" }));
  });
  showLinks(wanted, from, to);
}

function figureOf(metric, courses, open) {
  const any = courses.some(({ points }) => points.length);
  const plot = any ? h("div", { class: "plot" }) : null;
  const more = any ? table(metric, courses) : h("p", { class: "none" }, t("device.no_points"));
  if (any) more.open = open;
  return [h("figure", { class: "chart", "data-metric": metric }, h("figcaption", {}, h("strong", {}, metricName(metric)), h("span", { class: "said number" })),
    plot, more), plot];
}

function showLinks(wanted, from, to) {
  const query = new URLSearchParams([...chosen.map((each) => ["device", each]), ...wanted.map((each) => ["metric", each]),
    ["from", new Date(from).toISOString()], ["to", new Date(to).toISOString()]]);
  find("csv").hidden = !chosen.length || !wanted.length;
  find("csv").href = `/api/v1/history.csv?${query}`;
}

function moveSpan() {
  const own = find("range").value === "own";
  for (const id of ["from", "to"]) find(id).disabled = !own;
  if (own && !find("from").value) {
    find("from").value = fieldOf(Date.now() - 24 * 3600_000);
    find("to").value = fieldOf(Date.now());
  }
}

for (const id of ["range", "from", "to"]) if (wish.has(id)) find(id).value = wish.get(id);
moveSpan();
const again = openDesk(show, { every: 60_000 });
find("span").addEventListener("change", () => { moveSpan(); keep(); again(); });
find("print").addEventListener("click", () => print());
let resized = null;
addEventListener("resize", () => { clearTimeout(resized); resized = setTimeout(again, 300); });
areaNames().then((found) => { names = found; });
slashFinds(new Finder(picture, (slug) => (slug ? names.get(slug) ?? slug : ""), (index) => {
  const address = picture.address[index];
  if (chosen.includes(address) || chosen.length === LINES.length) return say(find("announce"), t("history.full", { n: LINES.length }));
  chosen.push(address);
  keep();
  return again();
}));
new Stream("/ws/live", ["devices"], {
  frame: (frame) => { picture.fold(frame); document.body.dataset.seq = frame.seq; },
  figures() {}, beat() {}, closed() {}, link() {},
});
