// The Pareto scatter: any quantity against any other, colour and size from a third and a fourth. Dragging sets the
// ranges of both axes; a click, or the arrow keys, choose a design.

import { COLOURS, columns, count, extent, label, labels, numbers, onFront, page, shown } from "./data.js";
import { frame, padded, palette, prepare, shadesOf, theme } from "./canvas.js";
import { changed, choose, listen, setRanges, state } from "./state.js";

const canvas = document.getElementById("scatter");
const select = Object.fromEntries(["x", "y", "colour", "size"].map((axis) => [axis, document.getElementById(`by-${axis}`)]));
const [first = page.columns[0], second] = page.objectives.map((objective) => objective.name);
const others = page.others.map(({ label: text, values }) => ({
  text,
  values: Object.fromEntries(Object.entries(values).map(([name, packed]) => [name, numbers(packed)])),
}));

let axes = null; // from values to pixels and back, of what is drawn
let brush = null; // [x, y, x, y] in pixels while dragging
let shades = null;

function fill(element, names, none) {
  element.replaceChildren();
  if (none) element.add(new Option(none, ""));
  for (const name of names) element.add(new Option(page.quantities[name].words, name));
}

export function start() {
  fill(select.x, page.columns);
  fill(select.y, page.columns);
  fill(select.colour, page.columns, page.groups ? "run" : "one colour");
  fill(select.size, page.columns, "one size");
  select.y.value = first;
  select.x.value = second ?? page.columns.find((name) => name === "fleet_it_power" && name !== first) ?? page.columns[page.columns.length - 1];
  select.colour.value = page.columns.includes("compute_cost") && !page.groups ? "compute_cost" : "";
  recolour();
  select.x.onchange = select.y.onchange = select.size.onchange = draw;
  select.colour.onchange = () => {
    recolour();
    changed("look");
  };
  canvas.onpointerdown = press;
  canvas.onkeydown = key;
  listen(draw);
  draw();
}

function recolour() {
  state.colour = select.colour.value || null;
  shades = state.colour ? shadesOf(columns[state.colour]) : null;
}

function sizes() {
  if (!select.size.value) return () => 3;
  const values = columns[select.size.value];
  const [low, high] = extent(values);
  return (row) => 2 + 5 * Math.sqrt(Math.max(0, (values[row] - low) / (high - low || 1)));
}

function draw() {
  const { context, width, height } = prepare(canvas);
  if (!width) return;
  const box = { left: 64, top: 24, right: width - 22, bottom: height - 46 };
  const [x, y] = [select.x.value, select.y.value];
  const [xs, ys] = [columns[x], columns[y]];
  const spread = (name, values) => {
    const all = others.filter((other) => other.values[name]).flatMap((other) => [...other.values[name]]);
    const bounds = ofProof() ? [page.bound, ...(page.bounds ?? [])].flat() : [];
    const corners = bounds.map((corner) => corner[name === second ? 0 : 1]);
    return padded(extent([...extent(values), ...all, ...corners]));
  };
  axes = frame(context, box, { name: x, range: spread(x, xs) }, { name: y, range: spread(y, ys) });
  const { toX, toY } = axes;
  const size = sizes();
  const colours = palette();
  context.save();
  context.beginPath();
  context.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
  context.clip();
  if (proved()) drawBound(context);
  page.bounds?.forEach((corners, i) => ofProof() && staircase(context, corners, COLOURS[i % COLOURS.length]));
  // Squares, all of one shade in one path: ten thousand are drawn in a few milliseconds.
  const layers = new Map();
  const add = (key, row, reach) => {
    if (!layers.has(key)) layers.set(key, new Path2D());
    layers.get(key).rect(toX(xs[row]) - reach, toY(ys[row]) - reach, 2 * reach, 2 * reach);
  };
  for (let row = 0; row < count; row++) {
    if (!state.passes[row]) add("out", row, 1);
    else if (!onFront[row]) add(shades ? shades[row] : "in", row, size(row) / 2);
  }
  for (const [key, path] of [...layers].sort(([a], [b]) => (a === "out" ? -1 : b === "out" ? 1 : 0))) {
    context.globalAlpha = key === "out" ? 0.35 : 0.7;
    context.fillStyle = typeof key === "number" && key >= 0 ? colours[key] : theme(key === "out" ? "faint" : "soft-ink");
    context.fill(path);
  }
  context.globalAlpha = 1;
  others.forEach((other, i) => drawOther(context, other, COLOURS[(i + 1) % COLOURS.length], x, y));
  for (const row of page.front) {
    dot(context, row, xs, ys, size(row) + 1.5, state.passes[row]
      ? shades && shades[row] >= 0 ? colours[shades[row]] : own(row)
      : theme("faint"));
  }
  for (const row of Object.values(page.picked)) ring(context, xs[row], ys[row], 8, theme("soft-ink"), 1);
  if (state.chosen >= 0) ring(context, xs[state.chosen], ys[state.chosen], 10, theme("mark"), 2.5);
  context.restore();
  if (brush) {
    context.strokeStyle = theme("mark");
    context.setLineDash([4, 3]);
    context.strokeRect(brush[0], brush[1], brush[2] - brush[0], brush[3] - brush[1]);
    context.setLineDash([]);
  }
  legend();
}

