// The table of designs that pass, its order, the ranges as numbers, and its export as CSV.

import { columns, count, labels, onFront, page, text as written } from "./data.js";
import { choose, clearRanges, listen, ordered, setFrontOnly, setRanges, state } from "./state.js";

const body = document.querySelector("#designs tbody");
const STEP = 50;
let order = { name: page.columns[0], descending: true };
let limit = STEP;

export function start() {
  const head = document.querySelector("#designs thead tr");
  head.append(cell("th", page.groups ? "run" : "front"));
  for (const name of page.columns) {
    const quantity = page.quantities[name];
    const button = document.createElement("button");
    button.append(quantity.words, Object.assign(document.createElement("small"), { textContent: plain(quantity) }));
    button.onclick = () => {
      order = { name, descending: order.name === name ? !order.descending : true };
      draw();
    };
    const th = document.createElement("th");
    th.dataset.name = name;
    th.append(button);
    head.append(th);
  }
  fillRanges();
  document.getElementById("more").onclick = () => {
    limit += 4 * STEP;
    draw();
  };
  document.getElementById("clear").onclick = clearRanges;
  document.getElementById("front-only").onchange = (event) => setFrontOnly(event.target.checked);
  document.getElementById("export").onclick = save;
  body.onclick = (event) => choose(Number(event.target.closest("tr").dataset.row));
  body.onkeydown = keys;
  listen((what) => (what === "chosen" ? mark() : draw()));
  draw();
}

const plain = (quantity) => quantity.scales.find(([, factor]) => factor === 1)[0];

function cell(kind, text) {
  return Object.assign(document.createElement(kind), { textContent: text });
}

function draw() {
  const rows = ordered(order.name, order.descending);
  const cells = rows.slice(0, limit).map((row) => {
    const tr = document.createElement("tr");
    tr.dataset.row = row;
    tr.tabIndex = 0;
    tr.append(cell("td", page.groups ? page.groups.labels[page.groups.of[row]] : onFront[row] ? "●" : ""));
    for (const name of page.columns) tr.append(cell("td", written(name, columns[name][row])));
    return tr;
  });
  body.replaceChildren(...cells);
  for (const th of document.querySelectorAll("#designs th[data-name]")) {
    const sorted = th.dataset.name === order.name;
    th.ariaSort = sorted ? (order.descending ? "descending" : "ascending") : "none";
  }
  document.getElementById("passing").textContent =
    `${rows.length.toLocaleString("en-US")} of ${count.toLocaleString("en-US")} designs`;
  document.getElementById("more").hidden = rows.length <= limit;
  document.getElementById("clear").disabled = state.ranges.size === 0;
  for (const input of document.querySelectorAll("#ranges input")) {
    const range = state.ranges.get(input.name);
    const end = range ? range[Number(input.dataset.end)] : NaN;
    if (document.activeElement !== input) input.value = Number.isFinite(end) ? Number(end.toPrecision(5)) : "";
  }
  for (const select of document.querySelectorAll("#ranges select")) {
    const [low, high] = state.ranges.get(select.name) ?? [0, -1];
    select.value = Math.ceil(low) === Math.floor(high) ? Math.ceil(low) : "";
  }
  mark();
}

function mark() {
  for (const tr of body.children) tr.ariaSelected = String(Number(tr.dataset.row) === state.chosen);
}

function keys(event) {
  const tr = event.target.closest("tr");
  if (event.key === "Enter" || event.key === " ") choose(Number(tr.dataset.row));
  else if (event.key === "ArrowDown") tr.nextElementSibling?.focus();
  else if (event.key === "ArrowUp") tr.previousElementSibling?.focus();
  else return;
  event.preventDefault();
}

/** Ranges as numbers: what dragging does, for keyboards, fingers and exact limits. */
function fillRanges() {
  const box = document.getElementById("ranges");
  for (const name of page.columns) {
    const quantity = page.quantities[name];
    const row = document.createElement("div");
    row.append(cell("span", [quantity.words, plain(quantity)].filter(Boolean).join(", ")));
    box.append(row);
    if (labels(name)) {
      row.append(choices(name));
      continue;
    }
    for (const end of [0, 1]) {
      const input = Object.assign(document.createElement("input"), { type: "number", step: "any", name });
      input.dataset.end = end;
      input.placeholder = end ? "to" : "from";
      input.ariaLabel = `${quantity.words} ${end ? "at most" : "at least"}`;
      input.onchange = () => {
        const range = [...(state.ranges.get(name) ?? [-Infinity, Infinity])];
        range[end] = input.value === "" ? (end ? Infinity : -Infinity) : Number(input.value);
        setRanges([[name, range.some(Number.isFinite) ? range : null]]);
      };
      row.append(input);
    }
  }
}

/** One of the presets, or any. */
function choices(name) {
  const select = Object.assign(document.createElement("select"), { name, ariaLabel: page.quantities[name].words });
  select.add(new Option("any", ""));
  labels(name).forEach((text, i) => select.add(new Option(text, i)));
  select.onchange = () => setRanges([[name, select.value === "" ? null : [Number(select.value), Number(select.value)]]]);
  return select;
}

/** The designs that pass, as CSV: names, units, then a row each, as in the run's front.csv. */
function csv() {
  const run = (text) => (page.groups ? [`"${text.replaceAll('"', '""')}"`] : []);
  const lines = [[...run("run"), "design", ...page.columns], [...run(""), "", ...page.columns.map((name) => page.quantities[name].unit)]];
  for (const row of ordered(order.name, order.descending)) {
    // The page holds seven digits; more would be noise.
    const label = page.groups ? run(page.groups.labels[page.groups.of[row]]) : [];
    lines.push([...label, page.rows[row], ...page.columns.map((name) => (labels(name) ? written(name, columns[name][row]) : Number(columns[name][row].toPrecision(7))))]);
  }
  return `${lines.map((line) => line.join(",")).join("\n")}\n`;
}

function save() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([csv()], { type: "text/csv" }));
  link.download = `${page.study}-selection.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
