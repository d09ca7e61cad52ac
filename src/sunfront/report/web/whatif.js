// What-if: the designs of the page computed anew with moved assumptions; the front of the run stays as a ghost.

import { columns, count, formatValue, onFront, page } from "./data.js";
import { download } from "./download.js";
import { showElasticities } from "./elasticities.js";
import { batch, designInputs, difference, isSlow, valuesAt } from "./designs.js";
import { inputs, moved, place, reader, text, toShown, x } from "./live.js";
import { assignments, start as startMoves, written } from "./moves.js";
import { warnings } from "./findings.js";
import { search, stop } from "./search.js";
import { listen, refresh, state } from "./state.js";
import { element, html } from "./svg.js";

const scores = page.objectives.map(({ name, sense }) => ({ name, sign: sense === "maximize" ? 1 : -1 }));
const SLICE = 30, DRAGGED = 2; // milliseconds
const RIVALS = 16;

/** As the run has them: columns that follow the assumptions, and the front. */
const asRun = { columns: {}, front: [] };
let isAsRun = true; // whether the columns are those of the run
let waiting = 0; // the timer of designs that are still to be computed
let lacking = 0; // how many these are

export function start() {
  const wrong = difference();
  if (wrong !== null) {
    element("what-if-alarm").textContent = `This browser computes another ${page.quantities[wrong].label} than sunfront does, so what-if and the map are off. All other numbers are those of the run.`;
    element("what-if-alarm").hidden = false;
    element("moves").hidden = true;
    return false;
  }
  for (const name of page.columns.filter((each) => !page.variables.includes(each))) asRun.columns[name] = columns[name].slice();
  asRun.front = [...page.front];
  state.asRun = asRun;
  listen((change, isDragging) => {
    if (isDragging || !["selection", "values"].includes(change)) return;
    showBar();
    showDesign();
  });
  startMoves(recompute, () => designInputs(state.selected));
  element("save").onclick = save;
  element("size").onclick = () => search(state.asRun.front, (share) => (element("sized-text").textContent = `Sizing: ${Math.round(100 * share)} %.`), showSized);
  element("size").hidden = page.live.unsized !== "";
  element("sized-text").textContent = page.live.unsized;
  return true;
}

function recompute(isDragging) {
  clearTimeout(waiting);
  clearSized();
  document.body.classList.toggle("moved", moved.size > 0);
  document.body.classList.toggle("dragging", isDragging);
  if (moved.size === 0) {
    for (const [name, values] of Object.entries(asRun.columns)) columns[name].set(values);
    state.misses.fill(0);
    isAsRun = true;
    setFront(asRun.front);
    finish(isDragging);
    return;
  }
  computeDesigns();
  isAsRun = false;
  setFront(front());
  const isAsked = isDragging ? slowNames().some(isDrawn) : slowNames().length > 0;
  computeSlow(isAsked ? [...new Set([...page.front, ...Array(count).keys()])] : [], 0, isDragging);
}

const slowNames = () => Object.keys(asRun.columns).filter(isSlow);

/** Whether the scatter plot shows a quantity, or a filter holds it. */
const isDrawn = (name) => state.ranges.has(name) || ["x", "y", "color", "size"].some((axis) => element(`by-${axis}`)?.value === name);

/** Roots take a hundred times as long as all else: those of the front first, the others while the reader looks. */
function computeSlow(rows, first, isDragging) {
  const names = slowNames(), until = performance.now() + (isDragging ? DRAGGED : SLICE);
  let next = first;
  for (; next < rows.length && performance.now() < until; next++) {
    const value = valuesAt(rows[next]);
    for (const name of names) columns[name][rows[next]] = toShown(name, value(name));
  }
  if (first === 0 || next === rows.length) finish(isDragging, rows.length - next);
  else showBar(rows.length - next);
  if (next < rows.length && !isDragging) waiting = setTimeout(() => computeSlow(rows, next, false));
}

