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
  test(`${route} asks for little script`, async ({ world, admin }) => {
    test.skip(await isDevelopment(admin), "it says nothing about a development server");
    const address = await addressOf(route, world);
    const devtools = await admin.context().newCDPSession(admin);
    const scripts = new Map<string, { path: string; bytes: number }>();
    devtools.on("Network.responseReceived", ({ requestId, type, response }) => {
      if (type === "Script") scripts.set(requestId, { path: new URL(response.url).pathname, bytes: 0 });
    });
    devtools.on("Network.dataReceived", ({ requestId, encodedDataLength }) => {
      const script = scripts.get(requestId);
      if (script) script.bytes += encodedDataLength;
    });
    await devtools.send("Network.enable");
    await devtools.send("Network.setCacheDisabled", { cacheDisabled: true });
    const page = (await (await admin.goto(address))?.text()) ?? "";
    await settle(admin);
    await expect(admin.getByTestId("live")).toHaveText("Live");
    await admin.waitForLoadState("load");
    const all = [...scripts.values()];
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
