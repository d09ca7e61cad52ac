// The designs of a report with the values that the reader moves, computed in the page.

import { startBatch } from "./batch.js";
import { columns, count, page, unpackDoubles } from "./data.js";
import { firstDifference, inputs, place, reader, toShown, x } from "./live.js";

/** Designs of which every quantity is computed when the page opens. */
const CHECKED = 100;

/** @type {[number, Float64Array][]} */
const designs = Object.entries(page.live?.designs ?? {}).map(([name, packed]) => [inputs.get(name).index, unpackDoubles(packed)]);

/** All designs at once. */
export const batch = page.live && startBatch(page.live.batch, new Map(designs), count);

/** Whether a quantity is not among those of all designs: a root, or what depends on one, is sought in each. */
export const isSlow = (name) => place.has(name) && !(name in page.live.batch.outputs);

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

/** The cash of a design of the page by quarter: dates in years, and all cash up to them, as paid and discounted, in USD. */
export function cashCurve(row) {
  const { quarter, last } = page.live.cash, value = cashReader(valuesAt(row));
  const ends = Object.entries(last).filter(([name]) => value(name)).map(([, durations]) => durations.reduce((sum, name) => sum + value(name), 0));
  const found = { years: [], cumulative: [], discounted: [] };
  for (let i = 0; i <= Math.ceil(Math.max(...ends) / quarter - 1e-9); i++) {
    const [cumulative, discounted] = cashAt(value, i * quarter);
    found.years.push(i / 4);
    found.cumulative.push(cumulative);
    found.discounted.push(discounted);
  }
  return found;
}

/** The elements of the net present value of a design of the page, by kind, in USD: pairs of a name and a value. */
export const cashSteps = (row) => page.live.cash.steps.map(([name, sign]) => [name, sign * valuesAt(row)(name)]);

/** The function from names to values of a design, with what does not move. */
const cashReader = (value) => (name) => page.live.cash.constants[name] ?? value(name);

/** All cash of a design up to a date, as paid and discounted. */
function cashAt(value, date) {
  const { inputs: names, force } = page.live.cash, discounted = [...names.map(value), date];
  const paid = discounted.with(names.indexOf(force), 0);
  return [...cash(paid), ...cash(discounted)];
}

/** The name of a quantity that this browser computes otherwise than numpy did, or null. */
export const difference = () => firstDifference((at) => [...body(at), ...(page.live.cash ? cashAt(reader(at), page.live.date) : [])]) ?? differsInDesigns();

/** The same of the columns of all designs, each computed in both ways; their stored values have seven digits. */
function differsInDesigns() {
  const noise = Object.fromEntries(page.constraints?.map((constraint) => [constraint.name, constraint.noise]) ?? []);
  batch.update(x);
  const stride = Math.ceil(count / CHECKED), some = [...page.front, ...Array(count).keys()].filter((each, i) => i % stride === 0);
  const values = some.map(valuesAt);
  for (const name of page.columns.filter((each) => place.has(each))) {
    const stored = columns[name], slack = (noise[name] ?? 0) + 1e-6 * stored.reduce((most, v) => (Number.isFinite(v) ? Math.max(most, Math.abs(v)) : most), 0);
    const differs = (row, si) => {
      const ours = toShown(name, si), theirs = stored[row];
      return Number.isFinite(ours) ? !(Math.abs(ours - theirs) <= slack) : Number.isFinite(theirs);
    };
    if (some.some((row, i) => differs(row, values[i](name)))) return name;
    const all = isSlow(name) ? [] : batch.values(name);
    for (let row = 0; row < count && all.length; row++) if (differs(row, all[all.length > 1 ? row : 0])) return name;
  }
  return null;
}