/** Compute all columns but those that take long, and which designs miss a limit. */
function computeDesigns() {
  const changed = batch.update(x);
  for (const name of isAsRun ? Object.keys(page.live.batch.outputs) : changed) {
    const values = batch.values(name), column = columns[name], { factor, zero } = page.quantities[name];
    if (values.length < count) column.fill((values[0] - zero) / factor);
    else for (let row = 0; row < count; row++) column[row] = (values[row] - zero) / factor;
  }
  for (const name of Object.keys(asRun.columns)) {
    if (inputs.has(name)) columns[name].fill(toShown(name, x[inputs.get(name).index]));
    else if (!(name in page.live.batch.outputs)) columns[name].fill(NaN);
  }
  state.misses.fill(0);
  for (const constraint of page.constraints) {
    const { name } = constraint, column = columns[name];
    if (isSlow(name)) for (let row = 0; row < count; row++) column[row] = toShown(name, valuesAt(row)(name));
    holdTo(constraint, column);
  }
}

/** Mark the designs that miss a limit; within a solver's tolerance they are at the limit. */
function holdTo({ sense, limit, noise }, column) {
  const sign = sense === ">=" ? 1 : -1;
  for (let row = 0; row < count; row++) {
    const slack = sign * (column[row] - limit);
    if (Math.abs(slack) <= noise) column[row] = limit;
    if (!(slack >= -noise)) state.misses[row] = 1;
  }
}

/** The designs that meet every limit and that none of the others beats in every objective. */
function front() {
  const at = scores.map(({ name, sign }) => {
    const values = columns[name], isSought = isSlow(name), found = new Float64Array(count);
    for (let row = 0; row < count; row++) found[row] = sign * (isSought ? toShown(name, valuesAt(row)(name)) : values[row]);
    return found;
  });
  const isNoWorse = (a, b) => {
    for (const values of at) if (!(values[a] >= values[b])) return false;
    return true;
  };
  const isValid = (row) => {
    for (const values of at) if (!Number.isFinite(values[row])) return false;
    return !state.misses[row];
  };
  // One of the front before beats most designs, so that few are left to be compared with each other.
  const rivals = page.front.filter((row, i) => i % Math.ceil(page.front.length / RIVALS) === 0 && isValid(row));
  const rows = [];
  for (let row = 0; row < count; row++) {
    let isBeaten = !isValid(row);
    for (let i = 0; i < rivals.length && !isBeaten; i++) isBeaten = isNoWorse(rivals[i], row) && !isNoWorse(row, rivals[i]);
    if (!isBeaten) rows.push(row);
  }
  rows.sort((a, b) => at.reduce((difference, values) => difference || values[b] - values[a], 0) || a - b);
  const kept = [];
  for (const row of rows) {
    // Later ones are no better in the first objective; with two, the last one kept is the best in the second.
    const best = scores.length === 2 ? kept.slice(-1) : kept;
    if (!best.some((other) => isNoWorse(other, row))) kept.push(row);
  }
  return kept.sort((a, b) => a - b);
}

function setFront(rows) {
  page.front.splice(0, Infinity, ...rows);
  onFront.fill(0);
  for (const row of rows) onFront[row] = 1;
}

function finish(isDragging, left = 0) {
  lacking = left;
  if (isDragging) showBar();
  refresh(isDragging);
}

function showBar(left = lacking) {
  lacking = left;
  element("moved-bar").hidden = moved.size === 0;
  const names = [...moved.keys()].map((name) => `${page.quantities[name].label} ${text(name, inputs.get(name).value)} → ${text(name, x[inputs.get(name).index])}`);
  let met = 0;
  for (let row = 0; row < count; row++) met += 1 - state.misses[row];
  const front = page.objectives.length > 1 && count > 1 ? ` ${page.front.length} of them are not beaten by another; gray rings: the front of the run.` : "";
  const rest = left ? ` ${left.toLocaleString("en-US")} designs still lack ${slowNames().map((name) => page.quantities[name].label).join(" and ")}.` : "";
  showOutcome();
  element("moved-text").textContent = `${names.join("; ")}. ${met} of ${count} designs meet every limit.${front}${rest} The designs are those of the run, with its sizes.`;
}

