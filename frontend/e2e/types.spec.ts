import type { Locator, Page } from "@playwright/test";
import { LOOKS, expect, expectAccessible, expectNoOverflow, settle, shoot, test, unique } from "./fixtures";
import type { WorkflowType, World } from "./world";
import { unwrap } from "@/api/error";

async function type(world: World): Promise<WorkflowType> {
  return world.type((await world.council()).domain);
}

/** Writes into an editor, in the place of what is there. */
async function write(editor: Locator, value: unknown) {
  await editor.press("ControlOrMeta+a");
  await editor.page().keyboard.insertText(typeof value === "string" ? value : JSON.stringify(value, null, 2));
}

/** Somebody saves another version, by the API. */
async function saveMeanwhile(world: World, { id }: WorkflowType, name: string) {
  const path = { workflow_type: id };
  const { data, response } = await world.admin.api.GET("/api/workflow-types/{workflow_type}", { params: { path } });
  if (!data) throw new Error(`${id} is not there`);
  const { description, input_schema, steps } = data;
  return unwrap(
    await world.admin.api.PUT("/api/workflow-types/{workflow_type}", {
      params: { path, header: { "If-Match": response.headers.get("etag") ?? "" } },
      body: { name, description, input_schema, steps },
    }),
  );
}

async function expectGoodLooks(page: Page) {
  test.slow();
  for (const change of Object.values(LOOKS)) {
    await change(page);
    await settle(page);
    await expectAccessible(page);
    await expectNoOverflow(page);
  }
  await LOOKS.light(page);
}

test("types are found by words and domain, and each says what it takes and does", async ({ world, ada }) => {
  const made = await type(world);
  await ada.goto(`/types?domain=${made.domain}`);
  const rows = ada.getByRole("table", { name: "Workflow types" }).getByRole("link");
  await expect(rows).toHaveCount(1);
  await expectGoodLooks(ada);
  await ada.getByRole("searchbox", { name: "Search" }).fill("nowhere");
  await expect(ada.getByText("No workflow type matches")).toBeVisible();
  await ada.getByRole("searchbox", { name: "Search" }).fill(made.name);
  await rows.click();
  await expect(ada.getByRole("heading", { level: 1, name: made.name })).toBeVisible();
  await expect(ada.getByRole("region", { name: "Inputs" })).toContainText("at most 200 characters");
  await expect(ada.getByRole("region", { name: "Steps" })).toContainText("<h1>{{ inputs.title }}</h1>");
  await expect(ada.getByRole("region", { name: "Versions" })).toContainText("The first version.");
  await expectGoodLooks(ada);
  await shoot(ada, "type");

  // Operators propose; admins write types.
  await expect(ada.getByRole("link", { name: "New version" })).toHaveCount(0);
  await expect(ada.getByRole("region", { name: "Limits" })).toHaveCount(0);
  await expect(ada.getByRole("main").getByRole("link", { name: "Propose" })).toHaveAttribute("href", `/propose?type=${made.id}`);
});

test("an admin adds a type; what is wrong is said where it is, and nothing is lost", async ({ world, admin, faults }) => {
  faults.expect(/4(00|22)/);
  const { domain } = await world.council();
  const id = `${domain}.${unique("notify").replace("-", "_")}`;
  await admin.goto("/types/new");
  await admin.getByLabel("Id").fill(id);
  await admin.getByLabel("Domain").fill(domain);
  await admin.getByLabel("Name").fill("Tell the shop");
  const schema = admin.getByRole("textbox", { name: "JSON Schema of the inputs" });
  await write(schema, '{"type": object}');
  await expect(admin.getByText(/line 1, column 10/i)).toBeVisible();
  await admin.getByRole("button", { name: "Add the type" }).click();
  await expect(admin.getByText("Mend the JSON that is marked first.")).toBeVisible();
  await write(schema, { type: "object", required: ["shop"], properties: { shop: { type: "string", title: "Shop" } } });

  await admin.getByRole("button", { name: "Add a step" }).click();
  const first = admin.getByRole("listitem").filter({ has: admin.getByRole("heading", { name: "Step 1" }) });
  await first.getByLabel("Name").fill("text");
  await write(first.getByRole("textbox", { name: "What text does it with" }), { template: "{{ steps.nowhere.output }}" });
  await admin.getByRole("button", { name: "Add a step" }).click();
  const second = admin.getByRole("listitem").filter({ has: admin.getByRole("heading", { name: "Step 2" }) });
  await second.getByLabel("Name").fill("result");
  await second.getByLabel("Kind").selectOption("transform");
  await second.getByRole("button", { name: "Put an example in" }).click();
  await write(second.getByRole("textbox", { name: "What result does it with" }), { value: { text: "{{ steps.text.output.text }}" } });
  await admin.getByRole("button", { name: "Add the type" }).click();
  await expect(first).toContainText("nowhere");
  await expect(first.getByText("/template:")).toBeVisible();
  await expect(second).not.toContainText("nowhere");
  await expect(admin.getByText("One thing is wrong; it is marked where it is.")).toBeVisible();
  await expectGoodLooks(admin);

  await write(first.getByRole("textbox", { name: "What text does it with" }), { template: "For {{ inputs.shop }}" });
  await admin.getByRole("button", { name: "Add the type" }).click();
  await admin.waitForURL(`**/types/${id}`);
  await expect(admin.getByText("The type is added.")).toBeVisible();
  await expect(admin.getByRole("region", { name: "Steps" })).toContainText("For {{ inputs.shop }}");
});

