// Drawing on a canvas: crisp at any pixel ratio, in the colours of the page's theme, with axes that read well.

import { digits, extent, fitting, label, labels, page } from "./data.js";

/** Cividis: from dark blue to yellow, in order for every kind of colour blindness. */
const CIVIDIS = ["#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838"];
const SHADES = 24;

/** The colour at a share of the scale, which begins where it can be told from the paper. */
function shade(share) {
  const from = Number(theme("shade-from"));
  const at = (from + (1 - from) * Math.min(Math.max(share, 0), 1)) * (CIVIDIS.length - 1);
  const low = Math.min(Math.floor(at), CIVIDIS.length - 2);
  const mix = [1, 3, 5].map((i) => {
    const [a, b] = [CIVIDIS[low], CIVIDIS[low + 1]].map((colour) => parseInt(colour.slice(i, i + 2), 16));
    return Math.round(a + (b - a) * (at - low));
  });
  return `rgb(${mix.join(",")})`;
}

/** The colours of all shades, in the theme of the moment. */
export const palette = () => Array.from({ length: SHADES }, (_, i) => shade(i / (SHADES - 1)));

/** For each design the shade of its value; -1 where there is none. */
export function shadesOf(values) {
  const [low, high] = extent(values);
  const width = high - low || 1;
  return Int8Array.from(values, (value) =>
    Number.isFinite(value) ? Math.min(Math.floor(((value - low) / width) * SHADES), SHADES - 1) : -1,
  );
}

export const theme = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** Size the canvas to its box on the screen; its context, in CSS pixels, cleared. */
export function prepare(canvas) {
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

/** Round numbers that cut a range into about `wanted` parts. */
export function ticks(low, high, wanted = 6) {
  const rough = (high - low) / wanted;
  if (!(rough > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((multiple) => multiple * power >= rough) * power;
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) found.push(i * step);
  return found;
}

/** A range a little wider than its values; of a single value around it. */
export function padded([low, high], share = 0.04) {
  const pad = (high - low) * share || Math.abs(low) * 0.05 || 1;
  return [low - pad, high + pad];
}

/** Draw a frame with ticks and labels; gives the functions from values to pixels and back. */
export function frame(context, box, x, y) {
  const { left, top, right, bottom } = box;
  const toX = (value) => left + ((value - x.range[0]) / (x.range[1] - x.range[0])) * (right - left);
  const toY = (value) => bottom - ((value - y.range[0]) / (y.range[1] - y.range[0])) * (bottom - top);
  const fromX = (pixel) => x.range[0] + ((pixel - left) / (right - left)) * (x.range[1] - x.range[0]);
  const fromY = (pixel) => y.range[0] + ((bottom - pixel) / (bottom - top)) * (y.range[1] - y.range[0]);
  const largest = ([low, high]) => Math.max(Math.abs(low), Math.abs(high));
  const xScale = fitting(page.quantities[x.name].scales, largest(x.range));
  const yScale = fitting(page.quantities[y.name].scales, largest(y.range));
  context.lineWidth = 1;
  context.strokeStyle = theme("line");
  context.fillStyle = theme("soft-ink");
  context.textAlign = "center";
  context.textBaseline = "top";
  const marks = ({ name, range }, scale, wanted) =>
    labels(name)
      ? [...labels(name).keys()].filter((i) => range[0] <= i && i <= range[1])
      : ticks(range[0] * scale[1], range[1] * scale[1], wanted);
  const write = ({ name }, mark) => (labels(name) ? labels(name)[mark] : digits(mark));
  for (const mark of marks(x, xScale, Math.max(4, (right - left) / 90))) {
    const at = Math.round(toX(mark / xScale[1])) + 0.5;
    context.beginPath();
    context.moveTo(at, top);
    context.lineTo(at, bottom);
    context.stroke();
    context.fillText(write(x, mark), at, bottom + 6);
  }
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const mark of marks(y, yScale, Math.max(2, (bottom - top) / 60))) {
    const at = Math.round(toY(mark / yScale[1])) + 0.5;
    context.beginPath();
    context.moveTo(left, at);
    context.lineTo(right, at);
    context.stroke();
    context.fillText(write(y, mark), left - 6, at);
  }
  context.fillStyle = theme("ink");
  context.textAlign = "right";
  context.textBaseline = "bottom";
  context.fillText(label(x.name, xScale), right, bottom + 40);
  context.textAlign = "left";
  context.textBaseline = "top";
  context.fillText(label(y.name, yScale), 4, 2);
  return { toX, toY, fromX, fromY };
}
