// Starts the parts of the page that compares runs.

import { page } from "./data.js";
import { start as startScatter } from "./scatter.js";
import { start as startParallel } from "./parallel.js";
import { start as startTable } from "./table.js";
import { start as startBridge } from "./bridge.js";
import { start as startTooltip } from "./tooltip.js";
import { start as startTheme } from "./theme.js";

startScatter();
startParallel();
startTable();
if (page.cost) startBridge();
startTooltip();
startTheme();
