import path from "node:path";
import { defineConfig } from "vitest/config";

/** Tests of what needs no browser; they stand beside what they test. */
export default defineConfig({
  resolve: { alias: { "@": path.resolve("src") } },
  test: { include: ["src/**/*.test.ts"] },
});
