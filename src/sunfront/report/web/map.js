// Map of the feasible region around a design: two variables, contours of a metric, and the line of each constraint.

import { axisLabel, bestScale, columns, constraintText, digitsOf, formatNumber, formatValue, page, unpackFloats } from "./data.js";
import { drawAxes, palette, prepare, themeValue } from "./canvas.js";
import { contours, pointer, scaleLinear } from "./d3.js";
import { designInputs } from "./designs.js";
import { inputs, reader, toShown, toSI } from "./live.js";
import { listen, state } from "./state.js";
import { element, html } from "./svg.js";
import { showCard } from "./tooltip.js";

const canvas = element("map-canvas");
const LINE_COLORS = ["#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8A8A8A", "#B2912F"];
const input = Object.fromEntries(["design", "x", "y", "metric"].map((name) => [name, element(`map-${name}`)]));

const POINTS = 21; // along an axis
const ROUNDS = 7;
const zoom = element("map-zoom");
let isLive = false; // whether the page computes the maps itself
let drawn = null; // the map and the scales of its axes

/** Begin. A page that does not compute its designs itself has the maps that it holds. */
export function start(live) {
  isLive = live;
  if (!isLive && !page.maps.length) {
    element("map").hidden = true;
    return;
  }
  zoom.parentElement.hidden = !isLive;
  const designs = isLive ? [...new Set(Object.values(page.highlighted))] : [...new Set(page.maps.map((map) => map.design))];
  for (const design of designs) {
    const labels = Object.entries(page.highlighted).filter(([, row]) => row === design).map(([label]) => label);
    input.design.add(new Option(labels.join(", "), design));
  }
  const names = page.variables.filter((each) => (isLive ? each in page.live.axes : page.maps.some(({ across, up }) => [across, up].includes(each))));
  for (const name of names) {
    input.x.add(new Option(page.quantities[name].label, name));
    input.y.add(new Option(page.quantities[name].label, name));
  }
  for (const name of page.mapped) input.metric.add(new Option(page.quantities[name].label, name));
  [input.x.value, input.y.value] = isLive ? names : [page.maps[0].across, page.maps[0].up];
  for (const each of [...Object.values(input), zoom]) each.onchange = draw;
  canvas.onpointermove = hover;
  let waiting = 0;
  listen((change) => {
    if (change === "selection") chooseSelected(designs);
    clearTimeout(waiting);
    // While a value is being moved, the map waits until it stands still.
    if (change === "values") waiting = setTimeout(draw, 60);
    else if (change !== "filters") draw();
  }, canvas);
  draw();
}

/** Let the map be that of the selected design, if there can be one. */
function chooseSelected(designs) {
  input.design.querySelector("[data-selected]")?.remove();
  if (!designs.includes(state.selected)) {
    if (!isLive) return;
    const option = new Option(`selected: design ${page.table_rows[state.selected]}`, state.selected);
    option.dataset.selected = "";
    input.design.add(option);
  }
  input.design.value = state.selected;
}

/** The map of the design and axes in the inputs; null if there is none. */
function currentMap() {
  const [x, y, design] = [input.x.value, input.y.value, Number(input.design.value)];
  if (x === y) return null;
  if (!isLive) return storedMap(x, y, design);
  let map = computedMap(x, y, design, axisValues(x), axisValues(y));
  // Each round looks closer at what meets every limit, until that fills much of the map.
  for (let round = 0; zoom.checked && round < ROUNDS; round++) {
    const spans = [feasibleSpan(map, 0, x, design), feasibleSpan(map, 1, y, design)];
    const closer = computedMap(x, y, design, axisValues(x, spans[0]), axisValues(y, spans[1]));
    if (area(closer) > 0.7 * area(map)) break;
    map = closer;
  }
  return map;
}

const area = ({ x, y }) => (x[x.length - 1] - x[0]) * (y[y.length - 1] - y[0]);

/** Values along an axis between two of its own; the whole axis without them. */
function axisValues(name, span) {
  const { low, high, step, choices } = page.live.axes[name];
  const [first, last] = span ?? [low, high];
  if (choices.length) return choices.filter((value) => value >= first && value <= last);
  const points = step ? Math.min(Math.round((last - first) / step), POINTS - 1) : POINTS - 1;
  const even = Array.from({ length: points + 1 }, (_, i) => first + ((last - first) * i) / points);
  return step ? even.map((value) => low + step * Math.round((value - low) / step)) : even;
}

/** The ends of the part of a map, along an axis, that meets every limit, with the design and a margin. */
function feasibleSpan(map, axis, name, design) {
  const values = [map.x, map.y][axis], other = [...[map.x, map.y][1 - axis].keys()], own = columns[name][design];
  const tests = page.constraints.map((constraint) => [map.values(constraint.name), constraint]);
  const meets = (i, j) => tests.every(([value, { sense, limit, noise }]) => (sense === ">=" ? value(i, j) - limit : limit - value(i, j)) >= -noise);
  const good = [...values.keys()].filter((i) => other.some((j) => (axis ? meets(j, i) : meets(i, j))));
  const before = values.findLastIndex((v) => v <= own), after = values.findIndex((v) => v >= own);
  const known = [...good, Math.max(before, 0), after < 0 ? values.length - 1 : after];
  return [values[Math.max(Math.min(...known) - 2, 0)], values[Math.min(Math.max(...known) + 2, values.length - 1)]];
}

