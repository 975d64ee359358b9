import { type BrowserContext, type Page, test as base } from "@playwright/test";
import { Faults } from "./faults";
import { type Person, signIn } from "./people";
import { runtime } from "./runtime";
import { World } from "./world";

export { expect } from "@playwright/test";
export { LOOKS, PHONE, expectAccessible, expectNoOverflow, isDevelopment, proposalIn, settle, shoot } from "./looks";
export { unique } from "./world";

/** Whose browsers are there; each is signed in. */
const ROLES = ["admin", "ada", "grace", "viewer"] as const;
type RoleName = (typeof ROLES)[number];

type Tests = {
  /** What must not happen; checked after each test for every page of these fixtures. */
  faults: Faults;
  /** A tab in the browser of a role, or in the one that has this page; or in a new browser of somebody, or of nobody yet. */
  open: (who: RoleName | Page | Person | "nobody") => Promise<Page>;
} & Record<RoleName, Page>;

type Workers = {
  world: World;
  /** The browser of each role, for as long as the worker lives: its cookie is another after each page load. */
  browsers: (role: RoleName) => Promise<BrowserContext>;
};

const CONTEXT = {
  baseURL: runtime.CONSOLE_URL,
  ignoreHTTPSErrors: true,
  acceptDownloads: true,
  colorScheme: "light",
  reducedMotion: "reduce",
  viewport: { width: 1280, height: 900 },
} as const;

export const test = base.extend<Tests, Workers>({
  world: [async ({}, give) => give(await World.create()), { scope: "worker" }],

  browsers: [
    async ({ browser, world }, give) => {
      const contexts = new Map<RoleName, BrowserContext>();
      await give(async (role) => {
        const known = contexts.get(role);
        if (known) return known;
        const context = await browser.newContext(CONTEXT);
        contexts.set(role, context);
        await signIn(context, world[role]);
        return context;
      });
      for (const context of contexts.values()) await context.close();
    },
    { scope: "worker" },
  ],

  faults: [
    async ({}, give) => {
      const faults = new Faults();
      await give(faults);
      faults.assertNone();
    },
    { auto: true },
  ],

  open: async ({ browser, browsers, faults }, give) => {
    const pages: Page[] = [];
    const contexts: BrowserContext[] = [];
    const contextOf = async (who: RoleName | Page | Person | "nobody") => {
      if (isRole(who)) return browsers(who);
      if (typeof who === "object" && "context" in who) return who.context();
      const context = await browser.newContext(CONTEXT);
      contexts.push(context);
      if (who !== "nobody") await signIn(context, who);
      return context;
    };
    await give(async (who) => {
      const context = await contextOf(who);
      const page = await context.newPage();
      faults.watch(page);
      pages.push(page);
      return page;
    });
    for (const page of pages) await page.close();
    for (const context of contexts) await context.close();
  },

  admin: async ({ open }, give) => give(await open("admin")),
  ada: async ({ open }, give) => give(await open("ada")),
  grace: async ({ open }, give) => give(await open("grace")),
  viewer: async ({ open }, give) => give(await open("viewer")),
});

function isRole(who: unknown): who is RoleName {
  return ROLES.some((role) => role === who);
}
