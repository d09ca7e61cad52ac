// Sliders for what people ask first: how much capital, mass and time a design may take. Each sets a filter.

import { columns, extent, formatValue, isOne, page } from "./data.js";
import { listen, setRanges, state } from "./state.js";
import { element, html } from "./svg.js";

const STEPS = 200;
/** By kind the quantities, of which the first that designs differ in is taken. */
const ASKED = [["capex"], ["fleet_mass", "stack_mass", "node_mass"], ["payback_time", "time_to_power"]];

export function start() {
  const names = ASKED.map((kind) => kind.find((name) => page.columns.includes(name) && !isOne(extent(columns[name])))).filter((name) => name !== undefined);
  const rows = names.map((name) => {
    const slider = html("input", { type: "range", min: 0, max: STEPS, value: STEPS, "aria-label": `${page.quantities[name].label} at most` });
    const shown = html("output", {});
    slider.oninput = () => {
      const [low, high] = extent(columns[name]), at = Number(slider.value);
      setRanges([[name, at === STEPS ? null : [-Infinity, low + ((high - low) * at) / STEPS]]]);
    };
    element("limits").append(html("label", {}, `${page.quantities[name].label} `, slider, shown));
    return { name, slider, shown };
  });
  element("limits").hidden = !rows.length;
  const draw = () => {
    for (const { name, slider, shown } of rows) {
      const [low, high] = extent(columns[name]), most = state.ranges.get(name)?.[1] ?? Infinity;
      slider.value = String(most >= high ? STEPS : Math.round((STEPS * (most - low)) / (high - low || 1)));
      shown.textContent = most < Infinity ? `at most ${formatValue(name, most)}` : `up to ${formatValue(name, high)}`;
      slider.setAttribute("aria-valuetext", shown.textContent);
    }
  };
  listen((change) => ["filters", "values"].includes(change) && draw(), element("limits"));
  draw();
}
