// Sliders and fields by which values are moved, over the ranges of their sources: undo, reset, search, and the address.

import { keep, note } from "./address.js";
import { page } from "./data.js";
import { inputs, moved, outputs, reader, text, toSI, toShown, x } from "./live.js";
import { element, elements, html } from "./svg.js";

const rows = new Map(); // name to the parts of its row
const past = []; // for each step back: pairs of a name and the number shown before, undefined if it was not moved
let gesture = null; // name of the slider that is being dragged
let frame = 0; // the picture in which a drag is told
let changed = (_isDragging) => {};
let inDesign = () => x;

const MOVERS = 8; // values shown in place of a computed one

/**
 * Create the rows. `onchange` is called when a value has moved: with true, at most once a frame, while a slider is dragged.
 * `design` gives the inputs of the design that the reader looks at.
 */
export function start(onchange, design = inDesign) {
  const named = (numbers) => numbers.map((i) => page.live.inputs[i][0]);
  fill(named(page.live.assumptions), page.live.first[0], element("assumption-rows"), element("more-assumptions"));
  fill(named(page.live.decisions), page.live.first[1], element("decision-rows"), element("more-decisions"));
  element("decisions-head").hidden = page.live.decisions.length === 0;
  for (const button of elements(".reset")) button.onclick = () => set([...moved.keys()].map((name) => [name, undefined]));
  for (const button of elements(".undo")) button.onclick = () => past.length && put(past.pop());
  element("search").oninput = (event) => search(event.target.value);
  [changed, inDesign] = [onchange, design];
  keep(() => [...moved].map(([name, shown]) => [name, String(shown)]), follow);
  put([]);
}

/** The moved values as they are given to a command: `name=value unit`. */
export const assignments = () => [...moved].map(([name, shown]) => `${name}=${written(name, shown)}`);

/** A number of a display unit as a study has it. */
export const written = (name, shown) => `${shown} ${page.quantities[name].text}`.trimEnd();

const decimals = (value) => Number(value.toPrecision(6));

/** The positions of a slider: how many, the number shown at one, and the one of a number. */
function positions(input) {
  const low = toShown(input.name, input.low), high = toShown(input.name, input.high);
  const inside = input.choices.filter((choice) => choice >= input.low && choice <= input.high);
  if (inside.length) return { count: inside.length - 1, at: (i) => toShown(input.name, inside[i]), of: (v) => nearest(inside.map((c) => toShown(input.name, c)), v) };
  if (input.whole) return { count: high - low, at: (i) => low + i, of: (v) => Math.round(v - low) };
  if (low > 0 && high / low > 30) {
    const span = Math.log(high / low);
    return { count: 200, at: (i) => (i === 0 ? low : i === 200 ? high : Number((low * Math.exp((span * i) / 200)).toPrecision(3))), of: (v) => Math.round((200 * Math.log(v / low)) / span) };
  }
  const step = [1, 2, 5, 10].map((k) => k * 10 ** Math.floor(Math.log10((high - low) / 100))).find((k) => k >= (high - low) / 200);
  const count = Math.ceil((high - low) / step - 1e-9);
  return { count, at: (i) => (i === count ? high : decimals(low + i * step)), of: (v) => (v >= high ? count : Math.round((v - low) / step)) };
}

const nearest = (values, wanted) => values.reduce((best, v, i) => (Math.abs(v - wanted) < Math.abs(values[best] - wanted) ? i : best), 0);

/** Why a number cannot be taken, or an empty text. */
function refusal(input, shown) {
  if (!Number.isFinite(shown)) return "not a number";
  const value = toSI(input.name, shown), { least, most } = input;
  const slack = 1e-12 * Math.max(Math.abs(least ?? 0), Math.abs(most ?? 0));
  if (least !== null && value < least - slack) return `at least ${text(input.name, least)}`;
  if (most !== null && value > most + slack) return `at most ${text(input.name, most)}`;
  if (input.whole && !Number.isInteger(shown)) return "a whole number";
  if (input.choices.length && !input.choices.some((c) => Math.abs(c - value) <= 1e-9 * Math.abs(c))) {
    return `one of ${input.choices.map((c) => text(input.name, c)).join(", ")}`;
  }
  return "";
}

/** Take a number that the reader gives, or say why not; from a slider that is being dragged, or that a key is held on. */
function move(name, shown, isDragging = false) {
  const row = rows.get(name), problem = refusal(inputs.get(name), shown);
  row.field.setAttribute("aria-invalid", String(problem !== ""));
  row.hint.textContent = problem && `Allowed: ${problem}. The last value is kept.`;
  if (!problem && (moved.get(name) ?? toShown(name, inputs.get(name).value)) !== shown) set([[name, shown]], name, isDragging);
  else if (!problem) put([[name, moved.get(name)]], isDragging);
}

/** Move values, one step back later; the steps of one drag are one. */
function set(pairs, by = null, isDragging = false) {
  if (by === null || gesture !== by) past.push(pairs.map(([name]) => [name, moved.get(name)]));
  put(pairs, isDragging);
}

