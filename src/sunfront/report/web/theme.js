// Light, dark and print: redraws everything when the page's colors or size change.

import { notify } from "./state.js";
import { element } from "./svg.js";

export function start() {
  const root = document.documentElement;
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  element("theme").onclick = () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : prefersDark.matches;
    root.dataset.theme = dark ? "light" : "dark";
    notify("appearance");
  };
  const redraw = () => notify("appearance");
  prefersDark.addEventListener("change", redraw);
  matchMedia("print").addEventListener("change", redraw);
  addEventListener("beforeprint", redraw);
  addEventListener("afterprint", redraw);
  addEventListener("resize", redraw);
}
