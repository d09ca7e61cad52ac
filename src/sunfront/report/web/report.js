// Starts the parts of a run's page. Some parts are missing on a page with one design or none.

import { start as startAddress } from "./address.js";
import { count, page } from "./data.js";
import { start as startScatter } from "./scatter.js";
import { start as startParallel } from "./parallel.js";
import { start as startTable } from "./table.js";
import { start as startDesign } from "./design.js";
import { start as startPinned } from "./pinned.js";
import { start as startMemo } from "./memo.js";
import { start as startCash } from "./cash.js";
import { start as startMap } from "./map.js";
import { start as startWhatIf } from "./whatif.js";
import { start as startAssumptions } from "./assumptions.js";
import { start as startUnits } from "./units.js";
import { start as startLimits } from "./limits.js";
import { start as startMatrix } from "./matrix.js";
import { start as startNotes } from "./notes.js";
import { start as startTooltip } from "./tooltip.js";
import { start as startFolds } from "./folds.js";
import { start as startTheme } from "./theme.js";
import { notify } from "./state.js";
import { element } from "./svg.js";

startFolds(() => notify("appearance"));
if (count > 1) {
  startScatter();
  startParallel();
  startTable();
}
if (count) startDesign();
startMemo();
if (count > 1) {
  startPinned();
  startLimits();
  if (element("matrix")) startMatrix();
}
if (page.cash.length) startCash();
const isLive = page.live !== null && startWhatIf();
if (element("map")) startMap(isLive);
startAssumptions();
startTooltip();
startTheme(() => notify("appearance"));
startNotes();
if (count) startUnits();
startAddress();
