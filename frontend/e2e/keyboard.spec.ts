import type { Page } from "@playwright/test";
import type { World } from "./world";
import { expect, expectAccessible, proposalIn, test } from "./fixtures";

/** Somebody whose inbox holds these proposals only, in this order. */
async function withProposals(world: World, count: number) {
  const person = await world.person("council_operator");
  const council = await world.council({ seats: { [person.id]: "member" }, policy: { decision_rule: { kind: "approvals", required: 1 } } });
  const types = [];
  for (let n = 0; n < count; n++) {
    const type = await world.type(council.domain);
    const { id } = await world.propose(type);
    types.push({ ...type, workflow: id });
  }
  return { person, types };
}

/** It is chosen, and can be voted on. */
async function expectChosen(page: Page, type: { name: string }) {
  await expect(proposalIn(page, type)).toHaveAttribute("aria-current", "true");
  await expect(page.getByRole("article", { name: type.name }).getByRole("button", { name: "Approve" })).toBeEnabled();
}

test("the inbox is emptied without a mouse", async ({ world, open }) => {
  const { person, types } = await withProposals(world, 3);
  const [first, second, third] = types;
  if (!first || !second || !third) throw new Error("three proposals were made");
  const page = await open(person);
  await page.goto("/");
  await expectChosen(page, first);

  await page.keyboard.press("j");
  await expectChosen(page, second);
  await expect(proposalIn(page, second)).toBeFocused();
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  await expectChosen(page, second);

  // The first press goes to the button, the second one votes: nothing is decided by a slip.
  await page.keyboard.press("r");
  await expect(page.getByRole("button", { name: "Reject" })).toBeFocused();
  await page.keyboard.press("r");
  await expect(proposalIn(page, second)).toHaveCount(0);
  await expectChosen(page, third);
  await page.keyboard.press("c");
  await expect(page.getByLabel("Comment")).toBeFocused();
  await page.keyboard.type("karma is jolly: read aloud");
  await page.keyboard.press("Escape");
  await expect(proposalIn(page, third)).toBeFocused();
  await page.keyboard.press("a");
  await page.keyboard.press("Enter");
  await expect(proposalIn(page, third)).toHaveCount(0);
  await expectChosen(page, first);
  await page.keyboard.press("x");
  await page.keyboard.press("x");
  await expect(page.getByText("Nothing waits for your vote")).toBeVisible();

  const votes = await Promise.all(types.map(async ({ workflow }) => (await world.workflow(workflow)).votes[0]));
  expect(votes.map((vote) => vote?.vote)).toEqual(["abstain", "reject", "approve"]);
  expect(votes[2]?.comment).toBe("karma is jolly: read aloud");
});

test("the keys are explained, and can be turned off", async ({ world, open }) => {
  const { person, types } = await withProposals(world, 2);
  const [first, second] = types;
  if (!first || !second) throw new Error("two proposals were made");
  const page = await open(person);
  await page.goto("/");
  await expectChosen(page, first);
  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Keyboard" });
  await expect(help).toBeVisible();
  await expectAccessible(page);
  await help.getByRole("switch").press(" ");
  await page.keyboard.press("Escape");
  await expect(help).toHaveCount(0);
  await page.keyboard.press("j");
  await expectChosen(page, first);
  // Arrows work in the list all the same.
  await proposalIn(page, first).focus();
  await page.keyboard.press("ArrowDown");
  await expectChosen(page, second);
});

test("the first Tab offers to skip the menu", async ({ viewer }) => {
  await viewer.goto("/councils");
  await expect(viewer.getByTestId("live")).toHaveText("Live");
  await viewer.keyboard.press("Tab");
  const skip = viewer.getByRole("link", { name: "Skip to the content" });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await viewer.keyboard.press("Enter");
  await expect(viewer.getByRole("main")).toBeFocused();
});

test("Ctrl K goes to a page by its name", async ({ admin }) => {
  await admin.goto("/councils");
  await expect(admin.getByTestId("live")).toHaveText("Live");
  await admin.keyboard.press("Control+k");
  const search = admin.getByRole("dialog").getByRole("textbox");
  await expect(search).toBeFocused();
  await search.fill("audit");
  await expectAccessible(admin);
  await admin.keyboard.press("Enter");
  await expect(admin).toHaveURL(/\/admin\/audit$/);
});

test("a dialog keeps the focus, and gives it back", async ({ world, open }) => {
  const { person } = await withProposals(world, 1);
  const page = await open(person);
  await page.goto("/");
  const opener = page.getByRole("button", { name: "Keyboard shortcuts" });
  await opener.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Keyboard" });
  await expect(dialog).toBeVisible();
  for (let presses = 0; presses < 6; presses++) {
    await page.keyboard.press("Tab");
    await expect(dialog.locator(":focus")).toHaveCount(1);
  }
  await page.keyboard.press("Escape");
  await expect(opener).toBeFocused();
});
