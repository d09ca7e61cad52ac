// What the reader has chosen: ranges that filter the designs, and one design. Whoever shows it asks to be told.

import { columns, count, onFront, page } from "./data.js";

export const state = {
  ranges: new Map(), // column to [low, high]
  frontOnly: false,
  passes: new Uint8Array(count).fill(1), // which designs meet every range
  passing: count,
  chosen: Object.values(page.picked)[0] ?? -1,
  colour: null, // column that gives the colour, or null
};

const listeners = [];

/** Call `listener` with "ranges", "chosen" or "look" when that has changed. */
export const listen = (listener) => listeners.push(listener);

export function changed(what) {
  for (const listener of listeners) listener(what);
}

function filter() {
  const { passes } = state;
  for (let row = 0; row < count; row++) passes[row] = state.frontOnly ? onFront[row] : 1;
  for (const [name, [low, high]] of state.ranges) {
    const values = columns[name];
    // Not written as value < low, so that what is no number does not pass.
    for (let row = 0; row < count; row++) if (!(values[row] >= low && values[row] <= high)) passes[row] = 0;
  }
  state.passing = passes.reduce((sum, passed) => sum + passed, 0);
  changed("ranges");
}

/** Set or, with null, lift the ranges of some columns. */
export function setRanges(entries) {
  for (const [name, range] of entries) {
    if (range) state.ranges.set(name, range);
    else state.ranges.delete(name);
  }
  filter();
}

export function clearRanges() {
  state.ranges.clear();
  filter();
}

export function setFrontOnly(yes) {
  state.frontOnly = yes;
  filter();
}

export function choose(row) {
  if (row < 0 || row === state.chosen) return;
  state.chosen = row;
  changed("chosen");
}

/** Rows that pass, ordered by a column. */
export function ordered(name, descending = false) {
  const rows = [];
  for (let row = 0; row < count; row++) if (state.passes[row]) rows.push(row);
  const values = columns[name];
  return rows.sort((a, b) => (descending ? values[b] - values[a] : values[a] - values[b]) || a - b);
}
