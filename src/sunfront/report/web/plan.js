// Starts the page of a plan: its colors, and a link to one of the plans of a front opens it.

import { element } from "./svg.js";
import { start as startTheme } from "./theme.js";

function open() {
  const plan = element(location.hash.slice(1));
  for (let each = plan; each; each = each.parentElement.closest("details")) each.open = true;
  plan?.scrollIntoView();
}

startTheme();
addEventListener("hashchange", open);
open();
