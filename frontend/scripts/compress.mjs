// Puts a Brotli form beside each built script and style: `x.br.js` beside `x.js`. `next.config.ts` has it sent to whoever
// takes it.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const folder = ".next/standalone/.next/static";
const built = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
  /(?<!\.br)\.(js|css)$/.test(name),
);
for (const name of built) {
  const content = readFileSync(path.join(folder, name));
  const params = { [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
  writeFileSync(path.join(folder, name.replace(/\.(js|css)$/, ".br.$1")), brotliCompressSync(content, { params }));
}
