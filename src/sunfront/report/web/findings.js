// What must be told of a design, as `sunfront evaluate` tells it: it cannot exist, or a formula leaves its range.

import { page } from "./data.js";
import { outputs, text } from "./live.js";

/** An end of a range, which may be another quantity of the design. */
const end = (bound, otherwise, value) => (bound === null ? otherwise : typeof bound === "string" ? value(bound) : bound);

/** Whether a quantity of a design leaves its physical range, so that the design cannot exist. */
export function isOutside(name, value) {
  const [least, most] = page.live.physical[name] ?? [0, null], v = value(name);
  const low = end(least, -Infinity, value), high = end(most, Infinity, value), size = page.quantities[name].factor;
  const slack = (bound) => (Number.isFinite(bound) ? 1e-9 * Math.max(Math.abs(bound), size) : 0);
  return v < low - slack(low) || v > high + slack(high);
}

/** Sentences on a design; `value` is the function from names to values. */
export function warnings(value) {
  const found = [];
  for (const { text: written, terms, rest } of page.live.relations) {
    if (terms.reduce((sum, [name, factor]) => sum + factor * value(name), rest) > 1e-9) found.push(`These values do not fit together: ${written} must hold.`);
  }
  for (const name of outputs) {
    if (isOutside(name, value)) found.push(`This design cannot exist: ${page.quantities[name].label} is ${text(name, value(name))}.`);
  }
  for (const [equation, name, least, most] of page.live.valid) {
    const v = value(name);
    if (v < end(least, -Infinity, value) * (1 - 1e-9) || v > end(most, Infinity, value) * (1 + 1e-9)) found.push(`${page.quantities[equation].label} is used outside its range: its formula does not hold for ${page.quantities[name].label} = ${text(name, v)}.`);
  }
  return found;
}
