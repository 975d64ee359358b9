import type { Request } from "@playwright/test";
import { expect, isDevelopment, settle, test } from "./fixtures";
import { ROUTES, addressOf } from "./routes";

/** How much script a page may name, compressed, in bytes: what it takes before it is of use. */
const LIMIT = 200_000;
/**
 * How much script a page may have asked for once it is idle: with what it fetches after it is of use, such as charts, an editor
 * of code, and what toasts are shown with.
 */
const LIMIT_OF_ALL = 340_000;

for (const route of ROUTES) {
  test(`${route} asks for little script`, async ({ world, open }) => {
    // Somebody new for each: nobody may listen to events too often, and a stream is known to be left only at its next beat.
    const admin = await open(await world.person("admin"));
    test.skip(await isDevelopment(admin), "it says nothing about a development server");
    const address = await addressOf(route, world);
    const asked: Request[] = [];
    admin.on("requestfinished", (request) => request.resourceType() === "script" && asked.push(request));
    // Nothing is taken from the cache.
    await admin.route("**", (route) => route.continue());
    const page = (await (await admin.goto(address))?.text()) ?? "";
    await settle(admin);
    await expect(admin.getByTestId("live")).toHaveText("Live");
    await admin.waitForLoadState("load");
    const all = await Promise.all(
      asked.map(async (request) => ({
        path: new URL(request.url()).pathname,
        // What the browser counts has the heads of answers in it.
        bytes: Number((await (await request.response())?.headerValue("content-length")) ?? NaN),
      })),
    );
    const sum = (some: typeof all) => some.reduce((bytes, script) => bytes + script.bytes, 0);
    const named = sum(all.filter(({ path }) => page.includes(`src="${path}"`)));
    const told = `${(named / 1000).toFixed(1)} kB of script named, ${(sum(all) / 1000).toFixed(1)} kB in all`;
    test.info().annotations.push({ type: "script", description: told });
    console.log(`${route}: ${told}`);
    // Compressed, React alone is 60 kB: less than that was not measured.
    expect(named).toBeGreaterThan(60_000);
    expect(named).toBeLessThan(LIMIT);
    expect(sum(all)).toBeLessThan(LIMIT_OF_ALL);
  });
}
