// The calculator: sliders over the ranges of the sources, and the numbers that `model`, the written tape, gives for them.

import { bestScale, constraintText, formatNumber, page } from "./data.js";
import { html } from "./svg.js";
import { start as startTooltip } from "./tooltip.js";
import { start as startTheme } from "./theme.js";

const element = (id) => document.getElementById(id);

/** The name of a quantity as a heading. */
function words(name) {
  const written = name.split("_").map((word) => page.capitals[word] ?? word).join(" ");
  return written[0].toUpperCase() + written.slice(1);
}

page.quantities = Object.fromEntries([...page.outputs, ...page.inputs].map(([name, unit, summary, source]) => [
  name, { label: words(name), ...page.units[unit], equation: "", summary, source },
]));
const inputs = new Map(page.inputs.map(([name], index) => {
  const [value, low, high, least, most, whole] = page.ranges[index];
  return [name, { name, index, value, low, high, least, most, whole, choices: page.choices[name] ?? [] }];
}));
const outputs = page.outputs.map(([name]) => name);
const outputIndex = new Map(outputs.map((name, i) => [name, i]));
const base = page.ranges.map(([value]) => value);
const x = [...base];
const moved = new Map(); // name to the number shown, in its display unit
const rows = new Map(); // name to the parts of its row

const toShown = (name, value) => (value - page.quantities[name].zero) / page.quantities[name].factor;
const toSI = (name, shown) => shown * page.quantities[name].factor + page.quantities[name].zero;

/** A value in SI as text in the prefixed unit that suits it. */
function text(name, value, digits = 4) {
  if (Number.isNaN(value)) return "no one value";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "-∞";
  const shown = toShown(name, value);
  const [unit, factor] = bestScale(page.quantities[name].scales, shown);
  return `${formatNumber(shown * factor, digits)} ${unit}`.trimEnd();
}

/** What the grid computes from, of the numbers of a design. */
const carried = (x, found) => page.ground.map((name) => (outputIndex.has(name) ? found[outputIndex.get(name)] : x[inputs.get(name).index]));

/** The outputs of a design, and after them those of the same chips on the grid. */
function evaluate(x) {
  const found = model(x);
  return page.ground.length ? [...found, ...ground(carried(x, found))] : found;
}

// The page against numpy

function firstDifference() {
  const { designs, spread, values } = page.check;
  const bytes = Uint8Array.from(atob(values), (character) => character.charCodeAt(0));
  const stored = new Float64Array(bytes.buffer);
  const names = page.ground.length ? [...outputs, "compute_cost", "roi"] : outputs;
  const width = names.length;
  const sizes = names.map((_, i) => {
    const column = Array.from({ length: designs }, (_, k) => Math.abs(stored[k * width + i])).filter(Number.isFinite);
    return Math.max(...column, 0);
  });
  for (let k = 0; k < designs; k++) {
    const found = evaluate([...inputs.values()].map((input, i) => {
      const stays = k === 0 || input.whole || input.choices.length;
      return stays ? input.value : input.low + (((i + 1) * spread + k * 0.3) % 1) * (input.high - input.low);
    }));
    for (let i = 0; i < width; i++) {
      const ours = found[i], theirs = stored[k * width + i];
      if (Object.is(ours, theirs) || ours === theirs) continue;
      if (!(Math.abs(ours - theirs) <= 1e-9 * sizes[i])) return names[i];
    }
  }
  return null;
}

// Moving a value

const decimals = (value) => Number(value.toPrecision(6));

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

function move(name, shown) {
  const input = inputs.get(name), row = rows.get(name);
  const problem = refusal(input, shown);
  row.field.setAttribute("aria-invalid", String(problem !== ""));
  row.hint.textContent = problem && `Allowed: ${problem}. The last value is kept.`;
  if (problem) return;
  const value = toSI(name, shown);
  if (value === input.value) moved.delete(name);
  else moved.set(name, shown);
  x[input.index] = moved.has(name) ? value : input.value;
  const outside = value < input.low || value > input.high;
  row.hint.textContent = outside ? "Outside the range of its sources." : "";
  showValue(name);
  compute();
}

