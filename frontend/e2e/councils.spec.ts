import { LOOKS, PHONE, expect, expectAccessible, expectNoOverflow, test, unique } from "./fixtures";
import type { World } from "./world";
import { unwrap } from "@/api/error";

type Council = Awaited<ReturnType<World["council"]>>;

/** Changes a council as another admin would meanwhile: its purpose, or its policy. */
async function changeMeanwhile({ admin }: World, { id }: Council, change: { purpose: string } | { policy: Council["policy"] }) {
  const path = { council_id: id };
  const { response } = await admin.api.GET("/api/councils/{council_id}", { params: { path } });
  const params = { path, header: { "If-Match": response.headers.get("etag") ?? "" } };
  if ("policy" in change) return unwrap(await admin.api.PUT("/api/admin/councils/{council_id}/policy", { params, body: change }));
  return unwrap(await admin.api.PATCH("/api/admin/councils/{council_id}", { params, body: change }));
}

/** A time some days from now, as it is typed into a field. */
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 16);

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
  await changeMeanwhile(world, council, { policy: { ...council.policy, chair_veto: true } });
  await admin.getByRole("button", { name: "Save the policy" }).click();
  await expect(admin.getByText("Somebody changed this council meanwhile")).toBeVisible();
  await admin.getByRole("button", { name: "Load it, keep what I typed" }).click();
  await expect(admin.getByText("Against version 2.")).toBeVisible();
  await expect(admin.getByLabel("Approvals needed")).toHaveValue("1");
  await expect(admin.getByRole("switch", { name: "A chair's rejection decides at once" })).toBeChecked();
  await expect(admin.getByRole("cell", { name: "One approval is enough." })).toBeVisible();
  await expectAccessible(admin);
  await admin.getByRole("button", { name: "Save the policy" }).click();
  await expect(admin.getByText("version 3", { exact: true })).toBeVisible();
  await expect(admin.getByRole("listitem").filter({ hasText: "A chair's rejection decides at once." }).first()).toBeVisible();

  await admin.getByLabel("From version").selectOption("1");
  const compared = admin.getByRole("region", { name: "Compare two versions" });
  await expect(compared.getByRole("listitem")).toHaveCount(2);
  await expectAccessible(admin);
});

test("a policy that can't be takes whoever saves it to the first wrong field", async ({ world, admin }) => {
  const council = await world.council();
  await admin.goto(`/councils/${council.id}?tab=policy&edit=1`);
  await admin.getByLabel("Approvals needed").fill("9");
  await admin.getByRole("textbox", { name: "Never run" }).fill("Not A Type");
  await admin.getByRole("button", { name: "Save the policy" }).click();
  await expect(admin.getByLabel("Approvals needed")).toBeFocused();
  await expect(admin.getByText("Some fields need another look before this can be saved.")).toBeVisible();
  await expectAccessible(admin);
  await admin.getByLabel("Approvals needed").fill("1");
  await admin.getByRole("button", { name: "Save the policy" }).click();
  await expect(admin.getByRole("textbox", { name: "Never run" })).toBeFocused();
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
  await expect(admin.getByRole("cell", { name: mary.name, exact: true })).toBeHidden();

  await admin.getByRole("button", { name: `Remove ${world.grace.name}` }).click();
  await admin.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await expect(admin.getByRole("dialog").getByRole("alert")).toBeVisible();
  await expectAccessible(admin);
});

