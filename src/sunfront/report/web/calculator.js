// The calculator: sliders over the ranges of the sources, and the numbers that `model`, the written tape, gives for them.

import { start as startAddress } from "./address.js";
import { constraintText, page } from "./data.js";
import { firstDifference, moved, outputs, reader, text, x } from "./live.js";
import { warnings } from "./findings.js";
import { assignments, start as startMoves } from "./moves.js";
import { element, html } from "./svg.js";
import { start as startTooltip } from "./tooltip.js";
import { start as startTheme } from "./theme.js";

const base = reader([...x]);

/** Cost and return of the same chips on the grid; nothing if the page does not compare with it. */
const onTheGrid = (value) => (page.live.ground.length ? ground(page.live.ground.map(value)) : []);

function compute() {
  const value = reader(x);
  showHeadlines(value);
  showGround(value, onTheGrid(value));
  showCosts(value);
  showLimits(value);
  element("warnings").replaceChildren(...warnings(value).map((line) => html("li", {}, line)));
  if (element("all").open) showAll(value);
  const kept = moved.size ? Object.entries(page.kept).filter(([name]) => !moved.has(name)) : [];
  const options = [...assignments(), ...kept.map(([name, value]) => `${name}=${value}`)].map((each) => ` \\\n  --set '${each}'`);
  element("command").textContent = page.command + options.join("");
}

function showAll(value) {
  element("quantities").replaceChildren(...outputs.map((name) => html("tr", { class: value(name) === base(name) ? "" : "changed" },
    html("td", {}, page.quantities[name].label), html("td", { class: "n" }, text(name, value(name), 5)), html("td", { class: "n" }, text(name, base(name), 5)))));
}

function showHeadlines(value) {
  element("headlines").replaceChildren(...page.headlines.map((name) => {
    const [now, before] = [value(name), base(name)];
    const change = now === before || (Number.isNaN(now) && Number.isNaN(before)) ? "" : `was ${text(name, before)}`;
    return html("div", {}, html("dt", {}, html("span", { "data-name": name, tabindex: 0 }, page.quantities[name].label)), html("dd", {}, text(name, now), html("small", {}, change)));
  }));
}

/** Bars of costs of compute: pairs of a label and a cost. */
function bars(pairs) {
  const most = Math.max(...pairs.map(([, cost]) => Math.abs(cost)).filter(Number.isFinite), 0) || 1;
  return pairs.map(([label, cost]) => html("li", {}, label, html("span", { class: "track" }, html("i", { style: `width:${Math.min((100 * Math.abs(cost)) / most, 100)}%` })), html("b", {}, text("compute_cost", cost))));
}

/**
 * @param {(name: string) => number} value
 * @param {number[]} found Cost of compute and ROI on the grid; empty if the page does not compare with it.
 */
function showGround(value, found) {
  const [cost, roi] = found;
  element("ground").hidden = cost === undefined;
  if (cost === undefined) return;
  element("ground-text").textContent = `The same chips on the ground, on the grid: compute costs ${text("compute_cost", cost)}, ROI ${text("roi", roi)}.`;
  element("ground-bars").replaceChildren(...bars([[html("span", {}, "this design"), value("compute_cost")], [html("span", {}, "on the grid"), cost]]));
}

function showCosts(value) {
  const costs = page.costs.filter((name) => value(name) !== 0).sort((a, b) => value(b) - value(a));
  const label = (name) => html("span", { "data-name": name, tabindex: 0 }, page.quantities[name].label.replace(/^Levelized /, ""));
  element("costs").replaceChildren(...bars(costs.map((name) => [label(name), value(name)])));
}

function showLimits(value) {
  element("limits").replaceChildren(...page.limits.map(([quantity, sign, limit, written]) => {
    const met = sign * (limit - value(quantity)) <= 1e-12 * Math.abs(limit);
    return html("tr", { class: met ? "" : "missed" }, html("td", {}, html("span", { "data-name": quantity, tabindex: 0 }, constraintText(written))),
      html("td", { class: "n" }, text(quantity, value(quantity))), html("td", {}, met ? "met" : "missed"));
  }));
}

function turnOff(name) {
  element("alarm").hidden = false;
  element("alarm").textContent = `This browser computes another ${page.quantities[name].label} than sunfront does, so the calculator is off.`;
  document.querySelector("main").hidden = true;
  element("command").textContent = page.command;
}

startTooltip();
startTheme();
const wrong = firstDifference((at) => onTheGrid(reader(at)));
if (wrong !== null) turnOff(wrong);
else {
  element("all").ontoggle = () => showAll(reader(x));
  startMoves(compute);
  startAddress();
}
