// The map of what is feasible around a design: two variables, contours of a metric, and the line of each constraint.

import { columns, digits, fitting, label, numbers, page } from "./data.js";
import { frame, palette, prepare, theme, ticks } from "./canvas.js";
import { listen, state } from "./state.js";
import { html } from "./svg.js";

const canvas = document.getElementById("region");
const LINES = ["#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8A8A8A", "#B2912F"];
const select = Object.fromEntries(["design", "x", "y", "metric"].map((name) => [name, document.getElementById(`region-${name}`)]));

export function start() {
  const designs = [...new Set(page.regions.map((region) => region.design))];
  for (const design of designs) {
    const names = Object.entries(page.picked).filter(([, row]) => row === design).map(([text]) => text);
    select.design.add(new Option(names.join(", "), design));
  }
  for (const name of page.variables.filter((each) => page.regions.some(({ across, up }) => [across, up].includes(each)))) {
    select.x.add(new Option(page.quantities[name].words, name));
    select.y.add(new Option(page.quantities[name].words, name));
  }
  for (const name of Object.keys(page.regions[0].values)) select.metric.add(new Option(page.quantities[name].words, name));
  [select.x.value, select.y.value] = [page.regions[0].across, page.regions[0].up];
  for (const each of Object.values(select)) each.onchange = draw;
  listen((what) => {
    if (what === "chosen" && designs.includes(state.chosen)) select.design.value = state.chosen;
    draw();
  });
  draw();
}

/** The map of the chosen axes, turned over where it was stored the other way round. */
function chosen() {
  const [x, y, design] = [select.x.value, select.y.value, Number(select.design.value)];
  const found = page.regions.find(
    (region) => region.design === design && [region.across, region.up].includes(x) && [region.across, region.up].includes(y) && x !== y,
  );
  if (!found) return null;
  const [nx, ny] = [found.x.length, found.y.length];
  const turned = found.across !== x;
  const at = (values) => (i, j) => (turned ? values[i * nx + j] : values[j * nx + i]);
  return {
    x: turned ? found.y : found.x,
    y: turned ? found.x : found.y,
    at: (name) => at(numbers(found.values[name])),
    size: turned ? [ny, nx] : [nx, ny],
  };
}

function draw() {
  const region = chosen();
  const { context, width, height } = prepare(canvas);
  const note = document.getElementById("region-note");
  const key = document.getElementById("region-legend");
  if (!width) return;
  if (!region) {
    note.textContent = select.x.value === select.y.value ? "Choose two different variables." : "This pair has no map around this design.";
    key.replaceChildren();
    return;
  }
  note.textContent = "The other variables are as in the design (ring). Shaded: some constraint is violated.";
  const box = { left: 64, top: 24, right: width - 22, bottom: height - 46 };
  const ends = (values) => [values[0], values[values.length - 1]];
  const axes = frame(context, box, { name: select.x.value, range: ends(region.x) }, { name: select.y.value, range: ends(region.y) });
  const metric = select.metric.value;
  context.save();
  context.beginPath();
  context.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
  context.clip();
  const slacks = page.constraints.map((constraint) => {
    const values = region.at(constraint.name);
    const sign = constraint.sense === ">=" ? 1 : -1;
    return { constraint, slack: (i, j) => sign * (values(i, j) - constraint.limit) };
  });
  forbid(context, region, slacks, axes);
  contours(context, region, metric, axes);
  const present = [];
  slacks.forEach(({ constraint, slack }, k) => {
    const colour = LINES[k % LINES.length];
    if (trace(context, region, slack, 0, axes, colour, 2.5).length) present.push([colour, constraint.text]);
  });
  const row = Number(select.design.value);
  context.beginPath();
  context.arc(axes.toX(columns[select.x.value][row]), axes.toY(columns[select.y.value][row]), 8, 0, 2 * Math.PI);
  context.strokeStyle = theme("mark");
  context.lineWidth = 3;
  context.stroke();
  context.restore();
  key.replaceChildren(...present.map(([colour, text]) => html("span", {}, html("i", { class: "line", style: `color:${colour}` }), text.replace(">=", "≥").replace("<=", "≤"))));
  key.append(html("span", {}, `Contours: ${label(metric)}`));
}

