// All designs at once: the steps of a tape, each over a column of numbers. What a moved value leads to is computed again, the
// rest is kept. SI and USD.

// Each over `n` designs; a value that all designs share has a column of one number, and a stride of zero.
const LOOPS = {
  add: (out, n, a, i, b, j) => { for (let k = 0; k < n; k++) out[k] = a[k * i] + b[k * j]; },
  subtract: (out, n, a, i, b, j) => { for (let k = 0; k < n; k++) out[k] = a[k * i] - b[k * j]; },
  multiply: (out, n, a, i, b, j) => { for (let k = 0; k < n; k++) out[k] = a[k * i] * b[k * j]; },
  divide: (out, n, a, i, b, j) => { for (let k = 0; k < n; k++) out[k] = a[k * i] / b[k * j]; },
  larger: (out, n, a, i, b, j) => { for (let k = 0; k < n; k++) out[k] = Math.max(a[k * i], b[k * j]); },
  quotient_or_infinity: (out, n, a, i, b, j) => { for (let k = 0; k < n; k++) out[k] = quotientOrInfinity(a[k * i], b[k * j]); },
  whole_periods: (out, n, a, i, b, j) => { for (let k = 0; k < n; k++) out[k] = wholePeriods(a[k * i], b[k * j]); },
  negative: (out, n, a, i) => { for (let k = 0; k < n; k++) out[k] = -a[k * i]; },
  exp: (out, n, a, i) => { for (let k = 0; k < n; k++) out[k] = Math.exp(a[k * i]); },
  log: (out, n, a, i) => { for (let k = 0; k < n; k++) out[k] = Math.log(a[k * i]); },
  cos: (out, n, a, i) => { for (let k = 0; k < n; k++) out[k] = Math.cos(a[k * i]); },
  arccos: (out, n, a, i) => { for (let k = 0; k < n; k++) out[k] = Math.acos(a[k * i]); },
  mean_decay: (out, n, a, i) => { for (let k = 0; k < n; k++) out[k] = meanDecay(a[k * i]); },
  power: (out, n, a, i, b, j) => {
    if (j === 0 && b[0] === 2) for (let k = 0; k < n; k++) out[k] = a[k * i] * a[k * i];
    else if (j === 0 && b[0] === 0.5) for (let k = 0; k < n; k++) out[k] = Math.sqrt(a[k * i]);
    else for (let k = 0; k < n; k++) out[k] = Math.pow(a[k * i], b[k * j]);
  },
  choose: (out, n, ...of) => {
    for (let k = 0; k < n; k++) {
      const chosen = 2 + 2 * Math.round(of[0][k * of[1]]);
      out[k] = of[chosen][k * of[chosen + 1]];
    }
  },
};

/**
 * Begin to compute designs. `listing` is a tape; `columns` maps the places of the inputs in which designs differ to
 * their `count` numbers. Returns `update`, which takes all inputs and returns the names of what it computed again, and
 * `values`, which gives the numbers of a quantity: one of each design, or one that all share.
 */
export function startBatch({ operations, steps, outputs }, columns, count) {
  const found = [], of = [], loops = []; // by step: its column, what it is computed from or the place of an input, how
  steps.split(" ").forEach((word, i) => {
    const operation = operations[word[0]], numbers = operation ? word.slice(1).split(",").map(Number) : [];
    loops.push(LOOPS[operation]);
    if (numbers.length === 1 && LOOPS[operation]?.length === 6) numbers.push(1); // of two, the second is the step before
    of.push(operation === "input" ? numbers : numbers.map((before) => i - before));
    if (operation === undefined) found.push(Float64Array.of(Number(word)));
    else if (operation === "input") found.push(columns.get(numbers[0]) ?? Float64Array.of(NaN));
    else found.push(new Float64Array(of[i].some((j) => found[j].length > 1) ? count : 1));
  });
  const strides = found.map((values) => (values.length > 1 ? 1 : 0));
  const values = found.map((column, i) => [column, column.length, ...of[i].flatMap((j) => [found[j], strides[j]])]);
  const changed = new Uint8Array(found.length);
  let isFirst = true;
  const updateInput = (i, x) => {
    const [place] = of[i];
    if (place === undefined) return false; // a number
    if (columns.has(place)) return isFirst;
    const before = found[i][0];
    found[i][0] = x[place];
    return !Object.is(before, x[place]);
  };
  const update = (x) => {
    for (let i = 0; i < found.length; i++) {
      if (!loops[i]) {
        changed[i] = Number(updateInput(i, x));
        continue;
      }
      if (!isFirst && !of[i].some((j) => changed[j])) {
        changed[i] = 0;
        continue;
      }
      const before = found[i][0];
      loops[i](...values[i]);
      changed[i] = Number(isFirst || strides[i] === 1 || !Object.is(before, found[i][0]));
    }
    isFirst = false;
    return Object.keys(outputs).filter((name) => changed[outputs[name]]);
  };
  return { update, values: (name) => found[outputs[name]] };
}
