// Writes what a page embeds, src/sunfront/report/web/built: the script of each page with all that it imports, and the styles,
// minified; and the licences. With --check it compares instead, and fails on a difference.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const web = new URL("../../src/sunfront/report/web/", import.meta.url), modules = new URL("node_modules/", import.meta.url);
const styles = readdirSync(web).filter((name) => name.endsWith(".css"));
const { outputFiles, metafile } = await build({
  entryPoints: ["report.js", "comparison.js", "calculator.js", "plan.js", ...styles].map((name) => new URL(name, web).pathname),
  outdir: new URL("built", web).pathname, nodePaths: [modules.pathname],
  bundle: true, minify: true, format: "iife", target: "es2023", charset: "utf8", metafile: true, write: false,
});

/** The text of a licence of each kind, under the names and copyrights of what has it. */
function licences(inputs) {
  // What is imported only in part may come with nothing of a package that it imports itself.
  const packages = [...new Set(Object.keys(inputs).filter((path) => inputs[path].bytesInOutput !== 0).map((path) => path.match(/node_modules\/([^/]+)/)?.[1]))].filter(Boolean).sort();
  const kinds = new Map();
  for (const name of packages) {
    const folder = new URL(`${name}/`, modules), { version } = JSON.parse(readFileSync(new URL("package.json", folder), "utf-8"));
    const text = readFileSync(new URL("LICENSE", folder), "utf-8"), terms = text.replace(/^Copyright .*\n/gm, "").trim();
    const holders = text.match(/^Copyright .*$/gm).join(", ");
    kinds.set(terms, [...(kinds.get(terms) ?? []), [`${name} ${version}`, holders]]);
  }
  return [...kinds].map(([terms, of]) => {
    const holders = new Map();
    for (const [name, holder] of of) holders.set(holder, [...(holders.get(holder) ?? []), name]);
    return `${[...holders].map(([holder, names]) => `${names.join(", ")}: ${holder}`).join("\n")}\n\n${terms}\n`;
  }).join("\n");
}

const files = outputFiles.map(({ path, text }) => {
  const name = path.split("/").pop(), [, { inputs }] = Object.entries(metafile.outputs).find(([output]) => output.endsWith(`/${name}`));
  const found = licences(inputs);
  return [name, found ? `/*!\n${found}*/\n${text}` : text];
});
files.push(["LICENSE", licences(metafile.inputs)]);
let stale = 0;
for (const [name, text] of files) {
  const file = new URL(`built/${name}`, web);
  if (!process.argv.includes("--check")) writeFileSync(file, text);
  else if (!existsSync(file) || readFileSync(file, "utf-8") !== text) {
    console.error(`src/sunfront/report/web/built/${name} is not what its sources give: npm run --prefix tests/javascript build`);
    stale++;
  }
}
process.exitCode = stale ? 1 : 0;
