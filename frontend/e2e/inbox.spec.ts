import type { Page } from "@playwright/test";
import { LOOKS, PHONE, expect, expectAccessible, expectNoOverflow, proposalIn, settle, shoot, test } from "./fixtures";

/** The proposal that is looked at. */
const shown = (page: Page, { name }: { name: string }) => page.getByRole("article", { name });

/** Looks at a proposal, and waits until all is known that it takes to vote. */
async function look(page: Page, type: { name: string }) {
  await page.goto("/");
  await proposalIn(page, type).click();
  await expect(shown(page, type).getByRole("button", { name: "Approve" })).toBeEnabled();
}

test("a proposal shows the facts to decide on: who, why, what will run, worth, policy, tally, digest", async ({ world, ada }) => {
  const { type, workflow, council } = await world.proposal();
  await look(ada, type);
  const proposal = shown(ada, type);
  await expect(proposal).toContainText(String(workflow.proposed_by.name));
  await expect(proposal).toContainText("Raises conversions of the autumn campaign");
  await expect(proposal.getByLabel("HTML")).toHaveText("<h1>Autumn sale</h1>");
  await expect(proposal).toContainText("1,200 a week (5,200 a month, 62,400 a year)");
  await expect(proposal).toContainText("2 approvals are needed. Votes are taken for 3 days. A proposal that is undecided by then expires.");
  await expect(proposal.getByTestId("tally")).toHaveText("0 for · 0 against · 0 abstained · 2 seats");
  await expect(proposal).toContainText("No workflow of this type has been decided before.");
  await expect(proposal).toContainText(workflow.digest.slice(0, 16));
  await expect(proposal.getByRole("group", { name: `Vote in ${council.name}` })).toContainText("2 d 23 h left");
  for (const change of Object.values(LOOKS)) {
    await change(ada);
    await expectAccessible(ada);
    await expectNoOverflow(ada);
  }
  await LOOKS.light(ada);
  await shoot(ada, "inbox");
});

test("a vote leaves the list at once, is recorded on the digest that was shown, and can be changed on the page", async ({ world, ada }) => {
  const { type, workflow } = await world.proposal();
  await look(ada, type);
  await shown(ada, type).getByLabel("Comment").fill("Good price.");
  await shown(ada, type).getByRole("button", { name: "Approve" }).click();
  await expect(proposalIn(ada, type)).toHaveCount(0);
  await expect(ada.getByText(`${type.name}: you approved. It waits for more votes.`)).toBeVisible();
  const [vote] = (await world.workflow(workflow.id)).votes;
  expect(vote).toMatchObject({ vote: "approve", comment: "Good price.", digest: workflow.digest, as_admin: false });

  await ada.goto(`/workflows/${workflow.id}`);
  await expect(ada.getByText("You approved.")).toBeVisible();
  await ada.getByRole("button", { name: "Change your vote" }).click();
  await expect(ada.getByLabel("Comment")).toHaveValue("Good price.");
  await ada.getByRole("button", { name: "Abstain" }).click();
  await expect(ada.getByText("You abstained.")).toBeVisible();
  await expect.poll(async () => (await world.workflow(workflow.id)).votes.map(({ vote }) => vote)).toEqual(["abstain"]);
});

test("the keyboard alone goes through proposals and votes", async ({ world, ada }) => {
  const { council, type, workflow } = await world.proposal();
  const second = await world.type(council.domain);
  const other = await world.propose(second);
  await look(ada, type);
  await proposalIn(ada, type).focus();
  await ada.keyboard.press("j");
  await expect(proposalIn(ada, second)).toBeFocused();
  await ada.keyboard.press("k");
  await expect(proposalIn(ada, type)).toBeFocused();
  await ada.keyboard.press("ArrowDown");
  await expect(proposalIn(ada, second)).toBeFocused();
  await ada.keyboard.press("ArrowUp");

  // In a field, keys are text.
  await expect(shown(ada, type).getByRole("button", { name: "Approve" })).toBeEnabled();
  await ada.keyboard.press("c");
  await ada.keyboard.type("an aria: r, x, j");
  await expect(shown(ada, type).getByLabel("Comment")).toHaveValue("an aria: r, x, j");
  await ada.keyboard.press("Escape");
  await expect(proposalIn(ada, type)).toBeFocused();

  await ada.keyboard.press("r");
  await expect(shown(ada, type).getByRole("button", { name: "Reject" })).toBeFocused();
  await expect(ada.getByText("Press Enter, or r again, to reject.")).toBeVisible();
  await ada.keyboard.press("Enter");
  await expect(proposalIn(ada, second)).toBeFocused();
  await expect(proposalIn(ada, type)).toHaveCount(0);
  await expect.poll(async () => (await world.workflow(workflow.id)).votes[0]).toMatchObject({
    vote: "reject",
    comment: "an aria: r, x, j",
  });

  await expect(shown(ada, second).getByRole("button", { name: "Abstain" })).toBeEnabled();
  await ada.keyboard.press("x");
  await ada.keyboard.press("x");
  await expect(proposalIn(ada, second)).toHaveCount(0);
  await expect.poll(async () => (await world.workflow(other.id)).votes[0]?.vote).toBe("abstain");
});

