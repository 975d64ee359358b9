import path from "node:path";
import type { NextConfig } from "next";
import { PHASE_PRODUCTION_BUILD } from "next/constants";

// `scripts/compress.mjs` puts a `.br.js` beside each built script, and a `.br.css` beside each style. Who takes Brotli is sent
// those: they are a seventh smaller than the gzip that Next.js makes anew for each request.
const BUILT = "/_next/static/:file*.:kind(js|css)";
const TAKES_BROTLI = [{ type: "header" as const, key: "accept-encoding", value: "(?:.*[ ,])?br(?:[ ,;].*)?" }];

export default function config(phase: string): NextConfig {
  const isBuilt = phase === PHASE_PRODUCTION_BUILD;
  return {
    output: "standalone",
    outputFileTracingRoot: path.resolve("."),
    poweredByHeader: false,
    ...(isBuilt && {
      rewrites: async () => ({
        beforeFiles: [{ source: BUILT, has: TAKES_BROTLI, destination: "/_next/static/:file*.br.:kind" }],
        afterFiles: [],
        fallback: [],
      }),
      headers: async () => [
        {
          source: BUILT,
          has: TAKES_BROTLI,
          headers: [
            { key: "Content-Encoding", value: "br" },
            { key: "Vary", value: "Accept-Encoding" },
          ],
        },
      ],
    }),
  };
}
