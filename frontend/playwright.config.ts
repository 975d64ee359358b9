import { defineConfig } from "@playwright/test";
import { runtime } from "./e2e/runtime";

/** The browser tests; `e2e/README.md` says how they are run. */
export default defineConfig({
  testDir: "e2e",
  outputDir: "../.local/e2e/results",
  // A role has one session, whose refresh cookie is another after each page load: two workers would take it from each other.
  workers: 1,
  forbidOnly: true,
  retries: 0,
  timeout: 90_000,
  expect: { timeout: 10_000 },
  reporter: [["list"], ["json", { outputFile: "../.local/e2e/report.json" }]],
  use: {
    baseURL: runtime.CONSOLE_URL,
    ignoreHTTPSErrors: true,
    screenshot: "only-on-failure",
    trace: { mode: "retain-on-failure", screenshots: false },
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    },
  },
});
