// The table of designs that pass the filters, its order, the filters as numbers, and its export as CSV.

import { choiceLabels, columns, count, formatBare, formatShown, onFront, page, shownScale, unitSymbol } from "./data.js";
import { download } from "./download.js";
import { clearRanges, listen, select, setFrontOnly, setRanges, sortedRows, state } from "./state.js";
import { element, elements } from "./svg.js";

const [body] = elements("#design-table tbody");
const FIRST_ROWS = 50;
const MORE_ROWS = 200;
/** Whether the best value of a column is the largest. */
const fallsFirst = (name) => !page.objectives.some((o) => o.name === name && o.sense === "minimize");
let order = { name: page.columns[0], descending: fallsFirst(page.columns[0]) };
let shownRows = FIRST_ROWS;

export function start() {
  const head = document.querySelector("#design-table thead tr");
  head.append(cell("th", page.runs ? "run" : "front"));
  for (const name of page.columns) {
    const quantity = page.quantities[name];
    const button = document.createElement("button");
    button.append(quantity.label, document.createElement("small"));
    button.onclick = () => {
      order = { name, descending: order.name === name ? !order.descending : fallsFirst(name) };
      draw();
    };
    const th = document.createElement("th");
    th.dataset.name = name;
    th.append(button);
    head.append(th);
  }
  createFilters();
  element("more").onclick = () => {
    shownRows += MORE_ROWS;
    draw();
  };
  element("clear").onclick = clearRanges;
  // A comparison has fronts alone.
  element("front-only")?.addEventListener("change", (event) => setFrontOnly(event.target.checked));
  element("export").onclick = downloadCsv;
  body.onclick = (event) => select(Number(event.target.closest("tr").dataset.row));
  body.onkeydown = pressKey;
  listen((change) => (change === "selection" ? markSelected() : draw()), body);
  draw();
}

function cell(kind, text) {
  return Object.assign(document.createElement(kind), { textContent: text });
}

function draw() {
  const rows = sortedRows(order.name, order.descending);
  const cells = rows.slice(0, shownRows).map((row) => {
    const tr = document.createElement("tr");
    tr.dataset.row = String(row);
    tr.tabIndex = 0;
    tr.append(cell("td", page.runs ? page.runs.labels[page.runs.indices[row]] : onFront[row] ? "●" : state.misses[row] ? "✕" : ""));
    for (const name of page.columns) tr.append(cell("td", formatShown(name, columns[name][row])));
    return tr;
  });
  body.replaceChildren(...cells);
  for (const th of elements("#design-table th[data-name]")) {
    const sorted = th.dataset.name === order.name;
    th.querySelector("small").textContent = shownScale(th.dataset.name)[0];
    th.ariaSort = sorted ? (order.descending ? "descending" : "ascending") : "none";
  }
  element("passing").textContent =
    `${rows.length.toLocaleString("en-US")} of ${count.toLocaleString("en-US")} designs`;
  element("more").hidden = rows.length <= shownRows;
  if (element("front-only")) element("front-only").checked = state.frontOnly;
  element("clear").disabled = state.ranges.size === 0;
  for (const input of elements("#ranges input")) {
    const range = state.ranges.get(input.name);
    const end = range ? range[Number(input.dataset.end)] : NaN;
    if (document.activeElement !== input) input.value = Number.isFinite(end) ? Number(end.toPrecision(5)) : "";
  }
  for (const input of elements("#ranges select")) {
    const [low, high] = state.ranges.get(input.name) ?? [0, -1];
    input.value = Math.ceil(low) === Math.floor(high) ? Math.ceil(low) : "";
  }
  markSelected();
}

function markSelected() {
  for (const tr of body.children) tr.ariaSelected = String(Number(tr.dataset.row) === state.selected);
}

function pressKey(event) {
  const tr = event.target.closest("tr");
  if (event.key === "Enter" || event.key === " ") select(Number(tr.dataset.row));
  else if (event.key === "ArrowDown") tr.nextElementSibling?.focus();
  else if (event.key === "ArrowUp") tr.previousElementSibling?.focus();
  else return;
  event.preventDefault();
}

/** Create the inputs for filters as numbers: exact, and usable with a keyboard or on a touch screen. */
function createFilters() {
  const box = element("ranges");
  for (const name of page.columns) {
    const quantity = page.quantities[name];
    const row = document.createElement("div");
    row.append(cell("span", [quantity.label, unitSymbol(name)].filter(Boolean).join(", ")));
    box.append(row);
    if (choiceLabels(name)) {
      row.append(choiceFilter(name));
      continue;
    }
    for (const end of [0, 1]) {
      const input = Object.assign(document.createElement("input"), { type: "number", step: "any", name });
      input.dataset.end = String(end);
      input.placeholder = end ? "to" : "from";
      input.ariaLabel = `${quantity.label} ${end ? "at most" : "at least"}`;
      input.onchange = () => {
        const range = [...(state.ranges.get(name) ?? [-Infinity, Infinity])];
        range[end] = input.value === "" ? (end ? Infinity : -Infinity) : Number(input.value);
        setRanges([[name, range.some(Number.isFinite) ? range : null]]);
      };
      row.append(input);
    }
  }
}

/** A filter for a preset variable: one of its choices, or any. */
function choiceFilter(name) {
  const input = Object.assign(document.createElement("select"), { name, ariaLabel: page.quantities[name].label });
  input.add(new Option("any", ""));
  choiceLabels(name).forEach((text, i) => input.add(new Option(text, i)));
  input.onchange = () => setRanges([[name, input.value === "" ? null : [Number(input.value), Number(input.value)]]]);
  return input;
}

/** The designs that pass the filters as CSV: names with units, one line per design, as in the run's front.csv. */
function csv() {
  const quoted = (text) => `"${text.replaceAll('"', '""')}"`, runCell = (text) => (page.runs ? [quoted(text)] : []);
  const head = (name) => (unitSymbol(name) ? `${name} (${unitSymbol(name)})` : name);
  const lines = [[...runCell("run"), "design", ...page.columns.map((name) => quoted(head(name)))]];
  for (const row of sortedRows(order.name, order.descending)) {
    // The page has seven significant digits.
    const label = page.runs ? runCell(page.runs.labels[page.runs.indices[row]]) : [];
    lines.push([...label, page.table_rows[row], ...page.columns.map((name) => (choiceLabels(name) ? formatBare(name, columns[name][row]) : Number(columns[name][row].toPrecision(7))))]);
  }
  return `${lines.map((line) => line.join(",")).join("\n")}\n`;
}

function downloadCsv() {
  download(`${page.study}-designs.csv`, csv(), "text/csv");
}
