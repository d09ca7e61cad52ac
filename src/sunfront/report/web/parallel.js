// Parallel coordinates: one axis per quantity, one line per design. Dragging along an axis filters by its quantity.

import { bestScale, choiceLabels, columns, count, extent, formatNumber, formatValue, isOne, isShared, onFront, page } from "./data.js";
import { palette, prepare, rangeOf, scale, shadeNumbers, themeValue } from "./canvas.js";
import { brushY, pointer } from "./d3.js";
import { endsOn, startBrush, startOverlay } from "./overlay.js";
import { frontColor } from "./scatter.js";
import { listen, select, setRanges, state } from "./state.js";
import { element, elements } from "./svg.js";

const canvas = element("parallel");
const LINES = 1500, DRAGGED = 150; // drawn besides the front; and while a slider is being dragged
const FEW = 8; // axes
const TOP = 52, BOTTOM = 26, GRAB = 16, WIDEST = 74; // of an axis' head
let names = [];
let ranges = [];
let alike = []; // by axis, whether all designs have one value
let over = null; // the overlay
const placeBrush = new Map(); // by quantity, the function that places its brush

export function start() {
  const margins = page.constraints.map((constraint) => constraint.name);
  const varied = page.columns.filter((name) => !isShared(name));
  const asked = varied.filter((name) => [...page.variables, ...page.objectives.map((o) => o.name), ...margins].includes(name));
  const initial = asked.length > 1 ? asked : varied.slice(0, FEW); // compared runs may have none of these in common
  const box = element("axes");
  for (const name of page.columns) {
    const input = Object.assign(document.createElement("input"), { type: "checkbox", value: name });
    input.checked = initial.includes(name);
    input.onchange = () => rebuild();
    const label = document.createElement("label");
    label.append(input, ` ${page.quantities[name].label}`);
    box.append(label);
  }
  const shared = page.variables.filter((name) => count > 1 && isShared(name));
  element("shared").textContent = shared.length
    ? `The same in all designs: ${shared.map((name) => `${page.quantities[name].label} ${formatValue(name, columns[name][0])}`).join(", ")}.`
    : "";
  over = startOverlay(canvas);
  over.on("click", (event) => {
    if (event.target === over.node()) selectNearest(pointer(event, canvas));
  });
  listen((change, isDragging) => (change === "values" ? rebuild(isDragging) : draw()), canvas);
  rebuild();
}

function rebuild(isDragging = false) {
  names = elements("#axes input:checked").map((input) => input.value);
  const found = names.map((name) => extent(columns[name]));
  alike = found.map((ends) => isOne(ends));
  ranges = names.map((name, i) => {
    if (choiceLabels(name)) return [0, Math.max(choiceLabels(name).length - 1, 1)];
    return alike[i] ? rangeOf(name, found[i]) : found[i];
  });
  canvas.parentElement.style.minWidth = `${names.length * WIDEST}px`;
  for (const name of placeBrush.keys()) if (!names.includes(name)) removeBrush(name);
  for (const name of names) if (!placeBrush.has(name)) addBrush(name);
  draw(isDragging ? DRAGGED : LINES);
}

const MARGIN = 46; // half of the widest unit, launches/year
const xOf = (i, width) => MARGIN + (i * (width - 2 * MARGIN)) / Math.max(names.length - 1, 1);
const yScale = (i, height) => scale(ranges[i], height - BOTTOM, TOP);
const yOf = (i, value, height) => yScale(i, height)(value);

function draw(most = LINES) {
  const { context, width, height } = prepare(canvas);
  if (!width || !names.length) return;
  const shades = state.colorBy ? shadeNumbers(columns[state.colorBy]) : null;
  const [colors, plain] = [palette(), themeValue("soft-ink")];
  const xs = names.map((_, i) => xOf(i, width)), ys = names.map((_, i) => yScale(i, height));
  const line = (row) => {
    context.beginPath();
    for (let i = 0; i < names.length; i++) {
      const value = columns[names[i]][row];
      const y = Number.isFinite(value) ? ys[i](value) : TOP - 8;
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
  const room = names.length > 1 ? xs[1] - xs[0] : WIDEST;
  names.forEach((name, i) => {
    drawAxis(context, name, i, xs[i], height, room);
    placeBrush.get(name)([[xs[i] - GRAB, TOP], [xs[i] + GRAB, height - BOTTOM]], filtered(name, ys[i]));
  });
  element("thinned").textContent =
    stride > 1 ? `One line in ${stride} is drawn. Filters, table and export use every design.` : "";
}

function drawAxis(context, name, i, x, height, room) {
  context.strokeStyle = themeValue("ink");
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x, TOP);
  context.lineTo(x, height - BOTTOM);
  context.stroke();
  const quantity = page.quantities[name];
  const scale = bestScale(quantity.scales, Math.max(...ranges[i].map(Math.abs)));
  context.fillStyle = themeValue("ink");
  context.textAlign = "center";
  context.textBaseline = "bottom";
  const font = context.font, size = room < WIDEST ? 9 : 12; // on paper
  context.font = font.replace("12px", `${size}px`);
  const lines = wrap(context, quantity.label, Math.min(room - 4, WIDEST - 2));
  if (scale[0]) lines.push(scale[0]);
  lines.forEach((text, j) => context.fillText(text, x, TOP - 4 - (lines.length - 1 - j) * size));
  context.font = font;
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

/** Let a reader filter along the axis of a quantity; a click clears the filter. */
function addBrush(name) {
  const axis = () => yScale(names.indexOf(name), canvas.clientHeight);
  const brushed = (selection) => setRanges([[name, selection && selection.toReversed().map(axis().invert)]]);
  placeBrush.set(name, startBrush(brushY, over.append("g").attr("data-axis", name), brushed, () => brushed(null)));
}

function removeBrush(name) {
  over.select(`[data-axis="${name}"]`).remove();
  placeBrush.delete(name);
}

/** The filter of a quantity as a selection of the brush on its axis, or null. */
function filtered(name, axis) {
  if (!state.ranges.has(name)) return null;
  const [y0, y1] = endsOn(axis, state.ranges.get(name));
  return [y0, Math.max(y1, y0 + 2)];
}

/** Select the design whose line passes nearest to the pointer. */
function selectNearest([px, py]) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const i = names.findIndex((_, axis) => xOf(axis, width) > px);
  if (i < 1) return;
  const share = (px - xOf(i - 1, width)) / (xOf(i, width) - xOf(i - 1, width));
  const axes = [i - 1, i].map((axis) => [yScale(axis, height), columns[names[axis]]]);
  let best = -1, least = 12;
  for (let row = 0; row < count; row++) {
    if (!state.passes[row]) continue;
    const [a, b] = axes.map(([toY, values]) => toY(values[row]));
    const distance = Math.abs(a + (b - a) * share - py) * (onFront[row] ? 0.5 : 1);
    if (distance < least) [best, least] = [row, distance];
  }
  select(best);
}
