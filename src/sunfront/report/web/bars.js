// The cost of compute of each run's cheapest design as a stacked bar.

import { COLORS, bestScale, formatNumber, formatScaled, page, unpackColumn } from "./data.js";
import { listen } from "./state.js";
import { element, html } from "./svg.js";

const REST = COLORS.length - 1; // parts with a color of their own; the last color is that of the rest

export function start() {
  listen((change) => change === "values" && draw());
  draw();
}

function draw() {
  const rows = Object.entries(page.highlighted).filter(([, row], i, all) => all.findIndex(([, other]) => page.runs.indices[other] === page.runs.indices[row]) === i);
  const parts = page.cost.parts.map(({ label, values }) => ({ label, values: unpackColumn(values) }));
  const largest = ({ values }) => Math.max(...rows.map(([, row]) => Math.abs(values[row])));
  const sorted = parts.filter((part) => largest(part) > 0).sort((a, b) => largest(b) - largest(a));
  const rest = sorted.slice(REST);
  const shown = [...sorted.slice(0, REST), ...(rest.length ? [{ label: "Others", values: parts[0].values.map((_, row) => rest.reduce((sum, { values }) => sum + values[row], 0)) }] : [])];
  const costs = rows.map(([, row]) => parts.reduce((sum, { values }) => sum + values[row], 0));
  const most = Math.max(...rows.map(([, row]) => shown.reduce((sum, { values }) => sum + Math.max(values[row], 0), 0)));
  const [unit, factor] = bestScale(page.cost.scales, most);
  element("bars-figure").replaceChildren(...rows.map(([label, row], i) => {
    const track = html("div", { class: "track" });
    let from = 0;
    shown.forEach(({ label: name, values }, k) => {
      const width = (100 * Math.max(values[row], 0)) / most;
      track.append(html("i", { style: `left:${from}%;width:${width}%;background:${COLORS[k]}`, title: `${name}: ${formatNumber(values[row] * factor, 3)} ${unit}` }));
      from += width;
    });
    return html("li", {}, html("span", {}, label), track, html("b", {}, formatScaled(costs[i], page.cost.scales)));
  }));
  element("bars-legend").replaceChildren(...shown.map(({ label }, k) => html("span", {}, html("i", { style: `color:${COLORS[k]}` }), label.replace(/^Levelized (.)/, (_, first) => first.toUpperCase()))));
}