test("a version saved by somebody else meanwhile is not overwritten unseen", async ({ world, admin, faults }) => {
  faults.expect(/412/);
  const made = await type(world);
  await admin.goto(`/types/${made.id}/edit`);
  const rehearsal = admin.getByRole("region", { name: "Try it" });
  await expect(rehearsal.getByText("/title: This is needed.")).toBeVisible();
  await write(rehearsal.getByRole("textbox", { name: "Sample inputs" }), { title: "Spring" });
  await expect(rehearsal.getByRole("list")).toContainText("<h1>Spring</h1>");
  await expectGoodLooks(admin);
  await shoot(admin, "type-editor");
  await admin.getByRole("textbox", { name: "Name", exact: true }).first().fill("Mine");
  await saveMeanwhile(world, made, "Theirs");
  await admin.getByRole("button", { name: "Save as a new version" }).click();
  const stale = admin.getByRole("alert").filter({ hasText: "Somebody saved another version meanwhile" });
  await expect(stale).toBeVisible();
  await expectAccessible(admin);
  await stale.getByRole("button", { name: "Keep mine and go on" }).click();
  await expect(stale).toHaveCount(0);
  await expect(admin.getByRole("textbox", { name: "Name", exact: true }).first()).toHaveValue("Mine");
  await admin.getByRole("button", { name: "Save as a new version" }).click();
  await expect(admin.getByRole("heading", { level: 1, name: "Mine" })).toBeVisible();
  await expect(admin.getByText("version 3").first()).toBeVisible();

  await admin.getByRole("region", { name: "Versions" }).getByRole("link", { name: "version 2" }).click();
  await expect(admin.getByRole("heading", { level: 1, name: "Theirs" })).toBeVisible();
  await expect(admin.getByText("You see version 2. Proposals are made of version 3.")).toBeVisible();
  await admin.getByRole("link", { name: "See the current one" }).click();
  await expect(admin.getByRole("heading", { level: 1, name: "Mine" })).toBeVisible();
});

test("steps change places and go", async ({ world, admin }) => {
  const made = await type(world);
  await admin.goto(`/types/${made.id}/edit`);
  const names = admin.getByRole("region", { name: "Steps" }).getByLabel("Name");
  await expect(names.first()).toHaveValue("page");
  await admin.getByRole("button", { name: "Move step 1 down" }).click();
  await expect(names.first()).toHaveValue("result");
  await admin.getByRole("button", { name: "Remove step 1" }).click();
  await expect(names).toHaveCount(1);
  await admin.getByRole("button", { name: "Save as a new version" }).click();
  await admin.waitForURL(`**/types/${made.id}`);
  await expect(admin.getByRole("region", { name: "Steps" }).getByRole("listitem")).toHaveCount(1);
});

test("an admin limits how its workflows are run", async ({ world, admin }) => {
  const made = await type(world);
  await admin.goto(`/types/${made.id}`);
  const limits = admin.getByRole("region", { name: "Limits" });
  await limits.getByLabel("At most so many at a time").fill("none");
  await expect(limits.getByText("Write a whole number from 1 to 10,000, or nothing.")).toBeVisible();
  await limits.getByLabel("At most so many at a time").fill("3");
  await limits.getByLabel("Priority").selectOption("High");
  await limits.getByRole("button", { name: "Change the limits" }).click();
  await expect(admin.getByText("The limits are changed.")).toBeVisible();
  const path = { workflow_type: made.id };
  const kept = unwrap(await world.admin.api.GET("/api/admin/workflow-types/{workflow_type}/limits", { params: { path } }));
  expect(kept).toMatchObject({ priority: "high", max_running: 3 });
});

test("who is no admin writes no types", async ({ ada }) => {
  await ada.goto("/types/new");
  await expect(ada.getByRole("main").getByRole("button", { name: "Add the type" })).toHaveCount(0);
  await expect(ada.getByRole("main").getByText(/admin/i).first()).toBeVisible();
  await expectAccessible(ada);
});
