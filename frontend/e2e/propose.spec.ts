import type { Page } from "@playwright/test";
import { LOOKS, expect, expectAccessible, expectNoOverflow, settle, shoot, test } from "./fixtures";
import { runtime } from "./runtime";
import type { World } from "./world";
import { unwrap } from "@/api/error";

const PRICES = {
  type: "object",
  additionalProperties: false,
  required: ["prices", "share"],
  properties: {
    prices: {
      type: "array",
      title: "Prices",
      minItems: 1,
      items: {
        type: "object",
        additionalProperties: false,
        required: ["article", "price"],
        properties: {
          article: { type: "string", title: "Article", pattern: "^[A-Z]-\\d+$" },
          price: { type: "number", title: "New price", exclusiveMinimum: 0, multipleOf: 0.01 },
        },
      },
    },
    share: { type: "number", title: "Share", maximum: 1 },
    tags: { type: "array", title: "Tags", items: { type: "string", maxLength: 20 } },
  },
  examples: [{ prices: [{ article: "A-1001", price: 19.9 }], share: 0.5 }],
};
const STEPS = [{ name: "total", kind: "transform" as const, with: { value: { first: "{{ inputs.prices[0].price }}" } } }];

/** What the API reads of a proposal's headers. */
const KEPT = ["authorization", "content-type", "idempotency-key"];

/** A type with a list and numbers, whose council reviews it. */
async function prices(world: World) {
  const council = await world.council();
  return { council, type: await world.type(council.domain, { input_schema: PRICES, steps: STEPS }) };
}

/** Goes to the form of a type. */
async function write(page: Page, id: string, more = "") {
  await page.goto(`/propose?type=${id}${more}`);
  await expect(page.getByRole("button", { name: "Propose", exact: true })).toBeVisible();
}

async function expectGoodLooks(page: Page) {
  test.slow();
  for (const change of Object.values(LOOKS)) {
    await change(page);
    await expectAccessible(page);
    await expectNoOverflow(page);
  }
  await LOOKS.light(page);
}

/** The workflow whose page it leads to. */
async function proposed(page: Page): Promise<string> {
  await page.waitForURL(/\/workflows\/[0-9a-f-]{36}$/);
  return page.url().split("/").at(-1) ?? "";
}

test("a type is found by what it is called, and chosen", async ({ world, ada }) => {
  const { type } = await prices(world);
  await ada.goto("/propose");
  await ada.getByRole("searchbox", { name: "Search" }).fill(type.name);
  const card = ada.getByRole("link", { name: type.name });
  await expect(card).toHaveCount(1);
  await expectGoodLooks(ada);
  await ada.getByRole("searchbox", { name: "Search" }).fill(`${type.name} nowhere`);
  await expect(ada.getByText("No workflow type matches")).toBeVisible();
  await ada.getByRole("searchbox", { name: "Search" }).fill(type.name);
  await card.click();
  await expect(ada.getByRole("heading", { level: 1, name: type.name })).toBeVisible();
});

test("the form says what is missing, shows what would run, and proposes what was written", async ({ world, ada }) => {
  const { type, council } = await prices(world);
  await write(ada, type.id);
  await expect(ada.getByRole("region", { name: "What becomes of it" })).toContainText("It will be reviewed");
  await expect(ada.getByRole("region", { name: "What becomes of it" })).toContainText(council.name);

  await ada.getByRole("button", { name: "Propose", exact: true }).click();
  await expect(ada.getByLabel("Article")).toBeFocused();
  await expect(ada.getByText("3 fields need another look.")).toBeVisible();
  await ada.getByLabel("Article").fill("1001");
  await ada.getByLabel("New price").fill("49.905");
  await ada.getByLabel("Share").fill("much");
  await expect(ada.getByText("Must have the form ^[A-Z]-\\d+$")).toBeVisible();
  await expect(ada.getByText("Must be a multiple of 0.01.")).toBeVisible();
  await expect(ada.getByText("Must be a number.")).toBeVisible();
  await expectGoodLooks(ada);

  await ada.getByLabel("Article").fill("A-1001");
  await ada.getByLabel("New price").fill("49.9");
  await ada.getByLabel("Share").fill("0.25");
  await expect(ada.getByText("Must be")).toHaveCount(0);
  const run = ada.getByRole("region", { name: "What would run" });
  await expect(run).toContainText("49.9");
  await expect(run).not.toContainText("inputs.prices");

  await ada.getByRole("button", { name: "Add an entry to Tags" }).click();
  await expect(ada.getByRole("textbox", { name: "Tags 1" })).toBeFocused();
  await ada.keyboard.type("spring");
  await ada.getByRole("button", { name: "Add an entry to Prices" }).click();
  await expect(ada.getByRole("group", { name: "Entry 2" }).getByLabel("Article")).toBeFocused();
  await ada.getByRole("button", { name: "Remove entry 2 of Prices" }).click();
  await expect(ada.getByRole("button", { name: "Add an entry to Prices" })).toBeFocused();

  await ada.getByLabel("Saves in a week").fill("12,50");
  await ada.getByLabel("Reason").fill("The supplier has raised them.");
  await ada.getByRole("button", { name: "Propose", exact: true }).click();
  const workflow = await world.workflow(await proposed(ada));
  expect(workflow.inputs).toEqual({ prices: [{ article: "A-1001", price: 49.9 }], share: 0.25, tags: ["spring"] });
  expect(workflow).toMatchObject({ weekly_savings: "12.50", reason: "The supplier has raised them.", status: "pending_review" });
});

