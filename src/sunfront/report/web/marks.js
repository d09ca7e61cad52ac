// Marks of designs in the scatter plot, at a place in pixels.

import { themeValue } from "./canvas.js";

export function dot(context, x, y, radius, color) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = color;
  context.fill();
  context.strokeStyle = themeValue("paper");
  context.lineWidth = 1;
  context.stroke();
}

/** Add a bar between two points, with ends across it, to the path. */
export function bar(context, x0, y0, x1, y1) {
  const [dx, dy] = x0 === x1 ? [3, 0] : [0, 3];
  for (const [ax, ay, bx, by] of [[x0, y0, x1, y1], [x0 - dx, y0 - dy, x0 + dx, y0 + dy], [x1 - dx, y1 - dy, x1 + dx, y1 + dy]]) {
    context.moveTo(ax, ay);
    context.lineTo(bx, by);
  }
}

export function ring(context, x, y, radius, color, width) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.strokeStyle = color;
  context.lineWidth = width;
  context.stroke();
}

/** A design that is sized anew. */
export function diamond(context, x, y) {
  context.beginPath();
  for (const [dx, dy] of [[0, -5], [5, 0], [0, 5], [-5, 0]]) context.lineTo(x + dx, y + dy);
  context.closePath();
  context.strokeStyle = themeValue("mark");
  context.lineWidth = 1.5;
  context.stroke();
}
