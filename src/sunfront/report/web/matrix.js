// Scatter matrix of three and more objectives: each against each. A click selects the design nearest to it.

import { columns, count, extent, onFront, page } from "./data.js";
import { palette, padded, prepare, scale, shadeNumbers, themeValue } from "./canvas.js";
import { dot, ring } from "./marks.js";
import { frontColor } from "./scatter.js";
import { listen, select, state } from "./state.js";
import { element } from "./svg.js";

const canvas = element("matrix");
const names = page.objectives.map(({ name }) => name);
const GAP = 6, LEFT = 20, TOP = 18;
const MOST = 2000; // designs off the front that are drawn

/** The panels below the diagonal: objectives, their ranges, and the box in pixels. */
function panels(width, height) {
  const n = names.length - 1, w = (width - LEFT) / n, h = (height - TOP) / n;
  const ranges = names.map((name) => padded(extent(columns[name])));
  const found = [];
  for (let i = 1; i <= n; i++) for (let j = 0; j < i; j++) {
    const box = { left: LEFT + j * w, top: (i - 1) * h, right: LEFT + (j + 1) * w - GAP, bottom: i * h - GAP };
    const x = scale(ranges[j], box.left, box.right), y = scale(ranges[i], box.bottom, box.top);
    found.push({ i, j, box, toX: (row) => x(columns[names[j]][row]), toY: (row) => y(columns[names[i]][row]) });
  }
  return found;
}

export function start() {
  canvas.onclick = ({ offsetX, offsetY }) => {
    const { box, toX, toY } = panels(canvas.clientWidth, canvas.clientHeight).find((each) => offsetX >= each.box.left && offsetX <= each.box.right && offsetY >= each.box.top && offsetY <= each.box.bottom) ?? {};
    if (!box) return;
    const distance = (row) => Math.hypot(toX(row) - offsetX, toY(row) - offsetY);
    const near = [...state.passes.keys()].filter((row) => state.passes[row] && distance(row) < 14).sort((a, b) => distance(a) - distance(b));
    select(near[0] ?? -1);
  };
  listen(draw, canvas);
  draw();
}

function draw() {
  const { context, width, height } = prepare(canvas);
  if (!width) return;
  const shades = state.colorBy ? shadeNumbers(columns[state.colorBy]) : null, colors = palette();
  const color = (row) => (shades && shades[row] >= 0 ? colors[shades[row]] : frontColor(row));
  const others = [];
  for (let row = 0; row < count; row++) if (state.passes[row] && !onFront[row]) others.push(row);
  const stride = Math.ceil(others.length / MOST);
  for (const { i, j, box, toX, toY } of panels(width, height)) {
    context.strokeStyle = themeValue("line");
    context.lineWidth = 1;
    context.strokeRect(box.left, box.top, box.right - box.left, box.bottom - box.top);
    context.fillStyle = themeValue("faint");
    for (let k = 0; k < others.length; k += stride) context.fillRect(toX(others[k]) - 1, toY(others[k]) - 1, 2, 2);
    for (const row of page.front) if (state.passes[row]) dot(context, toX(row), toY(row), 3, color(row));
    if (state.selected >= 0) ring(context, toX(state.selected), toY(state.selected), 7, themeValue("mark"), 2);
    context.fillStyle = themeValue("ink");
    if (i === names.length - 1) label(context, page.quantities[names[j]].label, (box.left + box.right) / 2, height - 4, 0, box.right - box.left);
    if (j === 0) label(context, page.quantities[names[i]].label, 11, (box.top + box.bottom) / 2, -Math.PI / 2, box.bottom - box.top);
  }
}

/** A text around a point, turned, no longer than its panel. */
function label(context, text, x, y, turn, room) {
  context.save();
  context.translate(x, y);
  context.rotate(turn);
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  context.fillText(text, 0, 0, room);
  context.restore();
}
