// On a phone, what a reader opens rarely is folded below its heading.

import { elements, html } from "./svg.js";

const phone = matchMedia("(max-width: 40rem)");
let folded = [];

/** Fold on a phone; `redraw` is called when a part is opened, as what it draws had no size. */
export function start(redraw) {
  const open = (hash) => folded.filter(({ parentElement }) => `#${parentElement.id}` === hash).forEach((details) => (details.open = true));
  for (const link of elements("a[href^='#']")) link.addEventListener("click", () => open(link.getAttribute("href")));
  addEventListener("hashchange", () => open(location.hash));
  const place = () => {
    if (matchMedia("print").matches) return; // the paper has its own width
    if (phone.matches) fold(redraw);
    else unfold();
    open(location.hash);
  };
  phone.addEventListener("change", () => {
    place();
    redraw();
  });
  place();
  let opened = []; // by the reader
  addEventListener("beforeprint", () => {
    opened = folded.filter((details) => details.open);
    for (const details of folded) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of folded) details.open = opened.includes(details);
  });
}

function fold(redraw) {
  if (folded.length) return;
  folded = elements("[data-fold]").map((part) => {
    const [head, ...rest] = part.children;
    const details = html("details", { class: "fold" }, html("summary", {}, head), ...rest);
    details.addEventListener("toggle", redraw);
    part.append(details);
    return details;
  });
}

function unfold() {
  for (const details of folded) {
    const [summary, ...rest] = details.children;
    details.replaceWith(...summary.children, ...rest);
  }
  folded = [];
}
