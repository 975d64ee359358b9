import { expect, isDevelopment, settle, test } from "./fixtures";
import { ROUTES, addressOf } from "./routes";

/** How much script a page may send before it is of use, compressed, in bytes. */
const LIMIT = 200_000;

for (const route of ROUTES) {
  test(`${route} asks for little script`, async ({ world, admin }) => {
    test.skip(await isDevelopment(admin), "it says nothing about a development server");
    const address = await addressOf(route, world);
    const devtools = await admin.context().newCDPSession(admin);
    const scripts = new Set<string>();
    let weight = 0;
    devtools.on("Network.responseReceived", ({ requestId, type }) => type === "Script" && scripts.add(requestId));
    devtools.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
      if (scripts.has(requestId)) weight += encodedDataLength;
    });
    await devtools.send("Network.enable");
    await devtools.send("Network.setCacheDisabled", { cacheDisabled: true });
    await admin.goto(address);
    await settle(admin);
    await expect(admin.getByTestId("live")).toHaveText("Live");
    test.info().annotations.push({ type: "script", description: `${(weight / 1000).toFixed(1)} kB` });
    console.log(`${route}: ${(weight / 1000).toFixed(1)} kB of script`);
    expect(weight).toBeGreaterThan(0);
    expect(weight).toBeLessThan(LIMIT);
  });
}