/** The colour of a design on the front where no quantity gives it. */
export const own = (row) => (page.groups ? COLOURS[page.groups.of[row] % COLOURS.length] : theme("accent"));

/** Whether the axes are the two objectives, for which a proof speaks. */
function ofProof() {
  const now = [select.x.value, select.y.value];
  return now.includes(first) && now.includes(second);
}

const proved = () => page.bound.length > 0 && ofProof();

/** A point of the proof, second objective first, in pixels. */
function at([x, y]) {
  return select.x.value === second ? [axes.toX(x), axes.toY(y)] : [axes.toX(y), axes.toY(x)];
}

/** Draw the proved bound; its path. */
function staircase(context, corners, colour) {
  const path = new Path2D();
  corners.forEach((corner, i) => path[i ? "lineTo" : "moveTo"](...at(corner)));
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.stroke(path);
  return path;
}

function drawBound(context) {
  // Between what was found and what is possible lies what may be missing.
  const front = [...page.front].sort((a, b) => columns[second][a] - columns[second][b]);
  const path = staircase(context, page.bound, theme("bound"));
  if (front.length > 1) {
    const down = [];
    front.forEach((row, i) => {
      const [a, b] = [columns[second][row], columns[first][row]];
      if (i) down.push([columns[second][front[i - 1]], b]);
      down.push([a, b]);
    });
    for (const corner of down.reverse()) path.lineTo(...at(corner));
    path.closePath();
    context.globalAlpha = 0.15;
    context.fillStyle = theme("bound");
    context.fill(path);
    context.globalAlpha = 1;
  }
}

function drawOther(context, other, colour, x, y) {
  if (!other.values[x] || !other.values[y]) return;
  context.strokeStyle = colour;
  context.lineWidth = 1.2;
  context.beginPath();
  other.values[x].forEach((value, i) => {
    const [px, py] = [axes.toX(value), axes.toY(other.values[y][i])];
    context.moveTo(px, py - 4);
    context.lineTo(px + 4, py + 3);
    context.lineTo(px - 4, py + 3);
    context.closePath();
  });
  context.stroke();
}

