// What the reader has chosen, kept in the address: a link opens the page with it, back and forward step through it.

const kept = []; // pairs of functions: one gives pairs of a key and a text, the other takes all of them, as a Map
let timer = 0;
let known = location.hash; // as last written or taken
const QUIET = 150; // milliseconds without a change until the address is written

/** Keep a part of the page. `read` gives what differs from the page as it opens; `take` gets the texts by key. */
export const keep = (read, take) => kept.push([read, take]);

/** Tell that something has changed that is kept. */
export function note() {
  clearTimeout(timer);
  timer = setTimeout(write, QUIET);
}

function write() {
  if (location.hash !== known) return; // a step back or forward that is still to be taken
  const parts = kept.flatMap(([read]) => read()).map((pair) => pair.map(encodeURIComponent).join("="));
  const hash = parts.length ? `#${parts.join("&")}` : "";
  if (hash === location.hash || (!hash && !location.hash.includes("="))) return;
  history.pushState(null, "", hash || location.pathname + location.search);
  known = location.hash;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // no address that a page has written
  }
}

/** Take what the address holds. One of a place in the page leaves everything as it is. */
function follow() {
  known = location.hash;
  const hash = known.slice(1);
  if (hash && !hash.includes("=")) return;
  clearTimeout(timer);
  const texts = new Map();
  for (const part of hash.split("&")) {
    const [key, text = ""] = part.split("=").map(decoded);
    texts.set(key, text);
  }
  for (const [, take] of kept) take(texts);
}

/** Begin, once all parts of the page are kept. */
export function start() {
  addEventListener("hashchange", follow);
  if (location.hash) follow();
}