/** The map that the page computes, with the assumptions as they are moved. */
function computedMap(x, y, design, xs, ys) {
  const at = designInputs(design), [ix, iy] = [inputs.get(x).index, inputs.get(y).index];
  const names = [...new Set([...page.mapped, ...page.constraints.map((constraint) => constraint.name)])];
  const grid = Object.fromEntries(names.map((name) => [name, new Float64Array(xs.length * ys.length)]));
  ys.forEach((up, j) => xs.forEach((across, i) => {
    [at[ix], at[iy]] = [toSI(x, across), toSI(y, up)];
    const value = reader(at);
    for (const name of names) grid[name][j * xs.length + i] = toShown(name, value(name));
  }));
  return { x: xs, y: ys, values: (name) => (i, j) => grid[name][j * xs.length + i], size: [xs.length, ys.length] };
}

/** A map that the page holds, transposed if it is stored with the axes swapped. */
function storedMap(x, y, design) {
  const found = page.maps.find(
    (map) => map.design === design && [map.across, map.up].includes(x) && [map.across, map.up].includes(y),
  );
  if (!found) return null;
  const [nx, ny] = [found.x.length, found.y.length];
  const transposed = found.across !== x;
  const lookup = (values) => (i, j) => (transposed ? values[i * nx + j] : values[j * nx + i]);
  return {
    x: transposed ? found.y : found.x,
    y: transposed ? found.x : found.y,
    values: (name) => lookup(unpackFloats(found.values[name])),
    size: transposed ? [ny, nx] : [nx, ny],
  };
}

function draw() {
  const map = currentMap();
  drawn = null;
  const { context, width, height } = prepare(canvas);
  const note = element("map-note");
  const legend = element("map-legend");
  if (!width) return;
  if (!map) {
    note.textContent = input.x.value === input.y.value ? "Choose two different variables." : "There is no map of this pair around this design.";
    legend.replaceChildren();
    return;
  }
  note.textContent = "The other variables have the values of the design, which the ring marks. Shaded: at least one constraint is violated.";
  const box = { left: 64, top: 24, right: width - 22, bottom: height - 46 };
  const ends = (values) => [values[0], values[values.length - 1]];
  const axes = drawAxes(context, box, { name: input.x.value, range: ends(map.x) }, { name: input.y.value, range: ends(map.y) });
  drawn = { map, axes };
  const metric = input.metric.value;
  context.save();
  context.beginPath();
  context.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
  context.clip();
  const slacks = page.constraints.map((constraint) => {
    const values = map.values(constraint.name);
    const sign = constraint.sense === ">=" ? 1 : -1;
    return { constraint, slack: (i, j) => sign * (values(i, j) - constraint.limit) };
  });
  shadeInfeasible(context, map, slacks, axes);
  const levels = drawContours(context, map, metric, axes);
  const present = [];
  slacks.forEach(({ constraint, slack }, k) => {
    const color = LINE_COLORS[k % LINE_COLORS.length];
    if (drawLevel(context, map, slack, 0, axes, color, 2.5).length) present.push([color, constraint.text]);
  });
  for (const label of levels) drawLabel(context, ...label);
  const row = Number(input.design.value);
  context.beginPath();
  context.arc(axes.toX(columns[input.x.value][row]), axes.toY(columns[input.y.value][row]), 8, 0, 2 * Math.PI);
  context.strokeStyle = themeValue("mark");
  context.lineWidth = 3;
  context.stroke();
  context.restore();
  legend.replaceChildren(...present.map(([color, text]) => html("span", {}, html("i", { class: "line", style: `color:${color}` }), constraintText(text))));
  legend.append(html("span", {}, `Contours: ${axisLabel(metric)}`));
}

/** A card of the place under a mouse: the variables, the metric, and the limits that are missed there. */
function hover(event) {
  const { map, axes } = drawn ?? {}, [px, py] = pointer(event), names = [input.x.value, input.y.value];
  const at = map && event.pointerType === "mouse" ? [axes.toX.invert(px), axes.toY.invert(py)] : [];
  const isInside = at.length && map.size.every((points) => points > 1) && [map.x, map.y].every((values, i) => values[0] <= at[i] && at[i] <= values[values.length - 1]);
  if (!isInside) return showCard("", []);
  const place = [map.x, map.y].map((values, i) => between(values).invert(at[i])), metric = input.metric.value;
  const missed = page.constraints.filter(({ name, sense, limit, scale }) => {
    const value = interpolated(map, map.values(name), ...place);
    return !((sense === ">=" ? value - limit : limit - value) >= -1e-6 * scale); // NaN counts as violated
  });
  const cells = [...names.map((name, i) => [name, at[i]]), [metric, interpolated(map, map.values(metric), ...place)]];
  return showCard(
    missed.length ? `misses ${missed.map(({ text }) => constraintText(text)).join("; ")}` : "meets every limit",
    cells.map(([name, value]) => [page.quantities[name].label, formatValue(name, value)]), event.clientX, event.clientY,
  );
}

