// The scatter plot: any quantity against any other, with color and size from two more. Dragging filters by both axes; a
// click or the arrow keys select a design.

import { keep, note } from "./address.js";
import { moved } from "./live.js";
import { COLORS, axisLabel, choiceLabels, columns, count, extent, formatValue, onFront, page, unpackColumn, unpackFloats } from "./data.js";
import { drawAxes, palette, rangeOf, prepare, shadeNumbers, themeValue } from "./canvas.js";
import { brush, pointer, quadtree } from "./d3.js";
import { bar, diamond, dot, ring } from "./marks.js";
import { endsOn, startBrush, startOverlay, startZoom } from "./overlay.js";
import { ink, startPoints } from "./points.js";
import { listen, notify, select, setRanges, state } from "./state.js";
import { showCard } from "./tooltip.js";
import { element } from "./svg.js";

const canvas = element("scatter");
const input = Object.fromEntries(["x", "y", "color", "size"].map((axis) => [axis, element(`by-${axis}`)]));
const [first = page.columns[0], second] = page.objectives.map((objective) => objective.name);
const otherEngines = page.other_engines.map(({ label, values }) => ({
  label,
  values: Object.fromEntries(Object.entries(values).map(([name, packed]) => [name, unpackFloats(packed)])),
}));

/** Those whose designs were found with the assumptions that the page has now. */
const shownEngines = () => (moved.size ? [] : otherEngines);

/** By name, the 5th and 95th percentile over the samples of the designs on the front. */
const spread = Object.fromEntries(Object.entries(page.spread ?? {}).map(([name, ends]) => [name, ends.map(unpackColumn)]));

const view = { x: null, y: null }; // ranges of the axes; null shows all
let box = null; // the plot in pixels
let axes = null; // the scales from values to pixels, as last drawn
let trees = null; // where the designs are: those on the front, and all; null until somebody asks
let placeBrush = null;
let shades = null; // by row, the number of its shade

function fill(menu, names, none = "") {
  menu.replaceChildren();
  if (none) menu.add(new Option(none, ""));
  for (const name of names) menu.add(new Option(page.quantities[name].label, name));
}

export function start() {
  fill(input.x, page.columns);
  fill(input.y, page.columns);
  fill(input.color, page.columns, page.runs ? "run" : "one color");
  fill(input.size, page.columns, "one size");
  input.y.value = first;
  input.x.value = second ?? page.columns.find((name) => name === "fleet_it_power" && name !== first) ?? page.columns[page.columns.length - 1];
  const third = page.objectives[2]?.name;
  input.color.value = third && !page.runs ? third : page.columns.includes("compute_cost") && !page.runs ? "compute_cost" : "";
  updateShades();
  for (const axis of ["x", "y"]) input[axis].addEventListener("change", () => (view[axis] = null));
  for (const menu of Object.values(input)) {
    menu.addEventListener("change", () => {
      note();
      draw();
    });
  }
  input.color.addEventListener("change", () => {
    updateShades();
    notify("appearance");
  });
  const over = startOverlay(canvas);
  startZoom(over, "zoom", view, () => axes, () => box, () => {
    note();
    draw();
  });
  placeBrush = startBrush(brush, over.append("g"), filter, click);
  keepAxes();
  over.on("pointermove", hover);
  canvas.onkeydown = key;
  listen((change) => {
    if (change === "values") updateShades();
    draw();
  }, canvas);
  draw();
}

/** Keep quantities and ranges of the axes in the address. */
function keepAxes() {
  const opened = Object.entries(input).map(([axis, menu]) => [axis, menu, menu.value]);
  keep(
    () => [
      ...opened.filter(([, menu, value]) => menu.value !== value).map(([axis, menu]) => [`axis.${axis}`, menu.value]),
      ...Object.entries(view).filter(([, ends]) => ends).map(([axis, ends]) => [`zoom.${axis}`, ends.join("..")]),
    ],
    (texts) => {
      for (const [axis, menu, value] of opened) {
        const wanted = texts.get(`axis.${axis}`) ?? value;
        if ([...menu.options].some((option) => option.value === wanted)) menu.value = wanted;
      }
      for (const axis of Object.keys(view)) {
        const ends = texts.get(`zoom.${axis}`)?.split("..").map(Number) ?? [];
        view[axis] = ends.length === 2 && ends[0] < ends[1] ? ends : null;
      }
      updateShades();
      notify("appearance");
    },
  );
}

/** Values of a column in the run, whatever is moved. */
const asRun = (name) => (moved.size && state.asRun.columns[name]) || columns[name];

