// Words, numbers and times in the reader's language. The catalogue comes with the page.

const page = JSON.parse(document.getElementById("ioc-page").textContent);
const zone = "Asia/Ho_Chi_Minh";
const tag = page.lang === "en" ? "en-GB" : "vi-VN";

export const lang = page.lang;
export const site = page.site;
export const address = page.address;
export const build = page.build; // which version of the pages this is

export const has = (key) => key in page.words;

// t("figure.flow_note", {n: "0"}): a missing key shows itself, so a test or an eye catches it.
export function t(key, values = {}) {
  const words = page.words[key] ?? key;
  return words.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

const whole = new Intl.NumberFormat(tag, { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat(tag, { maximumFractionDigits: 1 });
const share = new Intl.NumberFormat(tag, { style: "percent", maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat(tag, { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: zone });
const hour = new Intl.DateTimeFormat(tag, { hour: "2-digit", minute: "2-digit", timeZone: zone });
const day = new Intl.DateTimeFormat(tag, { weekday: "long", day: "2-digit", month: "2-digit", year: "numeric", timeZone: zone });
const date = new Intl.DateTimeFormat(tag, { day: "numeric", month: "numeric", timeZone: zone }); // of two digits each it would be 07-11, which nobody writes
const calendar = new Intl.DateTimeFormat(tag, { day: "2-digit", month: "2-digit", year: "numeric", timeZone: zone });

export const count = (n) => (n === null || n === undefined ? "–" : whole.format(n));
export const percent = (part, all) => (all ? share.format(Math.floor((1000 * part) / all) / 1000) : "–");
export const clockTime = (at) => clock.format(at);
export const longDay = (at) => day.format(at);
export const fullDate = (at) => calendar.format(at);
export const hourMinute = (at) => hour.format(at);
export const dayMonth = (at) => date.format(at);

// The hour today, the date and the hour before.
export const moment = (at) => (date.format(at) === date.format(Date.now()) ? hour.format(at) : `${date.format(at)} ${hour.format(at)}`);

// A time of the API (RFC 3339) or of the stream (epoch milliseconds) as milliseconds.
export const ms = (time) => (typeof time === "number" ? time : Date.parse(time));

const UNITS = [["_pct", "%"], ["_dbm", "dBm"], ["_ms", "ms"], ["_bps", "b/s"], ["_bytes_total", "B"], ["_bytes", "B"],
  ["_lux", "lx"], ["_db", "dB"], ["_c", "°C"], ["_v", "V"], ["_a", "A"], ["_s", "s"]];
const LARGE = [[1e9, "G"], [1e6, "M"], [1e3, "k"]];

// A date and time field speaks Viet Nam's time (which knows no summer time) wherever the browser stands.
const ZONE_MS = 7 * 3600_000;
export const instantOf = (text) => Date.parse(`${text}:00+07:00`);
export const fieldOf = (at) => new Date(at + ZONE_MS).toISOString().slice(0, 16);

// Units stand in the names of metrics (docs/wire.md).
export const unitOf = (metric) => UNITS.find(([suffix]) => metric.endsWith(suffix))?.[1] ?? "";

export function metricName(metric) {
  const counted = /^count_(.+)$/.exec(metric)?.[1]; // of objects a camera knows by name
  if (counted) return t("metric.count", { what: has(`object.${counted}`) ? t(`object.${counted}`) : counted.replaceAll("_", " ") });
  return has(`metric.${metric}`) ? t(`metric.${metric}`) : metric.replace(/_(pct|dbm|ms|bps|lux|db|c|v|a|s|total)$/, "").replaceAll("_", " ");
}

// A value with its unit, bits and bytes scaled: "4,2 Mb/s".
export function valueText(metric, value) {
  if (value === null) return t("value.null");
  if (typeof value === "boolean") return value ? t("value.true") : t("value.false");
  if (typeof value !== "number") return String(value);
  const unit = unitOf(metric);
  const [factor, letter] = (unit === "b/s" || unit === "B") && LARGE.find(([size]) => Math.abs(value) >= size) || [1, ""];
  return `${fine.format(value / factor)}${unit ? `\u00a0${letter}${unit}` : ""}`;
}

// What an alert is about, in words. Its title is kept with it; else the page may know its rule's.
export function alertText(alert) {
  const title = alert.title?.[lang] ?? (has(`rule.${alert.rule}`) ? t(`rule.${alert.rule}`) : null);
  const rule = title ?? alert.rule.replaceAll("-", " ");
  if (alert.metric && alert.value !== null && alert.value !== undefined) {
    const value = valueText(alert.metric, alert.value);
    return `${rule} · ${title ? value : t("ribbon.value", { metric: metricName(alert.metric), value })}`;
  }
  return has(`reason.${alert.reason}`) ? `${rule} · ${t(`reason.${alert.reason}`)}` : rule;
}

// What a device sees or covers, as picture.js has it.
export function reachText({ range_m: far, bearing_deg: bearing, angle_deg: angle }) {
  if (angle === null) return t("card.reach", { far: whole.format(far) });
  const where = t("card.compass").split(", ")[Math.round(bearing / 45) % 8];
  return t("card.looks", { where, bearing: whole.format(bearing), angle: whole.format(angle), far: whole.format(far) });
}

// The sign of an alert: grave ones are squares, the others triangles.
export const alertState = (alert) => (alert.severity === "critical" || alert.severity === "major" ? "critical" : "warning");

// For searching: no tone marks, đ as d (which Unicode does not decompose), lower case.
export const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").replace(/đ/gi, "d").toLowerCase();
