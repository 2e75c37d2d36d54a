// A device's page: its facts, its latest values, the recent course of what it measures, its alerts.
// It asks the API again every fifteen seconds while somebody looks.

import { Refused, ask, deviceUrl, items } from "./api.js";
import { draw } from "./chart.js";
import { areaNames, openDesk } from "./desk.js";
import { find, h, sign, tone } from "./dom.js";
import { factList, latestTable, presenceOf, workList } from "./facts.js";
import { address, alertState, alertText, metricName, moment, ms, t, valueText } from "./text.js";

const MOST_CHARTS = 4;
const RANGES = { "1h": 1, "6h": 6, "24h": 24, "7d": 168 };

let device = null;
let plots = [];
let figures = []; // the main metrics of its family, most telling first
let names = new Map(); // of areas, by slug

// The summary the wall would show, as far as the facts alone tell it.
function stateOf(alerts) {
  const presence = presenceOf(device);
  if (device.admission === "pending") return "pending";
  if (device.maintenance?.length) return "maintenance";
  if (presence.unknown) return "unknown";
  if (presence.connected === false || !presence.fresh) return "offline";
  const active = alerts.filter((alert) => alert.condition === "firing" || alert.condition === "recovering");
  if (active.some((alert) => alertState(alert) === "critical")) return "critical";
  return active.length || presence.working === false ? "warning" : "ok";
}

function showDevice(alerts) {
  const state = stateOf(alerts);
  const name = device.name || address.split("/").pop();
  document.title = t("device.title", { name });
  tone(find("headline"), state);
  const heard = device.last_heard ? ` · ${t("latest.heard", { time: moment(ms(device.last_heard)) })}` : "";
  const where = [t(`family.${address.split("/")[1]}`), names.get(device.area) ?? device.area].filter(Boolean).join(" · ");
  find("headline").replaceChildren(sign(state), h("div", {}, h("h1", {}, name),
    h("p", {}, `${t(`state.${state}`)}${heard}`), h("p", { class: "muted" }, where), workList(device),
    presenceOf(device).unknown ? h("p", {}, t("fact.unknown")) : null, factList(device)));
  find("latest").replaceChildren(latestTable(device));
  const rows = [["device.address", address], ["device.maker", [device.maker, device.model].filter(Boolean).join(" ")],
    ["device.fw", device.fw], ["device.gateway", device.gateway]].filter(([, value]) => value);
  find("about").replaceChildren(...rows.map(([key, value]) => h("tr", {}, h("th", { scope: "row" }, t(key)), h("td", {}, value))));
}

function showAlerts(alerts) {
  const row = (alert) => h("li", {}, sign(alertState(alert)), h("span", { class: "what" }, alertText(alert)),
    h("time", { class: "number" }, moment(ms(alert.since))),
    h("small", {}, [t(`severity.${alert.severity}`), t(`condition.${alert.condition}`)].join(" · ")));
  find("past").replaceChildren(...(alerts.length ? alerts.map(row) : [h("li", { class: "none" }, t("device.no_alerts"))]));
}

// Numbers can be drawn. The family's main figures come first; a counter's ever-growing sum says little, so it comes last.
function drawable() {
  const names = Object.entries(device.latest ?? {}).filter(([, { value }]) => typeof value === "number").map(([metric]) => metric);
  const rank = (metric) => (metric.endsWith("_total") ? figures.length + 1 : (figures.indexOf(metric) + 1 || figures.length + 1) - 1);
  return names.sort((a, b) => rank(a) - rank(b)).slice(0, MOST_CHARTS);
}

async function learnFigures() {
  try {
    const families = items(await ask("/api/v1/families"));
    figures = families.find(({ slug }) => slug === address.split("/")[1])?.figures ?? [];
  } catch {
    figures = []; // any order will do
  }
}

async function showCharts() {
  const hours = RANGES[find("range").value];
  const to = Date.now();
  const from = to - hours * 3600 * 1000;
  const metrics = drawable();
  const answers = await Promise.all(metrics.map((metric) => history(metric, from, to)));
  for (const plot of plots) plot.destroy();
  plots = [];
  const charts = metrics.map((metric, at) => figure(metric, answers[at]));
  find("charts").replaceChildren(...(charts.length ? charts.map(([box]) => box) : [h("p", { class: "muted" }, t("device.no_metrics"))]));
  charts.forEach(([, plot], at) => { if (plot) plots.push(draw(plot, metrics[at], answers[at], from, to)); });
}

async function history(metric, from, to) {
  const points = Math.round(Math.min(1000, find("charts").clientWidth));
  const query = new URLSearchParams({ metric, from: new Date(from).toISOString(), to: new Date(to).toISOString(), points });
  return (await ask(`${deviceUrl(address)}/history?${query}`)).points ?? [];
}

function figure(metric, points) {
  const plot = points.length ? h("div", { class: "plot" }) : null;
  const now = device.latest[metric];
  const caption = h("figcaption", {}, h("strong", {}, metricName(metric)), h("span", { class: "said number" }),
    h("span", { class: "muted number" }, valueText(metric, now.value)));
  return [h("figure", { class: "chart" }, caption, plot ?? h("p", { class: "none" }, t("device.no_points"))), plot];
}

async function show() {
  try {
    const [answer, list] = await Promise.all([ask(deviceUrl(address)), ask(`/api/v1/alerts?${new URLSearchParams({ device: address })}`)]);
    device = answer;
    const alerts = items(list).sort((a, b) => ms(b.since) - ms(a.since)).slice(0, 20);
    showDevice(alerts);
    showAlerts(alerts);
  } catch (error) {
    if (error instanceof Refused && error.status === 404) throw new Refused(404, { title: t("device.missing", { address }) });
    throw error;
  }
  await showCharts();
}

const again = openDesk(show);
find("range").addEventListener("change", again);
let resized = null;
addEventListener("resize", () => { clearTimeout(resized); resized = setTimeout(again, 300); });
Promise.all([areaNames(), learnFigures()]).then(([found]) => { names = found; return again(); });
