// The selected design: its values, its constraints, a drawing of a node to scale, and its budgets.

import { bodyVolume, valuesAt } from "./designs.js";
import { moved } from "./live.js";
import { bestScale, columns, constraintText, formatNumber, formatScaled, formatValue, page, unpackColumn } from "./data.js";
import { listen, select, state } from "./state.js";
import { element, elements, html, svg, waterfall } from "./svg.js";

const node = page.node
  ? Object.fromEntries(Object.entries(page.node).map(([name, packed]) => [name, unpackColumn(packed)]))
  : null;
const budgets = Object.entries(page.budgets).map(([key, budget]) => ({
  ...budget,
  key,
  parts: budget.parts.map((part) => ({ ...part, values: unpackColumn(part.values) })),
}));

const shadowPrices = Object.entries(page.shadow_prices).flatMap(([constraint, found]) => found.map(([design, text]) => ({ design, constraint, text })));

export function start() {
  const buttons = element("highlighted");
  for (const [label, row] of Object.entries(page.highlighted)) {
    const button = html("button", { "data-row": row }, label);
    button.onclick = () => select(row);
    buttons.append(button);
  }
  listen((change) => ["selection", "values"].includes(change) && draw(), element("design"));
  draw();
}

function draw() {
  const row = state.selected;
  for (const button of elements("#highlighted button")) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.row) === row));
  }
  // With moved assumptions the sizes and budgets that the page holds are those of others.
  const value = moved.size ? valuesAt(row) : null;
  element("design-title").textContent = title(row);
  element("facts").replaceChildren(...facts(row));
  element("constraints").replaceChildren(...constraintRows(row));
  for (const id of ["budgets-beside", "budgets"]) {
    const shown = budgets.filter((budget) => ["power", "heat"].includes(budget.key) === (id === "budgets-beside"));
    element(id).replaceChildren(...shown.map((budget) => budgetFigure(budget, row, value)));
  }
  element("node").replaceChildren(...(node ? [nodeDrawing(...(value ? movedSizes(row, value) : sizes(row)))] : []));
}

function title(row) {
  const labels = Object.entries(page.highlighted).filter(([, other]) => other === row).map(([label]) => label);
  return `Design ${page.table_rows[row]}${labels.length ? `: ${labels.join(", ")}` : ""}`;
}

/** Values of a design: objectives, variables, then the rest. */
function facts(row) {
  return page.columns.map((column) =>
    html(
      "div",
      { class: page.objectives.some((o) => o.name === column) ? "objective" : page.variables.includes(column) ? "variable" : "metric" },
      html("dt", { "data-name": column, tabindex: "0" }, page.quantities[column].label),
      html("dd", {}, formatValue(column, columns[column][row])),
    ),
  );
}

function constraintRows(row) {
  // They were found for the assumptions of the run.
  const prices = moved.size ? [] : shadowPrices.filter((price) => price.design === row);
  const constraints = page.constraints.map((constraint) => {
    const value = columns[constraint.name][row];
    const slack = constraint.sense === ">=" ? value - constraint.limit : constraint.limit - value;
    const missed = !(slack >= -constraint.noise), binding = !missed && slack <= 1e-3 * constraint.scale;
    const own = prices.filter((price) => price.constraint === constraint.text);
    return html(
      "tr",
      { class: missed ? "missed" : binding ? "binding" : "" },
      html("td", { "data-name": constraint.name, tabindex: "0" }, constraintText(constraint.text)),
      html("td", { class: "n" }, formatValue(constraint.name, value)),
      html("td", { class: "n" }, missed ? "missed" : binding ? "binding" : formatScaled(slack, page.quantities[constraint.name].scales)),
      html("td", {}, own.map((price) => price.text).join("; ")),
    );
  });
  // Shadow prices of the bounds of variables and of the values of other objectives.
  const known = page.constraints.map((constraint) => constraint.text);
  const others = prices.filter((price) => !known.includes(price.constraint));
  const rest = [...new Set(others.map((price) => price.constraint))].map((text) => {
    const own = others.filter((price) => price.constraint === text).map((price) => price.text);
    return html("tr", {}, html("td", {}, constraintText(text)), html("td", {}), html("td", {}), html("td", {}, own.join("; ")));
  });
  return [...constraints, ...rest];
}

