// Light, dark and paper: when the page changes its colours or its size, all drawings follow.

import { changed } from "./state.js";

export function start() {
  const root = document.documentElement;
  const prefers = matchMedia("(prefers-color-scheme: dark)");
  document.getElementById("theme").onclick = () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : prefers.matches;
    root.dataset.theme = dark ? "light" : "dark";
    changed("look");
  };
  const redraw = () => changed("look");
  prefers.addEventListener("change", redraw);
  matchMedia("print").addEventListener("change", redraw);
  addEventListener("beforeprint", redraw);
  addEventListener("afterprint", redraw);
  addEventListener("resize", redraw);
}
