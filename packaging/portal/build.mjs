// Builds the portal's styles and scripts: node build.mjs SOURCES TARGET
// Every file gets a name with its digest, so that browsers keep it forever, and stands beside itself in brotli and gzip.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import * as sass from "sass";

const [sources, target] = process.argv.slice(2);
const modules = join(import.meta.dirname, "node_modules");
const names = {};

mkdirSync(target, { recursive: true });

function emit(name, content) {
  const bytes = Buffer.from(content);
  const digest = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  const hashed = `${name.slice(0, -extname(name).length)}-${digest}${extname(name)}`;
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  writeFileSync(join(target, hashed), bytes);
  writeFileSync(join(target, `${hashed}.br`), brotliCompressSync(bytes, { params }));
  writeFileSync(join(target, `${hashed}.gz`), gzipSync(bytes, { level: 9 }));
  names[name] = hashed;
}

const styles = sass.compile(join(sources, "styles", "portal.scss"), { loadPaths: [modules], style: "compressed", quietDeps: true });
emit("portal.css", styles.css);

const scripts = await esbuild.build({
  entryPoints: [join(sources, "scripts", "portal.js")],
  bundle: true,
  format: "esm",
  legalComments: "none",
  minify: true,
  nodePaths: [modules],
  target: "es2020",
  write: false,
});
// What is served names nobody else's service, not even in the text of an error.
emit("portal.js", scripts.outputFiles[0].text.replaceAll("GOV.UK Frontend", "govuk-frontend"));

for (const name of readdirSync(join(sources, "images"))) emit(name, readFileSync(join(sources, "images", name)));

writeFileSync(join(target, "names.json"), `${JSON.stringify(names, null, 2)}\n`);
