// The card of the chosen design: what it is, what it looks like, where mass, power, heat and money go, what binds.

import { columns, digits, fitting, numbers, page, shown, written } from "./data.js";
import { choose, listen, state } from "./state.js";
import { html, svg, waterfall } from "./svg.js";

const drawing = page.drawing
  ? Object.fromEntries(Object.entries(page.drawing).map(([name, packed]) => [name, numbers(packed)]))
  : null;
const budgets = Object.entries(page.budgets).map(([key, budget]) => ({
  ...budget,
  key,
  parts: budget.parts.map((part) => ({ ...part, values: numbers(part.values) })),
}));

export function start() {
  const picks = document.getElementById("picks");
  for (const [text, row] of Object.entries(page.picked)) {
    const button = html("button", { "data-row": row }, text);
    button.onclick = () => choose(row);
    picks.append(button);
  }
  listen((what) => what === "chosen" && draw());
  draw();
}

function draw() {
  const row = state.chosen;
  for (const button of document.querySelectorAll("#picks button")) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.row) === row));
  }
  document.getElementById("which").textContent = name(row);
  document.getElementById("facts").replaceChildren(...facts(row));
  document.getElementById("binding").replaceChildren(...binding(row));
  for (const place of ["budgets-beside", "budgets"]) {
    const here = budgets.filter((budget) => ["power", "heat"].includes(budget.key) === (place === "budgets-beside"));
    document.getElementById(place).replaceChildren(...here.map((budget) => budgetFigure(budget, row)));
  }
  document.getElementById("drawing").replaceChildren(...(drawing ? [node(row)] : []));
}

function name(row) {
  const picked = Object.entries(page.picked).filter(([, at]) => at === row).map(([text]) => text);
  return `Design ${page.rows[row]}${picked.length ? `: ${picked.join(", ")}` : ""}`;
}

/** Objectives, then variables, then the rest, each with what it is on hover. */
function facts(row) {
  return page.columns.map((column) =>
    html(
      "div",
      { class: page.objectives.some((o) => o.name === column) ? "objective" : page.variables.includes(column) ? "variable" : "metric" },
      html("dt", { "data-name": column, tabindex: "0" }, page.quantities[column].words),
      html("dd", {}, shown(column, columns[column][row])),
    ),
  );
}

function binding(row) {
  const prices = page.shadow_prices.filter((price) => price.design === row);
  const constraints = page.constraints.map((constraint) => {
    const value = columns[constraint.name][row];
    const slack = constraint.sense === ">=" ? value - constraint.limit : constraint.limit - value;
    const binds = slack <= 1e-3 * constraint.scale;
    const price = prices.filter((each) => each.constraint === constraint.text);
    return html(
      "tr",
      { class: binds ? "binds" : "" },
      html("td", { "data-name": constraint.name, tabindex: "0" }, symbols(constraint.text)),
      html("td", { class: "n" }, shown(constraint.name, value)),
      html("td", { class: "n" }, binds ? "binds" : `${written(slack, page.quantities[constraint.name].scales)} to spare`),
      html("td", {}, price.map((each) => each.words).join("; ")),
    );
  });
  // Bounds of variables that bind, and what the other objectives cost.
  const known = page.constraints.map((constraint) => constraint.text);
  const others = prices.filter((price) => !known.includes(price.constraint));
  const texts = [...new Set(others.map((price) => price.constraint))];
  const rest = texts.map((text) => {
    const said = others.filter((price) => price.constraint === text).map((price) => price.words);
    return html("tr", {}, html("td", {}, symbols(text)), html("td", {}), html("td", {}), html("td", {}, said.join("; ")));
  });
  return [...constraints, ...rest];
}

/** A limit as written, with the signs of print. */
function symbols(text) {
  return text.replace(">=", "≥").replace("<=", "≤");
}

function budgetFigure(budget, row) {
  const largest = budget.parts.reduce((sum, part) => sum + part.values[row], 0);
  const scale = fitting(budget.scales, largest);
  const steps = budget.parts.map((part) => ({ text: part.words, value: part.values[row], name: part.name }));
  // What rounding leaves of a binding margin is nothing.
  const write = (value) => `${digits(Math.abs(value) < 1e-6 * largest ? 0 : value * scale[1], 3)} ${scale[0]}`;
  return waterfall(budget.title, steps, write, { end: budget.words });
}

/** Plan view of one node, areas and body to scale beside a person or a bus. Proportions of the panels are assumed. */
function node(row) {
  const [array, radiator, body] = ["array", "radiator", "body"].map((part) => drawing[part][row]);
  const side = Math.cbrt(Math.max(body, 0));
  const wing = { height: Math.sqrt(array / 2 / 3), width: Math.sqrt((array / 2) * 3) }; // two wings, three to one
  const panel = { width: Math.sqrt(radiator / 2 / 2), height: Math.sqrt((radiator / 2) * 2) }; // two, one to two
  const boom = 0.5 * side;
  const width = 2 * (wing.width + boom) + side;
  const height = Math.max(wing.height, 2 * (panel.height + boom) + side);
  const large = width > 12;
  const beside = large ? { text: "bus, 12 m", width: 12, height: 2.55 } : { text: "person, 1.8 m", width: 0.5, height: 1.8 };
  const pad = 0.04 * Math.max(width, height);
  const foot = beside.height + 5 * pad;
  const box = [-width / 2 - pad, -height / 2 - pad, width + 2 * pad, height + 2 * pad + foot];
  const rect = (kind, x, y, w, h, title) => svg("rect", { class: kind, x, y, width: w, height: h }, svg("title", {}, document.createTextNode(title)));
  const size = Math.max(width / 45, height / 28);
  const areas = [`array ${digits(array, 3)} m²`, `radiator ${digits(radiator, 3)} m²`, `body ${digits(body, 3)} m³`];
  const base = height / 2 + pad + beside.height + 1.5 * pad;
  const left = -width / 2;
  return svg(
    "svg",
    { viewBox: box.join(" "), role: "img", "aria-label": `One node to scale: ${areas.join(", ")}` },
    ...[-1, 1].map((at) => rect("array", at < 0 ? -side / 2 - boom - wing.width : side / 2 + boom, -wing.height / 2, wing.width, wing.height, areas[0])),
    ...[-1, 1].map((at) => rect("radiator", -panel.width / 2, at < 0 ? -side / 2 - boom - panel.height : side / 2 + boom, panel.width, panel.height, areas[1])),
    svg("path", { class: "boom", d: `M${-side / 2 - boom} 0H${side / 2 + boom}M0 ${-side / 2 - boom}V${side / 2 + boom}` }),
    rect("body", -side / 2, -side / 2, side, side, areas[2]),
    rect("scale", left, base - beside.height, beside.width, beside.height, beside.text),
    svg("text", { x: left + beside.width + size / 2, y: base - beside.height / 2 + size / 3, "font-size": size }, document.createTextNode(beside.text)),
    svg("text", { x: width / 2, y: base - beside.height / 2 + size / 3, "font-size": size, "text-anchor": "end" }, document.createTextNode(areas.join(" · "))),
  );
}
