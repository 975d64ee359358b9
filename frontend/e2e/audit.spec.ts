import fs from "node:fs/promises";
import type { Page } from "@playwright/test";
import { LOOKS, expect, expectAccessible, expectNoOverflow, settle, test } from "./fixtures";
import { runtime } from "./runtime";
import { sql } from "./sql";
import { unwrap } from "@/api/error";
import type { World } from "./world";

/** Somebody to whom something was done. */
async function renamed(world: World) {
  const person = await world.person("viewer");
  const path = { user_id: person.id };
  unwrap(await world.admin.api.PATCH("/api/admin/users/{user_id}", { params: { path }, body: { name: "Renamed" } }));
  return person;
}

const rows = (page: Page) => page.getByRole("table", { name: "The audit log" }).getByRole("button", { name: /^Details of row/ });

/** A key that is not the one the record is signed with. */
const OTHER_KEY = Buffer.alloc(32, 7).toString("base64");

test("the record is filtered, and a row tells everything", async ({ world, admin }) => {
  const person = await renamed(world);
  await admin.goto("/admin/audit");
  await expect(rows(admin).first()).toBeVisible();
  await expectAccessible(admin);
  await LOOKS.phone(admin);
  await settle(admin);
  await expectNoOverflow(admin);
  await LOOKS.light(admin);
  await admin.getByLabel("Its id").fill(person.id);
  await admin.getByLabel("About what").selectOption("user");
  await expect(rows(admin)).toHaveText(["user.changed", "user.created"]);
  await admin.getByLabel("What", { exact: true }).fill("user.changed");
  await expect(rows(admin)).toHaveText(["user.changed"]);
  await expect(admin).toHaveURL(/action=user\.changed/);
  await admin.reload();
  await expect(rows(admin)).toHaveText(["user.changed"]);

  await rows(admin).click();
  const details = admin.getByRole("dialog", { name: /^Row \d+$/ });
  await expect(details).toContainText("Renamed");
  await expectAccessible(admin);
  await LOOKS.phone(admin);
  await settle(admin);
  await expectNoOverflow(admin);
  await LOOKS.light(admin);
  await details.getByRole("link", { name: "All about the same thing" }).click();
  await expect(details).toHaveCount(0);
  await expect(rows(admin)).toHaveText(["user.changed", "user.created"]);
  await admin.getByLabel("Who").selectOption("Edith Clarke");
  await expect(admin.getByText("No row fits the filters.")).toBeVisible();
  await expectAccessible(admin);
  await admin.getByRole("button", { name: "Clear" }).click();
  await expect(rows(admin).first()).toBeVisible();
});

test("what fits the filters is exported, as lines and as a table", async ({ world, admin }) => {
  const person = await renamed(world);
  // Browsers without a way to write to a file of one's choice save it with the downloads.
  await admin.addInitScript(() => Reflect.deleteProperty(window, "showSaveFilePicker"));
  await expect.poll(() => sql(`select count(*) from audit_seals join audit_log on audit_log.id = audit_id where resource_id = '${person.id}'`)).toBe("2");
  await admin.goto(`/admin/audit?resource_kind=user&resource_id=${person.id}`);
  await expect(rows(admin)).toHaveCount(2);
  const save = async (form: string) => {
    await admin.getByRole("button", { name: "Export" }).click();
    const ask = admin.getByRole("dialog", { name: "Export the record" });
    await ask.getByLabel(form).check();
    await expectAccessible(admin);
    const saved = admin.waitForEvent("download");
    await ask.getByRole("button", { name: "Download" }).click();
    const file = await saved;
    await expect(ask).toHaveCount(0);
    return { name: file.suggestedFilename(), text: await fs.readFile(await file.path(), "utf8") };
  };
  const lines = await save("JSON Lines");
  expect(lines.name).toMatch(/^audit-log-\d{4}-\d\d-\d\d\.jsonl$/);
  type Line = { record?: { resource_id: string; action: string } };
  const found = lines.text.trim().split("\n").map((line) => JSON.parse(line) as Line);
  // After the rows come the checkpoints that they are proved with.
  expect(found.flatMap(({ record }) => (record ? [[record.action, record.resource_id]] : []))).toEqual([
    ["user.created", person.id],
    ["user.changed", person.id],
  ]);
  const table = await save("CSV");
  expect(table.name).toMatch(/\.csv$/);
  expect(table.text).toContain("user.changed");
  expect(table.text.trim().split("\n")).toHaveLength(3);
});

test("the browser verifies the record with the public key, and does not believe another", async ({ admin }) => {
  await admin.goto("/admin/audit");
  await admin.getByRole("link", { name: "Verify" }).click();
  await expect(admin.getByRole("heading", { level: 1, name: "Verify the record" })).toBeVisible();
  const key = admin.getByLabel("Public key");
  await key.fill("no key");
  await admin.getByRole("button", { name: "Verify" }).click();
  await expect(key).toHaveAccessibleDescription(/no such key/);
  await expectAccessible(admin);

  await key.fill(runtime.AUDIT_PUBLIC_KEY);
  await admin.getByRole("button", { name: "Verify" }).click();
  const result = admin.getByTestId("verification");
  await expect(result.getByRole("status")).toHaveText("Everything that was checked holds");
  await expect(result).toContainText("from the first row of the record on");
  await expect(result).toContainText(/[1-9]\d* signatures? \(Ed25519\) of the key \S+ (is|are) good/);
  await expectAccessible(admin);
  await LOOKS.phone(admin);
  await settle(admin);
  await expectNoOverflow(admin);
  await LOOKS.light(admin);

  await key.fill(OTHER_KEY);
  await admin.getByRole("button", { name: "Verify" }).click();
  await expect(result.getByRole("alert")).toContainText("is not signed by the key");
  await expectAccessible(admin);
  await key.fill("");
});
