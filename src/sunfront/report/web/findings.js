// What must be told of a design, as `sunfront evaluate` tells it: it cannot exist, or a formula leaves its range.

import { page } from "./data.js";
import { outputs, text } from "./live.js";

/** An end of a range, which may be another quantity of the design. */
const end = (bound, otherwise, value) => (bound === null ? otherwise : typeof bound === "string" ? value(bound) : bound);

/** Physical ranges of the outputs, in order. */
const ranges = outputs.map((name) => {
  const [least, most] = page.live.physical[name] ?? [0, null];
  return { least: least ?? -Infinity, most: most ?? Infinity, size: page.quantities[name].factor };
});

/** Whether a quantity leaves a physical range, so that the design cannot exist. */
function leaves(v, { least, most, size }, value) {
  const low = typeof least === "string" ? value(least) : least, high = typeof most === "string" ? value(most) : most;
  if (v >= low && v <= high) return false;
  const slack = (bound) => (Number.isFinite(bound) ? 1e-9 * Math.max(Math.abs(bound), size) : 0);
  return v < low - slack(low) || v > high + slack(high);
}

/** How many of the quantities `found` leave their physical range. */
export function countOutside(found, value) {
  let count = 0;
  for (let i = 0; i < found.length; i++) if (leaves(found[i], ranges[i], value)) count++;
  return count;
}

/** Sentences on a design; `value` is the function from names to values. */
export function warnings(value) {
  const found = [];
  for (const { text: written, terms, rest } of page.live.relations) {
    if (terms.reduce((sum, [name, factor]) => sum + factor * value(name), rest) > 1e-9) found.push(`These values do not fit together: ${written} must hold.`);
  }
  outputs.forEach((name, i) => {
    if (leaves(value(name), ranges[i], value)) found.push(`This design cannot exist: ${page.quantities[name].label} is ${text(name, value(name))}.`);
  });
  for (const [equation, name, least, most] of page.live.valid) {
    const v = value(name);
    if (v < end(least, -Infinity, value) * (1 - 1e-9) || v > end(most, Infinity, value) * (1 + 1e-9)) found.push(`${page.quantities[equation].label} is used outside its range: its formula does not hold for ${page.quantities[name].label} = ${text(name, v)}.`);
  }
  return found;
}
