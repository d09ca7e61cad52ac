// Light, dark and print: calls for a redraw of what depends on the page's colors or size when these change.

import { element } from "./svg.js";

export function start(redraw = () => {}) {
  const root = document.documentElement;
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  element("theme").onclick = () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : prefersDark.matches;
    root.dataset.theme = dark ? "light" : "dark";
    redraw();
  };
  prefersDark.addEventListener("change", redraw);
  matchMedia("print").addEventListener("change", redraw);
  for (const event of ["beforeprint", "afterprint", "resize"]) addEventListener(event, redraw);
}
