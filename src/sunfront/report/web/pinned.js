// Two designs side by side: the selected one and another, which the reader has pinned.

import { choiceLabels, columns, count, formatScaled, formatValue, page } from "./data.js";
import { keep, note } from "./address.js";
import { listen, state } from "./state.js";
import { element, html } from "./svg.js";

let pinned = -1;

export function start() {
  element("pin").onclick = () => {
    pinned = pinned === state.selected ? -1 : state.selected;
    note();
    draw();
  };
  keep(
    () => (pinned < 0 ? [] : [["pinned", String(pinned)]]),
    (texts) => {
      const row = Number(texts.get("pinned") ?? -1);
      pinned = Number.isInteger(row) && row < count ? row : -1;
      draw();
    },
  );
  listen((change) => ["selection", "values"].includes(change) && draw(), element("design"));
}

function draw() {
  element("pin").setAttribute("aria-pressed", String(pinned >= 0 && pinned === state.selected));
  element("pin").textContent = pinned >= 0 && pinned === state.selected ? "Pinned: select another design to compare it with this one" : "Pin this design to compare others with it";
  element("pinned").hidden = pinned < 0 || pinned === state.selected;
  if (element("pinned").hidden) return;
  element("pinned-head").textContent = `Design ${page.table_rows[pinned]}, pinned`;
  element("beside-head").textContent = `Design ${page.table_rows[state.selected]}`;
  const differs = page.columns.filter((name) => !Object.is(columns[name][pinned], columns[name][state.selected]));
  element("pinned").querySelector("tbody").replaceChildren(...differs.map(row));
}

function row(name) {
  const [a, b] = [pinned, state.selected].map((design) => columns[name][design]);
  const difference = choiceLabels(name) || !Number.isFinite(b - a) ? "" : `${b > a ? "+" : ""}${formatScaled(b - a, page.quantities[name].scales, 3)}`.replace(/ %$/, " points");
  const cells = [formatValue(name, a), formatValue(name, b), difference].map((text) => html("td", { class: "n" }, text));
  return html("tr", {}, html("td", { "data-name": name, tabindex: "0" }, page.quantities[name].label), ...cells);
}