function updateShades() {
  state.colorBy = input.color.value || null;
  shades = state.colorBy ? shadeNumbers(columns[state.colorBy]) : null;
}

function sizes() {
  if (!input.size.value) return () => 3;
  const values = columns[input.size.value];
  const [low, high] = extent(values);
  return (row) => 2 + 5 * Math.sqrt(Math.max(0, (values[row] - low) / (high - low || 1)));
}

function draw() {
  const { context, width, height } = prepare(canvas);
  if (!width) return;
  box = { left: 64, top: 24, right: width - 22, bottom: height - 46 };
  const [x, y] = [input.x.value, input.y.value];
  const [xs, ys] = [columns[x], columns[y]];
  const range = (name, values) => {
    const all = shownEngines().filter((other) => other.values[name]).flatMap((other) => [...other.values[name]]);
    const bounds = showsObjectives() ? [page.bound, ...(page.bounds ?? [])].flat() : [];
    const corners = bounds.map((corner) => corner[name === second ? 0 : 1]);
    const ghost = moved.size ? state.asRun.front.map((row) => asRun(name)[row]) : [];
    const sized = state.sized.map((values) => values[name]);
    const bars = (spread[name] ?? []).flatMap((ends) => extent(ends));
    return rangeOf(name, extent([...extent(values), ...all, ...corners, ...ghost, ...sized, ...bars]));
  };
  axes = drawAxes(context, box, { name: x, range: view.x ?? range(x, xs) }, { name: y, range: view.y ?? range(y, ys) });
  const { toX, toY } = axes;
  trees = null;
  placeBrush([[box.left, box.top], [box.right, box.bottom]], filtered());
  const size = sizes();
  const colors = palette();
  context.save();
  context.beginPath();
  context.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
  context.clip();
  if (showsBound()) drawBound(context);
  page.bounds?.forEach((corners, i) => showsObjectives() && drawStaircase(context, corners, COLORS[i % COLORS.length]));
  drawOthers(context, box, xs, ys, size, colors);
  shownEngines().forEach((other, i) => drawOtherEngine(context, other, COLORS[(i + 1) % COLORS.length], x, y));
  drawSpread(context, xs, ys);
  for (const row of page.front) {
    dot(context, toX(xs[row]), toY(ys[row]), size(row) + 1.5, state.passes[row]
      ? shades && shades[row] >= 0 ? colors[shades[row]] : frontColor(row)
      : themeValue("faint"));
  }
  if (moved.size) for (const row of state.asRun.front) ring(context, toX(asRun(x)[row]), toY(asRun(y)[row]), 5, themeValue("faint"), 1.5);
  for (const values of state.sized) diamond(context, toX(values[x]), toY(values[y]));
  for (const row of Object.values(page.highlighted)) ring(context, toX(xs[row]), toY(ys[row]), 8, themeValue("soft-ink"), 1);
  if (state.selected >= 0) ring(context, toX(xs[state.selected]), toY(ys[state.selected]), 10, themeValue("mark"), 2.5);
  context.restore();
  legend();
}

/** Draw where nine of ten samples of each design on the front are: bars, and a band along the front. */
function drawSpread(context, xs, ys) {
  const { toX, toY } = axes, [across, up] = [spread[input.x.value], spread[input.y.value]];
  const rows = page.front.filter((row) => state.passes[row]);
  context.strokeStyle = context.fillStyle = themeValue("accent");
  context.lineWidth = 1;
  context.beginPath();
  for (const row of rows) {
    if (up) bar(context, toX(xs[row]), toY(up[0][row]), toX(xs[row]), toY(up[1][row]));
    if (across) bar(context, toX(across[0][row]), toY(ys[row]), toX(across[1][row]), toY(ys[row]));
  }
  context.stroke();
  const [ends, along] = up ? [up, xs] : [across, ys];
  if (!ends || (up && across) || rows.length < 2) return;
  const sorted = [...rows].sort((a, b) => along[a] - along[b]);
  const edge = [...sorted.map((row) => [along[row], ends[1][row]]), ...sorted.reverse().map((row) => [along[row], ends[0][row]])];
  context.beginPath();
  for (const [a, b] of edge) context.lineTo(toX(up ? a : b), toY(up ? b : a));
  context.globalAlpha = 0.12;
  context.fill();
  context.globalAlpha = 1;
}

