// The reader's choices: filters, which are ranges of columns, and one selected design. Listeners hear of changes.

import { keep, note } from "./address.js";
import { columns, count, onFront, page } from "./data.js";

export const state = {
  ranges: new Map(), // column to [low, high]
  frontOnly: false,
  passes: new Uint8Array(count).fill(1), // 1 for designs that pass every filter
  selected: Object.values(page.highlighted)[0] ?? -1,
  colorBy: null, // column that sets the color, or null
  misses: new Uint8Array(count), // 1 for designs that miss a limit with the moved assumptions
  sized: [], // designs that were sized anew for the moved assumptions: values by column
  asRun: null, // what the run has, of what the moved assumptions change: columns by name, and the front
};

const listeners = []; // {call, element, waiting}: what it has not heard of, because nobody sees it
const seen = new Set(); // elements on the screen
const observer = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) seen.add(target);
    else seen.delete(target);
  }
  for (const listener of listeners) if (seen.has(listener.element)) catchUp(listener);
});

/**
 * Call `listener` with "filters", "selection", "appearance" or "values" when that has changed. While a slider is being
 * dragged, it hears only if `element`, in which it draws, is on the screen, and a second argument is true.
 */
export function listen(call, element = null) {
  listeners.push({ call, element, waiting: false });
  if (element) observer.observe(element);
}

export function notify(change) {
  note();
  for (const listener of listeners) {
    listener.waiting &&= change !== "values";
    catchUp(listener);
    listener.call(change);
  }
}

function catchUp(listener) {
  if (!listener.waiting) return;
  listener.waiting = false;
  listener.call("values");
}

/** Tell that the values of designs have changed; `isDragging` if they will change again at once. */
export function refresh(isDragging = false) {
  applyRanges();
  if (!isDragging) return notify("values");
  for (const listener of listeners) {
    listener.waiting = listener.element !== null && !seen.has(listener.element);
    if (!listener.waiting) listener.call("values", true);
  }
}

function applyRanges() {
  const { passes } = state;
  if (state.frontOnly) passes.set(onFront);
  else passes.fill(1);
  for (const [name, [low, high]] of state.ranges) {
    const values = columns[name];
    // Negated, so that NaN does not pass.
    for (let row = 0; row < count; row++) if (!(values[row] >= low && values[row] <= high)) passes[row] = 0;
  }
}

function applyFilters() {
  applyRanges();
  notify("filters");
}

/** Set the ranges of columns; null clears one. */
export function setRanges(entries) {
  for (const [name, range] of entries) {
    if (range) state.ranges.set(name, range);
    else state.ranges.delete(name);
  }
  applyFilters();
}

export function clearRanges() {
  state.ranges.clear();
  applyFilters();
}

export function setFrontOnly(frontOnly) {
  state.frontOnly = frontOnly;
  applyFilters();
}

export function select(row) {
  if (row < 0 || row === state.selected) return;
  state.selected = row;
  notify("selection");
}

/** Rows that pass the filters, sorted by a column. */
export function sortedRows(name, descending = false) {
  const rows = [];
  for (let row = 0; row < count; row++) if (state.passes[row]) rows.push(row);
  const values = columns[name];
  return rows.sort((a, b) => (descending ? values[b] - values[a] : values[a] - values[b]) || a - b);
}

const opened = state.selected;
const filter = "filter.";

keep(
  () => [
    ...[...state.ranges].map(([name, ends]) => [filter + name, ends.join("..")]),
    ...(state.frontOnly ? [["front", "only"]] : []),
    ...(state.selected === opened ? [] : [["design", String(state.selected)]]),
  ],
  (texts) => {
    const given = [...texts].filter(([key]) => key.startsWith(filter) && key.slice(filter.length) in columns);
    state.ranges = new Map(given.map(([key, text]) => [key.slice(filter.length), text.split("..").map(Number)]));
    state.frontOnly = texts.has("front");
    applyFilters();
    const row = Number(texts.get("design") ?? opened);
    if (Number.isInteger(row) && row < count) select(row);
  },
);
