// Designs computed in the page: `model`, the written tape, with the values that the reader moves; SI and USD.

import { bestScale, formatNumber, page, unpackDoubles } from "./data.js";

const live = page.live ?? { inputs: [], outputs: [], ranges: [] };

/** The name of a quantity as a heading. */
function words(name) {
  const written = name.split("_").map((word) => live.capitals[word] ?? word).join(" ");
  return written[0].toUpperCase() + written.slice(1);
}

const units = live.units?.map((unit) => ({ zero: 0, scales: [[unit.text, 1]], ...unit }));
for (const [name, unit, summary, source] of [...live.outputs, ...live.inputs]) {
  page.quantities[name] = { label: words(name), equation: "", summary, source, ...page.quantities[name], ...units[unit] };
}
for (const name of live.roots ?? []) page.quantities[name].root = 1;

/** By name, a value that is moved or differs by design: its value in the base design, its ranges, its place. */
export const inputs = new Map(live.inputs.map(([name], index) => {
  const [value, low, high, least = null, most = null, whole = 0] = live.ranges[index];
  return [name, { name, index, value, low, high, least, most, whole, choices: live.choices[name] ?? [] }];
}));
export const outputs = live.outputs.map(([name]) => name);
/** Place of each output. */
export const place = new Map(outputs.map((name, i) => [name, i]));

/** The inputs as they are moved, and by name the moved numbers in their display unit. */
export const x = live.ranges.map(([value]) => value);
export const moved = new Map();

export const toShown = (name, value) => (value - page.quantities[name].zero) / page.quantities[name].factor;
export const toSI = (name, shown) => shown * page.quantities[name].factor + page.quantities[name].zero;

/** A value in SI as text in the prefixed unit that suits it. */
export function text(name, value, digits = 4) {
  if (Number.isNaN(value)) return "no one value";
  if (!Number.isFinite(value)) return page.quantities[name].root ? "none" : value > 0 ? "∞" : "-∞";
  const shown = toShown(name, value);
  const [unit, factor] = bestScale(page.quantities[name].scales, shown);
  return `${formatNumber(shown * factor, digits)} ${unit}`.trimEnd();
}

/** The function from names to values of one design. Roots take a hundred times as long: they are found when they are asked for. */
export function reader(values) {
  const found = model(values);
  let sought = null;
  return (name) => {
    const at = place.get(name);
    if (at === undefined) return values[inputs.get(name)?.index] ?? NaN;
    if (at < found.length) return found[at];
    sought ??= roots([...values, ...found]);
    return sought[at - found.length];
  };
}

// The page against numpy

/** The name of a quantity that this browser computes otherwise than numpy did, or null. `more` gives what else is checked. */
export function firstDifference(more = (_at) => []) {
  const { designs: count, spread, values } = live.check;
  const stored = unpackDoubles(values);
  const everything = (at) => [...outputs.map(reader(at)), ...more(at)];
  const width = stored.length / count;
  const sizes = Array.from({ length: width }, (_, i) => {
    const column = Array.from({ length: count }, (_, k) => Math.abs(stored[k * width + i])).filter(Number.isFinite);
    return Math.max(...column, 0);
  });
  for (let k = 0; k < count; k++) {
    const found = everything([...inputs.values()].map((input, i) => {
      const stays = k === 0 || input.whole || input.choices.length;
      return stays ? input.value : input.low + (((i + 1) * spread + k * 0.3) % 1) * (input.high - input.low);
    }));
    for (let i = 0; i < width; i++) {
      const ours = found[i], theirs = stored[k * width + i];
      if (Object.is(ours, theirs) || ours === theirs) continue;
      if (!(Math.abs(ours - theirs) <= 1e-9 * sizes[i])) return outputs[i] ?? outputs[0];
    }
  }
  return null;
}