/** A gridded quantity between the points of its map. */
function interpolated({ size: [nx, ny] }, values, u, v) {
  const [i, j] = [Math.min(Math.floor(u), nx - 2), Math.min(Math.floor(v), ny - 2)];
  const [a, b] = [u - i, v - j];
  return (1 - b) * ((1 - a) * values(i, j) + a * values(i + 1, j)) + b * ((1 - a) * values(i, j + 1) + a * values(i + 1, j + 1));
}

/** The scale from places in a list of values, as 1.5, to values. */
const between = (values) => scaleLinear([...values.keys()], values);

/** Shade where a constraint is violated. */
function shadeInfeasible(context, map, slacks, axes) {
  const path = new Path2D(); // filled once, so that what overlaps is no darker
  for (const { slack, constraint } of slacks) {
    // What is missing of the limit; NaN counts as violated.
    const missing = (i, j) => (Number.isNaN(slack(i, j)) ? Infinity : -slack(i, j));
    for (const ring of ringsOf(map, missing, 1e-6 * constraint.scale)) {
      const [[x, y], ...rest] = ring.map(({ u, v }) => pixels(map, axes, u, v));
      path.moveTo(x, y);
      for (const [px, py] of rest) path.lineTo(px, py);
    }
  }
  context.fillStyle = themeValue("forbidden");
  context.fill(path);
}

/** The rings around where a gridded quantity is at least a level, as places in the lists of the map's values. */
function ringsOf({ size: [nx, ny] }, values, level) {
  if (nx < 2 || ny < 2) return [];
  const grid = Float64Array.from({ length: nx * ny }, (_, k) => values(k % nx, Math.floor(k / nx)));
  // d3 has values in the middle of cells.
  return contours().size([nx, ny]).contour(grid, level).coordinates.flat().map((ring) => ring.map(([x, y]) => ({ u: x - 0.5, v: y - 0.5 })));
}

/** A place in the lists of the map's values, in pixels. */
const pixels = (map, axes, u, v) => [axes.toX(between(map.x)(u)), axes.toY(between(map.y)(v))];

/** Draw the contours of a metric. Returns their labels, each a text and its place in pixels. */
function drawContours(context, map, metric, axes) {
  const values = map.values(metric);
  const finite = [];
  for (let i = 0; i < map.size[0]; i++) for (let j = 0; j < map.size[1]; j++) if (Number.isFinite(values(i, j))) finite.push(values(i, j));
  if (!finite.length) return [];
  finite.sort((a, b) => a - b);
  // Levels between the 5th and 95th percentile: extreme values would leave too few contours in the rest of the map.
  const [low, high] = [finite[Math.floor(finite.length * 0.05)], finite[Math.floor((finite.length - 1) * 0.95)]];
  const levels = scaleLinear([low, high], [0, 1]).ticks(8);
  const scale = bestScale(page.quantities[metric].scales, Math.max(Math.abs(low), Math.abs(high)));
  const labels = [], digits = digitsOf(levels);
  const colors = palette();
  for (const level of levels) {
    const share = Math.min(Math.max((level - low) / (high - low || 1), 0), 1);
    const points = drawLevel(context, map, values, level, axes, colors[Math.round(share * (colors.length - 1))], 1);
    const middle = Math.floor(points.length / 2); // the ends are at the edge
    const free = [...points.slice(middle), ...points.slice(0, middle)].find(([x, y]) => labels.every(([, [px, py]]) => Math.hypot(px - x, py - y) > 60));
    if (free) labels.push([formatNumber(level * scale[1], digits), free]);
  }
  return labels;
}

function drawLabel(context, text, [x, y]) {
  const width = context.measureText(text).width;
  context.fillStyle = themeValue("paper");
  context.fillRect(x - width / 2 - 2, y - 7, width + 4, 14);
  context.fillStyle = themeValue("ink");
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, x, y);
}

/** Draw the line on which a gridded quantity equals a level. Returns its points, in pixels. */
function drawLevel(context, map, values, level, axes, color, width) {
  const [nx, ny] = map.size, drawn = [];
  // Where a corner of its cell has no value, and around the grid, a ring is no line of the level.
  const isKnown = (u, v) => {
    if (u < 0 || v < 0 || u > nx - 1 || v > ny - 1) return false;
    return [Math.floor(u), Math.ceil(u)].every((i) => [Math.floor(v), Math.ceil(v)].every((j) => Number.isFinite(values(i, j))));
  };
  context.strokeStyle = color;
  context.lineWidth = width;
  context.beginPath();
  for (const ring of ringsOf(map, values, level)) {
    let isOn = false;
    for (const { u, v } of ring) {
      const starts = !isOn;
      isOn = isKnown(u, v);
      if (!isOn) continue;
      const point = pixels(map, axes, u, v);
      if (starts) context.moveTo(...point);
      else context.lineTo(...point);
      drawn.push(point);
    }
  }
  context.stroke();
  return drawn;
}
