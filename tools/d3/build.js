// Writes the parts of d3 that the pages use as one module of theirs, with the licence.
import { readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const contents = 'export { ticks } from "d3-array"; export { contours } from "d3-contour";';
const { outputFiles } = await build({
  stdin: { contents, resolveDir: import.meta.dirname }, bundle: true, minify: true, format: "esm", target: "es2022", write: false,
});
const names = ({ 1: listed }) => listed.split(",").map((pair) => pair.split(" as ").reverse().join(":")).join();
const code = outputFiles[0].text.trim().replace(/export\{(.*)\};?$/, (...match) => `return{${names(match)}};`);
const { dependencies } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf-8"));
const versions = ["d3-array", "d3-contour"].map((name) => `${name} ${dependencies[name]}`).join(", ");
const licence = readFileSync(new URL("node_modules/d3-contour/LICENSE", import.meta.url), "utf-8").trim();
const text = `// @ts-nocheck\n/*! Parts of ${versions}, written by tools/d3.\n\n${licence}\n*/\n/** @type {any} */\nexport const d3 = (() => {\n${code}\n})();\n`;
writeFileSync(new URL("../../src/sunfront/report/web/d3.js", import.meta.url), text);