test("o opens the page, ? tells the keys, and they can be turned off", async ({ world, ada }) => {
  const { type, workflow } = await world.proposal();
  await look(ada, type);
  await ada.keyboard.press("?");
  const help = ada.getByRole("dialog", { name: "Keyboard" });
  await expect(help).toContainText("Next proposal");
  await expectAccessible(ada);
  const setting = help.getByRole("switch", { name: "Use single-key shortcuts" });
  await setting.click();
  await ada.keyboard.press("Escape");
  await expect(help).toHaveCount(0);
  await proposalIn(ada, type).focus();
  await ada.keyboard.press("a");
  await expect(proposalIn(ada, type)).toBeFocused();
  await ada.keyboard.press("?");
  await help.getByRole("switch", { name: "Use single-key shortcuts" }).click();
  await ada.keyboard.press("Escape");
  await expect(help).toHaveCount(0);
  await ada.keyboard.press("o");
  await expect(ada).toHaveURL(new RegExp(`/workflows/${workflow.id}$`));
});

test("a vote that is not taken comes back with its comment, says why, and can be cast again", async ({ world, ada, faults }) => {
  faults.expect(/ERR_INTERNET_DISCONNECTED/);
  const { type, workflow } = await world.proposal();
  await look(ada, type);
  await shown(ada, type).getByLabel("Comment").fill("Not at this price.");
  await ada.context().setOffline(true);
  await shown(ada, type).getByRole("button", { name: "Reject" }).click();
  await expect(ada.getByRole("alert").filter({ hasText: "The API can't be reached" })).toBeVisible();
  await expect(proposalIn(ada, type)).toBeVisible();
  await ada.context().setOffline(false);
  await proposalIn(ada, type).click();
  await expect(shown(ada, type).getByLabel("Comment")).toHaveValue("Not at this price.");
  await shown(ada, type).getByRole("button", { name: "Reject" }).click();
  await expect(proposalIn(ada, type)).toHaveCount(0);
  await expect.poll(async () => (await world.workflow(workflow.id)).votes[0]?.comment).toBe("Not at this price.");
});

test("who has lost the seat is refused in words", async ({ world, open, faults }) => {
  faults.expect(/40[13]/);
  const person = await world.person("council_operator");
  const { type, council } = await world.proposal({
    council: { policy: { decision_rule: { kind: "approvals", required: 1 } }, seats: { [world.ada.id]: "chair", [person.id]: "member" } },
  });
  const page = await open(person);
  await look(page, type);
  const path = { council_id: council.id, user_id: person.id };
  const taken = await world.admin.api.DELETE("/api/admin/councils/{council_id}/seats/{user_id}", { params: { path } });
  expect(taken.response.ok).toBe(true);
  await shown(page, type).getByRole("button", { name: "Approve" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "you have no seat in this council" })).toBeVisible();
});

test("a new proposal appears by itself, and what is looked at stays", async ({ world, ada }) => {
  const { council, type } = await world.proposal();
  await look(ada, type);
  await proposalIn(ada, type).focus();
  const second = await world.type(council.domain);
  await world.propose(second);
  await expect(proposalIn(ada, second)).toBeVisible();
  await expect(proposalIn(ada, type)).toBeFocused();
  await expect(shown(ada, type)).toBeVisible();
});

test("what somebody else decides meanwhile stays in sight and takes no vote", async ({ world, ada }) => {
  const { type, workflow } = await world.proposal();
  await look(ada, type);
  await world.vote(workflow.id, world.grace, "reject");
  await expect(shown(ada, type)).toContainText("It was decided meanwhile.");
  await expect(shown(ada, type).getByRole("button", { name: "Approve" })).toHaveCount(0);
});

test("an admin without a seat is told beforehand that a comment is needed", async ({ world, open }) => {
  const { type, workflow } = await world.proposal();
  // Not the admin of this run, who owns the agent that proposed.
  const page = await open(await world.person("admin"));
  await look(page, type);
  const proposal = shown(page, type);
  await expect(proposal).toContainText("you have no seat in this council and vote as an admin");
  await proposal.getByRole("button", { name: "Reject" }).click();
  await expect(proposal.getByLabel("Comment")).toBeFocused();
  await expect(proposal).toContainText("Say why. A vote without a seat needs a comment.");
  await expectAccessible(page);
  await proposal.getByLabel("Comment").fill("Against the price policy.");
  await proposal.getByRole("button", { name: "Reject" }).click();
  await expect(proposalIn(page, type)).toHaveCount(0);
  await expect.poll(async () => (await world.workflow(workflow.id)).votes[0]).toMatchObject({ as_admin: true });
});

test("on a phone, a proposal unfolds under its row and can be decided there", async ({ world, ada }) => {
  const { type, workflow } = await world.proposal();
  await ada.setViewportSize(PHONE);
  await ada.goto("/");
  await settle(ada);
  await expect(proposalIn(ada, type)).toHaveAttribute("aria-expanded", "false");
  await proposalIn(ada, type).click();
  await expect(proposalIn(ada, type)).toHaveAttribute("aria-expanded", "true");
  await expectAccessible(ada);
  await expectNoOverflow(ada);
  await shown(ada, type).getByRole("button", { name: "Approve" }).click();
  await expect(proposalIn(ada, type)).toHaveCount(0);
  await expect.poll(async () => (await world.workflow(workflow.id)).votes[0]?.vote).toBe("approve");
  await LOOKS.light(ada);
});

test("a viewer is told that there is nothing to vote on", async ({ viewer }) => {
  await viewer.goto("/");
  await expect(viewer.getByRole("heading", { level: 1, name: "Inbox" })).toBeVisible();
  await expect(viewer.getByText("You only look on")).toBeVisible();
  await expectAccessible(viewer);
});
