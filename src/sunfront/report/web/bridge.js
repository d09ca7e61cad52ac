// From one design's cost of compute to another's, by what it is spent on: each element's difference is a step, so the
// steps add up and no order among them matters.

import { digits, fitting, numbers, page, written } from "./data.js";
import { listen, state } from "./state.js";
import { waterfall } from "./svg.js";

const select = { from: document.getElementById("bridge-from"), to: document.getElementById("bridge-to") };
const parts = page.cost ? page.cost.parts.map((part) => ({ ...part, values: numbers(part.values) })) : [];
const cost = (row) => parts.reduce((sum, part) => sum + part.values[row], 0);

export function start() {
  for (const each of Object.values(select)) {
    for (const [text, row] of Object.entries(page.picked)) each.add(new Option(text, row));
    each.onchange = draw;
  }
  // The first design of the last run against the first design of the first.
  const last = Object.values(page.picked).find((row) => page.groups.of[row] === page.groups.labels.length - 1);
  select.to.value = last;
  listen((what) => {
    if (what !== "chosen") return;
    select.to.querySelector("[data-chosen]")?.remove();
    const text = `${page.groups.labels[page.groups.of[state.chosen]]}: design ${page.rows[state.chosen]}`;
    const option = new Option(`chosen: ${text}`, state.chosen);
    option.dataset.chosen = "";
    select.to.add(option);
    option.selected = true;
    draw();
  });
  draw();
}

function draw() {
  const [a, b] = [Number(select.from.value), Number(select.to.value)];
  const scale = fitting(page.cost.scales, Math.max(cost(a), cost(b)));
  const write = (value) => `${digits(value * scale[1], 3)} ${scale[0]}`;
  const steps = parts
    .map((part) => ({ text: part.words, name: part.name, value: part.values[b] - part.values[a] }))
    .filter((step) => step.value !== 0);
  const names = [a, b].map((row) => page.groups.labels[page.groups.of[row]]);
  const figure = waterfall("", steps, write, { start: { text: names[0], value: cost(a) }, end: names[1] });
  const ratio = cost(b) / cost(a);
  document.getElementById("bridge-text").textContent =
    `${written(cost(a), page.cost.scales)} against ${written(cost(b), page.cost.scales)}: ` +
    (ratio < 1
      ? `the first costs ${digits(1 / ratio, 3)} times the second.`
      : `the second costs ${digits(ratio, 3)} times the first.`);
  document.getElementById("bridge-figure").replaceChildren(figure);
}
