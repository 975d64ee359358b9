import type { Locator, Page, Request, Response } from "@playwright/test";
import { expect, expectAccessible, proposalIn, test } from "./fixtures";
import { linkMailedTo } from "./mail";
import { PASSWORD } from "./people";
import { whileFrozen } from "./service";
import { sql } from "./sql";
import { totpCode } from "./totp";
import { unwrap } from "@/api/error";

/** A page that only makes sense at its own address. */
const DEEP = "/workflows?status=completed";

test("a wrong password is refused in words; the right one leads to the page that was asked for", async ({ open, world, faults }) => {
  faults.expect(/401/);
  const { email } = await world.person("viewer");
  const page = await open("nobody");
  await page.goto(DEEP);
  await expectAccessible(page);
  await signInByForm(page, email, "not the password at all");
  await expect(page.getByRole("alert").filter({ hasText: "Invalid credentials" })).toBeVisible();
  await expectAccessible(page);
  await signInByForm(page, email, PASSWORD);
  await expect(page.getByRole("heading", { level: 1, name: "Workflows" })).toBeVisible();
  expect(new URL(page.url()).search).toBe("?status=completed");
});

test("who has an authenticator is asked for its code", async ({ open, world, faults }) => {
  faults.expect(/401/);
  const person = await world.person("viewer");
  const secret = await person.setUpAuthenticator();
  const page = await open("nobody");
  await page.goto("/workflows");
  await signInByForm(page, person.email, PASSWORD);
  await page.getByLabel("Code").fill(totpCode(secret, 1));
  await throughTheDoor(page, page.getByRole("button", { name: "Sign in" }));
  await expect(page.getByRole("heading", { level: 1, name: "Workflows" })).toBeVisible();
});

test("a token that is no longer good is renewed unseen", async ({ open, world, faults }) => {
  faults.expect(/401/);
  const person = await world.person("council_operator");
  const page = await open(person);
  await page.goto("/");
  await expect(page.getByTestId("live")).toHaveText("Live");
  // A seat ends the tokens that were given out before it.
  const council = await world.council({ seats: { [person.id]: "member" }, policy: { decision_rule: { kind: "approvals", required: 1 } } });
  const type = await world.type(council.domain);
  await world.propose(type);
  await expect(proposalIn(page, type)).toBeVisible();
  await expect(page.getByRole("button", { name: "Sign in" })).toHaveCount(0);
});

test("a token is renewed before its end", async ({ open, world }) => {
  const page = await open(await world.person("viewer"));
  await page.clock.install();
  await page.goto("/workflows");
  await expect(page.getByTestId("live")).toHaveText("Live");
  const renewal = page.waitForResponse(isAnswerOf("/api/auth/refresh"));
  await page.clock.fastForward("23:59:30");
  expect((await renewal).status()).toBe(200);
});

test("a session that is ended in mid-use is signed in to again in place", async ({ open, world, faults }) => {
  faults.expect(/401/);
  const person = await world.person("viewer");
  const { workflow, type } = await world.proposal();
  const page = await open(person);
  await page.goto(`/workflows/${workflow.id}`);
  await expect(page.getByRole("main").getByText(type.name).first()).toBeVisible();
  const path = { user_id: person.id };
  unwrap(await world.admin.api.DELETE("/api/admin/users/{user_id}/sessions", { params: { path } }));
  await page.getByRole("link", { name: "Workflow types" }).click();
  await expect(page.getByText("Your session has ended.", { exact: false })).toBeVisible();
  await expectAccessible(page);
  await page.goto(`/workflows/${workflow.id}`);
  await signInByForm(page, person.email, PASSWORD);
  await expect(page.getByRole("main").getByText(type.name).first()).toBeVisible();
});

test("who comes back after the session's end signs in at the link that they followed", async ({ open, world, faults }) => {
  faults.expect(/401/);
  const person = await world.person("viewer");
  const page = await open(person);
  await sql(`update sessions set created_at = now() - interval '31 days', expires_at = now() - interval '1 day' where user_id = '${person.id}'`);
  await page.goto(DEEP);
  await signInByForm(page, person.email, PASSWORD);
  await expect(page.getByRole("heading", { level: 1, name: "Workflows" })).toBeVisible();
  expect(new URL(page.url()).search).toBe("?status=completed");
});

test("signing out in one tab signs out the others, for good", async ({ open, world, faults }) => {
  faults.expect(/401/);
  const one = await open(await world.person("viewer"));
  const other = await open(one);
  // Both at once: each of them renews the session, one after the other.
  await Promise.all([one.goto("/workflows"), other.goto("/councils")]);
  await expect(one.getByTestId("live")).toHaveText("Live");
  await expect(other.getByTestId("live")).toHaveText("Live");
  const ended = one.waitForResponse(isAnswerOf("/api/auth/logout"));
  await one.getByRole("button", { name: "Sign out" }).click();
  expect((await ended).ok()).toBe(true);
  await expect(one.getByRole("button", { name: "Sign in" })).toBeVisible();
  await expect(other.getByRole("button", { name: "Sign in" })).toBeVisible();
  await other.reload();
  await expect(other.getByRole("button", { name: "Sign in" })).toBeVisible();
});