/** Shade, cell by cell of a finer grid, where a constraint is violated. */
function forbid(context, region, slacks, axes) {
  const [nx, ny] = region.size, fine = 4;
  const path = new Path2D(); // filled once, so that neighbours leave no seams
  const inside = (slack, u, v) => {
    const [i, j] = [Math.min(Math.floor(u), nx - 2), Math.min(Math.floor(v), ny - 2)];
    const [a, b] = [u - i, v - j];
    return (1 - b) * ((1 - a) * slack(i, j) + a * slack(i + 1, j)) + b * ((1 - a) * slack(i, j + 1) + a * slack(i + 1, j + 1));
  };
  const place = (ticksOf, u) => {
    const i = Math.min(Math.floor(u), ticksOf.length - 2);
    return ticksOf[i] + (u - i) * (ticksOf[i + 1] - ticksOf[i]);
  };
  for (let p = 0; p < (nx - 1) * fine; p++) {
    const [x0, x1] = [p, p + 1].map((at) => axes.toX(place(region.x, at / fine)));
    for (let q = 0; q < (ny - 1) * fine; q++) {
      const [u, v] = [(p + 0.5) / fine, (q + 0.5) / fine];
      // What is no number counts as violated.
      if (slacks.every(({ slack, constraint }) => inside(slack, u, v) >= -1e-6 * constraint.scale)) continue;
      const [y0, y1] = [q, q + 1].map((at) => axes.toY(place(region.y, at / fine)));
      path.rect(x0, y1, x1 - x0 + 0.5, y0 - y1 + 0.5);
    }
  }
  context.fillStyle = theme("forbidden");
  context.fill(path);
}

function contours(context, region, metric, axes) {
  const values = region.at(metric);
  const finite = [];
  for (let i = 0; i < region.size[0]; i++) for (let j = 0; j < region.size[1]; j++) if (Number.isFinite(values(i, j))) finite.push(values(i, j));
  if (!finite.length) return;
  finite.sort((a, b) => a - b);
  // The extreme tenths would space the contours out where nobody looks.
  const [low, high] = [finite[Math.floor(finite.length * 0.05)], finite[Math.floor((finite.length - 1) * 0.95)]];
  const levels = ticks(low, high, 8);
  const scale = fitting(page.quantities[metric].scales, Math.max(Math.abs(low), Math.abs(high)));
  const placed = [];
  const colours = palette();
  for (const level of levels) {
    const share = Math.min(Math.max((level - low) / (high - low || 1), 0), 1);
    const segments = trace(context, region, values, level, axes, colours[Math.round(share * (colours.length - 1))], 1);
    const free = segments.map(([a]) => a).find(([x, y]) => placed.every(([px, py]) => Math.hypot(px - x, py - y) > 60));
    if (!free) continue;
    placed.push(free);
    const text = digits(level * scale[1], 3);
    const wide = context.measureText(text).width;
    context.fillStyle = theme("paper");
    context.fillRect(free[0] - wide / 2 - 2, free[1] - 7, wide + 4, 14);
    context.fillStyle = theme("ink");
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(text, free[0], free[1]);
  }
}

/** Draw where a quantity on the grid has a level (marching squares); the segments, in pixels. */
function trace(context, region, values, level, axes, colour, width) {
  const segments = [];
  const [nx, ny] = region.size;
  for (let i = 0; i < nx - 1; i++) {
    for (let j = 0; j < ny - 1; j++) {
      const corners = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]].map(([p, q]) => ({ x: region.x[p], y: region.y[q], v: values(p, q) - level }));
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
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.beginPath();
  for (const [a, b] of segments) {
    context.moveTo(...a);
    context.lineTo(...b);
  }
  context.stroke();
  return segments;
}
