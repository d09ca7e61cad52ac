// The reader's notes. A page cannot write its own file: it is saved anew, with the notes in it.

import { page } from "./data.js";
import { download } from "./download.js";
import { element, html } from "./svg.js";

/** The page as it was loaded, before the scripts fill it. */
const source = document.documentElement.outerHTML;

export function start() {
  const field = element("notes-text");
  const show = () => {
    element("notes-print").textContent = field.value;
    element("notes-save").disabled = field.value === field.defaultValue;
  };
  field.oninput = show;
  show();
  element("notes-save").onclick = () => {
    const begin = source.indexOf(">", source.indexOf('id="notes-text"')) + 1, end = source.indexOf("</textarea>", begin);
    const text = html("div", {}, field.value).innerHTML;
    download(`${page.study}-report.html`, `<!doctype html>\n${source.slice(0, begin)}${text}${source.slice(end)}\n`, "text/html");
  };
}
