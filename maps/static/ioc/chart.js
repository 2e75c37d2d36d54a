// Courses of a metric: the mean as a line, least to greatest as a shade; a gap stays a gap. One line for each device.

import { clockTime, dayMonth, hourMinute, ms, valueText } from "./text.js";

const at = (seconds) => new Date(seconds * 1000);

// Lines told apart by colour and dash, so that neither alone carries it.
export const LINES = [
  { colour: "#b4cbe2", dash: [] }, { colour: "#fdeb58", dash: [10, 4] }, { colour: "#f2a9da", dash: [3, 4] },
  { colour: "#5aa9ff", dash: [14, 4, 3, 4] }, { colour: "#f0a35e", dash: [6, 6] }, { colour: "#9fe0cf", dash: [2, 6] },
];

// Columns for uPlot: [time s, mean, least, greatest], with a hole wherever points are missing.
export function columns(points) {
  const times = points.map((point) => ms(point.ts) / 1000);
  const gaps = times.slice(1).map((time, before) => time - times[before]).sort((a, b) => a - b);
  const usual = gaps[Math.floor(gaps.length / 2)] ?? 0;
  const [x, mean, least, most] = [[], [], [], []];
  points.forEach((point, n) => {
    if (n && times[n] - times[n - 1] > usual * 2.5) {
      x.push((times[n] + times[n - 1]) / 2);
      for (const column of [mean, least, most]) column.push(null);
    }
    x.push(times[n]);
    mean.push(point.avg ?? null);
    least.push(point.min ?? null);
    most.push(point.max ?? null);
  });
  return [x, mean, least, most];
}

// One device's course. `shade`: [from, to] in ms, a span to be seen behind it.
export const draw = (box, metric, points, from, to, more = {}) => drawMany(box, metric, [{ points }], from, to, more);

// Several devices' courses in one chart; `courses`: [{points, name}], at most as many as `LINES`.
export function drawMany(box, metric, courses, from, to, { shade = null, sync = null } = {}) {
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const shown = courses.slice(0, LINES.length);
  const options = {
    width: box.clientWidth, height: Math.round(rem * 13), legend: { show: false },
    cursor: { y: false, points: { size: 7 }, ...(sync ? { sync: { key: sync } } : {}) },
    scales: { x: { range: [from / 1000, to / 1000] } },
    axes: axes(rem, metric, to - from > 36 * 3600 * 1000),
    bands: shown.map((_, n) => ({ series: [3 * n + 3, 3 * n + 2], fill: `${LINES[n].colour}26` })),
    series: [{}, ...shown.flatMap(({ points }, n) => lines(LINES[n], points.length < 3))],
    hooks: {
      setCursor: [(plot) => tell(plot, box, metric, shown)],
      drawClear: shade ? [(plot) => shadeSpan(plot, shade)] : [],
    },
  };
  return new window.uPlot(options, window.uPlot.join(shown.map(({ points }) => columns(points))), box);
}

function axes(rem, metric, long) {
  const font = `${Math.max(13, Math.round(rem * 0.85))}px "Be Vietnam Pro"`;
  const axis = { stroke: "#98a4b0", font, grid: { stroke: "#2a323b", width: 1 }, ticks: { show: false } };
  const label = (time) => (long ? dayMonth(at(time)) : hourMinute(at(time)));
  return [{ ...axis, size: rem * 2, space: rem * 5, values: (_, times) => times.map(label) },
    { ...axis, size: rem * 5, space: rem * 2.2, values: (_, values) => values.map((value) => valueText(metric, value)) }];
}

function lines({ colour, dash }, few) {
  const faint = { stroke: `${colour}55`, width: 1, points: { show: false } };
  return [{ stroke: colour, width: 2, dash, points: { show: few } }, faint, faint];
}

function shadeSpan(plot, [from, to]) {
  const { ctx, bbox } = plot;
  const left = Math.max(plot.valToPos(from / 1000, "x", true), bbox.left);
  const right = Math.min(plot.valToPos(to / 1000, "x", true), bbox.left + bbox.width);
  ctx.fillStyle = "rgba(245,50,36,.16)";
  ctx.fillRect(left, bbox.top, Math.max(right - left, 2), bbox.height);
}

// What lies under the cursor, in words above the chart.
function tell(plot, box, metric, courses) {
  const said = box.parentElement.querySelector(".said");
  const { idx: index } = plot.cursor;
  const values = index === null || index === undefined ? []
    : courses.map(({ name }, n) => [name, plot.data[3 * n + 1][index]]).filter(([, value]) => value !== null && value !== undefined);
  const words = values.map(([name, value]) => (courses.length > 1 ? `${name}: ` : "") + valueText(metric, value));
  said.textContent = words.length ? [clockTime(at(plot.data[0][index])), ...words].join(" · ") : "";
}
