// TypeScript islands -> static/built/, one file for each page that has one. `--watch` builds again on each change.

import { readFileSync, readdirSync, writeFileSync } from "node:fs";

import { build, context } from "esbuild";

const options = {
  entryPoints: { desk: "src/desk/main.tsx" },
  outdir: "static/built",
  bundle: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  minify: true,
  sourcemap: false,
  metafile: true,
  logLevel: "warning",
};

if (process.argv.includes("--watch")) await (await context(options)).watch();
else licences((await build(options)).metafile);

// What is bundled is other people's work: their licences go with it.
function licences({ inputs }) {
  const packages = new Set(Object.keys(inputs).map((path) => path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1]).filter(Boolean));
  const texts = [...packages].sort().map((name) => {
    const file = readdirSync(`node_modules/${name}`).find((each) => /^licen[cs]e/i.test(each));
    const text = file ? readFileSync(`node_modules/${name}/${file}`, "utf8") : JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8")).license;
    return `${name}\n\n${text.trim()}\n`;
  });
  writeFileSync("static/built/LICENSES.txt", texts.join("\n----\n\n"));
}
