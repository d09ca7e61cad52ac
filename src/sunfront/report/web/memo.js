// A memo on the selected design, one page for print: question, front, design, what binds it, the numbers that matter.

import { columns, constraintText, formatValue, page } from "./data.js";
import { notify, state } from "./state.js";
import { element, elements, html } from "./svg.js";

const LENGTH = 120; // characters of a source

export function start() {
  element("memo-print")?.addEventListener("click", () => {
    fill();
    document.body.classList.add("memo");
    addEventListener("afterprint", () => document.body.classList.remove("memo"), { once: true });
    window.print();
  });
}

/** What is found while the page is drawn in the colors of paper. */
function onPaper(find) {
  const { dataset } = document.documentElement, { theme } = dataset;
  dataset.theme = "light";
  notify("appearance");
  const found = find();
  if (theme) dataset.theme = theme;
  else delete dataset.theme;
  notify("appearance");
  return found;
}

function fill() {
  const row = state.selected;
  if (element("memo-front")) element("memo-front").src = onPaper(() => element("scatter").toDataURL());
  element("memo-title").textContent = element("design-title").textContent;
  element("memo-moved").textContent = element("moved-bar")?.hidden ?? true ? "" : `Recomputed, not proved: ${element("moved-text").textContent}`;
  const names = [...new Set([...page.objectives.map(({ name }) => name), ...page.variables, ...["compute_cost", "capex", "npv"].filter((name) => name in columns)])];
  element("memo-facts").replaceChildren(...names.map((name) => html("div", {}, html("dt", {}, page.quantities[name].label), html("dd", {}, formatValue(name, columns[name][row])))));
  const rows = new Map(elements(".assumptions tbody tr").map((line) => [line.cells[0].textContent, line]));
  const listed = page.memo.map((name) => rows.get(name)).filter(Boolean);
  const short = (text) => (text.length > LENGTH ? `${text.slice(0, LENGTH)}…` : text);
  element("memo-assumptions").replaceChildren(...listed.map(({ cells }) => html("tr", {}, ...[0, 1, 2, 5].map((i) => html("td", {}, short(cells[i].textContent))))));
  const binding = page.constraints.filter(({ name, limit, scale }) => Math.abs(columns[name][row] - limit) <= 1e-3 * scale);
  element("memo-limits").textContent = binding.length ? `What binds it: ${binding.map(({ text }) => constraintText(text)).join("; ")}.` : "";
}
