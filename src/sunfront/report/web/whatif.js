// What-if: the designs of the page computed anew with moved assumptions; the front of the run stays as a ghost.

import { columns, count, onFront, page } from "./data.js";
import { designInputs, difference, valuesAt } from "./designs.js";
import { evaluate, inputs, moved, place, reader, text, toShown } from "./live.js";
import { assignments, start as startMoves, written } from "./moves.js";
import { warnings } from "./findings.js";
import { listen, refresh, state } from "./state.js";
import { html } from "./svg.js";

const element = (id) => document.getElementById(id);
const scores = page.objectives.map(({ name, sense }) => ({ name, sign: sense === "maximize" ? 1 : -1 }));
const SLICE = 12; // milliseconds

/** As the run has them: columns that follow the assumptions, and the front. */
const asRun = { columns: {}, front: [] };
let waiting = 0; // the timer of designs that are still to be computed

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
  startMoves(recompute);
  element("save").onclick = save;
  listen((change) => change === "selection" && showDesign());
  return true;
}

function recompute() {
  clearTimeout(waiting);
  document.body.classList.toggle("moved", moved.size > 0);
  if (moved.size === 0) {
    for (const [name, values] of Object.entries(asRun.columns)) columns[name].set(values);
    state.misses.fill(0);
    setFront(asRun.front);
    finish();
    return;
  }
  // Those of the front first; the others may take longer than a picture.
  const rows = [...new Set([...asRun.front, ...Array(count).keys()])];
  for (const name of Object.keys(asRun.columns)) columns[name].fill(NaN);
  let next = 0;
  const slice = () => {
    const until = performance.now() + SLICE;
    while (next < rows.length && (next < asRun.front.length || performance.now() < until)) computeDesign(rows[next++]);
    setFront(front(rows.slice(0, next)));
    finish(rows.length - next);
    if (next < rows.length) waiting = setTimeout(slice);
  };
  slice();
}

function computeDesign(row) {
  const values = designInputs(row), value = reader(values, evaluate(values));
  for (const name of Object.keys(asRun.columns)) if (place.has(name) || inputs.has(name)) columns[name][row] = toShown(name, value(name));
  state.misses[row] = 0;
  for (const { name, sense, limit, noise } of page.constraints) {
    const shown = toShown(name, value(name)), slack = sense === ">=" ? shown - limit : limit - shown;
    if (Math.abs(slack) <= noise) columns[name][row] = limit;
    if (!(slack >= -noise)) state.misses[row] = 1;
  }
}

/** Of some designs, those that meet every limit and that none of the others beats in every objective. */
function front(rows) {
  const points = rows
    .filter((row) => !state.misses[row])
    .map((row) => ({ row, at: scores.map(({ name, sign }) => sign * columns[name][row]) }))
    .filter(({ at }) => at.every(Number.isFinite));
  points.sort((a, b) => b.at.map((v, i) => v - a.at[i]).find((difference) => difference !== 0) ?? a.row - b.row);
  const kept = [];
  for (const point of points) {
    // Later ones are no better in the first objective; with two, the last one kept is the best in the second.
    const rivals = scores.length === 2 ? kept.slice(-1) : kept;
    if (!rivals.some(({ at }) => at.every((v, i) => v >= point.at[i]))) kept.push(point);
  }
  return kept.map(({ row }) => row).sort((a, b) => a - b);
}

function setFront(rows) {
  page.front.splice(0, Infinity, ...rows);
  onFront.fill(0);
  for (const row of rows) onFront[row] = 1;
}

function finish(left = 0) {
  showBar(left);
  showDesign();
  refresh();
}

function showBar(left) {
  element("moved-bar").hidden = moved.size === 0;
  const names = [...moved].map(([name, shown]) => `${page.quantities[name].label} ${text(name, inputs.get(name).value)} → ${written(name, shown)}`);
  const met = count - state.misses.reduce((sum, one) => sum + one, 0);
  const front = page.objectives.length > 1 && count > 1 ? ` ${page.front.length} of them are not beaten by another; gray rings: the front of the run.` : "";
  const rest = left ? ` ${left.toLocaleString("en-US")} designs are still being computed.` : "";
  element("moved-text").textContent = `${names.join("; ")}. ${met - left} of ${count} designs meet every limit.${front}${rest} The designs are those of the run: they are not sized anew.`;
}

/** What must be told of the selected design, and the command that prints it. */
function showDesign() {
  const row = state.selected;
  element("warnings").replaceChildren(...(moved.size ? warnings(valuesAt(row)).map((line) => html("li", {}, line)) : []));
  const values = designInputs(row);
  const design = Object.keys(page.live.designs).map((name) => {
    const input = inputs.get(name), labels = page.live.labels[name], shown = toShown(name, values[input.index]);
    const isWhole = Math.abs(shown - Math.round(shown)) < 1e-6 && input.whole;
    return `${name}=${labels ? labels[Math.round(shown)] : written(name, isWhole ? Math.round(shown) : shown)}`;
  });
  element("command").textContent = page.live.command + [...design, ...assignments()].map((each) => ` \\\n  --set '${each}'`).join("");
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
  const link = html("a", { download: "study.yaml", href: URL.createObjectURL(new Blob([studyText()], { type: "text/yaml" })) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
