// Tooltips with the summary, equation and source of a quantity, on hover and on focus.

import { page } from "./data.js";
import { element, html } from "./svg.js";

const tooltip = element("tooltip");

export function start() {
  for (const event of ["pointerover", "focusin"]) document.addEventListener(event, show);
  // A pointer may go from the name into the tip, to scroll it.
  document.addEventListener("pointerout", ({ relatedTarget }) => {
    if (!tooltip.contains(relatedTarget)) tooltip.hidden = true;
  });
  document.addEventListener("focusout", () => (tooltip.hidden = true));
  document.addEventListener("keydown", press);
}

/** Escape closes the tip of a name in focus, the arrows scroll a long one. */
function press(event) {
  if (event.key === "Escape") tooltip.hidden = true;
  const step = { ArrowDown: 40, ArrowUp: -40 }[event.key];
  if (!step || tooltip.hidden || tooltip.scrollHeight <= tooltip.clientHeight || !event.target.matches("[data-name]")) return;
  tooltip.scrollBy(0, step);
  event.preventDefault();
}

function show(event) {
  const target = event.target.closest?.("[data-name]");
  const quantity = target && page.quantities[target.dataset.name];
  if (!quantity) return;
  tooltip.replaceChildren(html("b", {}, target.dataset.name), html("p", {}, quantity.summary ?? ""));
  if (quantity.equation) tooltip.append(html("pre", {}, quantity.equation));
  if (quantity.source) tooltip.append(html("p", { class: "source" }, `Source: ${quantity.source}`));
  tooltip.hidden = false;
  tooltip.scrollTop = 0;
  tooltip.classList.remove("brief");
  place(target.getBoundingClientRect());
}

/** Show a card of pairs of a label and a text beside a point of the screen; without pairs none. */
export function showCard(title, pairs, x, y) {
  tooltip.hidden = pairs.length === 0;
  tooltip.classList.add("brief");
  tooltip.replaceChildren(html("b", {}, title), html("dl", { class: "card" }, ...pairs.flatMap(([label, text]) => [html("dt", {}, label), html("dd", {}, text)])));
  if (!tooltip.hidden) place({ left: x + 12, top: y - 12, bottom: y + 12 });
}

/** Put the tooltip below a box, or above it where there is more room. */
function place(box) {
  const left = Math.max(8, Math.min(box.left, document.documentElement.clientWidth - tooltip.offsetWidth - 8));
  const below = box.bottom + 1;
  const fits = below + tooltip.offsetHeight < document.documentElement.clientHeight;
  tooltip.style.left = `${left}px`;
  tooltip.style.top = `${fits ? below : Math.max(8, box.top - tooltip.offsetHeight - 1)}px`;
}
