// The scatter plot: any quantity against any other, with color and size from two more. Dragging filters by both axes; a
// click or the arrow keys select a design.

import { keep, note } from "./address.js";
import { moved } from "./live.js";
import { COLORS, axisLabel, choiceLabels, columns, count, extent, formatValue, onFront, page, unpackFloats } from "./data.js";
import { drawAxes, palette, rangeOf, prepare, shadeNumbers, themeValue } from "./canvas.js";
import { bar, diamond, dot, ring } from "./marks.js";
import { ink, startPoints } from "./points.js";
import { listen, notify, select, setRanges, state } from "./state.js";
import { showCard } from "./tooltip.js";
import { element } from "./svg.js";
import { startZoom } from "./zoom.js";

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
const spread = Object.fromEntries(Object.entries(page.spread ?? {}).map(([name, ends]) => [name, ends.map(unpackFloats)]));

const view = { x: null, y: null }; // ranges of the axes; null shows all
let box = null; // the plot in pixels
let axes = null; // the functions from values to pixels and back, as last drawn
let brush = null; // [x, y, x, y] in pixels while dragging
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
  startZoom(canvas, "zoom", view, () => axes, () => box, () => {
    note();
    draw();
  });
  keepAxes();
  canvas.onpointerdown = press;
  canvas.addEventListener("pointermove", hover);
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
  if (brush) {
    context.strokeStyle = themeValue("mark");
    context.setLineDash([4, 3]);
    context.strokeRect(brush[0], brush[1], brush[2] - brush[0], brush[3] - brush[1]);
    context.setLineDash([]);
  }
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

function nearest(px, py, reach = 14) {
  const [xs, ys] = [columns[input.x.value], columns[input.y.value]];
  let best = -1, least = reach ** 2;
  for (let row = 0; row < count; row++) {
    if (!state.passes[row]) continue;
    // Designs on the front count as twice as near, so that they can be hit among thousands of others.
    const distance = ((axes.toX(xs[row]) - px) ** 2 + (axes.toY(ys[row]) - py) ** 2) * (onFront[row] ? 0.25 : 1);
    if (distance < least) [best, least] = [row, distance];
  }
  return best;
}

/** A card of the design under a mouse. */
function hover({ offsetX, offsetY, clientX, clientY, pointerType, buttons }) {
  const row = pointerType === "mouse" && buttons === 0 ? nearest(offsetX, offsetY) : -1;
  const names = row < 0 ? [] : [...new Set([...page.objectives.map(({ name }) => name), input.x.value, input.y.value, ...page.variables])];
  const run = page.runs ? `${page.runs.labels[page.runs.indices[row]]}: ` : "";
  const misses = state.misses[row] ? ", misses a limit" : onFront[row] ? ", on the front" : "";
  const cells = names.flatMap((name) => [
    [page.quantities[name].label, formatValue(name, columns[name][row])],
    ...(spread[name] && onFront[row] ? [["5 % to 95 % of samples", spread[name].map((ends) => formatValue(name, ends[row])).join(" to ")]] : []),
  ]);
  showCard(`${run}design ${page.table_rows[row]}${misses}`, cells, clientX, clientY);
}

function press(event) {
  if (event.shiftKey) return; // the plot is moved
  const [x0, y0] = [event.offsetX, event.offsetY];
  canvas.setPointerCapture(event.pointerId);
  canvas.onpointermove = (move) => {
    if (event.pointerType === "touch") return; // a finger scrolls the page
    if (Math.hypot(move.offsetX - x0, move.offsetY - y0) > 4 || brush) {
      brush = [x0, y0, move.offsetX, move.offsetY];
      applyBrush();
    }
  };
  canvas.onpointerup = canvas.onpointercancel = (up) => {
    canvas.onpointermove = canvas.onpointerup = canvas.onpointercancel = null;
    if (brush) {
      brush = null;
      draw();
    } else if (up.type === "pointerup") {
      const row = nearest(up.offsetX, up.offsetY);
      if (row >= 0) select(row);
      else setRanges([[input.x.value, null], [input.y.value, null]]);
    }
  };
}

function applyBrush() {
  const sorted = (a, b) => (a < b ? [a, b] : [b, a]);
  setRanges([
    [input.x.value, sorted(axes.fromX(brush[0]), axes.fromX(brush[2]))],
    [input.y.value, sorted(axes.fromY(brush[1]), axes.fromY(brush[3]))],
  ]);
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
