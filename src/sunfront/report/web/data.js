// The page's data: columns of designs, descriptions of quantities, and numbers as text.

import { formatLocale } from "d3-format";

export const page = JSON.parse(document.getElementById("data").textContent);

export const count = page.table_rows.length;

// Quantities have the same few units, which the page holds once each.
for (const each of Object.values(page.quantities)) each.scales = page.units[each.unit];

/** Decode base64. */
function unpack(text) {
  const characters = atob(text), bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes.buffer;
}

/** Decode base64 of little-endian 32-bit floats. */
export const unpackFloats = (text) => new Float32Array(unpack(text));

/** A number for each design; of a column with one number, all designs have it. */
export function unpackColumn(text) {
  const found = unpackFloats(text);
  return found.length === 1 ? new Float32Array(count).fill(found[0]) : found;
}

/** Decode base64 of little-endian 64-bit floats. */
export const unpackDoubles = (text) => new Float64Array(unpack(text));

/** By name, a Float32Array with one value per design, in the quantity's display unit. */
export const columns = Object.fromEntries(page.columns.map((name) => [name, unpackColumn(page.values[name])]));

/** 1 for designs on the front, else 0. */
export const onFront = new Uint8Array(count);
for (const row of page.front) onFront[row] = 1;

/** Palette of Okabe and Ito, distinguishable with every kind of color blindness, without vermilion, which marks the selection; then three more. */
export const COLORS = ["#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#882255", "#999933", "#6F6F6F"];

const { format } = formatLocale({ decimal: ".", thousands: ",", grouping: [3], minus: "-" });
const formats = new Map();

/** A number as a specifier of d3-format writes it. */
function formatAs(specifier, value) {
  if (!formats.has(specifier)) formats.set(specifier, format(specifier));
  return formats.get(specifier)(value + 0);
}

/** A number with significant digits and thousands separators. */
export function formatNumber(value, significant = 4) {
  if (value === Infinity) return "∞";
  if (value === -Infinity) return "-∞";
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return formatAs(`.${significant - 1}~e`, value);
  return formatAs(`,.${Math.max(significant, Math.ceil(Math.log10(size || 1)))}~r`, value);
}

/** Significant digits in which even numbers, as the marks of an axis, differ; at least `least`. */
export function digitsOf(marks, least = 3) {
  const size = Math.max(...marks.map(Math.abs)), step = Math.abs(marks[1] - marks[0]);
  return step > 0 ? Math.max(least, Math.ceil(Math.log10(size / step)) + 1) : least;
}

/** The units that the reader prefers: by a unit of the page, how it is written and the function that gives its factor. */
export const wantedUnits = new Map();

/** The pair [unit, factor] of `scales` that the reader prefers, if any. */
function wantedScale(scales) {
  const found = wantedUnits.size ? scales.find(([unit]) => wantedUnits.has(unit)) : undefined;
  if (!found) return undefined;
  const [label, factor] = wantedUnits.get(found[0]);
  return [label, found[1] * factor()];
}

/** The pair [unit, factor] of `scales` that the reader prefers, or in which `size` has one to three digits before the decimal point. */
export function bestScale(scales, size) {
  const wanted = wantedScale(scales);
  if (wanted) return wanted;
  const large = scales.filter(([, factor]) => Math.abs(size * factor) >= 1);
  if (size === 0 || !Number.isFinite(size)) return scales.find(([, factor]) => factor === 1);
  return large.length ? large[large.length - 1] : scales[0];
}

/** A value in its best unit. */
export function formatScaled(value, scales, significant = 4) {
  if (Number.isNaN(value)) return "–";
  const [unit, factor] = bestScale(scales, value);
  return `${formatNumber(value * factor, significant)} ${unit}`.trimEnd();
}

/** Labels of the choices of a preset variable; undefined for other quantities. */
export const choiceLabels = (name) => page.quantities[name].choices;

/** A value in words, if it is one: the label of a choice, or that a design has no such root; else undefined. */
function inWords(name, value) {
  if (choiceLabels(name)) return choiceLabels(name)[value] ?? "–";
  return Math.abs(value) === Infinity && page.quantities[name].root ? "none" : undefined;
}

/** A value without its unit, or the label of a choice. */
export const formatBare = (name, value) => inWords(name, value) ?? formatNumber(value);

/** The unit of a column in a table, and the factor to it. */
export const shownScale = (name) => wantedScale(page.quantities[name].scales) ?? [unitSymbol(name), 1];

/** The same in the unit of a column. */
export const formatShown = (name, value) => inWords(name, value) ?? formatNumber(value * shownScale(name)[1]);

/** A value with its unit, or the label of a choice. */
export const formatValue = (name, value) => inWords(name, value) ?? formatScaled(value, page.quantities[name].scales);

/** A constraint's text with the signs of print. */
export const constraintText = (text) => text.replace(">=", "≥").replace("<=", "≤");

/** Symbol of a quantity's display unit; empty for a dimensionless quantity. */
export const unitSymbol = (name) => page.quantities[name].scales.find(([, factor]) => factor === 1)[0];

/** Label of a quantity with its unit, or with the unit of `scale`. */
export function axisLabel(name, scale) {
  const unit = (scale ?? shownScale(name))[0];
  return unit ? `${page.quantities[name].label} (${unit})` : page.quantities[name].label;
}

/**
 * Whether the ends of a range are one value, within a solver's tolerance or another part of the larger.
 * @param {[number, number]} range
 */
export const isOne = ([low, high], part = 1e-6) => high - low <= part * Math.max(Math.abs(low), Math.abs(high));

/** Whether all designs have one value of a quantity. */
export const isShared = (name) => isOne(extent(columns[name]));

/**
 * Smallest and largest finite value.
 * @param {ArrayLike<number>} values
 * @returns {[number, number]}
 */
export function extent(values) {
  let low = Infinity, high = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value < low && value !== -Infinity) low = value;
    if (value > high && value !== Infinity) high = value;
  }
  return low <= high ? [low, high] : [0, 1];
}
