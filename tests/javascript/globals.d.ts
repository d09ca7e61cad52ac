// What pages have besides their modules: functions that sunfront writes from tapes, and those of the tape's runtime.
declare function model(x: ArrayLike<number>): number[];
declare function roots(x: ArrayLike<number>): number[];
declare function body(x: ArrayLike<number>): number[];
declare function cash(x: ArrayLike<number>): number[];
declare function ground(x: ArrayLike<number>): number[];
declare function meanDecay(x: number): number;
declare function wholePeriods(duration: number, period: number): number;
declare function quotientOrInfinity(a: number, b: number): number;

declare module "d3-brush";
declare module "d3-contour";
declare module "d3-format";
declare module "d3-quadtree";
declare module "d3-scale";
declare module "d3-selection";
declare module "d3-zoom";
