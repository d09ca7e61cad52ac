// The table of assumptions: searched, sorted, and limited to a trust. Their sources are those of the tooltips.

import { page } from "./data.js";
import { element, elements } from "./svg.js";

const rows = elements(".assumptions tbody tr");
const heads = elements(".assumptions th");
const text = (row, column) => row.cells[column].textContent;

export function start() {
  for (const row of rows) {
    const quantity = page.quantities[text(row, 0)];
    if (quantity) quantity.source ??= text(row, 5);
  }
  element("find-assumption").oninput = element("trust").onchange = filter;
  heads.forEach((head, column) => head.querySelector("button")?.addEventListener("click", () => sort(column)));
}

function filter() {
  const words = element("find-assumption").value.toLowerCase().split(/[\s_]+/).filter(Boolean), trust = element("trust").value;
  for (const row of rows) {
    const all = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => all.includes(word)) || (trust !== "" && text(row, 4) !== trust);
  }
  const shown = rows.filter((row) => !row.hidden).length;
  element("found").textContent = shown < rows.length ? `${shown} of ${rows.length} values` : "";
}

/** Sort by a column; by the same again, the other way round. */
function sort(column) {
  const falls = heads[column].ariaSort === "ascending", compare = new Intl.Collator("en", { numeric: true }).compare;
  rows.sort((a, b) => (falls ? -1 : 1) * compare(text(a, column), text(b, column)));
  rows[0]?.parentElement.append(...rows);
  for (const head of heads) head.ariaSort = head === heads[column] ? (falls ? "descending" : "ascending") : "none";
}