function dot(context, row, xs, ys, radius, colour) {
  context.beginPath();
  context.arc(axes.toX(xs[row]), axes.toY(ys[row]), radius, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.fill();
  context.strokeStyle = theme("paper");
  context.lineWidth = 1;
  context.stroke();
}

function ring(context, x, y, radius, colour, width) {
  context.beginPath();
  context.arc(axes.toX(x), axes.toY(y), radius, 0, 2 * Math.PI);
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
}

function legend() {
  const items = [];
  if (page.groups) page.groups.labels.forEach((text, i) => items.push(["dot", COLOURS[i % COLOURS.length], text]));
  else if (page.front.length) items.push(["dot", theme("accent"), page.objectives.length > 1 ? "Pareto front, verified" : "best design, verified"]);
  if (count > page.front.length) items.push(["square", theme("soft-ink"), "other designs kept"]);
  if (proved()) items.push(["line", theme("bound"), "proved bound: nothing beyond; shaded: what may be missing"]);
  others.forEach((other, i) => items.push(["triangle", COLOURS[(i + 1) % COLOURS.length], `found by ${other.text}`]));
  items.push(["ring", theme("mark"), "chosen design"]);
  if (state.colour) {
    const [low, high] = extent(columns[state.colour]);
    const names = labels(state.colour);
    if (names) {
      const present = [...names.keys()].filter((i) => low <= i && i <= high);
      const [of, colours] = [shadesOf(present), palette()];
      present.forEach((i, k) => items.push(["dot", colours[of[k]], names[i]]));
    } else items.push(["scale", "", `${label(state.colour)}: ${shown(state.colour, low)} to ${shown(state.colour, high)}`]);
  }
  document.getElementById("legend").replaceChildren(
    ...items.map(([kind, colour, text]) => {
      const item = document.createElement("span");
      const mark = document.createElement("i");
      mark.className = kind;
      mark.style.color = colour;
      item.append(mark, text);
      return item;
    }),
  );
}

function nearest(px, py, reach = 14) {
  const [xs, ys] = [columns[select.x.value], columns[select.y.value]];
  let best = -1, least = reach ** 2;
  for (let row = 0; row < count; row++) {
    if (!state.passes[row]) continue;
    // A design on the front is easier to hit than one of the thousands behind it.
    const distance = ((axes.toX(xs[row]) - px) ** 2 + (axes.toY(ys[row]) - py) ** 2) * (onFront[row] ? 0.25 : 1);
    if (distance < least) [best, least] = [row, distance];
  }
  return best;
}

function press(event) {
  const [x0, y0] = [event.offsetX, event.offsetY];
  canvas.setPointerCapture(event.pointerId);
  canvas.onpointermove = (move) => {
    if (event.pointerType === "touch") return; // a finger scrolls the page
    if (Math.hypot(move.offsetX - x0, move.offsetY - y0) > 4 || brush) {
      brush = [x0, y0, move.offsetX, move.offsetY];
      apply();
    }
  };
  canvas.onpointerup = canvas.onpointercancel = (up) => {
    canvas.onpointermove = canvas.onpointerup = canvas.onpointercancel = null;
    if (brush) {
      brush = null;
      draw();
    } else if (up.type === "pointerup") {
      const row = nearest(up.offsetX, up.offsetY);
      if (row >= 0) choose(row);
      else setRanges([[select.x.value, null], [select.y.value, null]]);
    }
  };
}

function apply() {
  const sorted = (a, b) => (a < b ? [a, b] : [b, a]);
  setRanges([
    [select.x.value, sorted(axes.fromX(brush[0]), axes.fromX(brush[2]))],
    [select.y.value, sorted(axes.fromY(brush[1]), axes.fromY(brush[3]))],
  ]);
}

function key(event) {
  const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
  if (event.key === "Escape") setRanges([[select.x.value, null], [select.y.value, null]]);
  if (!step) return;
  event.preventDefault();
  const values = columns[select.x.value];
  let rows = page.front.filter((row) => state.passes[row]);
  if (!rows.length) rows = [...state.passes.keys()].filter((row) => state.passes[row]);
  rows.sort((a, b) => values[a] - values[b]);
  const at = rows.indexOf(state.chosen);
  choose(rows[Math.min(Math.max(at + step, 0), rows.length - 1)] ?? -1);
}
