// Map of the feasible region around a design: two variables, contours of a metric, and the line of each constraint.

import { axisLabel, bestScale, columns, constraintText, formatNumber, page, unpackFloats } from "./data.js";
import { drawAxes, palette, prepare, themeValue, ticks } from "./canvas.js";
import { listen, state } from "./state.js";
import { html } from "./svg.js";

const canvas = document.getElementById("map-canvas");
const LINE_COLORS = ["#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8A8A8A", "#B2912F"];
const input = Object.fromEntries(["design", "x", "y", "metric"].map((name) => [name, document.getElementById(`map-${name}`)]));

export function start() {
  const designs = [...new Set(page.maps.map((map) => map.design))];
  for (const design of designs) {
    const labels = Object.entries(page.highlighted).filter(([, row]) => row === design).map(([label]) => label);
    input.design.add(new Option(labels.join(", "), design));
  }
  for (const name of page.variables.filter((each) => page.maps.some(({ across, up }) => [across, up].includes(each)))) {
    input.x.add(new Option(page.quantities[name].label, name));
    input.y.add(new Option(page.quantities[name].label, name));
  }
  for (const name of Object.keys(page.maps[0].values)) input.metric.add(new Option(page.quantities[name].label, name));
  [input.x.value, input.y.value] = [page.maps[0].across, page.maps[0].up];
  for (const each of Object.values(input)) each.onchange = draw;
  listen((change) => {
    if (change === "selection" && designs.includes(state.selected)) input.design.value = state.selected;
    draw();
  });
  draw();
}

/** The map of the design and axes in the inputs, transposed if it is stored with the axes swapped; null if there is none. */
function currentMap() {
  const [x, y, design] = [input.x.value, input.y.value, Number(input.design.value)];
  const found = page.maps.find(
    (map) => map.design === design && [map.across, map.up].includes(x) && [map.across, map.up].includes(y) && x !== y,
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
  const { context, width, height } = prepare(canvas);
  const note = document.getElementById("map-note");
  const legend = document.getElementById("map-legend");
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
  drawContours(context, map, metric, axes);
  const present = [];
  slacks.forEach(({ constraint, slack }, k) => {
    const color = LINE_COLORS[k % LINE_COLORS.length];
    if (drawLevel(context, map, slack, 0, axes, color, 2.5).length) present.push([color, constraint.text]);
  });
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

/** Shade the cells of a finer grid in which a constraint is violated. */
function shadeInfeasible(context, map, slacks, axes) {
  const [nx, ny] = map.size, fine = 4;
  const path = new Path2D(); // filled once, so that neighboring cells leave no seams
  const interpolate = (slack, u, v) => {
    const [i, j] = [Math.min(Math.floor(u), nx - 2), Math.min(Math.floor(v), ny - 2)];
    const [a, b] = [u - i, v - j];
    return (1 - b) * ((1 - a) * slack(i, j) + a * slack(i + 1, j)) + b * ((1 - a) * slack(i, j + 1) + a * slack(i + 1, j + 1));
  };
  const valueAt = (values, u) => {
    const i = Math.min(Math.floor(u), values.length - 2);
    return values[i] + (u - i) * (values[i + 1] - values[i]);
  };
  for (let p = 0; p < (nx - 1) * fine; p++) {
    const [x0, x1] = [p, p + 1].map((cell) => axes.toX(valueAt(map.x, cell / fine)));
    for (let q = 0; q < (ny - 1) * fine; q++) {
      const [u, v] = [(p + 0.5) / fine, (q + 0.5) / fine];
      // NaN counts as violated.
      if (slacks.every(({ slack, constraint }) => interpolate(slack, u, v) >= -1e-6 * constraint.scale)) continue;
      const [y0, y1] = [q, q + 1].map((cell) => axes.toY(valueAt(map.y, cell / fine)));
      path.rect(x0, y1, x1 - x0 + 0.5, y0 - y1 + 0.5);
    }
  }
  context.fillStyle = themeValue("forbidden");
  context.fill(path);
}

function drawContours(context, map, metric, axes) {
  const values = map.values(metric);
  const finite = [];
  for (let i = 0; i < map.size[0]; i++) for (let j = 0; j < map.size[1]; j++) if (Number.isFinite(values(i, j))) finite.push(values(i, j));
  if (!finite.length) return;
  finite.sort((a, b) => a - b);
  // Levels between the 5th and 95th percentile: extreme values would leave too few contours in the rest of the map.
  const [low, high] = [finite[Math.floor(finite.length * 0.05)], finite[Math.floor((finite.length - 1) * 0.95)]];
  const levels = ticks(low, high, 8);
  const scale = bestScale(page.quantities[metric].scales, Math.max(Math.abs(low), Math.abs(high)));
  const placed = [];
  const colors = palette();
  for (const level of levels) {
    const share = Math.min(Math.max((level - low) / (high - low || 1), 0), 1);
    const segments = drawLevel(context, map, values, level, axes, colors[Math.round(share * (colors.length - 1))], 1);
    const free = segments.map(([a]) => a).find(([x, y]) => placed.every(([px, py]) => Math.hypot(px - x, py - y) > 60));
    if (!free) continue;
    placed.push(free);
    const text = formatNumber(level * scale[1], 3);
    const textWidth = context.measureText(text).width;
    context.fillStyle = themeValue("paper");
    context.fillRect(free[0] - textWidth / 2 - 2, free[1] - 7, textWidth + 4, 14);
    context.fillStyle = themeValue("ink");
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(text, free[0], free[1]);
  }
}

/** Draw the line on which a gridded quantity equals a level (marching squares). Returns its segments, in pixels. */
function drawLevel(context, map, values, level, axes, color, width) {
  const segments = [];
  const [nx, ny] = map.size;
  for (let i = 0; i < nx - 1; i++) {
    for (let j = 0; j < ny - 1; j++) {
      const corners = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]].map(([p, q]) => ({ x: map.x[p], y: map.y[q], v: values(p, q) - level }));
      if (corners.some(({ v }) => !Number.isFinite(v))) continue;
      const points = [];
      corners.forEach((a, k) => {
        const b = corners[(k + 1) % 4];
        if (a.v < 0 === b.v < 0) return;
        const share = a.v / (a.v - b.v);
        points.push([axes.toX(a.x + share * (b.x - a.x)), axes.toY(a.y + share * (b.y - a.y))]);
      });
      for (let k = 0; k + 1 < points.length; k += 2) segments.push([points[k], points[k + 1]]);
    }
  }
  context.strokeStyle = color;
  context.lineWidth = width;
  context.beginPath();
  for (const [a, b] of segments) {
    context.moveTo(...a);
    context.lineTo(...b);
  }
  context.stroke();
  return segments;
}