test("somebody stands in for a seat's holder, until that is ended", async ({ world, admin, grace, faults }) => {
  faults.expect(/422/);
  const council = await world.council();
  const mary = await world.person("council_operator", unique("Mary"));
  await admin.goto(`/councils/${council.id}?tab=people`);
  await expect(admin.getByText("Nobody stands in for anybody, now or later.")).toBeVisible();
  await admin.getByRole("button", { name: "Have somebody stand in" }).click();
  const dialog = admin.getByRole("dialog");
  await dialog.getByRole("button", { name: "Arrange it" }).click();
  await expect(dialog.getByLabel("Who stands in")).toBeFocused();
  await expect(dialog.getByText("Choose who stands in.")).toBeVisible();
  await dialog.getByLabel("For whom").selectOption(world.grace.name);
  await dialog.getByLabel("Find a person by name or e-mail address").fill(mary.email);
  await dialog.getByLabel("Who stands in").selectOption(mary.name);
  await dialog.getByLabel("Until").fill(inDays(100));
  await dialog.getByRole("button", { name: "Arrange it" }).click();
  await expect(dialog.getByLabel("Until")).toBeFocused();
  await expectAccessible(admin);
  await dialog.getByLabel("Until").fill(inDays(10));
  await dialog.getByRole("button", { name: "Arrange it" }).click();
  const row = admin.getByRole("table", { name: "Stand-ins" }).getByRole("row").filter({ hasText: mary.name });
  await expect(row).toContainText(world.grace.name);
  await expect(admin.getByRole("button", { name: "Have somebody stand in" })).toBeFocused();

  await grace.goto(`/councils/${council.id}?tab=people`);
  await expectAccessible(grace);
  await grace.getByRole("button", { name: /^End that .* stands in$/ }).click();
  await grace.getByRole("dialog").getByRole("button", { name: "End" }).click();
  await expect(grace.getByText("Nobody stands in for anybody, now or later.")).toBeVisible();
});

test("a mandate is proposed, voted on, and revoked", async ({ world, admin, ada, faults }) => {
  // Terms that are not yet whole, of which the form asks what would become.
  faults.expect(/check-action.* 422/);
  const council = await world.council();
  const type = await world.type(council.domain);
  await admin.goto(`/councils/${council.id}?tab=mandates`);
  await admin.getByRole("link", { name: "Propose a mandate" }).click();
  await admin.getByRole("textbox", { name: "Workflow type" }).fill(type.id);
  await admin.getByRole("textbox", { name: "Condition" }).fill("inputs.title == 'Autumn sale'");
  await admin.getByRole("textbox", { name: "Uses" }).fill("5");
  await admin.getByRole("combobox", { name: "Per", exact: true }).selectOption("week");
  await admin.getByLabel("Valid until").fill(inDays(10));
  await admin.getByRole("main").getByRole("button", { name: "Propose", exact: true }).click();
  await admin.waitForURL(/\/workflows\/[0-9a-f-]{36}/);
  const id = new URL(admin.url()).pathname.split("/").at(-1) ?? "";
  await world.vote(id, world.ada, "approve");
  await world.vote(id, world.grace, "approve");
  await world.until(id, "completed");

  await ada.goto(`/councils/${council.id}?tab=mandates`);
  const row = ada.getByRole("row").filter({ hasText: type.id });
  await expect(row).toContainText("5 of 5 this week");
  await world.propose(type);
  await ada.reload();
  await expect(row).toContainText("4 of 5 this week");
  await expectAccessible(ada);
  await row.getByRole("button", { name: `Revoke the mandate for ${type.id}` }).click();
  await ada.getByRole("dialog").getByLabel("Why").fill("The sale is over.");
  await ada.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await expect(row).toContainText("revoked");
  await expect(row.getByRole("button")).toHaveCount(0);
});

test("a council's health tells how soon it decides, and who took part", async ({ world, viewer }) => {
  const { council, workflow } = await world.proposal();
  await world.vote(workflow.id, world.ada, "approve");
  await world.vote(workflow.id, world.grace, "approve");
  await viewer.goto(`/councils/${council.id}?tab=health`);
  await expect(viewer.getByText("1 decided")).toBeVisible();
  const people = viewer.getByRole("table", { name: "Person by person" });
  await expect(people.getByRole("row").filter({ hasText: world.grace.name })).toContainText("1 of 1");
  await viewer.getByText("30 days", { exact: true }).click();
  await expect(viewer).toHaveURL(/days=30/);
  await expect(people).toBeVisible();
  await expectAccessible(viewer);
});

