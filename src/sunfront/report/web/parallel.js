// Parallel coordinates: one axis per quantity, one line per design. Dragging along an axis filters by its quantity.

import { bestScale, choiceLabels, columns, count, extent, formatNumber, formatValue, isOne, isShared, onFront, page } from "./data.js";
import { palette, prepare, rangeOf, shadeNumbers, themeValue } from "./canvas.js";
import { frontColor } from "./scatter.js";
import { listen, select, setRanges, state } from "./state.js";
import { element, elements } from "./svg.js";

const canvas = element("parallel");
const LINES = 1500, DRAGGED = 150; // drawn besides the front; and while a slider is being dragged
const TOP = 52, BOTTOM = 26, GRAB = 16;
let names = [];
let ranges = [];
let alike = []; // by axis, whether all designs have one value

export function start() {
  const margins = page.constraints.map((constraint) => constraint.name);
  const initial = new Set([...page.variables, ...page.objectives.map((o) => o.name), ...margins]);
  const box = element("axes");
  for (const name of page.columns) {
    const input = Object.assign(document.createElement("input"), { type: "checkbox", value: name });
    input.checked = initial.has(name) && !isShared(name);
    input.onchange = () => rebuild();
    const label = document.createElement("label");
    label.append(input, ` ${page.quantities[name].label}`);
    box.append(label);
  }
  const shared = page.variables.filter((name) => count > 1 && isShared(name));
  element("shared").textContent = shared.length
    ? `The same in all designs: ${shared.map((name) => `${page.quantities[name].label} ${formatValue(name, columns[name][0])}`).join(", ")}.`
    : "";
  canvas.onpointerdown = press;
  listen((change, isDragging) => (change === "values" ? rebuild(isDragging) : draw()), canvas);
  rebuild();
}

function rebuild(isDragging = false) {
  names = elements("#axes input:checked").map((input) => input.value);
  const found = names.map((name) => extent(columns[name]));
  alike = found.map(isOne);
  ranges = names.map((name, i) => {
    if (choiceLabels(name)) return [0, Math.max(choiceLabels(name).length - 1, 1)];
    return alike[i] ? rangeOf(name, found[i]) : found[i];
  });
  canvas.style.minWidth = `${names.length * 74}px`;
  draw(isDragging ? DRAGGED : LINES);
}

const MARGIN = 46; // half of the widest unit, launches/year
const xOf = (i, width) => MARGIN + (i * (width - 2 * MARGIN)) / Math.max(names.length - 1, 1);
const yOf = (i, value, height) =>
  height - BOTTOM - ((value - ranges[i][0]) / (ranges[i][1] - ranges[i][0])) * (height - TOP - BOTTOM);

function draw(most = LINES) {
  const { context, width, height } = prepare(canvas);
  if (!width || !names.length) return;
  const shades = state.colorBy ? shadeNumbers(columns[state.colorBy]) : null;
  const [colors, plain] = [palette(), themeValue("soft-ink")];
  const xs = names.map((_, i) => xOf(i, width));
  const line = (row) => {
    context.beginPath();
    for (let i = 0; i < names.length; i++) {
      const value = columns[names[i]][row];
      const y = Number.isFinite(value) ? yOf(i, value, height) : TOP - 8;
      if (i) context.lineTo(xs[i], y);
      else context.moveTo(xs[i], y);
    }
    context.stroke();
  };
  const rows = [];
  for (let row = 0; row < count; row++) if (state.passes[row] && !onFront[row]) rows.push(row);
  // Thousands of lines look the same as every n-th of them, and take too long to draw.
  const stride = Math.max(1, Math.ceil(rows.length / most));
  context.lineWidth = 1;
  context.globalAlpha = rows.length > 300 ? 0.25 : 0.6;
  if (shades) rows.sort((a, b) => shades[a] - shades[b]);
  for (let i = 0; i < rows.length; i += stride) {
    const shade = shades ? shades[rows[i]] : -1;
    context.strokeStyle = shade >= 0 ? colors[shade] : plain;
    line(rows[i]);
  }
  context.globalAlpha = 1;
  context.lineWidth = 1.6;
  for (const row of page.front) {
    if (!state.passes[row]) continue;
    context.strokeStyle = shades && shades[row] >= 0 ? colors[shades[row]] : frontColor(row);
    line(row);
  }
  if (state.selected >= 0) {
    context.strokeStyle = themeValue("mark");
    context.lineWidth = 2.5;
    line(state.selected);
  }
  names.forEach((name, i) => drawAxis(context, name, i, xs[i], height));
  element("thinned").textContent =
    stride > 1 ? `One line in ${stride} is drawn. Filters, table and export use every design.` : "";
}