/** Give values these numbers; undefined is that of the base design. */
function put(pairs, isDragging = false) {
  for (const [name, shown] of pairs) {
    const input = inputs.get(name), value = shown === undefined ? input.value : toSI(name, shown);
    if (value === input.value) moved.delete(name);
    else moved.set(name, shown);
    x[input.index] = value;
    rows.get(name).hint.textContent = value < input.low || value > input.high ? "Outside the range of its sources." : "";
    rows.get(name).field.setAttribute("aria-invalid", "false");
    showValue(name);
  }
  for (const button of elements(".reset")) button.disabled = moved.size === 0;
  for (const button of elements(".undo")) button.disabled = past.length === 0;
  if (isDragging) frame ||= requestAnimationFrame(() => {
    frame = 0;
    changed(true);
  });
  else tell();
}

/** Tell that values have moved, and write them into the address. */
function tell() {
  cancelAnimationFrame(frame);
  frame = 0;
  note();
  changed(false);
}

function showValue(name) {
  const input = inputs.get(name), row = rows.get(name), shown = moved.get(name) ?? toShown(name, input.value);
  row.field.value = String(moved.has(name) ? shown : Number(shown.toPrecision(10)));
  row.slider.value = String(row.scale.of(shown));
  row.slider.setAttribute("aria-valuetext", text(name, x[input.index]));
  row.box.classList.toggle("moved", moved.has(name));
  row.reset.disabled = !moved.has(name);
}

function addRow(name, place) {
  const input = inputs.get(name), scale = positions(input), id = `value-${name}`;
  const slider = html("input", { type: "range", min: 0, max: scale.count, step: 1, "aria-label": page.quantities[name].label });
  const field = html("input", { id, type: "number", step: "any", "aria-describedby": `${id}-hint` });
  const unit = page.quantities[name].scales.find(([, factor]) => factor === 1)[0];
  const reset = html("button", { "aria-label": `Reset ${page.quantities[name].label}`, title: "Reset" }, "↺");
  const hint = html("small", { id: `${id}-hint`, class: "hint" });
  const label = html("label", { for: id }, html("span", { "data-name": name, tabindex: 0 }, page.quantities[name].label));
  const ends = html("span", { class: "ends" }, html("span", {}, text(name, input.low)), html("span", {}, text(name, input.high)));
  const box = html("div", { class: "move" }, label, slider, html("span", { class: "value" }, field, html("span", { class: "unit" }, unit), reset), ends, hint);
  rows.set(name, { box, slider, field, hint, reset, scale });
  let isHeld = false; // a key, which changes the value again and again
  const end = () => {
    if (gesture !== null) tell();
    gesture = null;
  };
  slider.oninput = () => {
    move(name, scale.at(Number(slider.value)), true);
    gesture = name;
  };
  slider.onkeydown = () => (isHeld = true);
  slider.onchange = () => isHeld || end();
  slider.onkeyup = slider.onblur = () => {
    isHeld = false;
    end();
  };
  field.onchange = () => (field.value === "" ? showValue(name) : move(name, Number(field.value)));
  reset.onclick = () => set([[name, undefined]]);
  place.append(box);
  showValue(name);
}

function fill(names, first, place, more) {
  names.slice(0, first).forEach((name) => addRow(name, place));
  const rest = names.slice(first), [summary, box] = more.children;
  summary.textContent = `${rest.length} more`;
  rest.forEach((name) => addRow(name, box));
  more.hidden = rest.length === 0;
}

/** Show the values whose names have all words; or those that move a computed quantity most, if it has this name. */
function search(wanted) {
  const words = wanted.toLowerCase().split(/[\s_]+/).filter(Boolean);
  const fits = (name) => words.every((word) => name.includes(word));
  const found = [...rows.keys()].filter(fits), named = outputs.find((name) => name === words.join("_"));
  const computed = named ?? (found.length ? undefined : outputs.find(fits));
  const shown = new Set(computed ? movers(computed) : found);
  for (const [name, row] of rows) row.box.hidden = !shown.has(name);
  for (const id of ["more-assumptions", "more-decisions"]) element(id).open = words.length > 0;
  const value = computed && reader(inDesign())(computed);
  element("search-note").textContent = computed
    ? `${page.quantities[computed].label} is computed: ${text(computed, value)} in this design. ${shown.size ? "The values that move it most:" : "Nothing here moves it."}`
    : found.length ? "" : "No value here has this name.";
}

/** The values whose ranges move a computed quantity most in the design that the reader looks at. */
function movers(quantity) {
  const values = [...inDesign()];
  const effect = ({ index, low, high }) => {
    const before = values[index];
    const [a, b] = [low, high].map((end) => reader(Object.assign(values, { [index]: end }))(quantity));
    values[index] = before;
    return Math.abs(a - b);
  };
  const effects = [...rows.keys()].map((name) => [name, effect(inputs.get(name))]).filter(([, size]) => size > 0);
  return effects.sort((a, b) => b[1] - a[1]).slice(0, MOVERS).map(([name]) => name);
}

/** Take the values that the address holds. */
function follow(texts) {
  const taken = [...texts].map(([name, text]) => [name, Number(text)]).filter(([name, shown]) => rows.has(name) && refusal(inputs.get(name), shown) === "");
  const gone = [...moved.keys()].filter((name) => !texts.has(name)).map((name) => [name, undefined]);
  const changes = [...gone, ...taken.filter(([name, shown]) => moved.get(name) !== shown)];
  if (changes.length) put(changes);
}
