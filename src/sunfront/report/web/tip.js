// What a quantity is: equation and source, shown on hover and on focus.

import { page } from "./data.js";
import { html } from "./svg.js";

const tip = document.getElementById("tip");

export function start() {
  for (const event of ["pointerover", "focusin"]) document.addEventListener(event, show);
  for (const event of ["pointerout", "focusout"]) document.addEventListener(event, () => (tip.hidden = true));
  document.addEventListener("keydown", (event) => event.key === "Escape" && (tip.hidden = true));
}

function show(event) {
  const target = event.target.closest?.("[data-name]");
  const quantity = target && page.quantities[target.dataset.name];
  if (!quantity) return;
  tip.replaceChildren(html("b", {}, target.dataset.name), html("p", {}, quantity.summary));
  if (quantity.text) tip.append(html("pre", {}, quantity.text));
  tip.append(html("p", { class: "source" }, `Source: ${quantity.source}`));
  tip.hidden = false;
  const at = target.getBoundingClientRect();
  const left = Math.max(8, Math.min(at.left, document.documentElement.clientWidth - tip.offsetWidth - 8));
  const below = at.bottom + 6;
  const fits = below + tip.offsetHeight < document.documentElement.clientHeight;
  tip.style.left = `${left}px`;
  tip.style.top = `${fits ? below : Math.max(8, at.top - tip.offsetHeight - 6)}px`;
}