/** What the moved values make of the selected design: its objectives and its net present value, before and now. */
function showOutcome() {
  const row = state.selected, names = [...new Set([...scores.map(({ name }) => name), "npv"])].filter((name) => name in asRun.columns);
  const changes = names.map((name) => [page.quantities[name].label, formatValue(name, asRun.columns[name][row]), formatValue(name, columns[name][row])]);
  const told = changes.filter(([, before, now]) => before !== now && now !== "–").map(([label, before, now]) => `${label} ${before} → ${now}`);
  element("moved-outcome").textContent = `Design ${page.table_rows[row]}: ${told.join(", ") || "the objectives stay"}.`;
}

/** What must be told of the selected design, and the command that prints it. */
function showDesign() {
  const row = state.selected;
  showElasticities(row);
  element("warnings").replaceChildren(...(moved.size ? warnings(valuesAt(row)).map((line) => html("li", {}, line)) : []));
  const values = designInputs(row);
  const design = Object.keys(page.live.designs).map((name) => {
    const input = inputs.get(name), labels = page.live.labels[name], shown = toShown(name, values[input.index]);
    const isWhole = Math.abs(shown - Math.round(shown)) < 1e-6 && input.whole;
    return `${name}=${labels ? labels[Math.round(shown)] : written(name, isWhole ? Math.round(shown) : shown)}`;
  });
  const fraction = page.live.fractions.find((name) => !Number.isInteger(values[inputs.get(name).index]));
  element("command").textContent = fraction ? `# No command takes this design: ${fraction} is no whole number.` : page.live.command + [...design, ...assignments()].map((each) => ` \\\n  --set '${each}'`).join("");
}

function clearSized() {
  stop();
  state.sized = [];
  element("sized").hidden = true;
  if (!page.live.unsized) element("sized-text").textContent = "";
}

/** Show what the search found: in the scatter plot, and as a table of objectives and variables. */
function showSized(found) {
  const named = page.columns.filter((name) => place.has(name) || inputs.has(name));
  const readers = found.map((values) => reader(values));
  state.sized = readers.map((value) => Object.fromEntries(named.map((name) => [name, toShown(name, value(name))])));
  element("sized-text").textContent = found.length
    ? `Sized anew here for the moved values: ${found.length} ${found.length === 1 ? "design meets" : "designs meet"} every limit, best found by a short search, not proved.`
    : "A short search found no design that meets every limit with the moved values, which does not prove that there is none.";
  const shown = [...new Set([...page.objectives.map(({ name }) => name), ...page.variables])];
  const head = html("tr", {}, ...shown.map((name) => html("th", { class: "n" }, page.quantities[name].label)));
  const rows = readers.map((value, i) => html("tr", { "data-inputs": JSON.stringify(Object.fromEntries(Object.keys(page.live.designs).map((name) => [name, found[i][inputs.get(name).index]]))) },
    ...shown.map((name) => html("td", { class: "n" }, page.live.labels[name]?.[Math.round(value(name))] ?? text(name, value(name))))));
  element("sized-designs").replaceChildren(html("caption", {}, "Designs sized anew"), html("thead", {}, head), html("tbody", {}, ...rows));
  element("sized").hidden = found.length === 0;
  refresh();
}

/** The study with the moved values, as its file: JSON is YAML. */
function studyText() {
  const { text: rest, parameters, design } = page.live.study;
  const values = { ...parameters };
  for (const [name, shown] of moved) values[name] = written(name, shown);
  const kept = Object.entries(design).filter(([name]) => !moved.has(name));
  const entries = (pairs) => pairs.map(([name, value]) => `  ${name}: ${JSON.stringify(value)}\n`).join("");
  const block = (key, pairs) => (pairs.length ? `${key}:\n${entries(pairs)}` : "");
  return `${rest}${block("parameters", Object.entries(values))}${block("design", kept)}`;
}

function save() {
  download("study.yaml", studyText(), "text/yaml");
}
