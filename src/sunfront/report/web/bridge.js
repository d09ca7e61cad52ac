// Cost bridge between two designs: one step per element of the cost of compute. The order of the steps does not matter.

import { bestScale, formatNumber, formatScaled, page, unpackColumn } from "./data.js";
import { listen, state } from "./state.js";
import { element, waterfall } from "./svg.js";

const input = { from: element("bridge-from"), to: element("bridge-to") };
const parts = page.cost.parts.map((part) => ({ ...part, values: unpackColumn(part.values) }));
const cost = (row) => parts.reduce((sum, part) => sum + part.values[row], 0);
/** Designs whose cost is split into elements. */
const isSplit = (row) => page.cost.split[page.runs.indices[row]];
const runLabel = (row) => page.runs.labels[page.runs.indices[row]];

export function start() {
  const highlighted = Object.entries(page.highlighted).filter(([, row]) => isSplit(row));
  for (const each of Object.values(input)) {
    for (const [label, row] of highlighted) each.add(new Option(label, row));
    each.onchange = draw;
  }
  // At first from the first run to the last, the cheapest design of each.
  const last = page.runs.indices[highlighted[highlighted.length - 1][1]];
  input.to.value = highlighted.find(([, row]) => page.runs.indices[row] === last && row !== highlighted[0][1])[1];
  listen((change) => {
    if (change !== "selection" || !isSplit(state.selected)) return;
    input.to.querySelector("[data-selected]")?.remove();
    const row = state.selected;
    const option = new Option(`selected: ${runLabel(row)}: design ${page.table_rows[row]}`, row);
    option.dataset.selected = "";
    input.to.add(option);
    option.selected = true;
    draw();
  });
  draw();
}

function draw() {
  const [a, b] = [Number(input.from.value), Number(input.to.value)];
  const [unit, factor] = bestScale(page.cost.scales, Math.max(cost(a), cost(b)));
  const format = (value) => `${formatNumber(value * factor, 3)} ${unit}`;
  const steps = parts
    .map((part) => ({ label: part.label, name: part.name, value: part.values[b] - part.values[a] }))
    .filter((step) => step.value !== 0);
  const figure = waterfall("", steps, format, { start: { label: runLabel(a), value: cost(a) }, end: runLabel(b) });
  const ratio = cost(b) / cost(a);
  element("bridge-text").textContent =
    `${formatScaled(cost(a), page.cost.scales)} against ${formatScaled(cost(b), page.cost.scales)}: ` +
    (ratio < 1
      ? `the first costs ${formatNumber(1 / ratio, 3)} times as much as the second.`
      : `the second costs ${formatNumber(ratio, 3)} times as much as the first.`);
  element("bridge-figure").replaceChildren(figure);
}