function drawAxis(context, name, i, x, height) {
  context.strokeStyle = themeValue("ink");
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x, TOP);
  context.lineTo(x, height - BOTTOM);
  context.stroke();
  const range = state.ranges.get(name);
  if (range) {
    const [low, high] = range.map((value) => Math.min(Math.max(yOf(i, value, height), TOP), height - BOTTOM));
    context.fillStyle = themeValue("mark");
    context.globalAlpha = 0.35;
    context.fillRect(x - 7, high, 14, Math.max(low - high, 2));
    context.globalAlpha = 1;
    context.strokeStyle = themeValue("mark");
    context.strokeRect(x - 7, high, 14, Math.max(low - high, 2));
  }
  const quantity = page.quantities[name];
  const scale = bestScale(quantity.scales, Math.max(...ranges[i].map(Math.abs)));
  context.fillStyle = themeValue("ink");
  context.textAlign = "center";
  context.textBaseline = "bottom";
  const lines = wrap(context, quantity.label, 72);
  if (scale[0]) lines.push(scale[0]);
  lines.forEach((text, j) => context.fillText(text, x, TOP - 4 - (lines.length - 1 - j) * 12));
  context.fillStyle = themeValue("soft-ink");
  if (choiceLabels(name)) {
    context.textAlign = "left";
    context.textBaseline = "bottom";
    choiceLabels(name).forEach((text, value) => context.fillText(text, x + 4, yOf(i, value, height) - 2));
    return;
  }
  if (alike[i]) {
    context.textAlign = "left";
    context.textBaseline = "bottom";
    context.fillText(formatNumber(columns[name][0] * scale[1], 3), x + 4, yOf(i, columns[name][0], height) - 2);
    return;
  }
  context.textBaseline = "top";
  context.fillText(formatNumber(ranges[i][0] * scale[1], 3), x, height - BOTTOM + 3);
  context.textAlign = "left";
  context.fillText(formatNumber(ranges[i][1] * scale[1], 3), x + 4, TOP);
}

/** Break a text into lines of a width. */
function wrap(context, text, width) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = `${lines[lines.length - 1]} ${word}`.trim();
    if (context.measureText(longer).width <= width || !lines[lines.length - 1]) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

function press(event) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const i = names.findIndex((_, axis) => Math.abs(xOf(axis, width) - event.offsetX) <= GRAB);
  if (i < 0) return selectNearest(event, width, height);
  const value = (y) => ranges[i][0] + ((height - BOTTOM - y) / (height - TOP - BOTTOM)) * (ranges[i][1] - ranges[i][0]);
  canvas.setPointerCapture(event.pointerId);
  let dragged = false;
  canvas.onpointermove = (move) => {
    if (Math.abs(move.offsetY - event.offsetY) < 4 && !dragged) return;
    dragged = true;
    const [a, b] = [value(event.offsetY), value(move.offsetY)];
    setRanges([[names[i], a < b ? [a, b] : [b, a]]]);
  };
  canvas.onpointerup = canvas.onpointercancel = () => {
    canvas.onpointermove = canvas.onpointerup = canvas.onpointercancel = null;
    if (!dragged) setRanges([[names[i], null]]);
  };
  return undefined;
}

/** Select the design whose line passes nearest to the pointer. */
function selectNearest(event, width, height) {
  const i = names.findIndex((_, axis) => xOf(axis, width) > event.offsetX);
  if (i < 1) return;
  const share = (event.offsetX - xOf(i - 1, width)) / (xOf(i, width) - xOf(i - 1, width));
  let best = -1, least = 12;
  for (let row = 0; row < count; row++) {
    if (!state.passes[row]) continue;
    const [a, b] = [i - 1, i].map((axis) => yOf(axis, columns[names[axis]][row], height));
    const distance = Math.abs(a + (b - a) * share - event.offsetY) * (onFront[row] ? 0.5 : 1);
    if (distance < least) [best, least] = [row, distance];
  }
  select(best);
}
