// Elasticities in a design: what one percent more of a value makes of the first objective.

import { bestScale, formatNumber, page } from "./data.js";
import { designInputs, isSlow } from "./designs.js";
import { inputs, reader, text } from "./live.js";
import { element, html } from "./svg.js";

const STEP = 1e-4, SHOWN = 8; // relative step of the difference; rows

/** Show the values with the largest elasticities in a design; a root takes too long. */
export function showElasticities(row) {
  const { name } = page.objectives[0], { label, scales, factor } = page.quantities[name];
  element("elasticities").hidden = isSlow(name);
  if (isSlow(name)) return;
  const values = designInputs(row), base = reader(values)(name);
  const moved = (index, value) => reader(Object.assign(values, { [index]: value }))(name);
  const found = [];
  for (const input of inputs.values()) {
    const { index } = input, value = values[index];
    if (input.whole || input.choices.length || !value) continue;
    const change = (moved(index, value * (1 + STEP)) - moved(index, value * (1 - STEP))) / (2 * STEP);
    values[index] = value;
    if (Number.isFinite(change) && change !== 0) found.push([input.name, value, change]);
  }
  found.sort((a, b) => Math.abs(b[2]) - Math.abs(a[2]));
  const rows = found.slice(0, SHOWN).map(([each, value, change]) => {
    const shown = (0.01 * change) / factor, [unit, k] = bestScale(scales, shown);
    const told = `${shown > 0 ? "+" : ""}${formatNumber(shown * k, 3)} ${unit === "%" ? "points" : unit}`;
    return html("tr", {}, html("td", {}, html("span", { "data-name": each, tabindex: 0 }, page.quantities[each].label)), html("td", { class: "n" }, text(each, value)), html("td", { class: "n" }, told.trimEnd()), html("td", { class: "n" }, formatNumber(change / base, 3)));
  });
  element("of-elasticities").textContent = `${label} with 1 % more`;
  element("elasticities").tBodies[0].replaceChildren(...rows);
}
