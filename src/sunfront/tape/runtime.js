// What a tape written as JavaScript calls. Each does what the function of the same name in sunfront.equation does.

const { acos, cos, exp, log, max, pow, sqrt } = Math;

function meanDecay(x) {
  return Math.abs(x) < 1e-8 ? 1 - x / 2 : -Math.expm1(-x) / x;
}

const m = meanDecay; // a program calls it hundreds of times

function quotientOrInfinity(a, b) {
  return b > 0 ? a / b : Infinity;
}

function wholePeriods(duration, period) {
  if (!(period > 0)) return duration;
  const count = duration / period, nearest = Math.round(count);
  return Math.abs(count - nearest) <= 1e-9 * count ? duration : Math.floor(count) * period;
}

function choose(index, ...values) {
  return values[Math.round(index)];
}

// The root of `f`, by the rules of sunfront.library.root_finding: tried at `points` values, denser near zero.
function root(f, falls, low, high, least, nearZero, points) {
  const width = (high - low) * nearZero;
  const first = Math.asinh(low / width), last = Math.asinh(high / width);
  const placed = (share) => Math.min(Math.max(width * Math.sinh(first + share * (last - first)), low), high);
  const at = Array.from({ length: points }, (_, i) => (i === 0 ? low : i === points - 1 ? high : placed(i / (points - 1))));
  const curve = at.map(f);
  if (curve.some(Number.isNaN)) return NaN;
  let known = 0, there = 0, back = 0, bracket = null;
  for (let i = 1; i < points; i++) {
    if (curve[i] === 0) continue;
    if (Math.sign(curve[i]) * Math.sign(curve[known]) < 0) {
      if (curve[known] > 0 === falls) there++;
      else back++;
      bracket ??= [known, i];
    }
    known = i;
  }
  for (let i = 1; i < points - 1; i++) {
    const [a, b, c] = curve.slice(i - 1, i + 2);
    if (!(a * b > 0 && b * c > 0 && Math.abs(b) < Math.abs(a) && Math.abs(b) <= Math.abs(c))) continue;
    if (f(placed((i + (0.5 * (a - c)) / (a - 2 * b + c)) / (points - 1))) * b < 0) return NaN;
  }
  if (there + back === 0) {
    const beyond = falls ? curve[known] : -curve[known];
    return beyond > 0 ? Infinity : beyond < 0 ? least : NaN;
  }
  if (there !== 1 || back !== 0) return NaN;
  let [left, right] = [at[bracket[0]], at[bracket[1]]];
  const sign = Math.sign(curve[bracket[0]]);
  for (;;) {
    const middle = left + (right - left) / 2;
    if (middle <= left || middle >= right) break;
    const value = f(middle);
    if (value === 0) return middle;
    if (Math.sign(value) === sign) left = middle;
    else right = middle;
  }
  return Math.abs(f(left)) < Math.abs(f(right)) ? left : right;
}

// The largest or the least value of `f` at `first` to `last` times `step`, as sunfront.library.extremes.
function extreme(f, isLargest, step, first, last) {
  let found = isLargest ? -Infinity : Infinity;
  for (let i = first; i <= last; i++) found = (isLargest ? Math.max : Math.min)(found, f(i * step));
  return found;
}
