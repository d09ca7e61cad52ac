// What lies over the canvas of a plot: a drawing for the brushes of d3, which filter, and its zoom.

import { select, zoom, zoomIdentity } from "./d3.js";
import { element, html, svg } from "./svg.js";

const STEP = 1.5;
const CLICK = 4; // pixels that a click may move

/** The ends of a filter, which may be infinite, on an axis: in pixels, sorted. */
export function endsOn(axis, ends) {
  const [low, high] = axis.domain();
  return ends.map((end) => axis(Math.min(Math.max(end, low), high))).sort((a, b) => a - b);
}

/** Lay a drawing over a canvas. Returns d3's selection of it. */
export function startOverlay(canvas) {
  const over = svg("svg", { class: "over", "aria-hidden": "true" }), plot = html("div", { class: "plot" });
  canvas.replaceWith(plot);
  plot.append(canvas, over);
  over.addEventListener("mousedown", () => canvas.focus({ preventScroll: true }), { capture: true });
  return select(over);
}

/**
 * Let a reader brush in a group of an overlay. `kind` is d3's brush; `brushed` gets its selection while it is dragged, null if
 * it is empty; `clicked` gets the event of a click. A finger scrolls the page. Returns a function that places the brush:
 * the box that it may fill, and its selection or null.
 */
export function startBrush(kind, group, brushed, clicked) {
  let pressed = null, dragged = false, placed = "", shown = null;
  const behavior = kind().touchable(false).keyModifiers(false).filter((event) => !event.button && !event.shiftKey && !event.ctrlKey && !event.metaKey);
  behavior.on("start", ({ sourceEvent }) => {
    if (sourceEvent) [pressed, dragged, shown] = [sourceEvent, false, undefined];
  }).on("brush", ({ sourceEvent, selection }) => {
    if (!sourceEvent) return;
    dragged ||= Math.hypot(sourceEvent.clientX - pressed.clientX, sourceEvent.clientY - pressed.clientY) > CLICK;
    if (dragged) brushed(selection);
  }).on("end", ({ sourceEvent, selection }) => {
    if (!sourceEvent) return;
    pressed = null;
    if (dragged) brushed(selection);
    else clicked(sourceEvent);
  });
  return (box, selection) => {
    if (pressed) return;
    if (placed !== String(box)) group.call(behavior.extent(box));
    if (String(shown) !== String(selection)) group.call(behavior.move, selection);
    [placed, shown] = [String(box), selection];
  };
}

/**
 * Zoom and pan of a plot: Ctrl and the wheel about the pointer, two fingers, Shift and a drag, and the buttons beside it, which
 * are the children of the element `id`. `view` holds the range of each axis, or null for the whole; `axes` gives the scales as
 * drawn, and `box` the plot in pixels; `change` draws.
 */
export function startZoom(over, id, view, axes, box, change) {
  let last = zoomIdentity; // the ranges are those of now, moved by what d3's transform has changed
  const behavior = zoom().extent(() => [[box().left, box().top], [box().right, box().bottom]]);
  behavior.filter((event) => (event.type === "wheel" ? event.ctrlKey || event.metaKey : event.touches ? event.touches.length > 1 : event.shiftKey));
  behavior.wheelDelta(({ deltaY, deltaMode }) => -deltaY * (deltaMode ? 0.1 : 0.006));
  behavior.on("zoom", ({ transform }) => {
    const { left, top, right, bottom } = box();
    view.x = [left, right].map((pixel) => axes().toX.invert(last.applyX(transform.invertX(pixel))));
    view.y = [bottom, top].map((pixel) => axes().toY.invert(last.applyY(transform.invertY(pixel))));
    last = transform;
    change();
  });
  over.call(behavior);
  const [closer, wider, all] = element(id).children;
  closer.onclick = () => over.call(behavior.scaleBy, STEP);
  wider.onclick = () => over.call(behavior.scaleBy, 1 / STEP);
  all.onclick = () => {
    Object.assign(view, { x: null, y: null });
    change();
  };
}