function showValue(name) {
  const input = inputs.get(name), row = rows.get(name), shown = moved.get(name) ?? toShown(name, input.value);
  row.field.value = String(moved.has(name) ? shown : Number(shown.toPrecision(10)));
  row.slider.value = String(row.scale.of(shown));
  row.slider.setAttribute("aria-valuetext", text(name, x[input.index]));
  row.box.classList.toggle("moved", moved.has(name));
  row.undo.disabled = !moved.has(name);
}

function addRow(name, place) {
  const input = inputs.get(name), scale = positions(input), id = `value-${name}`;
  const slider = html("input", { type: "range", min: 0, max: scale.count, step: 1, "aria-label": page.quantities[name].label });
  const field = html("input", { id, type: "number", step: "any", "aria-describedby": `${id}-hint` });
  const unit = page.quantities[name].scales.find(([, factor]) => factor === 1)[0];
  const undo = html("button", { "aria-label": `Reset ${page.quantities[name].label}`, title: "Reset" }, "↺");
  const hint = html("small", { id: `${id}-hint`, class: "hint" });
  const label = html("label", { for: id }, html("span", { "data-name": name, tabindex: 0 }, page.quantities[name].label));
  const ends = html("span", { class: "ends" }, html("span", {}, text(name, input.low)), html("span", {}, text(name, input.high)));
  const box = html("div", { class: "move" }, label, slider, html("span", { class: "value" }, field, html("span", { class: "unit" }, unit), undo), ends, hint);
  rows.set(name, { box, slider, field, hint, undo, scale });
  slider.oninput = () => move(name, scale.at(Number(slider.value)));
  field.onchange = () => (field.value === "" ? showValue(name) : move(name, Number(field.value)));
  undo.onclick = () => reset([name]);
  place.append(box);
  showValue(name);
}

function reset(names) {
  for (const name of names) {
    moved.delete(name);
    x[inputs.get(name).index] = inputs.get(name).value;
    rows.get(name).hint.textContent = "";
    rows.get(name).field.setAttribute("aria-invalid", "false");
    showValue(name);
  }
  compute();
}

// What is shown

let baseValues;

function compute() {
  const found = evaluate(x);
  const value = (name) => (outputIndex.has(name) ? found[outputIndex.get(name)] : x[inputs.get(name)?.index] ?? NaN);
  showHeadlines(found);
  showGround(found.slice(outputs.length));
  showCosts(value);
  showLimits(value);
  showWarnings(value);
  if (element("all").open) showAll(found);
  element("reset").disabled = moved.size === 0;
  const sets = [...moved].map(([name, shown]) => `${name}=${shown} ${page.quantities[name].text}`.trimEnd());
  const kept = moved.size ? Object.entries(page.kept).filter(([name]) => !moved.has(name)) : [];
  const options = [...sets, ...kept.map(([name, value]) => `${name}=${value}`)].map((each) => ` \\\n  --set '${each}'`);
  element("command").textContent = page.command + options.join("");
  const state = [...moved].map(([name, shown]) => `${name}=${shown}`).join("&");
  history.replaceState(null, "", state ? `#${state}` : location.pathname + location.search);
}

function showAll(found) {
  element("quantities").replaceChildren(...outputs.map((name, i) => html("tr", { class: found[i] === baseValues[i] ? "" : "changed" },
    html("td", {}, page.quantities[name].label), html("td", { class: "n" }, text(name, found[i], 5)), html("td", { class: "n" }, text(name, baseValues[i], 5)))));
}

function showHeadlines(found) {
  element("headlines").replaceChildren(...page.headlines.map((name) => {
    const now = found[outputIndex.get(name)], before = baseValues[outputIndex.get(name)];
    const change = now === before || (Number.isNaN(now) && Number.isNaN(before)) ? "" : `was ${text(name, before)}`;
    return html("div", {}, html("dt", {}, html("span", { "data-name": name, tabindex: 0 }, page.quantities[name].label)), html("dd", {}, text(name, now), html("small", {}, change)));
  }));
}

function showGround([cost, roi]) {
  element("ground").hidden = cost === undefined;
  if (cost !== undefined) element("ground").textContent = `The same chips on the ground, on the grid: compute costs ${text("compute_cost", cost)}, ROI ${text("roi", roi)}.`;
}

