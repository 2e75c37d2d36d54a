// One metric's recent course: the mean as a line, least to greatest as a shade; a gap stays a gap.

import { clockTime, dayMonth, hourMinute, ms, valueText } from "./text.js";

const at = (seconds) => new Date(seconds * 1000);

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

export function draw(box, metric, points, from, to) {
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const font = `${Math.max(13, Math.round(rem * 0.85))}px "Be Vietnam Pro"`;
  const long = to - from > 36 * 3600 * 1000;
  const label = (time) => (long ? dayMonth(at(time)) : hourMinute(at(time)));
  const axis = { stroke: "#98a4b0", font, grid: { stroke: "#2a323b", width: 1 }, ticks: { show: false } };
  const faint = "rgba(159,182,204,.35)";
  const options = {
    width: box.clientWidth, height: Math.round(rem * 13), legend: { show: false }, cursor: { y: false, points: { size: 7 } },
    scales: { x: { range: [from / 1000, to / 1000] } },
    axes: [{ ...axis, size: rem * 2, space: rem * 5, values: (_, times) => times.map(label) },
      { ...axis, size: rem * 5, space: rem * 2.2, values: (_, values) => values.map((value) => valueText(metric, value)) }],
    bands: [{ series: [3, 2], fill: "rgba(159,182,204,.16)" }],
    series: [{}, { stroke: "#b4cbe2", width: 2, points: { show: points.length < 3 } }, { stroke: faint, width: 1, points: { show: false } },
      { stroke: faint, width: 1, points: { show: false } }],
    hooks: { setCursor: [(plot) => tell(plot, box, metric)] },
  };
  return new window.uPlot(options, columns(points), box);
}

// The point under the cursor, in words above the chart.
function tell(plot, box, metric) {
  const index = plot.cursor.idx;
  const said = box.parentElement.querySelector(".said");
  const mean = index === null || index === undefined ? null : plot.data[1][index];
  said.textContent = mean === null ? "" : `${clockTime(at(plot.data[0][index]))} · ${valueText(metric, mean)}`;
}
