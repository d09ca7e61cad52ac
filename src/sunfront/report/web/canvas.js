// Drawing on a canvas: sharp at any pixel ratio, in the colors of the theme, with axes.

import { scaleLinear } from "./d3.js";
import { axisLabel, bestScale, choiceLabels, digitsOf, extent, formatNumber, isOne, page } from "./data.js";

/** Cividis, from dark blue to yellow: ordered for every kind of color blindness. */
const CIVIDIS = ["#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838"];
const SHADES = 24;

/** The color at a share of the scale, of which the part after `from` is used. */
function shade(share, from) {
  const position = (from + (1 - from) * Math.min(Math.max(share, 0), 1)) * (CIVIDIS.length - 1);
  const low = Math.min(Math.floor(position), CIVIDIS.length - 2);
  const mix = [1, 3, 5].map((i) => {
    const [a, b] = [CIVIDIS[low], CIVIDIS[low + 1]].map((color) => parseInt(color.slice(i, i + 2), 16));
    return Math.round(a + (b - a) * (position - low));
  });
  return `rgb(${mix.join(",")})`;
}

const palettes = new Map();

/** The colors of all shades. The theme sets where the scale starts, so that it stands out from the background. */
export function palette() {
  const from = Number(themeValue("shade-from"));
  if (!palettes.has(from)) palettes.set(from, Array.from({ length: SHADES }, (_, i) => shade(i / (SHADES - 1), from)));
  return palettes.get(from);
}

/** For each value the number of its shade; -1 if it is not finite. */
export function shadeNumbers(values) {
  const [low, high] = extent(values);
  const width = high - low || 1, found = new Int8Array(values.length).fill(-1);
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) found[i] = Math.min(Math.floor(((values[i] - low) / width) * SHADES), SHADES - 1);
  }
  return found;
}

const themed = new Map(); // of one drawing

/** A value of the style sheet, such as a color, in the present theme. */
export function themeValue(name) {
  if (!themed.has(name)) themed.set(name, getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim());
  return themed.get(name);
}

/** Size a canvas to its box on the screen and clear it. Returns its context, in CSS pixels, and its size. */
export function prepare(canvas) {
  themed.clear();
  const ratio = Math.max(window.devicePixelRatio || 1, 1);
  const { clientWidth: width, clientHeight: height } = canvas;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = "12px system-ui, sans-serif";
  return { context, width, height };
}

/** A range with a margin on both sides; a range around a single value. */
export function padded([low, high], share = 0.04) {
  const pad = (high - low) * share || Math.abs(low) * 0.1 || 1;
  return [low - pad, high + pad];
}

/** The range of an axis: that of the values with a margin; of one value, that of the study, or 10 % about it. */
export function rangeOf(name, [low, high]) {
  if (!isOne([low, high], page.narrow)) return padded([low, high]);
  return page.bounds_of[name] ? padded(page.bounds_of[name]) : padded([low, low]);
}

/** The scale from a range to pixels; NaN stays NaN. */
export const scale = (range, from, to) => scaleLinear(range, [from, to]).unknown(NaN);

/** Draw axes with ticks and labels. Returns their scales, from values to pixels. */
export function drawAxes(context, box, x, y) {
  const { left, top, right, bottom } = box;
  const toX = scale(x.range, left, right), toY = scale(y.range, bottom, top);
  const largest = ([low, high]) => Math.max(Math.abs(low), Math.abs(high));
  const xScale = bestScale(page.quantities[x.name].scales, largest(x.range));
  const yScale = bestScale(page.quantities[y.name].scales, largest(y.range));
  context.lineWidth = 1;
  context.strokeStyle = themeValue("line");
  context.fillStyle = themeValue("soft-ink");
  context.textAlign = "center";
  context.textBaseline = "top";
  const marks = ({ name, range }, [, factor], wanted) =>
    choiceLabels(name)
      ? [...choiceLabels(name).keys()].filter((i) => range[0] <= i && i <= range[1])
      : scaleLinear(range.map((end) => end * factor), [0, 1]).ticks(wanted);
  const markText = ({ name }, mark, all) => (choiceLabels(name) ? choiceLabels(name)[mark] : formatNumber(mark, digitsOf(all, 4)));
  const [across, up] = [marks(x, xScale, Math.max(4, (right - left) / 90)), marks(y, yScale, Math.max(2, (bottom - top) / 60))];
  for (const mark of across) {
    const px = Math.round(toX(mark / xScale[1])) + 0.5;
    context.beginPath();
    context.moveTo(px, top);
    context.lineTo(px, bottom);
    context.stroke();
    context.fillText(markText(x, mark, across), px, bottom + 6);
  }
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const mark of up) {
    const py = Math.round(toY(mark / yScale[1])) + 0.5;
    context.beginPath();
    context.moveTo(left, py);
    context.lineTo(right, py);
    context.stroke();
    context.fillText(markText(y, mark, up), left - 6, py);
  }
  context.fillStyle = themeValue("ink");
  context.textAlign = "right";
  context.textBaseline = "bottom";
  context.fillText(axisLabel(x.name, xScale), right, bottom + 40);
  context.textAlign = "left";
  context.textBaseline = "top";
  context.fillText(axisLabel(y.name, yScale), 4, 2);
  return { toX, toY };
}
