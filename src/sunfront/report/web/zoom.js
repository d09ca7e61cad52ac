// Zoom and pan of a plot: Ctrl and the wheel about the pointer, Shift and a drag, the buttons beside it.

import { element } from "./svg.js";

const STEP = 1.5;

/**
 * `view` holds the range of each axis, or null for the whole; `axes` gives the functions between values and pixels, as
 * drawn, and `box` the plot in pixels; `change` draws. The buttons are the children of the element `id`.
 */
export function startZoom(canvas, id, view, axes, box, change) {
  const scale = (factor, px, py) => {
    const { fromX, fromY } = axes(), { left, top, right, bottom } = box(), ends = (c, a, b) => [c + (a - c) * factor, c + (b - c) * factor];
    const [x, y] = [ends(px, left, right), ends(py, bottom, top)];
    Object.assign(view, { x: x.map(fromX), y: y.map(fromY) });
    change();
  };
  const middle = () => [(box().left + box().right) / 2, (box().top + box().bottom) / 2];
  const whole = () => {
    Object.assign(view, { x: null, y: null });
    change();
  };
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // the wheel alone scrolls the page
    event.preventDefault();
    scale(event.deltaY > 0 ? STEP : 1 / STEP, event.offsetX, event.offsetY);
  }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => {
    if (!event.shiftKey) return;
    event.stopImmediatePropagation();
    canvas.setPointerCapture(event.pointerId);
    const { fromX, fromY } = axes(), { left, top, right, bottom } = box();
    const pan = (move) => {
      const [dx, dy] = [move.offsetX - event.offsetX, move.offsetY - event.offsetY];
      Object.assign(view, { x: [left - dx, right - dx].map(fromX), y: [bottom - dy, top - dy].map(fromY) });
      change();
    };
    canvas.addEventListener("pointermove", pan);
    canvas.addEventListener("lostpointercapture", () => canvas.removeEventListener("pointermove", pan), { once: true });
  });
  const [closer, wider, all] = element(id).children;
  closer.onclick = () => scale(1 / STEP, ...middle());
  wider.onclick = () => scale(STEP, ...middle());
  all.onclick = whole;
}
