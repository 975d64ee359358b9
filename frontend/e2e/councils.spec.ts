import { expect, expectAccessible, expectNoOverflow, test, unique } from "./fixtures";
import { unwrap } from "@/api/error";

// An API that can't list one council's proposals refuses to, and the page finds them among all.
test.beforeEach(({ faults }) => faults.expect(/400/));

test("an admin changes a policy in words, tries it on the past, and saves it", async ({ world, admin }) => {
  const { council, workflow } = await world.proposal();
  await world.vote(workflow.id, world.ada, "approve");
  await world.vote(workflow.id, world.grace, "approve");
  await admin.goto(`/councils/${council.id}?tab=policy`);
  await admin.getByRole("link", { name: "Change the policy" }).click();

  await admin.getByLabel("Approvals needed").fill("3");
  await expect(admin.getByText("the council has 2 seats: 1 to 2 can be asked for")).toBeVisible();
  await admin.getByRole("radio", { name: /^Unanimous/ }).check();
  await admin.getByRole("radio", { name: /^Approvals/ }).check();
  await admin.getByLabel("Approvals needed").fill("1");
  await admin.getByRole("textbox", { name: "Never run" }).fill(`${council.domain}.*`);
  await expect(admin.getByRole("cell", { name: "2 approvals are needed." })).toBeVisible();
  await expect(admin.getByRole("cell", { name: "One approval is enough." })).toBeVisible();
  await admin.getByRole("button", { name: "Try it" }).click();
  await expect(admin.getByText("1 of 1 proposal would have gone another way.")).toBeVisible();
  await expect(admin.locator(`a[href="/workflows/${workflow.id}"]`)).toBeVisible();
  await expectAccessible(admin);
  await expectNoOverflow(admin);

  await admin.getByRole("button", { name: "Save the policy" }).click();
  await expect(admin.getByText("version 2", { exact: true })).toBeVisible();
  await expect(admin.getByText(`Never run: ${council.domain}.*.`)).toBeVisible();
});

test("a policy that somebody else changed meanwhile is not overwritten, and what was typed is kept", async ({ world, admin, faults }) => {
  faults.expect(/412/);
  const council = await world.council();
  await admin.goto(`/councils/${council.id}?tab=policy&edit=1`);
  await admin.getByLabel("Approvals needed").fill("1");
  const path = { council_id: council.id };
  const now = await world.admin.api.GET("/api/councils/{council_id}", { params: { path } });
  const etag = now.response.headers.get("etag") ?? "";
  const policy = { ...council.policy, chair_veto: true };
  unwrap(
    await world.admin.api.PUT("/api/admin/councils/{council_id}/policy", {
      params: { path, header: { "If-Match": etag } },
      body: { policy },
    }),
  );
  await admin.getByRole("button", { name: "Save the policy" }).click();
  await expect(admin.getByText("Somebody changed this council meanwhile")).toBeVisible();
  await admin.getByRole("button", { name: "Load it, keep what I typed" }).click();
  await expect(admin.getByText("Against version 2.")).toBeVisible();
  await expect(admin.getByLabel("Approvals needed")).toHaveValue("1");
  await expect(admin.getByRole("cell", { name: "A chair's rejection decides at once." })).toBeVisible();
});

test("a seat is given, changed and taken, unless the policy could then not be met", async ({ world, admin, faults }) => {
  faults.expect(/409/);
  const council = await world.council();
  const mary = await world.person("council_operator", unique("Mary"));
  await admin.goto(`/councils/${council.id}?tab=people`);
  await admin.getByRole("button", { name: "Seat somebody" }).click();
  await admin.getByLabel("Find a person by name or e-mail address").fill(mary.email);
  await admin.getByRole("button", { name: `Seat ${mary.name} as member` }).click();
  await expect(admin.getByRole("dialog").getByText("has a seat")).toBeVisible();
  await admin.keyboard.press("Escape");
  await admin.getByLabel(`Seat of ${mary.name}`).selectOption("Chair");
  await expect(admin.getByText("Seat saved").first()).toBeVisible();
  await admin.getByRole("button", { name: `Remove ${mary.name}` }).click();
  await admin.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await expect(admin.getByRole("cell", { name: mary.name })).toBeHidden();

  await admin.getByRole("button", { name: `Remove ${world.grace.name}` }).click();
  await admin.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await expect(admin.getByRole("dialog").getByRole("alert")).toBeVisible();
});

test("an admin founds a council, edits it, and retires it", async ({ admin }) => {
  const name = unique("Council of deeds");
  await admin.goto("/councils/new");
  await admin.getByRole("button", { name: "Found it" }).click();
  await expect(admin.getByText("A council needs a name.")).toBeVisible();
  await admin.getByRole("textbox", { name: "Name", exact: true }).fill(name);
  await admin.getByRole("radio", { name: /^Majority/ }).check();
  await admin.getByRole("button", { name: "Found it" }).click();
  await expect(admin.getByRole("heading", { level: 1, name })).toBeVisible();
  await admin.getByRole("button", { name: "Edit" }).click();
  await admin.getByLabel("Purpose").fill("Keeps the deeds.");
  await admin.getByRole("button", { name: "Save" }).click();
  await expect(admin.getByRole("main").getByText("Keeps the deeds.")).toBeVisible();
  await admin.getByRole("button", { name: "Retire" }).click();
  await admin.getByRole("dialog").getByRole("button", { name: "Retire" }).click();
  await expect(admin.getByText("This council is retired.", { exact: false })).toBeVisible();
  await admin.goto("/councils?state=retired");
  await expect(admin.getByRole("link", { name })).toBeVisible();
});

test("who only reads is offered no change", async ({ world, viewer }) => {
  const council = await world.council();
  for (const tab of ["overview", "policy", "people", "mandates", "health"]) {
    await viewer.goto(`/councils/${council.id}?tab=${tab}`);
    await expect(viewer.getByRole("tab", { selected: true })).toBeVisible();
    await expect(viewer.getByRole("tabpanel").getByRole("heading").first()).toBeVisible();
    await expect(viewer.getByRole("button", { name: /Edit|Retire|Remove|Seat somebody|Change the policy|stand in/ })).toHaveCount(0);
    await expectAccessible(viewer);
  }
});
