import fs from "node:fs/promises";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { chromium } from "@playwright/test";
import lighthouse, { desktopConfig } from "lighthouse";
import { expect, isDevelopment, test } from "./fixtures";
import { signIn } from "./people";
import { runtime } from "./runtime";

const GOOD = 95;

for (const device of ["desktop", "mobile"] as const) {
  test(`Lighthouse finds the inbox good on ${device}`, async ({ world, launchOptions }) => {
    test.setTimeout(180_000);
    await world.proposal();
    const port = await freePort();
    const profile = await fs.mkdtemp(path.join(os.tmpdir(), "lighthouse-"));
    const context = await chromium.launchPersistentContext(profile, {
      ...launchOptions,
      args: [...(launchOptions.args ?? []), `--remote-debugging-port=${port}`, "--ignore-certificate-errors"],
      ignoreHTTPSErrors: true,
    });
    try {
      test.skip(await isDevelopment(await context.newPage()), "it says nothing about a development server");
      await signIn(context, world.ada);
      const run = await lighthouse(
        runtime.CONSOLE_URL,
        {
          port,
          disableStorageReset: true,
          logLevel: "error",
          onlyCategories: ["performance", "accessibility", "best-practices"],
        },
        device === "desktop" ? desktopConfig : undefined,
      );
      if (!run) throw new Error("Lighthouse gave no result");
      const { categories, audits } = run.lhr;
      const scores = Object.fromEntries(Object.values(categories).map(({ id, score }) => [id, Math.round((score ?? 0) * 100)]));
      const failed = Object.values(audits).filter(({ score, scoreDisplayMode }) => score !== null && score < 0.9 && scoreDisplayMode !== "informative");
      const report = `${device}: ${JSON.stringify(scores)}; below 90: ${failed.map(({ id, displayValue }) => [id, displayValue].filter(Boolean).join(" ")).join(", ")}`;
      test.info().annotations.push({ type: "lighthouse", description: report });
      console.log(report);
      expect(run.lhr.finalDisplayedUrl).toContain(runtime.CONSOLE_URL);
      expect(scores["accessibility"]).toBeGreaterThanOrEqual(GOOD);
      expect(scores["best-practices"]).toBeGreaterThanOrEqual(GOOD);
      // A simulated phone is as slow as the machine that simulates it: what it says is reported only.
      if (device === "desktop") expect(scores["performance"]).toBeGreaterThanOrEqual(GOOD);
    } finally {
      await context.close();
      await fs.rm(profile, { recursive: true, force: true });
    }
  });
}

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
