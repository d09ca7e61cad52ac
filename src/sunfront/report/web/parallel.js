// Parallel coordinates: an axis for each chosen quantity, a line for each design. Dragging along an axis sets its range.

import { columns, count, digits, extent, fitting, labels, onFront, page } from "./data.js";
import { palette, prepare, shadesOf, theme } from "./canvas.js";
import { own } from "./scatter.js";
import { choose, listen, setRanges, state } from "./state.js";

const canvas = document.getElementById("parallel");
const TOP = 52, BOTTOM = 26, GRAB = 16;
let names = [];
let ranges = [];

export function start() {
  const margins = page.constraints.map((constraint) => constraint.name);
  const usual = new Set([...page.variables, ...page.objectives.map((o) => o.name), ...margins]);
  const box = document.getElementById("axes");
  for (const name of page.columns) {
    const [low, high] = extent(columns[name]);
    const input = Object.assign(document.createElement("input"), { type: "checkbox", value: name });
    input.checked = usual.has(name) && (low < high || page.variables.includes(name));
    input.onchange = rebuild;
    const text = document.createElement("label");
    text.append(input, ` ${page.quantities[name].words}`);
    box.append(text);
  }
  canvas.onpointerdown = press;
  listen(draw);
  rebuild();
}

function rebuild() {
  names = [...document.querySelectorAll("#axes input:checked")].map((input) => input.value);
  ranges = names.map((name) => {
    const [low, high] = labels(name) ? [0, labels(name).length - 1] : extent(columns[name]);
    return low < high ? [low, high] : [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
  });
  canvas.style.minWidth = `${names.length * 74}px`;
  draw();
}

const left = () => 40;
const xOf = (i, width) => left() + (i * (width - 2 * left())) / Math.max(names.length - 1, 1);
const yOf = (i, value, height) =>
  height - BOTTOM - ((value - ranges[i][0]) / (ranges[i][1] - ranges[i][0])) * (height - TOP - BOTTOM);

function draw() {
  const { context, width, height } = prepare(canvas);
  if (!width || !names.length) return;
  const shades = state.colour ? shadesOf(columns[state.colour]) : null;
  const [colours, plain] = [palette(), theme("soft-ink")];
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
  // Beyond some thousand lines more of them only darken: every n-th, evenly, looks the same and stays fluid.
  const stride = Math.max(1, Math.ceil(rows.length / 1500));
  context.lineWidth = 1;
  context.globalAlpha = rows.length > 300 ? 0.25 : 0.6;
  if (shades) rows.sort((a, b) => shades[a] - shades[b]);
  for (let i = 0; i < rows.length; i += stride) {
    const of = shades ? shades[rows[i]] : -1;
    context.strokeStyle = of >= 0 ? colours[of] : plain;
    line(rows[i]);
  }
  context.globalAlpha = 1;
  context.lineWidth = 1.6;
  for (const row of page.front) {
    if (!state.passes[row]) continue;
    context.strokeStyle = shades && shades[row] >= 0 ? colours[shades[row]] : own(row);
    line(row);
  }
  if (state.chosen >= 0) {
    context.strokeStyle = theme("mark");
    context.lineWidth = 2.5;
    line(state.chosen);
  }
  names.forEach((name, i) => drawAxis(context, name, i, xs[i], height));
  document.getElementById("thinned").textContent =
    stride > 1 ? `One line in ${stride} is drawn; filters, table and export hold every design.` : "";
}

function drawAxis(context, name, i, x, height) {
  context.strokeStyle = theme("ink");
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x, TOP);
  context.lineTo(x, height - BOTTOM);
  context.stroke();
  const range = state.ranges.get(name);
  if (range) {
    const [low, high] = range.map((value) => Math.min(Math.max(yOf(i, value, height), TOP), height - BOTTOM));
    context.fillStyle = theme("mark");
    context.globalAlpha = 0.35;
    context.fillRect(x - 7, high, 14, Math.max(low - high, 2));
    context.globalAlpha = 1;
    context.strokeStyle = theme("mark");
    context.strokeRect(x - 7, high, 14, Math.max(low - high, 2));
  }
  const quantity = page.quantities[name];
  const scale = fitting(quantity.scales, Math.max(...ranges[i].map(Math.abs)));
  context.fillStyle = theme("ink");
  context.textAlign = "center";
  context.textBaseline = "bottom";
  const lines = wrapped(context, quantity.words, 72);
  if (scale[0]) lines.push(scale[0]);
  lines.forEach((text, j) => context.fillText(text, x, TOP - 4 - (lines.length - 1 - j) * 12));
  context.fillStyle = theme("soft-ink");
  if (labels(name)) {
    context.textAlign = "left";
    context.textBaseline = "bottom";
    labels(name).forEach((text, value) => context.fillText(text, x + 4, yOf(i, value, height) - 2));
    return;
  }
  context.textBaseline = "top";
  context.fillText(digits(ranges[i][0] * scale[1], 3), x, height - BOTTOM + 3);
  context.textAlign = "left";
  context.fillText(digits(ranges[i][1] * scale[1], 3), x + 4, TOP);
}

/** Words in at most two or three lines of a width. */
function wrapped(context, text, width) {
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
  const i = names.findIndex((_, at) => Math.abs(xOf(at, width) - event.offsetX) <= GRAB);
  if (i < 0) return pick(event, width, height);
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

/** Choose the design whose line passes nearest. */
function pick(event, width, height) {
  const i = names.findIndex((_, at) => xOf(at, width) > event.offsetX);
  if (i < 1) return;
  const share = (event.offsetX - xOf(i - 1, width)) / (xOf(i, width) - xOf(i - 1, width));
  let best = -1, least = 12;
  for (let row = 0; row < count; row++) {
    if (!state.passes[row]) continue;
    const [a, b] = [i - 1, i].map((at) => yOf(at, columns[names[at]][row], height));
    const distance = Math.abs(a + (b - a) * share - event.offsetY) * (onFront[row] ? 0.5 : 1);
    if (distance < least) [best, least] = [row, distance];
  }
  choose(best);
}