test("what waits for a council is counted in the list, and listed on its page", async ({ world, viewer }) => {
  const { council, type, workflow } = await world.proposal();
  await viewer.goto("/councils");
  const card = viewer.getByRole("listitem").filter({ has: viewer.getByRole("link", { name: council.name }) });
  await card.scrollIntoViewIfNeeded();
  await expect(card).toContainText("1 open review");
  await card.getByRole("link", { name: council.name }).click();
  const open = viewer.getByRole("region", { name: "Open proposals" });
  await expect(open.getByRole("link", { name: type.name })).toHaveAttribute("href", `/workflows/${workflow.id}`);
  // Two approvals can't come together any more.
  await world.vote(workflow.id, world.ada, "reject");
  await expect(open).toContainText("Nothing waits for this council");
});

test("an admin founds a council, edits it, and retires it", async ({ admin }) => {
  const name = unique("Council of deeds");
  await admin.goto("/councils/new");
  await admin.getByRole("button", { name: "Found it" }).click();
  await expect(admin.getByText("A council needs a name.")).toBeVisible();
  await expect(admin.getByRole("textbox", { name: "Name", exact: true })).toBeFocused();
  await expectAccessible(admin);
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
  await expectAccessible(admin);
});

test("who edits or retires a council that was changed meanwhile is told so first", async ({ world, admin, faults }) => {
  faults.expect(/412/);
  const council = await world.council();
  const dialog = admin.getByRole("dialog");
  const about = admin.getByRole("region", { name: "About" });
  await admin.goto(`/councils/${council.id}`);
  await admin.getByRole("button", { name: "Edit" }).click();
  await dialog.getByLabel("Name").fill("");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByLabel("Name")).toBeFocused();
  const name = unique("Council of seals");
  await dialog.getByLabel("Name").fill(name);
  await changeMeanwhile(world, council, { purpose: "Keeps the seals." });
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByText("Somebody changed this council meanwhile")).toBeVisible();
  await expectAccessible(admin);
  await dialog.getByRole("button", { name: "Load it, keep what I typed" }).click();
  await expect(dialog.getByLabel("Purpose")).toHaveValue("Keeps the seals.");
  await expect(dialog.getByLabel("Name")).toHaveValue(name);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(admin.getByRole("heading", { level: 1, name })).toBeVisible();
  await expect(about).toContainText("Keeps the seals.");

  await admin.getByRole("button", { name: "Retire" }).click();
  await dialog.getByRole("radio", { name: /^Move them/ }).check();
  await dialog.getByRole("button", { name: "Retire" }).click();
  await expect(dialog.getByLabel("Which council")).toBeFocused();
  await dialog.getByRole("radio", { name: /^Cancel them/ }).check();
  await changeMeanwhile(world, council, { purpose: "Keeps the great seal." });
  await dialog.getByRole("button", { name: "Retire" }).click();
  await dialog.getByRole("button", { name: "Load it" }).click();
  await expect(about).toContainText("Keeps the great seal.");
  await expectAccessible(admin);
  await dialog.getByRole("button", { name: "Retire" }).click();
  await expect(admin.getByText("This council is retired.", { exact: false })).toBeVisible();
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

test("on a phone the parts of a council stand in one line, and nothing is cut off", async ({ world, viewer }) => {
  const { council } = await world.proposal();
  await LOOKS.phone(viewer);
  for (const tab of ["overview", "policy", "people", "mandates", "health"]) {
    await viewer.goto(`/councils/${council.id}?tab=${tab}`);
    await expect(viewer.getByRole("tabpanel").getByRole("heading").first()).toBeVisible();
    await expectNoOverflow(viewer);
  }
  const tabs = await viewer.getByRole("tab").all();
  const boxes = await Promise.all(tabs.map((tab) => tab.boundingBox()));
  expect(new Set(boxes.map((box) => box?.y)).size).toBe(1);
  expect(boxes.every((box) => box && box.x >= 0 && box.x + box.width <= PHONE.width)).toBe(true);
  await LOOKS.light(viewer);
});
