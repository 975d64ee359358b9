import { LOOKS, expect, expectAccessible, expectNoOverflow, proposalIn, settle, shoot, test } from "./fixtures";
import { runtime } from "./runtime";
import { totpCode } from "./totp";

test("the list is filtered by what stands in the address", async ({ world, ada }) => {
  const { type, council, workflow } = await world.proposal();
  const other = await world.propose(type);
  await world.vote(other.id, world.ada, "reject");
  const rows = ada.getByRole("table", { name: "Workflows" }).getByRole("link", { name: type.name });
  await ada.goto(`/workflows?type=${type.id}`);
  await expect(rows).toHaveCount(2);
  const status = (name: string) => ada.getByRole("group", { name: "Status" }).getByText(name, { exact: true });
  await status("rejected").click();
  await expect(ada.getByRole("checkbox", { name: "rejected" })).toBeChecked();
  await expect(rows).toHaveCount(1);
  await expect(ada).toHaveURL(/status=rejected/);
  await status("pending review").click();
  await expect(rows).toHaveCount(2);
  for (const change of Object.values(LOOKS)) {
    await change(ada);
    await expectAccessible(ada);
    await expectNoOverflow(ada);
  }
  await LOOKS.light(ada);
  await ada.goto(`/workflows?council=${council.id}&status=pending_review&by=${workflow.proposed_by.id}`);
  await expect(rows).toHaveCount(1);
  await expect(rows).toHaveAttribute("href", `/workflows/${workflow.id}`);
  await ada.goto(`/workflows?type=${type.id}&by=me`);
  await expect(ada.getByText("No workflow matches")).toBeVisible();
  await ada.getByRole("button", { name: "Clear filters" }).click();
  await expect(ada).toHaveURL(/\/workflows$/);
});

test("a run is followed as it goes, to its result, and its evidence holds", async ({ world, ada }) => {
  const { type, workflow } = await world.proposal();
  await ada.goto(`/workflows/${workflow.id}`);
  await expect(ada.getByText("Nobody has voted yet")).toBeVisible();
  await world.vote(workflow.id, world.ada, "approve", "Fits the plan.");
  await expect(ada.getByText("Fits the plan.")).toBeVisible();
  await world.vote(workflow.id, world.grace, "approve");
  await expect(ada.getByRole("heading", { name: type.name })).toBeVisible();
  await expect(ada.getByRole("region", { name: "Progress" }).getByText("completed")).toHaveCount(2);
  await expect(ada.getByRole("region", { name: "Result" })).toContainText("<h1>Autumn sale</h1>");
  await expectAccessible(ada);
  await shoot(ada, "workflow");

  await ada.getByRole("button", { name: "Check it here" }).click();
  const dialog = ada.getByRole("dialog", { name: "Check the evidence" });
  await dialog.getByLabel("Public key").fill("not a key");
  await dialog.getByRole("button", { name: "Check", exact: true }).click();
  await expect(dialog).toContainText("This is no public key");
  await dialog.getByLabel("Public key").fill(runtime.AUDIT_PUBLIC_KEY ?? "");
  await dialog.getByRole("button", { name: "Check", exact: true }).click();
  await expect(dialog).toContainText("2 votes are on that digest");
  await expect(dialog).toContainText("none was left out");
  await expect(dialog).not.toContainText("does not hold:");
  await expectAccessible(ada);
  await shoot(ada, "evidence");
});

test("an admin cancels with a reason; a viewer sees it and has no acts", async ({ world, admin, viewer }) => {
  const { workflow } = await world.proposal();
  await admin.goto(`/workflows/${workflow.id}`);
  await admin.getByRole("button", { name: "Cancel", exact: true }).click();
  const dialog = admin.getByRole("dialog", { name: "Cancel this workflow?" });
  await dialog.getByLabel("Reason").fill("The campaign was called off.");
  await expectAccessible(admin);
  await dialog.getByRole("button", { name: "Cancel the workflow" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(admin.getByRole("button", { name: "Break glass" })).toHaveCount(0);
  expect((await world.workflow(workflow.id)).status).toBe("cancelled");

  await viewer.goto(`/workflows/${workflow.id}`);
  await settle(viewer);
  await expect(viewer.getByText("The campaign was called off.").first()).toBeVisible();
  await expect(viewer.getByText("The steps are shown as the type has them.")).toBeVisible();
  for (const name of ["Approve", "Cancel", "Try again", "Break glass"]) {
    await expect(viewer.getByRole("button", { name, exact: true })).toHaveCount(0);
  }
  await expectAccessible(viewer);
});

test("what was approved cools off, and its chair vetoes it with a reason", async ({ world, ada }) => {
  const { workflow } = await world.proposal({
    council: { policy: { decision_rule: { kind: "approvals", required: 1 }, cooling_off_seconds: 3600 } },
  });
  await world.vote(workflow.id, world.grace, "approve");
  await ada.goto(`/workflows/${workflow.id}`);
  await ada.getByRole("button", { name: "Veto", exact: true }).click();
  const dialog = ada.getByRole("dialog", { name: "Veto this workflow?" });
  await dialog.getByLabel("Reason").fill("The price list behind it is an old one.");
  await expectAccessible(ada);
  await dialog.getByRole("button", { name: "Veto it" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(ada.getByText("The price list behind it is an old one.").first()).toBeVisible();
  expect((await world.workflow(workflow.id)).status).toBe("cancelled");
});

test("an admin breaks the glass with a code, and the councils are asked whether that was right", async ({ world, open, ada, faults }) => {
  faults.expect(/40[13]|422/);
  const council = await world.council();
  const type = await world.type(council.domain);
  // Whoever answers for the proposer has broken no glass that nobody has ratified yet.
  const by = await world.agent({ owner: await world.person("council_operator") });
  const workflow = await world.propose(type, { by });
  const admin = await world.person("admin");
  const page = await open(admin);
  await page.goto(`/workflows/${workflow.id}`);
  const dialog = page.getByRole("dialog", { name: "Run it without approval?" });
  await page.getByRole("button", { name: "Break glass" }).click();
  await expect(dialog).toContainText("This needs an authenticator");
  await page.keyboard.press("Escape");

  const secret = await admin.setUpAuthenticator();
  await page.reload();
  await page.getByRole("button", { name: "Break glass" }).click();
  await dialog.getByLabel("Why it can't wait").fill("The shop shows a wrong price to everybody.");
  await dialog.getByLabel("Code of your authenticator").fill("000000");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Run it now" }).click();
  await expect(dialog.getByRole("alert").last()).toBeVisible();
  expect((await world.workflow(workflow.id)).status).toBe("pending_review");
  // The code that turned the authenticator on is taken only once: this is the next.
  await dialog.getByLabel("Code of your authenticator").fill(totpCode(secret, 1));
  await dialog.getByRole("button", { name: "Run it now" }).click();
  await expect(dialog).toHaveCount(0);
  await world.until(workflow.id, "completed");
  await expect(page.getByText("The shop shows a wrong price to everybody.").first()).toBeVisible();
  await expectAccessible(page);

  await ada.goto("/");
  await proposalIn(ada, type).click();
  await expect(ada.getByRole("article", { name: type.name })).toContainText("The shop shows a wrong price to everybody.");
});
