// The parts of d3 that the pages use.

export { brush, brushY } from "d3-brush";
export { contours } from "d3-contour";
export { quadtree } from "d3-quadtree";
export { scaleLinear } from "d3-scale";
export { pointer, select } from "d3-selection";
export { zoom, zoomIdentity } from "d3-zoom";
