// Puts the page of a run together: each part begins if the page has it.

import { count, page } from "./data.js";
import { start as startScatter } from "./scatter.js";
import { start as startParallel } from "./parallel.js";
import { start as startTable } from "./table.js";
import { start as startCard } from "./card.js";
import { start as startRegion } from "./region.js";
import { start as startTip } from "./tip.js";
import { start as startTheme } from "./theme.js";

if (count > 1) {
  startScatter();
  startParallel();
  startTable();
}
if (count) startCard();
if (page.regions.length) startRegion();
startTip();
startTheme();
