// A memo on the selected design, one page for print: question, front, design, what binds it, the numbers that matter.

import { columns, constraintText, formatValue, page } from "./data.js";
import { state } from "./state.js";
import { element, html } from "./svg.js";

export function start() {
  element("memo-print")?.addEventListener("click", () => {
    fill();
    document.body.classList.add("memo");
    addEventListener("afterprint", () => document.body.classList.remove("memo"), { once: true });
    window.print();
  });
}

function fill() {
  const row = state.selected;
  element("memo-front").src = element("scatter").toDataURL();
  element("memo-title").textContent = element("design-title").textContent;
  element("memo-moved").textContent = element("moved-bar").hidden ? "" : `Recomputed, not proved: ${element("moved-text").textContent}`;
  const names = [...new Set([...page.objectives.map(({ name }) => name), ...page.variables, ...["compute_cost", "capex", "npv"].filter((name) => name in columns)])];
  element("memo-facts").replaceChildren(...names.map((name) => html("div", {}, html("dt", {}, page.quantities[name].label), html("dd", {}, formatValue(name, columns[name][row])))));
  const binding = page.constraints.filter(({ name, limit, scale }) => Math.abs(columns[name][row] - limit) <= 1e-3 * scale);
  element("memo-limits").textContent = binding.length ? `What binds it: ${binding.map(({ text }) => constraintText(text)).join("; ")}.` : "";
}
