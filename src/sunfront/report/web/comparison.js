// Starts the parts of the page that compares runs.

import { start as startAddress } from "./address.js";
import { start as startScatter } from "./scatter.js";
import { start as startParallel } from "./parallel.js";
import { start as startTable } from "./table.js";
import { start as startBars } from "./bars.js";
import { start as startBridge } from "./bridge.js";
import { start as startUnits } from "./units.js";
import { start as startLimits } from "./limits.js";
import { start as startTooltip } from "./tooltip.js";
import { start as startFolds } from "./folds.js";
import { start as startTheme } from "./theme.js";
import { notify } from "./state.js";
import { element } from "./svg.js";

startFolds(() => notify("appearance"));
startBars();
if (element("scatter")) {
  startScatter();
  startParallel();
  startTable();
  startLimits();
  startUnits();
}
if (element("bridge")) startBridge();
startTooltip();
startTheme(() => notify("appearance"));
startAddress();