function showCosts(value) {
  const costs = page.costs.filter((name) => value(name) !== 0);
  const most = Math.max(...costs.map((name) => Math.abs(value(name))), 0);
  const sorted = costs.sort((a, b) => value(b) - value(a));
  element("costs").replaceChildren(...sorted.map((name) => {
    const bar = html("i");
    bar.style.width = `${(100 * Math.abs(value(name))) / most}%`;
    return html("li", {}, html("span", { "data-name": name, tabindex: 0 }, page.quantities[name].label.replace(/^Levelized /, "")), html("span", { class: "track" }, bar), html("b", {}, text(name, value(name))));
  }));
}

function showLimits(value) {
  element("limits").replaceChildren(...page.limits.map(([quantity, sign, limit, written]) => {
    const met = sign * (limit - value(quantity)) <= 1e-12 * Math.abs(limit);
    return html("tr", { class: met ? "" : "missed" }, html("td", {}, html("span", { "data-name": quantity, tabindex: 0 }, constraintText(written))),
      html("td", { class: "n" }, text(quantity, value(quantity))), html("td", {}, met ? "met" : "missed"));
  }));
}

function showWarnings(value) {
  const end = (bound, otherwise) => (bound === null ? otherwise : typeof bound === "string" ? value(bound) : bound);
  const found = [];
  for (const { text: written, terms, rest } of page.relations) {
    if (terms.reduce((sum, [name, factor]) => sum + factor * value(name), rest) > 1e-9) found.push(`These values do not fit together: ${written} must hold.`);
  }
  for (const name of outputs) {
    const [least, most] = page.physical[name] ?? [0, null];
    const low = end(least, -Infinity), high = end(most, Infinity), size = page.quantities[name].factor, v = value(name);
    const slack = (bound) => (Number.isFinite(bound) ? 1e-9 * Math.max(Math.abs(bound), size) : 0);
    if (v < low - slack(low) || v > high + slack(high)) found.push(`This design cannot exist: ${page.quantities[name].label} is ${text(name, v)}.`);
  }
  for (const [equation, name, least, most] of page.valid) {
    const v = value(name);
    if (v < end(least, -Infinity) * (1 - 1e-9) || v > end(most, Infinity) * (1 + 1e-9)) found.push(`${page.quantities[equation].label} is used outside its range: its formula does not hold for ${page.quantities[name].label} = ${text(name, v)}.`);
  }
  element("warnings").replaceChildren(...found.map((line) => html("li", {}, line)));
}

// Start

function fill(names, first, place, more) {
  names.slice(0, first).forEach((name) => addRow(name, place));
  const rest = names.slice(first), [summary, box] = more.children;
  summary.textContent = `${rest.length} more`;
  rest.forEach((name) => addRow(name, box));
  more.hidden = rest.length === 0;
}

function search(wanted) {
  const words = wanted.toLowerCase().split(/[\s_]+/).filter(Boolean);
  for (const [name, row] of rows) row.box.hidden = !words.every((word) => name.includes(word));
  for (const id of ["more-assumptions", "more-decisions"]) element(id).open = words.length > 0;
}

/** Take the values that the address holds. */
function follow(hash) {
  reset([...moved.keys()]);
  for (const part of decodeURIComponent(hash.slice(1)).split("&")) {
    const [name, number] = part.split("=");
    if (inputs.has(name)) move(name, Number(number));
  }
}

function turnOff(name) {
  element("alarm").hidden = false;
  element("alarm").textContent = `This browser computes another ${page.quantities[name].label} than sunfront does, so the calculator is off.`;
  document.querySelector("main").hidden = true;
}

startTooltip();
startTheme();
const wrong = firstDifference();
if (wrong !== null) {
  turnOff(wrong);
  element("command").textContent = page.command;
} else {
  baseValues = model(base);
  const named = (numbers) => numbers.map((i) => page.inputs[i][0]);
  fill(named(page.assumptions), page.first[0], element("assumptions"), element("more-assumptions"));
  fill(named(page.decisions), page.first[1], element("decisions"), element("more-decisions"));
  element("all").ontoggle = () => showAll(model(x));
  element("reset").onclick = () => reset([...moved.keys()]);
  element("search").oninput = (event) => search(event.target.value);
  addEventListener("hashchange", () => follow(location.hash));
  follow(location.hash);
}
