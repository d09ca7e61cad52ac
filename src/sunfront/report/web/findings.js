// What must be told of a design, as `sunfront evaluate` tells it: it cannot exist, or a formula leaves its range.

import { page } from "./data.js";
import { outputs, text } from "./live.js";

/** Sentences on a design; `value` is the function from names to values. */
export function warnings(value) {
  const end = (bound, otherwise) => (bound === null ? otherwise : typeof bound === "string" ? value(bound) : bound);
  const found = [];
  for (const { text: written, terms, rest } of page.live.relations) {
    if (terms.reduce((sum, [name, factor]) => sum + factor * value(name), rest) > 1e-9) found.push(`These values do not fit together: ${written} must hold.`);
  }
  for (const name of outputs) {
    const [least, most] = page.live.physical[name] ?? [0, null];
    const low = end(least, -Infinity), high = end(most, Infinity), size = page.quantities[name].factor, v = value(name);
    const slack = (bound) => (Number.isFinite(bound) ? 1e-9 * Math.max(Math.abs(bound), size) : 0);
    if (v < low - slack(low) || v > high + slack(high)) found.push(`This design cannot exist: ${page.quantities[name].label} is ${text(name, v)}.`);
  }
  for (const [equation, name, least, most] of page.live.valid) {
    const v = value(name);
    if (v < end(least, -Infinity) * (1 - 1e-9) || v > end(most, Infinity) * (1 + 1e-9)) found.push(`${page.quantities[equation].label} is used outside its range: its formula does not hold for ${page.quantities[name].label} = ${text(name, v)}.`);
  }
  return found;
}