function budgetFigure(budget, row, value) {
  const values = value ? movedParts(budget, value) : budget.parts.map((part) => part.values[row]);
  const total = values.reduce((sum, each) => sum + each, 0);
  const [unit, factor] = bestScale(budget.scales, total);
  const steps = budget.parts.map((part, i) => ({ label: part.label, value: values[i], name: part.name }));
  // A margin that is zero can differ from it by rounding.
  const format = (value) => `${formatNumber(Math.abs(value) < 1e-6 * total ? 0 : value * factor, 3)} ${unit}`;
  return waterfall(budget.title, steps, format, { end: budget.label });
}

/** The parts of a budget with moved assumptions; what has no quantity of its own is the rest of the total. */
function movedParts(budget, value) {
  const own = budget.parts.map((part) => (part.name in page.quantities ? value(part.name) : 0));
  const rest = value(budget.total) - own.reduce((sum, each) => sum + each, 0);
  const per = (budget.per ? value(budget.per) : 1) * budget.factor;
  return budget.parts.map((part, i) => (part.name in page.quantities ? own[i] : rest) / per);
}

/** Areas of array and radiator and volume of the body of one node. */
const sizes = (row) => ["array", "radiator", "body"].map((part) => node[part][row]);
const movedSizes = (row, value) => [value("array_area"), value("radiator_area"), bodyVolume(row)].map((total) => total / value("nodes"));

/** Plan view of one node beside a person or a bus. Areas and volume are to scale; the shapes of the panels are assumed. */
function nodeDrawing(array, radiator, body) {
  const side = Math.cbrt(Math.max(body, 0));
  const wing = { height: Math.sqrt(array / 2 / 3), width: Math.sqrt((array / 2) * 3) }; // two wings, width 3 : height 1
  const panel = { width: Math.sqrt(radiator / 2 / 2), height: Math.sqrt((radiator / 2) * 2) }; // two panels, 1 : 2
  const boom = 0.5 * side;
  const width = 2 * (wing.width + boom) + side;
  const height = Math.max(wing.height, 2 * (panel.height + boom) + side);
  const reference = width > 12 ? { text: "bus, 12 m", width: 12, height: 2.55 } : { text: "person, 1.8 m", width: 0.5, height: 1.8 };
  const pad = 0.04 * Math.max(width, height);
  const foot = reference.height + 5 * pad;
  const box = [-width / 2 - pad, -height / 2 - pad, width + 2 * pad, height + 2 * pad + foot];
  const rect = (kind, x, y, w, h, text) => svg("rect", { class: kind, x, y, width: w, height: h }, svg("title", {}, document.createTextNode(text)));
  const size = Math.max(width / 45, height / 28);
  const areas = [`array ${formatNumber(array, 3)} m²`, `radiator ${formatNumber(radiator, 3)} m²`, `body ${formatNumber(body, 3)} m³`];
  const base = height / 2 + pad + reference.height + 1.5 * pad;
  const left = -width / 2;
  return svg(
    "svg",
    { viewBox: box.join(" "), role: "img", "aria-label": `One node to scale: ${areas.join(", ")}` },
    ...[-1, 1].map((sign) => rect("array", sign < 0 ? -side / 2 - boom - wing.width : side / 2 + boom, -wing.height / 2, wing.width, wing.height, areas[0])),
    ...[-1, 1].map((sign) => rect("radiator", -panel.width / 2, sign < 0 ? -side / 2 - boom - panel.height : side / 2 + boom, panel.width, panel.height, areas[1])),
    svg("path", { class: "boom", d: `M${-side / 2 - boom} 0H${side / 2 + boom}M0 ${-side / 2 - boom}V${side / 2 + boom}` }),
    rect("body", -side / 2, -side / 2, side, side, areas[2]),
    rect("scale", left, base - reference.height, reference.width, reference.height, reference.text),
    svg("text", { x: left + reference.width + size / 2, y: base - reference.height / 2 + size / 3, "font-size": size }, document.createTextNode(reference.text)),
    svg("text", { x: width / 2, y: base - reference.height / 2 + size / 3, "font-size": size, "text-anchor": "end" }, document.createTextNode(areas.join(" · "))),
  );
}
