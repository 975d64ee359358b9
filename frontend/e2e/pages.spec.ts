import { LOOKS, expect, expectAccessible, expectNoOverflow, settle, shoot, test } from "./fixtures";
import { ROUTES, addressOf } from "./routes";

/** For who is no admin, all pages of admins are the same notice. */
const NOTICE = "/admin/users";

for (const route of ROUTES) {
  for (const role of ["admin", "viewer"] as const) {
    if (role === "viewer" && route.startsWith("/admin/") && route !== NOTICE) continue;
    test(`${route} is fit for everybody, as ${role}`, async ({ world, open }) => {
      const address = await addressOf(route, world);
      const page = await open(role);
      await page.goto(address);
      await settle(page);
      await expect(page).toHaveTitle(/.+ · Codex Dominion$/);
      for (const [look, change] of Object.entries(LOOKS)) {
        await test.step(look, async () => {
          await change(page);
          await expectAccessible(page);
          await expectNoOverflow(page);
        });
      }
      if (role === "admin") await shoot(page, route === "/" ? "inbox" : route.replace(/\/\[[^\]]+\]/, "-one").slice(1).replaceAll("/", "-"));
    });
  }
}

test("an address that leads nowhere says so", async ({ viewer, faults }) => {
  faults.expect(/404/);
  await viewer.goto("/no/such/page");
  await expect(viewer.getByRole("heading", { name: "There is no such page" })).toBeVisible();
  await expectAccessible(viewer);
});
