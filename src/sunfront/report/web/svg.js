// Small helpers for drawing with SVG elements, which print sharply and take the page's colours from its style sheet.

export function svg(kind, attributes = {}, ...inside) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", kind);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...inside);
  return element;
}

export function html(kind, attributes = {}, ...inside) {
  const element = document.createElement(kind);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...inside);
  return element;
}

/**
 * A waterfall: steps from nothing, or from `start`, to the total, each beginning where the last one ended.
 * `steps` are {text, value, name}; `write` makes a value a text.
 */
export function waterfall(title, steps, write, { start = null, end = "Total" } = {}) {
  const bars = start ? [{ text: start.text, from: 0, to: start.value, total: true }] : [];
  let at = start ? start.value : 0;
  for (const { text, value, name } of steps) {
    bars.push({ text, name, from: at, to: at + value });
    at += value;
  }
  bars.push({ text: end, from: 0, to: at, total: true });
  const low = Math.min(0, ...bars.map((bar) => Math.min(bar.from, bar.to)));
  const high = Math.max(0, ...bars.map((bar) => Math.max(bar.from, bar.to)));
  const rows = bars.map((bar) => {
    const [a, b] = [bar.from, bar.to].map((value) => ((value - low) / (high - low || 1)) * 100);
    const change = bar.to - bar.from;
    const kind = bar.total ? "total" : change < 0 ? "less" : "more";
    const fill = html("i", { class: kind, style: `left:${Math.min(a, b)}%;width:${Math.abs(b - a)}%` });
    const text = html("span", bar.name ? { "data-name": bar.name, tabindex: "0" } : {}, bar.text);
    const sign = start && !bar.total && change > 0 ? "+" : "";
    return html("li", {}, text, html("div", { class: "track" }, fill), html("b", {}, sign + write(change)));
  });
  return html("figure", { class: "waterfall" }, html("figcaption", {}, title), html("ul", {}, ...rows));
}
