// Cost bridge between two designs: one step per element of the cost of compute. The order of the steps does not matter.

import { bestScale, formatNumber, formatScaled, page, unpackColumn } from "./data.js";
import { listen, state } from "./state.js";
import { element, waterfall } from "./svg.js";

const input = { from: element("bridge-from"), to: element("bridge-to") };
const parts = page.cost ? page.cost.parts.map((part) => ({ ...part, values: unpackColumn(part.values) })) : [];
const cost = (row) => parts.reduce((sum, part) => sum + part.values[row], 0);
const runLabel = (row) => page.runs.labels[page.runs.indices[row]];

export function start() {
  for (const each of Object.values(input)) {
    for (const [label, row] of Object.entries(page.highlighted)) each.add(new Option(label, row));
    each.onchange = draw;
  }
  // At first from the first run to the last, the cheapest design of each.
  input.to.value = Object.values(page.highlighted).find((row) => page.runs.indices[row] === page.runs.labels.length - 1);
  listen((change) => {
    if (change !== "selection") return;
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
