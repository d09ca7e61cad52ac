// Units that the reader prefers to those that suit a number.

import { keep, note } from "./address.js";
import { page, wantedUnits } from "./data.js";
import { valuesAt } from "./designs.js";
import { moved } from "./live.js";
import { notify, state } from "./state.js";
import { element, elements, html } from "./svg.js";

/** How many times `name` is the cost of a kWh: as the page has it, or with the moved assumptions. */
function perHour(name) {
  if (!moved.size) return page.cost_units[name];
  const value = valuesAt(state.selected);
  const shown = (each) => value(each) / page.quantities[each].factor;
  return shown(name) / shown("compute_cost");
}

/**
 * By kind, the choices: how each is written, the unit of the page, and the factor from that to this.
 * @type {Record<string, any[][]>}
 */
const KINDS = {
  mass: [["kg", "kg", () => 1], ["t", "t", () => 1]],
  money: [["M$", "MUSD", () => 1], ["B$", "GUSD", () => 1]],
  "cost of compute": [["accelerator_hour_cost", "USD/GPU-hour"], ["token_cost", "USD/Mtoken"]]
    .filter(([name]) => page.cost_units?.[name])
    .map(([name, label]) => [label, "USD/kWh", () => perHour(name)]),
};

export function start() {
  const known = new Set(page.columns.flatMap((name) => page.quantities[name].scales.map(([text]) => text)));
  for (const [kind, choices] of Object.entries(KINDS)) {
    const shown = choices.filter(([, unit]) => known.has(unit));
    if (!shown.length) continue;
    const menu = html("select", { "data-kind": kind }, new Option(kind === "cost of compute" ? "USD/kWh" : "as it suits", ""));
    for (const [label] of shown) menu.add(new Option(label));
    menu.onchange = apply;
    element("units").append(html("label", {}, `${kind} `, menu));
  }
  const menus = elements("#units select");
  element("units").hidden = !menus.length;
  const key = (menu) => `unit.${menu.dataset.kind.split(" ")[0]}`;
  keep(
    () => menus.filter((menu) => menu.value).map((menu) => [key(menu), menu.value]),
    (texts) => {
      const before = menus.map((menu) => menu.value).join();
      for (const menu of menus) menu.value = [...menu.options].some((option) => option.value === texts.get(key(menu))) ? texts.get(key(menu)) : "";
      if (menus.map((menu) => menu.value).join() !== before) apply();
    },
  );
}

function apply() {
  wantedUnits.clear();
  for (const menu of elements("#units select")) {
    const found = KINDS[menu.dataset.kind].find(([label]) => label === menu.value);
    if (found) wantedUnits.set(found[1], [found[0], found[2]]);
  }
  note();
  notify("values");
}