/** Draw the designs that are not on the front: those that pass the filters over those that do not. */
function drawOthers(context, box, xs, ys, size, colors) {
  const points = startPoints(box), { toX, toY } = axes;
  const faint = ink(themeValue("faint"), 0.35), plain = ink(themeValue("soft-ink"), 0.7), mark = ink(themeValue("mark"), 1);
  const inks = colors.map((color) => ink(color, 0.7));
  for (let row = 0; row < count; row++) if (!state.passes[row]) points.square(toX(xs[row]), toY(ys[row]), 1, faint);
  for (let row = 0; row < count; row++) {
    if (!state.passes[row]) continue;
    if (state.misses[row]) points.cross(toX(xs[row]), toY(ys[row]), mark);
    else if (!onFront[row]) points.square(toX(xs[row]), toY(ys[row]), size(row) / 2, shades && shades[row] >= 0 ? inks[shades[row]] : plain);
  }
  points.drawOn(context);
}

/** Color of a design on the front if no quantity sets it. */
export const frontColor = (row) => (page.runs ? COLORS[page.runs.indices[row] % COLORS.length] : themeValue("accent"));

/** Whether the axes are the two objectives, to which the proved bound applies. */
function showsObjectives() {
  const now = [input.x.value, input.y.value];
  return now.includes(first) && now.includes(second);
}

const showsBound = () => page.bound.length > 0 && showsObjectives();

/**
 * A corner of the bound, second objective first, in pixels.
 * @returns {[number, number]}
 */
function toPixels([x, y]) {
  return input.x.value === second ? [axes.toX(x), axes.toY(y)] : [axes.toX(y), axes.toY(x)];
}

/** Draw the line of a proved bound. Returns its path. */
function drawStaircase(context, corners, color) {
  const path = new Path2D();
  corners.forEach((corner, i) => path[i ? "lineTo" : "moveTo"](...toPixels(corner)));
  context.strokeStyle = color;
  context.lineWidth = 1.5;
  context.stroke(path);
  return path;
}

/** Draw the proved bound, and shade the gap between it and the front. */
function drawBound(context) {
  const front = [...page.front].sort((a, b) => columns[second][a] - columns[second][b]);
  const path = drawStaircase(context, page.bound, themeValue(moved.size ? "faint" : "bound"));
  if (front.length > 1 && !moved.size) {
    const reached = [];
    front.forEach((row, i) => {
      const [a, b] = [columns[second][row], columns[first][row]];
      if (i) reached.push([columns[second][front[i - 1]], b]);
      reached.push([a, b]);
    });
    for (const corner of reached.reverse()) path.lineTo(...toPixels(corner));
    path.closePath();
    context.globalAlpha = 0.15;
    context.fillStyle = themeValue("bound");
    context.fill(path);
    context.globalAlpha = 1;
  }
}

function drawOtherEngine(context, other, color, x, y) {
  if (!other.values[x] || !other.values[y]) return;
  context.strokeStyle = color;
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

let told = ""; // the legend as it stands

function legend() {
  const items = [], scale = `linear-gradient(90deg, ${palette().join(",")})`;
  const shaded = state.colorBy && !page.runs && !choiceLabels(state.colorBy) ? scale : "";
  if (page.runs) page.runs.labels.forEach((label, i) => items.push(["dot", COLORS[i % COLORS.length], label]));
  else if (page.front.length) {
    const kind = page.objectives.length > 1 ? "Pareto front" : "best design";
    items.push(["dot", themeValue("accent"), moved.size ? `${kind} of these designs, recomputed here, not proved` : `${kind}, verified`, shaded]);
  }
  if (moved.size) items.push(["ring", themeValue("faint"), "front of the run"]);
  if (state.sized.length) items.push(["diamond", themeValue("mark"), "sized anew here, best found, not proved"]);
  if (state.misses.some(Boolean)) items.push(["cross", themeValue("mark"), "misses a limit"]);
  if (count > page.front.length) items.push(["square", themeValue("soft-ink"), "other designs", shaded]);
  const ofBound = moved.size ? "proved bound of the run, which does not hold for the moved assumptions" : "proved bound: no design beyond it; shaded gap: not proved either way";
  if (showsBound()) items.push(["line", themeValue(moved.size ? "faint" : "bound"), ofBound]);
  if (page.bounds?.flat().length && showsObjectives()) items.push(["line", themeValue("soft-ink"), "line: proved bound of a run, no design beyond it"]);
  shownEngines().forEach((other, i) => items.push(["triangle", COLORS[(i + 1) % COLORS.length], `found by ${other.label}`]));
  if (spread[input.x.value] ?? spread[input.y.value]) items.push(["line", themeValue("accent"), "bar: from the 5th to the 95th percentile of the samples"]);
  items.push(["ring", themeValue("mark"), "selected design"]);
  if (state.colorBy) {
    const [low, high] = extent(columns[state.colorBy]);
    const choices = choiceLabels(state.colorBy);
    if (choices) {
      const present = [...choices.keys()].filter((i) => low <= i && i <= high);
      const [numbers, colors] = [shadeNumbers(present), palette()];
      present.forEach((i, k) => items.push(["dot", colors[numbers[k]], choices[i]]));
    } else items.push(["scale", "", `${axisLabel(state.colorBy)}: ${formatValue(state.colorBy, low)} to ${formatValue(state.colorBy, high)}`, scale]);
  }
  const wanted = JSON.stringify(items);
  if (wanted === told) return;
  told = wanted;
  element("legend").replaceChildren(
    ...items.map(([kind, color, text, background = ""]) => {
      const item = document.createElement("span");
      const mark = document.createElement("i");
      mark.className = kind;
      mark.style.color = color;
      mark.style.background = background;
      item.append(mark, text);
      return item;
    }),
  );
}

/** The design nearest to a point, or -1. */
function nearest([px, py], reach = 14) {
  trees ??= [page.front, [...state.passes.keys()]].map(treeOf);
  const [onIt, other] = [trees[0].find(px, py, 2 * reach), trees[1].find(px, py, reach)];
  const distance = (at) => Math.hypot(at[0] - px, at[1] - py);
  // Designs on the front count as twice as near, so that they can be hit among thousands of others.
  return (onIt && !(other && distance(other) < distance(onIt) / 2) ? onIt : other)?.[2] ?? -1;
}

/** Where the designs of some rows are that pass the filters: x, y, row. */
function treeOf(rows) {
  const [xs, ys] = [columns[input.x.value], columns[input.y.value]];
  const at = rows.filter((row) => state.passes[row]).map((row) => [axes.toX(xs[row]), axes.toY(ys[row]), row]);
  return quadtree(at.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y)));
}