test("an example fills the form, and JSON serves who would rather write that", async ({ world, ada }) => {
  const { type } = await prices(world);
  await write(ada, type.id);
  const view = ada.getByRole("radiogroup", { name: "How the inputs are written" });
  await ada.getByRole("button", { name: "Fill with an example" }).click();
  await expect(ada.getByLabel("Article")).toHaveValue("A-1001");
  await shoot(ada, "propose");
  await view.getByText("JSON").click();
  const json = ada.getByRole("textbox", { name: "Inputs as JSON" });
  await expect(json).toContainText('"article": "A-1001"');
  await json.press("ControlOrMeta+End");
  await json.press("Backspace");
  await expect(ada.getByText(/line 9, column 1/i)).toBeVisible();
  await expect(ada.getByRole("radio", { name: "Form" })).toBeDisabled();
  await ada.getByRole("button", { name: "Propose", exact: true }).click();
  await expect(ada.getByText("One field needs another look.")).toBeVisible();
  await expectGoodLooks(ada);
  await json.press("ControlOrMeta+a");
  await ada.keyboard.insertText('{"prices": [{"article": "B-7", "price": 0.07}], "share": 2}');
  await expect(ada.getByText("/share: Must be at most 1.")).toBeVisible();
  await json.press("ControlOrMeta+a");
  await ada.keyboard.insertText('{"prices": [{"article": "B-7", "price": 0.07}], "share": 1}');
  await view.getByText("Form").click();
  await expect(ada.getByLabel("Article")).toHaveValue("B-7");
  await ada.getByRole("button", { name: "Propose", exact: true }).click();
  expect((await world.workflow(await proposed(ada))).inputs).toEqual({ prices: [{ article: "B-7", price: 0.07 }], share: 1 });
});

test("what a policy blocks is said beforehand, refused in words, and on the record", async ({ world, ada, faults }) => {
  faults.expect(/403/);
  const council = await world.council();
  const type = await world.type(council.domain);
  const blocked_action_types = [`${council.domain}.*`];
  const found = await world.admin.api.GET("/api/councils/{council_id}", { params: { path: { council_id: council.id } } });
  unwrap(
    await world.admin.api.PUT("/api/admin/councils/{council_id}/policy", {
      params: { path: { council_id: council.id }, header: { "If-Match": found.response.headers.get("etag") ?? "" } },
      body: { policy: { ...council.policy, blocked_action_types } },
    }),
  );
  await write(ada, type.id);
  await expect(ada.getByRole("region", { name: "What becomes of it" })).toContainText("It will be blocked");
  await ada.getByLabel("Title").fill("Autumn sale");
  await ada.getByRole("button", { name: "Propose", exact: true }).click();
  const refusal = ada.getByRole("alert").filter({ hasText: "Blocked, and on the record" });
  await expect(refusal).toBeVisible();
  await expectAccessible(ada);
  await refusal.getByRole("link", { name: "See the record" }).click();
  expect((await world.workflow(await proposed(ada))).status).toBe("blocked");
});

test("what was proposed before is filled in, unless it is of another type", async ({ world, ada }) => {
  const { type } = await prices(world);
  const { type: other } = await prices(world);
  const inputs = { prices: [{ article: "C-3", price: 5 }], share: 0.1 };
  const earlier = await world.propose(type, { inputs, reason: "Because." });
  await write(ada, type.id, `&from=${earlier.id}`);
  await expect(ada.getByText("Filled in with what was proposed before.")).toBeVisible();
  await expect(ada.getByLabel("Article")).toHaveValue("C-3");
  await expect(ada.getByLabel("Reason")).toHaveValue("Because.");
  await expect(ada.getByLabel("Saves in a week")).toHaveValue("1200.00");

  await write(ada, other.id, `&from=${earlier.id}`);
  await expect(ada.getByText(`That workflow is of another type, ${type.name}`)).toBeVisible();
  await expect(ada.getByLabel("Article")).toHaveValue("");
});

test("a proposal whose answer was lost is made once, however often it is sent", async ({ world, ada, faults }) => {
  faults.expect(/ERR_FAILED/);
  const { type } = await world.proposal();
  await write(ada, type.id);
  await ada.getByLabel("Title").fill("Sent twice");
  // The proposal arrives; its answer does not.
  await ada.route("**/api/workflows", async (route) => {
    const request = route.request();
    if (request.method() !== "POST") return route.continue();
    const headers = await request.allHeaders();
    const arrived = await fetch(`${runtime.COUNCIL_URL}/api/workflows`, {
      method: "POST",
      headers: Object.fromEntries(KEPT.flatMap((name) => (headers[name] ? [[name, headers[name]]] : []))),
      body: request.postData(),
    });
    expect(arrived.status).toBe(201);
    await route.abort();
  });
  await ada.getByRole("button", { name: "Propose", exact: true }).click();
  await expect(ada.getByRole("alert").filter({ hasText: "The API can't be reached" })).toBeVisible();
  await expect(ada.getByLabel("Title")).toHaveValue("Sent twice");
  await ada.unroute("**/api/workflows");
  await ada.getByRole("button", { name: "Propose", exact: true }).click();
  await proposed(ada);
  const query = { workflow_type: type.id };
  const { workflows } = unwrap(await world.admin.api.GET("/api/workflows", { params: { query } }));
  expect(workflows).toHaveLength(2);
});

test("a viewer is told who proposes", async ({ viewer }) => {
  await viewer.goto("/propose");
  await settle(viewer);
  await expect(viewer.getByText("Viewers don't propose")).toBeVisible();
  await expectAccessible(viewer);
});
