// The designs of a report with the values that the reader moves, computed in the page.

import { columns, count, page } from "./data.js";
import { firstDifference, inputs, place, reader, toShown, unpackDoubles, x } from "./live.js";

/** Designs that are computed when the page opens. */
const CHECKED = 400;

const designs = Object.entries(page.live?.designs ?? {}).map(([name, packed]) => [inputs.get(name).index, unpackDoubles(packed)]);

/** The inputs of a design of the page, with all that is moved. */
export function designInputs(row) {
  const values = x.slice();
  for (const [index, column] of designs) values[index] = column[row];
  return values;
}

/** The function from names to values of a design of the page. */
export const valuesAt = (row) => reader(designInputs(row));

/** Volume of the stack without arrays and radiators, in a design of the page. */
export const bodyVolume = (row) => body(designInputs(row))[0];

/** The name of a quantity that this browser computes otherwise than numpy did, or null. */
export const difference = () => firstDifference((at) => body(at)) ?? differsInDesigns();

/** The same of the front, and of as many other designs as take no long time; their stored values have seven digits. */
function differsInDesigns() {
  const names = page.columns.filter((name) => place.has(name));
  const noise = Object.fromEntries(page.constraints?.map((constraint) => [constraint.name, constraint.noise]) ?? []);
  const slack = names.map((name) => (noise[name] ?? 0) + 1e-6 * Math.max(...columns[name].map((v) => (Number.isFinite(v) ? Math.abs(v) : 0))));
  const stride = Math.ceil(count / CHECKED);
  for (const row of [...page.front, ...Array(count).keys()].filter((each, i) => i % stride === 0)) {
    const value = valuesAt(row);
    for (let i = 0; i < names.length; i++) {
      const ours = toShown(names[i], value(names[i])), theirs = columns[names[i]][row];
      if (Number.isFinite(ours) ? !(Math.abs(ours - theirs) <= slack[i]) : Number.isFinite(theirs)) return names[i];
    }
  }
  return null;
}
