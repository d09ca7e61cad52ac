// Designs sized anew for the moved assumptions: a small differential evolution with the limits kept. It proves nothing.
// DE/rand/1/bin of Storn and Price, J. Global Optim. 11 (1997) 341, with an archive of the front.

import { page } from "./data.js";
import { designInputs } from "./designs.js";
import { countOutside } from "./findings.js";
import { inputs, place, toSI, x } from "./live.js";

const SIZE = 80, GENERATIONS = 1600, SLICE = 25; // designs at a time, rounds, milliseconds between two pictures
const SELF = 0.7; // share of the trials that start from the design itself
const NEAR = 1e-6; // relative difference of objectives that makes no other design
const ROUNDING = 1e-12; // of a limit, as sunfront has it
const aims = page.objectives.map(({ name, sense }) => ({ at: place.get(name), sign: sense === "maximize" ? 1 : -1 }));
let running = 0;

/** The variables, each with the function from any number to a value that it may have. */
const variables = () => Object.keys(page.live.designs).map((name) => {
  const { index } = inputs.get(name), labels = page.live.labels[name];
  if (labels) return { name, index, low: 0, high: labels.length - 1, snap: (v) => Math.min(Math.max(Math.round(v), 0), labels.length - 1) };
  const axis = page.live.axes[name], [low, high, choices] = [toSI(name, axis.low), toSI(name, axis.high), axis.choices.map((v) => toSI(name, v))];
  const step = toSI(name, axis.low + axis.step) - low, inside = (v) => Math.min(Math.max(v, low), high);
  if (choices.length) return { name, index, low, high, snap: (v) => choices.reduce((a, b) => (Math.abs(b - v) < Math.abs(a - v) ? b : a)) };
  return { name, index, low, high, snap: axis.step ? (v) => inside(low + step * Math.round((inside(v) - low) / step)) : inside };
});

const limits = () => page.constraints.map(({ name, sense, limit, scale }) => {
  const at = place.get(name), sign = sense === ">=" ? 1 : -1, { factor } = page.quantities[name];
  return { at, sign, limit: toSI(name, limit), scale: scale * factor, slack: ROUNDING * Math.max(Math.abs(toSI(name, limit)), scale * factor) };
});

/** Random numbers, the same in every run (mulberry32). */
function seeded(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const dominates = (a, b) => a.scores.every((v, i) => v >= b.scores[i]) && a.scores.some((v, i) => v > b.scores[i]);
const beats = (a, b) => (a.violation || b.violation ? a.violation < b.violation : dominates(a, b));

/**
 * Search, in slices, and call `done` with the designs that none beats: {values, inputs}. `progress` is called with the share done.
 * A new search, or `stop`, ends the one before.
 */
export function search(starts, progress, done) {
  stop();
  const known = variables(), held = limits(), random = seeded(1), at = x.slice();
  const assess = (point) => {
    known.forEach(({ index }, k) => (at[index] = point[k]));
    const found = model(at), scores = aims.map((aim) => aim.sign * found[aim.at]);
    let violation = scores.every(Number.isFinite) ? 0 : 1e6;
    for (const each of held) {
      const short = each.sign * (each.limit - found[each.at]);
      if (!(short <= each.slack)) violation += Number.isFinite(short) ? short / each.scale : 1e6;
    }
    const value = (name) => found[place.get(name)] ?? at[inputs.get(name)?.index] ?? NaN;
    if (violation === 0) violation = countOutside(found, value);
    return { point, scores, violation };
  };
  const anywhere = () => known.map(({ low, high, snap }) => snap(low + random() * (high - low)));
  const near = (point) => known.map(({ snap }, k) => snap(point[k] * (0.8 + 0.4 * random())));
  const own = starts.map((row) => known.map(({ index }) => designInputs(row)[index]));
  const first = Array.from({ length: SIZE }, (_, i) => (i < own.length ? own[i] : i < SIZE / 2 ? near(own[i % own.length]) : anywhere()));
  const designs = first.map(assess), front = [];
  designs.forEach((design) => keep(front, design));
  let round = 0;
  const pick = (from) => from[Math.floor(random() * from.length)];
  // Each design gives way to a better one alone, so that every part of the front keeps its own.
  const step = () => designs.forEach((design, i) => {
    const [b, c] = [pick(designs).point, pick(designs).point];
    const from = random() < SELF ? design.point : pick(front.length && random() < 0.5 ? front : designs).point;
    const scale = 0.2 + 0.8 * random(), share = random(), sure = Math.floor(random() * known.length);
    const trial = assess(known.map(({ low, high, snap }, k) => {
      if (k !== sure && random() > share) return design.point[k];
      const wanted = from[k] + scale * (b[k] - c[k]);
      return snap(wanted < low ? (from[k] + low) / 2 : wanted > high ? (from[k] + high) / 2 : wanted);
    }));
    if (beats(trial, design)) designs[i] = trial;
    keep(front, trial);
  });
  const slice = () => {
    for (const until = performance.now() + SLICE; round < GENERATIONS && performance.now() < until; round++) step();
    progress(round / GENERATIONS);
    if (round < GENERATIONS) running = setTimeout(slice);
    else done(front.sort((a, b) => b.scores[0] - a.scores[0]).map((design) => asInputs(design, known)));
  };
  slice();
}

/** Put a design into a front, unless one of it is as good; those that it beats go. */
function keep(front, design) {
  const isNoWorse = (a, b) => a.scores.every((v, i) => v >= b.scores[i] - NEAR * Math.abs(b.scores[i]));
  if (design.violation || front.some((other) => isNoWorse(other, design))) return;
  const rest = front.filter((other) => !isNoWorse(design, other));
  front.splice(0, front.length, ...rest, design);
}

/** A design as inputs of the model. */
function asInputs({ point }, known) {
  const values = x.slice();
  known.forEach(({ index }, k) => (values[index] = point[k]));
  return values;
}

export const stop = () => clearTimeout(running);