/** A card of the design under a mouse. */
function hover(event) {
  const { clientX, clientY, pointerType, buttons } = event;
  const row = pointerType === "mouse" && buttons === 0 ? nearest(pointer(event, canvas)) : -1;
  const names = row < 0 ? [] : [...new Set([...page.objectives.map(({ name }) => name), input.x.value, input.y.value, ...page.variables])];
  const run = page.runs ? `${page.runs.labels[page.runs.indices[row]]}: ` : "";
  const misses = state.misses[row] ? ", misses a limit" : onFront[row] ? ", on the front" : "";
  const cells = names.flatMap((name) => [
    [page.quantities[name].label, formatValue(name, columns[name][row])],
    ...(spread[name] && onFront[row] ? [["5 % to 95 % of samples", spread[name].map((ends) => formatValue(name, ends[row])).join(" to ")]] : []),
  ]);
  showCard(`${run}design ${page.table_rows[row]}${misses}`, cells, clientX, clientY);
}

function click(event) {
  const row = nearest(pointer(event, canvas));
  if (row >= 0) select(row);
  else setRanges([[input.x.value, null], [input.y.value, null]]);
  draw(); // the brush is again what the filters are
}

/** Filter by a selection of the brush; an axis that it covers whole is not filtered. */
function filter(selection) {
  const [[x0, y0], [x1, y1]] = selection ?? [[box.left, box.top], [box.right, box.bottom]];
  setRanges([
    [input.x.value, x0 > box.left || x1 < box.right ? [x0, x1].map(axes.toX.invert) : null],
    [input.y.value, y0 > box.top || y1 < box.bottom ? [y1, y0].map(axes.toY.invert) : null],
  ]);
}

/** The filters of both axes as a selection of the brush; null if there is none, or if nothing of it is seen. */
function filtered() {
  const [x, y] = [input.x, input.y].map(({ value }) => state.ranges.get(value));
  if (!x && !y) return null;
  const [x0, x1] = x ? endsOn(axes.toX, x) : [box.left, box.right];
  const [y0, y1] = y ? endsOn(axes.toY, y) : [box.top, box.bottom];
  return x0 < x1 && y0 < y1 ? [[x0, y0], [x1, y1]] : null;
}

function key(event) {
  const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
  if (event.key === "Escape") setRanges([[input.x.value, null], [input.y.value, null]]);
  if (!step) return;
  event.preventDefault();
  const values = columns[input.x.value];
  let rows = page.front.filter((row) => state.passes[row]);
  if (!rows.length) rows = [...state.passes.keys()].filter((row) => state.passes[row]);
  rows.sort((a, b) => values[a] - values[b]);
  const index = rows.indexOf(state.selected);
  select(rows[Math.min(Math.max(index + step, 0), rows.length - 1)] ?? -1);
}