test("what happened while the network was gone is shown once it is back, without a reload", async ({ world, ada, faults }) => {
  faults.expect(/ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED|ERR_NETWORK_IO_SUSPENDED/);
  const council = await world.council();
  const [before, meanwhile] = [await world.type(council.domain), await world.type(council.domain)];
  await world.propose(before);
  await ada.goto("/");
  await expect(proposalIn(ada, before)).toBeVisible();
  await ada.evaluate(() => Object.assign(window, { isSamePage: true }));
  await ada.context().setOffline(true);
  try {
    await expect(ada.getByRole("alert").filter({ hasText: "The API can't be reached" })).toBeVisible({ timeout: 20_000 });
    await expect(ada.getByTestId("live")).toHaveText("Offline");
    await world.propose(meanwhile);
  } finally {
    await ada.context().setOffline(false);
  }
  await expect(ada.getByTestId("live")).toHaveText("Live");
  await expect(proposalIn(ada, meanwhile)).toBeVisible();
  await expect(ada.getByRole("alert").filter({ hasText: "The API can't be reached" })).toHaveCount(0);
  expect(await ada.evaluate(() => "isSamePage" in window)).toBe(true);
});

test("a vote cast while a service stands still is recorded once, when it goes on", async ({ world, grace }) => {
  const { council, workflow, type } = await world.proposal();
  await grace.goto("/");
  await proposalIn(grace, type).click();
  const ballot = grace.getByRole("group", { name: `Vote in ${council.name}` });
  const approve = ballot.getByRole("button", { name: "Approve" });
  await expect(approve).toBeEnabled();
  const answer = grace.waitForResponse(isAnswerOf("/vote"));
  await whileFrozen("council-service", async () => {
    await approve.click({ timeout: 5000 });
    // Whoever votes goes on to the next proposal meanwhile.
    await expect(proposalIn(grace, type)).toHaveCount(0);
  });
  expect((await answer).status()).toBe(200);
  await expect(proposalIn(grace, type)).toHaveCount(0);
  const { votes } = await world.workflow(workflow.id);
  expect(votes.map(({ vote, voter }) => [voter.id, vote])).toEqual([[world.grace.id, "approve"]]);
});

test("on a slow network it says that it loads, then shows everything", async ({ world, viewer }) => {
  const { type } = await world.proposal();
  const devtools = await viewer.context().newCDPSession(viewer);
  await viewer.goto("/councils");
  await expect(viewer.getByTestId("live")).toHaveText("Live");
  await devtools.send("Network.emulateNetworkConditions", { offline: false, latency: 1500, downloadThroughput: 40_000, uploadThroughput: 20_000 });
  await viewer.getByRole("link", { name: "Workflows" }).click();
  await expect(viewer.locator("[aria-busy=true]").first()).toBeAttached();
  await expect(viewer.getByRole("row").filter({ hasText: type.name })).toBeVisible({ timeout: 30_000 });
});

test("an invitation by mail leads to an account", async ({ open, world, faults }) => {
  faults.expect(/401/);
  const email = `invited-${Date.now()}@example.org`;
  unwrap(await world.admin.api.POST("/api/admin/users/invite", { body: { email, name: "Jean Bartik", role: "viewer" } }));
  const page = await open("nobody");
  await page.goto(await linkMailedTo(email, "/accept-invitation"));
  await expectAccessible(page);
  expect(page.url()).not.toContain("token");
  await choosePassword(page, PASSWORD);
  await page.getByRole("link", { name: "Sign in" }).click();
  await signInByForm(page, email, PASSWORD);
  await expect(page.getByRole("link", { name: "You: Jean Bartik" }).or(page.getByText("Jean Bartik"))).toBeVisible();
});

test("a forgotten password is replaced by mail", async ({ open, world, faults }) => {
  faults.expect(/401/);
  const { email } = await world.person("viewer");
  const page = await open("nobody");
  await page.goto("/workflows");
  await page.getByRole("link", { name: "Forgot your password?" }).click();
  await expectAccessible(page);
  await page.getByLabel("E-mail").fill(email);
  await throughTheDoor(page, page.getByRole("button", { name: "Send me a link" }));
  await expect(page.getByRole("status").filter({ hasText: "a link is on its way" })).toBeVisible();
  await page.goto(await linkMailedTo(email, "/reset-password"));
  const chosen = "seven violet otters juggle quietly";
  await choosePassword(page, chosen);
  await page.getByRole("link", { name: "Sign in" }).click();
  await signInByForm(page, email, chosen);
  await expect(page.getByTestId("live")).toBeVisible();
});

const isCallOf = (path: string) => (call: Request) => call.url().endsWith(path) && call.method() === "POST";
const isAnswerOf = (path: string) => (answer: Response) => isCallOf(path)(answer.request());

async function signInByForm(page: Page, email: string, password: string) {
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await throughTheDoor(page, page.getByRole("button", { name: "Sign in" }));
}

async function choosePassword(page: Page, password: string) {
  await page.getByLabel("New password").fill(password);
  await page.getByLabel("The same again").fill(password);
  await throughTheDoor(page, page.getByRole("button", { name: "Choose this password" }));
  await expect(page.getByRole("status")).toContainText("Your password is chosen");
}

/** Sends a form that the edge takes only so often a minute; who is told to wait waits, and sends it again. */
async function throughTheDoor(page: Page, button: Locator) {
  for (;;) {
    const answer = page.waitForResponse((response) => response.request().method() === "POST" && !response.url().endsWith("/refresh"));
    await button.click();
    const response = await answer;
    if (response.status() !== 429) return;
    await new Promise((resolve) => setTimeout(resolve, Number(response.headers()["retry-after"] ?? 12) * 1000));
  }
}
