// Helpers that find elements of the page, and create SVG and HTML elements. The style sheet gives their colors.

/**
 * An element of the page, of whatever kind.
 * @param {string} id
 * @returns {any}
 */
export const element = (id) => document.getElementById(id);

/**
 * All elements of the page that a selector finds.
 * @param {string} selector
 * @returns {any[]}
 */
export const elements = (selector) => [...document.querySelectorAll(selector)];

export function svg(kind, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", kind), attributes, children);
}

export function html(kind, attributes = {}, ...children) {
  return fill(document.createElement(kind), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/**
 * A waterfall chart: steps from zero, or from `start`, to the total, each beginning where the last one ended.
 * `steps` are {label, value, name}; `format` writes a value as text; `kind` names a class of the style sheet.
 */
export function waterfall(title, steps, format, { start = null, end = "Total", kind: style = "" } = {}) {
  /** @type {any[]} */
  const bars = start ? [{ label: start.label, from: 0, to: start.value, total: true }] : [];
  let sum = start ? start.value : 0;
  for (const { label, value, name } of steps) {
    bars.push({ label, name, from: sum, to: sum + value });
    sum += value;
  }
  bars.push({ label: end, from: 0, to: sum, total: true });
  const low = Math.min(0, ...bars.map((bar) => Math.min(bar.from, bar.to)));
  const high = Math.max(0, ...bars.map((bar) => Math.max(bar.from, bar.to)));
  const rows = bars.map((bar) => {
    const [a, b] = [bar.from, bar.to].map((value) => ((value - low) / (high - low || 1)) * 100);
    const change = bar.to - bar.from;
    const kind = bar.total ? "total" : change < 0 ? "less" : "more";
    const block = html("i", { class: kind, style: `left:${Math.min(a, b)}%;width:${Math.abs(b - a)}%` });
    const label = html("span", bar.name ? { "data-name": bar.name, tabindex: "0" } : {}, bar.label);
    const sign = start && !bar.total && change > 0 ? "+" : "";
    return html("li", {}, label, html("div", { class: "track" }, block), html("b", {}, sign + format(change)));
  });
  return html("figure", { class: `waterfall ${style}`.trim() }, html("figcaption", {}, title), html("ul", {}, ...rows));
}
