// On a phone, what a reader opens rarely is folded below its heading.

import { elements, html } from "./svg.js";

/** Fold; `redraw` is called when a part is opened, as what it draws had no size. */
export function start(redraw) {
  if (!matchMedia("(max-width: 40rem)").matches) return;
  const folded = elements("[data-fold]").map((part) => {
    const [head, ...rest] = part.children;
    const details = html("details", { class: "fold" }, html("summary", {}, head), ...rest);
    details.addEventListener("toggle", redraw);
    part.append(details);
    return details;
  });
  const open = (hash) => folded.filter(({ parentElement }) => `#${parentElement.id}` === hash).forEach((details) => (details.open = true));
  for (const link of elements("a[href^='#']")) link.addEventListener("click", () => open(link.getAttribute("href")));
  open(location.hash);
  let opened = []; // by the reader
  addEventListener("beforeprint", () => {
    opened = folded.filter((details) => details.open);
    for (const details of folded) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of folded) details.open = opened.includes(details);
  });
}
