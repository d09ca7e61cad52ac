// Puts the page together: each part begins if the page has it; theme, size and paper redraw all.

import { count, page } from "./data.js";
import { changed } from "./state.js";
import { start as startScatter } from "./scatter.js";
import { start as startParallel } from "./parallel.js";
import { start as startTable } from "./table.js";
import { start as startCard } from "./card.js";
import { start as startRegion } from "./region.js";
import { start as startTip } from "./tip.js";

const root = document.documentElement;

document.getElementById("theme").onclick = () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  changed("look");
};
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => changed("look"));
matchMedia("print").addEventListener("change", () => changed("look"));
addEventListener("beforeprint", () => changed("look"));
addEventListener("resize", () => changed("look"));

if (count > 1) {
  startScatter();
  startParallel();
  startTable();
}
if (count) startCard();
if (page.regions.length) startRegion();
startTip();
