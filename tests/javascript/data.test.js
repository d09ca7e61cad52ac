// Numbers as text, and ranges of columns.

import assert from "node:assert/strict";
import { test } from "node:test";
import { build } from "esbuild";

const empty = { columns: [], values: {}, table_rows: [], front: [], quantities: {}, bounds_of: {} };
globalThis.document = { getElementById: () => ({ textContent: JSON.stringify(empty) }) };
const web = new URL("../../src/sunfront/report/web/", import.meta.url);
const modules = new URL("node_modules/", import.meta.url).pathname;
const { outputFiles: [{ text }] } = await build({ entryPoints: [new URL("data.js", web).pathname], nodePaths: [modules], bundle: true, format: "esm", write: false });
const { bestScale, digitsOf, extent, formatNumber, isOne, unpackDoubles, unpackFloats } = await import(`data:text/javascript,${encodeURIComponent(text)}`);

test("numbers have significant digits and separators", () => {
  assert.equal(formatNumber(1234567), "1,234,567");
  assert.equal(formatNumber(0.00123456, 3), "0.00123");
  assert.equal(formatNumber(-0), "0");
  assert.equal(formatNumber(2.5e-7, 2), "2.5e-7");
  assert.equal(formatNumber(-2e-7), "-2e-7");
  assert.deepEqual([0.99996, 999.96, 12345.6, 10000, 0.1].map((value) => formatNumber(value)), ["1", "1,000", "12,346", "10,000", "0.1"]);
  assert.deepEqual([Infinity, -Infinity, NaN].map((value) => formatNumber(value)), ["∞", "-∞", "–"]);
});

test("marks of an axis have as many digits as they differ in", () => {
  assert.deepEqual([[0, 50, 100], [925.7, 925.72], [7]].map((marks) => digitsOf(marks)), [3, 6, 3]);
});

test("the best unit leaves one to three digits before the point", () => {
  const scales = [["W", 1000], ["kW", 1], ["MW", 0.001]];
  assert.deepEqual([0.5, 20, 4000, 0, NaN].map((value) => bestScale(scales, value)[0]), ["W", "kW", "MW", "kW", "kW"]);
});

test("a range leaves out what is not finite", () => {
  assert.deepEqual(extent(Float32Array.of(3, NaN, -Infinity, 1, Infinity)), [1, 3]);
  assert.deepEqual(extent([NaN]), [0, 1]);
  assert.equal(isOne([1, 1 + 1e-7]), true);
  assert.equal(isOne([1, 1.01]), false);
  assert.equal(isOne([1, 1.01], 0.1), true);
});

test("columns are read as they were packed", () => {
  const packed = (values) => Buffer.from(values.buffer).toString("base64");
  assert.deepEqual([...unpackFloats(packed(Float32Array.of(1.5, -2)))], [1.5, -2]);
  assert.deepEqual([...unpackDoubles(packed(Float64Array.of(0.1)))], [0.1]);
});
