import path from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { type Page, expect } from "@playwright/test";
import { runtime, screenshotFolder } from "./runtime";

const DESKTOP = { width: 1280, height: 900 };
export const PHONE = { width: 390, height: 844 };

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Waits until nothing moves and nothing is loading. */
export async function settle(page: Page) {
  await expect(page.locator("main")).toBeVisible();
  await expect(page.getByLabel("Loading", { exact: true })).toHaveCount(0);
  await page.evaluate(async () => {
    const passing = document.getAnimations().filter(({ effect }) => effect?.getComputedTiming().iterations !== Infinity);
    await Promise.allSettled(passing.map(({ finished }) => finished));
  });
}

/** Whether axe finds nothing: WCAG 2.0 to 2.2, A and AA, and its best practices. */
export async function expectAccessible(page: Page) {
  await settle(page);
  const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
  const found = violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${help}: ${target.join(" ")}: ${failureSummary?.split("\n").at(-1)?.trim()}`),
  );
  expect(found, `accessibility of ${page.url()}`).toEqual([]);
}

/** Whether all of the page is on the screen from left to right. */
export async function expectNoOverflow(page: Page) {
  const [inner, outer] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  expect(inner, `width of ${page.url()}`).toBeLessThanOrEqual(outer ?? 0);
}

/** What a page is looked at in. */
export const LOOKS = {
  light: (page: Page) => look(page, "light", DESKTOP),
  dark: (page: Page) => look(page, "dark", DESKTOP),
  phone: (page: Page) => look(page, "light", PHONE),
};

async function look(page: Page, colorScheme: "light" | "dark", size: typeof DESKTOP) {
  await page.emulateMedia({ colorScheme });
  await page.setViewportSize(size);
}

/** A proposal in the inbox's list. */
export function proposalIn(page: Page, { name }: { name: string }) {
  return page.getByRole("list", { name: "Proposals that wait for your vote" }).getByRole("button").filter({ hasText: name });
}

/** With `SCREENSHOTS=1`: pictures for the documentation, `docs/screenshots/<name>-{light,dark,phone}.png`. */
export async function shoot(page: Page, name: string) {
  if (process.env.SCREENSHOTS !== "1") return;
  for (const [kind, change] of Object.entries(LOOKS)) {
    await change(page);
    await settle(page);
    await page.screenshot({ path: path.join(screenshotFolder, `${name}-${kind}.png`) });
  }
  await LOOKS.light(page);
}

/** Whether a development server answers: it is slow and sends much, and nobody else has it. */
export async function isDevelopment(page: Page): Promise<boolean> {
  // The browser resolves names of `localhost` by itself, which Node.js leaves to the system.
  await page.goto(runtime.CONSOLE_URL);
  return (await page.content()).includes("hmr-client");
}
