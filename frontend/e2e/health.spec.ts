import { LOOKS, expect, expectAccessible, expectNoOverflow, settle, shoot, test, unique } from "./fixtures";
import { sql } from "./sql";

test("everybody sees how each part is and has been, and what load balancers are told", async ({ viewer }) => {
  await viewer.goto("/health");
  const parts = viewer.getByRole("table", { name: "Parts" });
  await expect(parts.getByRole("row", { name: /^Database/ })).toContainText(/\d ms/);
  for (const window of ["24 hours", "7 days", "30 days", "90 days"]) {
    await expect(parts.getByRole("columnheader", { name: window })).toBeVisible();
  }
  await expect(viewer.getByRole("region", { name: "Services" }).getByRole("article", { name: "council-service" })).toContainText("ready");
  await expect(viewer.getByRole("region", { name: "What load balancers see" })).toContainText(/HTTP status\s*(200|503)/);
  await expect(viewer.getByRole("link", { name: "Public status page" })).toHaveAttribute("href", /\/status$/);
  for (const change of Object.values(LOOKS)) {
    await change(viewer);
    await expectAccessible(viewer);
    await expectNoOverflow(viewer);
  }
  await LOOKS.light(viewer);
  await shoot(viewer, "health");
});

test("an admin tells everybody about an incident, and takes it back", async ({ admin, viewer }) => {
  const part = unique("part");
  // What is to be told of is made as the aggregator would have made it: no part is broken for it.
  await sql(
    `INSERT INTO incidents (id, check_name, impact, opened_at, closed_at)
     VALUES (gen_random_uuid(), '${part}', 'degraded', now() - interval '90 seconds', now())`,
  );
  const note = `A switch was replaced (${part}).`;
  await admin.goto("/health");
  const row = admin.getByRole("table", { name: "Incidents" }).getByRole("row").filter({ hasText: part });
  await expect(row).toContainText("1 min 30 s");
  await row.getByRole("button", { name: new RegExp(`Write a note on ${part}`) }).click();
  const dialog = admin.getByRole("dialog", { name: "A note on this incident" });
  await dialog.getByLabel("What people are told").fill(note);
  await expectAccessible(admin);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(row).toContainText(note);

  await viewer.goto("/health");
  await settle(viewer);
  await expect(viewer.getByText(note)).toBeVisible();
  await expect(viewer.getByRole("button", { name: /Write a note/ })).toHaveCount(0);

  await row.getByRole("button").click();
  await expect(dialog.getByLabel("What people are told")).toHaveValue(note);
  await dialog.getByLabel("What people are told").fill("");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(row).toContainText("nothing yet");
});

test("what was known stays, and is said to be old, while nobody tells how things are", async ({ viewer, faults }) => {
  faults.expect(/ERR_INTERNET_DISCONNECTED/);
  await viewer.goto("/health");
  await expect(viewer.getByRole("table", { name: "Parts" })).toBeVisible();
  await viewer.context().setOffline(true);
  await expect(viewer.getByText("This is old")).toBeVisible({ timeout: 30_000 });
  await expect(viewer.getByRole("table", { name: "Parts" })).toBeVisible();
  await viewer.context().setOffline(false);
  await viewer.getByRole("button", { name: "Ask again" }).click();
  await expect(viewer.getByText("This is old")).toHaveCount(0);
});
