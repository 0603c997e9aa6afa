// TypeScript islands -> static/built/, one file for each page that has one. `--watch` builds again on each change.

import { context, build } from "esbuild";

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
  legalComments: "linked",
  logLevel: "warning",
};

if (process.argv.includes("--watch")) await (await context(options)).watch();
else await build(options);
