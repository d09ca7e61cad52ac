// Elasticities in a design: what one percent more of a value makes of the first objective.

import { bestScale, formatNumber, page } from "./data.js";
import { designInputs, isSlow } from "./designs.js";
import { inputs, moved, reader, text } from "./live.js";
import { element, html } from "./svg.js";

const STEP = 1e-4; // relative, of a difference
const { shown, of } = page.live?.elasticities ?? {};

/** Show the values with the largest elasticities in a design: from derivatives; from differences if values are moved. */
export function showElasticities(row) {
  const { name } = page.objectives[0], { label, scales, factor } = page.quantities[name];
  const stored = moved.size ? undefined : of[row], isUnknown = !stored && isSlow(name);
  const values = designInputs(row), base = isUnknown ? NaN : reader(values)(name);
  const found = isUnknown ? [] : (stored ?? differences(values, name));
  element("elasticities").hidden = !found.length;
  const origin = stored ? "From the derivatives of the equations." : "From differences, computed here.";
  const sign = base < 0 ? ` ${label} is negative here: an elasticity below 0 means that it rises.` : "";
  element("elasticities-note").textContent = isUnknown ? `${label} is sought, which takes too long here.` : found.length ? origin + sign : `No value that can be changed by 1 % changes ${label}.`;
  const rows = found.map(([index, change]) => {
    const each = page.live.inputs[index][0], by = (0.01 * change) / factor, [unit, k] = bestScale(scales, by);
    const told = `${by > 0 ? "+" : ""}${formatNumber(by * k, 3)} ${unit === "%" ? "points" : unit}`;
    return html("tr", {}, html("td", {}, html("span", { "data-name": each, tabindex: 0 }, page.quantities[each].label)), html("td", { class: "n" }, text(each, values[index])), html("td", { class: "n" }, told.trimEnd()), html("td", { class: "n" }, formatNumber(change / base, 3)));
  });
  element("of-elasticities").textContent = `${label} with 1 % more`;
  element("elasticities").tBodies[0].replaceChildren(...rows);
}

/** The same pairs as are stored, with the values of a design. */
function differences(values, name) {
  const at = (index, value) => reader(Object.assign(values, { [index]: value }))(name);
  const found = [];
  for (const { index, whole, choices } of inputs.values()) {
    const value = values[index];
    if (whole || choices.length || !value) continue;
    const change = (at(index, value * (1 + STEP)) - at(index, value * (1 - STEP))) / (2 * STEP);
    values[index] = value;
    if (Number.isFinite(change) && change !== 0) found.push([index, change]);
  }
  return found.sort((a, b) => Math.abs(b[1]) - Math.abs(a[1])).slice(0, shown);
}
