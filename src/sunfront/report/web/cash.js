// The cash of the suggested designs over time, and the present values of one of them, element by element.

import { COLORS, bestScale, formatNumber, formatScaled, page, unpackFloats } from "./data.js";
import { drawAxes, padded, prepare, themeValue } from "./canvas.js";
import { cashCurve, cashSteps } from "./designs.js";
import { moved } from "./live.js";
import { listen, state } from "./state.js";
import { element, html, waterfall } from "./svg.js";

const canvas = element("cash-canvas");
const input = element("cash-design");
const asRun = page.cash.map((curve, i) => ({
  ...curve,
  color: COLORS[i % COLORS.length],
  ...Object.fromEntries(["years", "cumulative", "discounted"].map((name) => [name, unpackFloats(curve[name])])),
}));

let curves = asRun;

/** The cash of the designs with the assumptions that are moved, if the page can compute it. */
function recomputed(curve) {
  const { factor } = page.quantities.cash, found = cashCurve(curve.design), steps = cashSteps(curve.design);
  return {
    ...curve,
    years: found.years,
    cumulative: found.cumulative.map((value) => value / factor),
    discounted: found.discounted.map((value) => value / factor),
    steps: steps.filter(([, value]) => value !== 0).map(([name, value]) => ({ name, label: page.quantities[name].label.replace(/^Present value of (.)/, (_, first) => first.toUpperCase()), value: value / factor })),
  };
}

export function start() {
  curves.forEach((curve, i) => input.add(new Option(curve.label, i)));
  input.onchange = draw;
  listen((change) => {
    const selected = curves.findIndex((curve) => curve.design === state.selected);
    if (change === "selection" && selected >= 0) input.value = selected;
    if (change === "values") curves = moved.size && page.live.cash ? asRun.map(recomputed) : asRun;
    draw();
  }, canvas);
  draw();
}

function draw() {
  const chosen = curves[Number(input.value)];
  drawCurves(chosen);
  const legend = [["line", chosen.color, `${chosen.label}, as paid`], ["dash", chosen.color, "discounted"]];
  const others = curves.filter((curve) => curve !== chosen).map((curve) => ["line", curve.color, curve.label]);
  element("cash-legend").replaceChildren(
    ...[...legend, ...others].map(([kind, color, text]) => html("span", {}, html("i", { class: kind, style: `color:${color}` }), text)),
  );
  element("cash-text").textContent = inWords(chosen);
  const largest = Math.max(...chosen.steps.map((step) => Math.abs(step.value)));
  const [unit, factor] = bestScale(page.quantities.cash.scales, largest);
  const format = (value) => `${formatNumber(value * factor, 3)} ${unit}`;
  const figure = waterfall("Present values", chosen.steps, format, { end: "Net present value", kind: "money" });
  element("cash-waterfall").replaceChildren(figure);
}

/** The curve as a sentence: its lowest point and its end. */
function inWords({ label, years, cumulative }) {
  const lowest = cumulative.indexOf(Math.min(...cumulative)), last = cumulative.length - 1;
  const at = (i) => `${formatScaled(cumulative[i], page.quantities.cash.scales)} after ${formatNumber(years[i])} ${years[i] === 1 ? "year" : "years"}`;
  return `${label}: at the lowest ${at(lowest)}, in the end ${at(last)}.`;
}

function drawCurves(chosen) {
  const { context, width, height } = prepare(canvas);
  if (!width) return;
  const values = curves.flatMap((curve) => [...curve.cumulative, ...(curve === chosen ? curve.discounted : [])]);
  const range = padded([Math.min(...values), Math.max(...values)]);
  const last = Math.max(...curves.map((curve) => curve.years[curve.years.length - 1]));
  const box = { left: 64, top: 24, right: width - 22, bottom: height - 46 };
  const axes = drawAxes(context, box, { name: "cash_years", range: [0, last] }, { name: "cash", range });
  line(context, axes, [0, last], [0, 0], themeValue("soft-ink"), 1);
  for (const curve of curves.filter((each) => each !== chosen)) line(context, axes, curve.years, curve.cumulative, curve.color, 1);
  line(context, axes, chosen.years, chosen.cumulative, chosen.color, 2.5);
  context.setLineDash([6, 5]);
  line(context, axes, chosen.years, chosen.discounted, chosen.color, 2);
  context.setLineDash([]);
}

function line(context, axes, x, y, color, width) {
  context.strokeStyle = color;
  context.lineWidth = width;
  context.beginPath();
  x.forEach((value, i) => context.lineTo(axes.toX(value), axes.toY(y[i])));
  context.stroke();
}
