// The page's data: columns of designs, what each quantity is, and how its numbers are written.

export const page = JSON.parse(document.getElementById("data").textContent);

/** Base64 of little-endian 32-bit floats. */
export function numbers(text) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}

/** By name, a Float32Array with a number for each design, in the quantity's own unit. */
export const columns = Object.fromEntries(page.columns.map((name) => [name, numbers(page.values[name])]));

export const count = page.rows.length;

export const onFront = new Uint8Array(count);
for (const row of page.front) onFront[row] = 1;

/** Okabe and Ito's colours, told apart with any kind of colour blindness; vermilion marks what is chosen. */
export const COLOURS = ["#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"];

const formats = new Map();

/** A number with so many significant digits, thousands set apart. */
export function digits(value, significant = 4) {
  if (value === Infinity) return "never";
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return value.toExponential(significant - 1);
  if (size >= 10 ** significant) significant = Math.ceil(Math.log10(size));
  if (!formats.has(significant)) {
    formats.set(significant, new Intl.NumberFormat("en-US", { maximumSignificantDigits: significant }));
  }
  return formats.get(significant).format(value + 0);
}

/** Of [[unit, factor], ...] the one in which `size` has one to three digits before the point. */
export function fitting(scales, size) {
  const large = scales.filter(([, factor]) => Math.abs(size * factor) >= 1);
  if (size === 0 || !Number.isFinite(size)) return scales.find(([, factor]) => factor === 1);
  return large.length ? large[large.length - 1] : scales[0];
}

export function written(value, scales, significant = 4) {
  const [text, factor] = fitting(scales, value);
  return `${digits(value * factor, significant)} ${text}`.trimEnd();
}

/** The names of a quantity's values where it is a choice of presets. */
export const labels = (name) => page.quantities[name].labels;

/** A value of a quantity without its unit, or its name. */
export const text = (name, value) => (labels(name) ? labels(name)[value] : digits(value));

/** A value of a quantity, with its unit, or its name. */
export const shown = (name, value) => (labels(name) ? labels(name)[value] : written(value, page.quantities[name].scales));

/** A quantity's words, with its unit where it has one. */
export function label(name, scale) {
  const quantity = page.quantities[name];
  const text = scale ? scale[0] : quantity.scales.find(([, factor]) => factor === 1)[0];
  return text ? `${quantity.words} (${text})` : quantity.words;
}

/** Least and greatest finite value of a column. */
export function extent(values) {
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    if (Number.isFinite(value)) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low <= high ? [low, high] : [0, 1];
}
