// Starts the page of a plan: its colors, and a link to one of the plans of a front opens it.

import { element } from "./svg.js";
import { start as startTheme } from "./theme.js";

function open(hash) {
  const plan = element(hash.slice(1));
  for (let each = plan; each; each = each.parentElement.closest("details")) each.open = true;
  plan?.scrollIntoView();
}

startTheme();
addEventListener("hashchange", () => open(location.hash));
// A second click on a point leaves the address as it is.
addEventListener("click", (event) => {
  const link = /** @type {any} */ (event.target).closest("a");
  if (link) open(link.href.baseVal ?? link.hash);
});
open(location.hash);
