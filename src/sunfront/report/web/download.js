// Files that the page gives to its reader.

import { html } from "./svg.js";

export function download(name, text, type) {
  const link = html("a", { download: name, href: URL.createObjectURL(new Blob([text], { type })) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
