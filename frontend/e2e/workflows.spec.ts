import { LOOKS, expect, expectAccessible, expectNoOverflow, settle, shoot, test } from "./fixtures";
import { runtime } from "./runtime";

test("the list is filtered by what stands in the address", async ({ world, ada }) => {
  const { type, council, workflow } = await world.proposal();
  const other = await world.propose(type);
  await world.vote(other.id, world.ada, "reject");
  const rows = ada.getByRole("table", { name: "Workflows" }).getByRole("link", { name: type.name });
  await ada.goto(`/workflows?type=${type.id}`);
  await expect(rows).toHaveCount(2);
  await ada.getByRole("checkbox", { name: "rejected" }).check();
  await expect(rows).toHaveCount(1);
  await expect(ada).toHaveURL(/status=rejected/);
  await ada.getByRole("checkbox", { name: "pending review" }).check();
  await expect(rows).toHaveCount(2);
  for (const change of Object.values(LOOKS)) {
    await change(ada);
    await expectAccessible(ada);
    await expectNoOverflow(ada);
  }
  await LOOKS.light(ada);
  await ada.goto(`/workflows?council=${council.id}&status=pending_review&by=agent`);
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
  await expect(viewer.getByText("The campaign was called off.")).toBeVisible();
  await expect(viewer.getByText("The steps are shown as the type has them.")).toBeVisible();
  for (const name of ["Approve", "Cancel", "Try again", "Break glass"]) {
    await expect(viewer.getByRole("button", { name, exact: true })).toHaveCount(0);
  }
  await expectAccessible(viewer);
});
