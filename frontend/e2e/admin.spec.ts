import type { Page } from "@playwright/test";
import { LOOKS, expect, expectAccessible, expectNoOverflow, settle, test, unique } from "./fixtures";
import { signatureOf, whileListening } from "./hook";
import { linkMailedTo } from "./mail";
import { PASSWORD, Person } from "./people";
import { runtime } from "./runtime";
import { sql } from "./sql";
import { unwrap } from "@/api/error";

/** What is on the page beside windows over it, by its heading. */
const section = (page: Page, name: string) => page.getByRole("region", { name, exact: true });
const dialog = (page: Page, name: string | RegExp) => page.getByRole("dialog", { name });

/** Whether what is shown now is for everybody, and fits a phone; `pages.spec.ts` looks at each page in all looks. */
async function expectGood(page: Page) {
  await expectAccessible(page);
  await LOOKS.phone(page);
  await settle(page);
  await expectNoOverflow(page);
  await LOOKS.light(page);
}

/** Presses a button that asks once more, looks at what it asks, and confirms. */
async function confirm(page: Page, button: string, title: string | RegExp, act = button) {
  await page.getByRole("button", { name: button, exact: true }).click();
  await expectAccessible(page);
  await dialog(page, title).getByRole("button", { name: act, exact: true }).click();
  await expect(dialog(page, title)).toHaveCount(0);
}

/** What is shown this once, after which it is put away. */
async function shownOnce(page: Page, title: string): Promise<string> {
  const shown = dialog(page, title).getByTestId("shown-once");
  await expect(shown).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  const text = (await shown.textContent()) ?? "";
  await dialog(page, title).getByRole("button", { name: "I have copied it" }).click();
  await expect(dialog(page, title)).toHaveCount(0);
  await expect(page.getByText(text)).toHaveCount(0);
  return text;
}

test("somebody is invited by mail, once more, and not twice", async ({ admin, faults }) => {
  faults.expect(/409/);
  const email = `${unique("invited")}@example.org`;
  await admin.goto("/admin/users");
  await expectGood(admin);
  const invite = async () => {
    await admin.getByRole("button", { name: "Add somebody" }).click();
    const form = dialog(admin, "Add somebody");
    await form.getByRole("textbox", { name: "E-mail" }).fill(email);
    await form.getByLabel("Name").fill("Kathleen Booth");
    await form.getByLabel("Role").selectOption("Viewer");
    await form.getByRole("button", { name: "Send the invitation" }).click();
    return form;
  };
  await admin.getByRole("button", { name: "Add somebody" }).click();
  await expectAccessible(admin);
  await admin.keyboard.press("Escape");
  await invite();
  await expect(admin.getByRole("heading", { level: 1, name: "Kathleen Booth" })).toBeVisible();
  await expect(admin.getByRole("main").getByText("invited", { exact: true })).toBeVisible();
  await expectGood(admin);
  const first = await linkMailedTo(email, "/accept-invitation");
  // Nobody is mailed twice within a minute.
  await sql(`UPDATE account_tokens SET created_at = created_at - interval '2 minutes'
    WHERE user_id = (SELECT id FROM users WHERE email = '${email}')`);
  await admin.getByRole("button", { name: "Send the invitation again" }).click();
  await expect(admin.getByText("The invitation is on its way again")).toBeVisible();
  await expect.poll(() => linkMailedTo(email, "/accept-invitation")).not.toBe(first);

  await admin.goto("/admin/users");
  const form = await invite();
  await expect(form.getByText(/is taken/)).toBeVisible();
  await expectAccessible(admin);
});

test("somebody is added with a password that is good enough, and found again", async ({ admin, faults }) => {
  faults.expect(/422/);
  const email = `${unique("added")}@example.org`;
  await admin.goto("/admin/users");
  await admin.getByRole("button", { name: "Add somebody" }).click();
  const form = dialog(admin, "Add somebody");
  await form.getByText("With a password").click();
  await form.getByRole("textbox", { name: "E-mail" }).fill(email);
  await form.getByLabel("Name").fill("Betty Holberton");
  await form.getByLabel("Role").selectOption("Operator");
  await form.getByLabel("First password").first().fill("password1234");
  await form.getByRole("button", { name: "Add", exact: true }).click();
  await expect(form.getByLabel("First password").first()).toHaveAccessibleDescription(/guess|common|weak/i);
  await expectAccessible(admin);
  await form.getByLabel("First password").first().fill(PASSWORD);
  await form.getByRole("button", { name: "Add", exact: true }).click();
  await expect(admin.getByRole("heading", { level: 1, name: "Betty Holberton" })).toBeVisible();
  const added = new Person("", "", email, "council_operator");
  expect(unwrap(await added.api.GET("/api/auth/me")).user).toMatchObject({ email, role: "council_operator" });

  await admin.goto("/admin/users");
  await admin.getByLabel("Name or e-mail").fill(email);
  await expect(admin).toHaveURL(new RegExp(`search=${encodeURIComponent(email)}`));
  await expect(admin.getByRole("table", { name: "People" }).getByRole("link")).toHaveText(["Betty Holberton"]);
  await admin.getByRole("link", { name: "Betty Holberton" }).click();
  await expect(admin.getByRole("heading", { level: 1, name: "Betty Holberton" })).toBeVisible();
});

test("a role is changed, and a page that is open follows", async ({ world, admin, open, faults }) => {
  faults.expect(/401/);
  const person = await world.person("viewer");
  const theirs = await open(person);
  await theirs.goto("/");
  await expect(theirs.getByText("You only look on")).toBeVisible();
  await admin.goto(`/admin/users/${person.id}`);
  const form = section(admin, "Name and role");
  await expect(form.getByRole("button", { name: "Save" })).toBeDisabled();
  await form.getByLabel("Role").selectOption("Admin");
  await expect(form.getByLabel("Role")).toHaveAccessibleDescription(/tokens end/);
  await form.getByRole("button", { name: "Save" }).click();
  await expect(admin.getByText("The change is made.")).toBeVisible();
  await theirs.goto("/admin/users");
  await expect(theirs.getByRole("button", { name: "Add somebody" })).toBeVisible();
  expect(unwrap(await person.api.GET("/api/auth/me")).user.role).toBe("admin");
});

test("sessions of somebody are ended, one and all", async ({ world, admin, open, faults }) => {
  faults.expect(/401/);
  const person = await world.person("viewer");
  unwrap(await person.api.GET("/api/auth/me"));
  const theirs = await open(person);
  await theirs.goto("/workflows");
  await expect(theirs.getByRole("heading", { level: 1, name: "Workflows" })).toBeVisible();
  await admin.goto(`/admin/users/${person.id}`);
  const sessions = section(admin, "Sessions");
  await expect(sessions.getByRole("listitem")).toHaveCount(2);
  await expectAccessible(admin);
  await sessions.getByRole("button", { name: /^End the session of (?!Chrom)/ }).first().click();
  await expect(sessions.getByRole("listitem")).toHaveCount(1);
  await confirm(admin, "End all", `End all sessions of ${person.name}?`);
  await expect(sessions.getByText("No session is open.")).toBeVisible();
  await theirs.getByRole("link", { name: "Workflow types" }).click();
  await expect(theirs.getByText("Your session has ended.", { exact: false })).toBeVisible();
});

test("who has lost the authenticator is let in without", async ({ world, admin }) => {
  const person = await world.person("viewer");
  await person.setUpAuthenticator();
  await admin.goto(`/admin/users/${person.id}`);
  await expect(section(admin, "Second factor")).toContainText("a code of their authenticator");
  await confirm(admin, "Take it away", "Take the second factor away?");
  await expect(section(admin, "Second factor")).toContainText("their password only");
  const again = new Person(person.id, person.name, person.email, person.role);
  expect(unwrap(await again.api.GET("/api/auth/totp")).enabled).toBe(false);
});

test("somebody is kept out, let in again, and erased", async ({ world, admin }) => {
  const person = await world.person("viewer", unique("Erika"));
  const signsIn = () => new Person(person.id, "", person.email, "viewer").api.GET("/api/auth/me");
  await admin.goto(`/admin/users/${person.id}`);
  await confirm(admin, "Deactivate", `Deactivate ${person.name}?`);
  await expect(admin.getByRole("main").getByText("deactivated", { exact: true })).toBeVisible();
  await expectGood(admin);
  await expect(signsIn()).rejects.toThrow("Invalid credentials");
  await confirm(admin, "Reactivate", `Reactivate ${person.name}?`);
  await expect(admin.getByRole("main").getByText("active", { exact: true })).toBeVisible();
  expect((await signsIn()).response.status).toBe(200);

  await admin.getByRole("button", { name: "Erase" }).click();
  const ask = dialog(admin, `Erase ${person.name}?`);
  const erase = ask.getByRole("button", { name: "Erase" });
  await expect(erase).toBeDisabled();
  await ask.getByLabel(`Type ${person.email} to go on`).fill("somebody else");
  await expect(erase).toBeDisabled();
  await expectAccessible(admin);
  await ask.getByLabel(`Type ${person.email} to go on`).fill(person.email);
  await erase.click();
  await expect(ask).toHaveCount(0);
  await expect(admin.getByText("This person was erased", { exact: false })).toBeVisible();
  await expect(admin.getByText(person.name)).toHaveCount(0);
  await expectGood(admin);
  const path = { user_id: person.id };
  expect(unwrap(await world.admin.api.GET("/api/admin/users/{user_id}", { params: { path } }))).toMatchObject({ state: "erased" });
  await admin.getByRole("link", { name: "What was done to the account" }).click();
  await expect(admin.getByRole("table", { name: "The audit log" }).getByRole("button", { name: /user\.erased$/ })).toBeVisible();
});

test("an agent gets a key that is shown once, works, and is revoked", async ({ admin }) => {
  const name = unique("Agent");
  await admin.goto("/admin/agents");
  await expectGood(admin);
  await admin.getByRole("button", { name: "Add an agent" }).click();
  await expectAccessible(admin);
  await dialog(admin, "Add an agent").getByLabel("Name").fill(name);
  await dialog(admin, "Add an agent").getByRole("button", { name: "Add", exact: true }).click();
  await expect(admin.getByRole("heading", { level: 1, name })).toBeVisible();
  await expect(section(admin, "Keys")).toContainText("Without a key, the agent can do nothing.");
  await expectGood(admin);

  await admin.getByRole("button", { name: "Issue a key" }).click();
  const form = dialog(admin, "Issue a key");
  await form.getByLabel("Propose").uncheck();
  await form.getByLabel("Read").uncheck();
  await expect(form.getByText("Choose at least one")).toBeVisible();
  await expect(form.getByRole("button", { name: "Issue" })).toBeDisabled();
  await expectAccessible(admin);
  await form.getByLabel("Read").check();
  await form.getByLabel("Good for").selectOption("30 days");
  await form.getByRole("button", { name: "Issue" }).click();
  await expect(dialog(admin, "The new key")).toContainText("mcpServers");
  const key = await shownOnce(admin, "The new key");
  const [start = "", prefix = ""] = key.split("_");
  expect(start).toBe("cdx");
  const row = section(admin, "Keys").getByRole("row").filter({ hasText: `cdx_${prefix}…` });
  await expect(row).toContainText("Read");
  await expect(row).not.toContainText("Propose");
  await expect(row).not.toContainText("cdx_cdx");
  await expectGood(admin);

  const call = (path: string, init = {}) => fetch(`${runtime.COUNCIL_URL}${path}`, { headers: { authorization: `Bearer ${key}` }, ...init });
  expect((await call("/api/workflow-types")).status).toBe(200);
  expect((await call("/api/admin/secrets")).status).toBe(401);
  await row.getByRole("button", { name: `Revoke the key ${prefix}` }).click();
  await expectAccessible(admin);
  await dialog(admin, "Revoke this key?").getByRole("button", { name: "Revoke" }).click();
  await expect(row).toContainText("revoked");
  await expect(row.getByRole("button")).toHaveCount(0);
  await expect.poll(async () => (await call("/api/workflow-types")).status).toBe(401);
});

test("an agent is given to somebody else, shows what it proposed, and is kept out", async ({ world, admin }) => {
  const agent = await world.agent();
  const { council, type } = await world.proposal();
  const mine = await world.propose(type, { by: agent });
  await admin.goto(`/admin/agents/${agent.id}`);
  await admin.getByRole("button", { name: "Name and owner" }).click();
  const form = dialog(admin, "Name and owner");
  const name = unique("Renamed");
  await form.getByLabel("Name").fill(name);
  await form.getByRole("combobox", { name: "Owner" }).fill("Nobody has this name");
  await expect(admin.getByText("Nobody of that name")).toBeVisible();
  await form.getByRole("combobox", { name: "Owner" }).fill("Edith Clarke");
  await expectAccessible(admin);
  await admin.getByRole("option", { name: "Edith Clarke" }).first().click();
  await form.getByRole("button", { name: "Save" }).click();
  await expect(admin.getByRole("heading", { level: 1, name })).toBeVisible();
  await expect(section(admin, "Name and owner").getByRole("link", { name: "Edith Clarke" })).toBeVisible();

  await admin.getByRole("link", { name: "What it proposed" }).click();
  await expect(admin.getByRole("heading", { level: 1, name: "Workflows" })).toBeVisible();
  await expect(admin.getByLabel("Proposed by")).toHaveValue(agent.id);
  await expect(admin.getByRole("table").getByRole("link", { name: type.name })).toHaveCount(1);
  await expect(admin.getByRole("table").locator(`a[href="/workflows/${mine.id}"]`)).toBeVisible();

  await admin.goto(`/admin/agents/${agent.id}`);
  await confirm(admin, "Deactivate", `Deactivate ${name}?`);
  await expect(admin.getByRole("button", { name: "Issue a key" })).toHaveCount(0);
  await expect.poll(async () => (await agent.api.GET("/api/councils/{council_id}", { params: { path: { council_id: council.id } } })).response.status).toBe(401);
  await confirm(admin, "Reactivate", `Reactivate ${name}?`);
  await expect(admin.getByRole("button", { name: "Issue a key" })).toBeVisible();
});

test("a secret is set, replaced only if it is still the one that was seen, and deleted", async ({ world, admin, faults }) => {
  faults.expect(/412/);
  const name = unique("token").replace("-", "_");
  const listed = async () => {
    const { secrets } = unwrap(await world.admin.api.GET("/api/admin/secrets", { params: { query: { limit: 200 } } }));
    return secrets.find((secret) => secret.name === name);
  };
  await admin.goto("/admin/secrets");
  await admin.getByRole("button", { name: "Set a secret" }).click();
  await expectAccessible(admin);
  const form = dialog(admin, "Set a secret");
  await form.getByLabel("Name").fill(name);
  await form.getByLabel("Value").first().fill("first value 1");
  await form.getByLabel("What for").fill("The shop");
  await form.getByRole("button", { name: "Set", exact: true }).click();
  await expect(form).toHaveCount(0);
  const row = admin.getByRole("table", { name: "Secrets" }).getByRole("row").filter({ hasText: name });
  await expect(row).toContainText("The shop");
  await expect(row).toContainText("no type");
  await expectGood(admin);
  await expect(admin.getByText("first value 1")).toHaveCount(0);

  const replaceWith = async (value: string) => {
    const put = admin.waitForResponse((answer) => answer.request().method() === "PUT");
    await dialog(admin, `Replace ${name}`).getByLabel("Value").first().fill(value);
    await dialog(admin, `Replace ${name}`).getByRole("button", { name: "Replace", exact: true }).click();
    return put;
  };
  await row.getByRole("button", { name: `Replace ${name}` }).click();
  await expectAccessible(admin);
  const replaced = await replaceWith("second value 2");
  expect(replaced.status()).toBe(200);
  expect(replaced.request().headers()["if-match"]).toMatch(/^"1-\d{16}"$/);
  await expect(row).toContainText("2 times");
  expect(await listed()).toMatchObject({ version: 2 });

  await row.getByRole("button", { name: `Replace ${name}` }).click();
  await expect(dialog(admin, `Replace ${name}`)).toBeVisible();
  const path = { name };
  unwrap(await world.admin.api.PUT("/api/admin/secrets/{name}", { params: { path }, body: { value: "somebody's value", description: "" } }));
  expect((await replaceWith("third value 3")).status()).toBe(412);
  await expect(admin.getByRole("alert").filter({ hasText: "Somebody has changed it meanwhile" })).toBeVisible();
  await expectAccessible(admin);
  expect(await listed()).toMatchObject({ version: 3 });
  await admin.getByRole("button", { name: "Load it again" }).click();
  await expect(admin.getByRole("alert").filter({ hasText: "Somebody has changed it meanwhile" })).toHaveCount(0);
  await expect(dialog(admin, `Replace ${name}`).getByLabel("Value").first()).toHaveValue("third value 3");
  expect((await replaceWith("third value 3")).status()).toBe(200);
  await expect(row).toContainText("4 times");

  await row.getByRole("button", { name: `Delete ${name}` }).click();
  await dialog(admin, `Delete ${name}?`).getByRole("button", { name: "Delete" }).click();
  await expect(row).toHaveCount(0);
  expect(await listed()).toBeUndefined();
});

test("a secret that a type needs is not deleted, and says by which", async ({ world, admin, faults }) => {
  faults.expect(/409/);
  const name = unique("token").replace("-", "_");
  const path = { name };
  unwrap(await world.admin.api.PUT("/api/admin/secrets/{name}", { params: { path }, body: { value: "a value of eight", description: "" } }));
  const council = await world.council();
  const type = await world.type(council.domain, {
    steps: [
      {
        name: "call",
        kind: "http_request",
        with: { method: "GET", url: "https://example.org/", headers: { authorization: `Bearer {{ secrets.${name} }}` } },
      },
    ],
  });
  await admin.goto("/admin/secrets");
  const row = admin.getByRole("table", { name: "Secrets" }).getByRole("row").filter({ hasText: name });
  await expect(row.getByRole("link", { name: type.id })).toBeVisible();
  await row.getByRole("button", { name: `Delete ${name}` }).click();
  const ask = dialog(admin, `Delete ${name}?`);
  await expect(ask.getByRole("link", { name: type.id })).toBeVisible();
  await ask.getByRole("button", { name: "Delete" }).click();
  await expect(ask.getByRole("alert")).toBeVisible();
  await expectAccessible(admin);
  await ask.getByRole("button", { name: "Cancel" }).click();
  await expect(row).toBeVisible();
});

test("a webhook is added, tested with a signature that fits, given another secret, paused and deleted", async ({ admin, faults }) => {
  faults.expect(/422/);
  await whileListening(async (url, received) => {
    const name = unique("Billing");
    await admin.goto("/admin/webhooks");
    await expectAccessible(admin);
    await admin.getByRole("button", { name: "Add a webhook" }).click();
    await expectAccessible(admin);
    const form = dialog(admin, "Add a webhook");
    await form.getByLabel("URL").fill("ftp://example.org/hooks");
    await form.getByLabel("What for").fill(name);
    await form.getByRole("button", { name: "Add", exact: true }).click();
    await expect(form.getByLabel("URL")).toHaveAccessibleDescription(/http/);
    await expect(form.getByLabel("URL")).toHaveAttribute("aria-invalid", "true");
    await form.getByLabel("URL").fill(url);
    await form.getByRole("button", { name: "Add", exact: true }).click();
    const first = await shownOnce(admin, "The webhook's secret");
    expect(first).toMatch(/^whsec_/);
    await expect(admin.getByRole("heading", { level: 1, name })).toBeVisible();
    await expectGood(admin);

    const deliveries = admin.getByRole("table", { name: "Deliveries" });
    const sendTest = async (count: number) => {
      await admin.getByRole("button", { name: "Send a test" }).click();
      await expect.poll(() => received.length).toBe(count);
      await expect(deliveries.getByRole("row").filter({ hasText: "Delivered" })).toHaveCount(count);
      const newest = received.at(-1);
      if (!newest) throw new Error("nothing was received");
      return newest;
    };
    const test = await sendTest(1);
    expect(test.headers["webhook-signature"]).toBe(signatureOf(test, first));
    expect(JSON.parse(test.body)).toMatchObject({ type: "webhook.test" });
    await expectGood(admin);
    await deliveries.getByRole("button", { name: /^Details of webhook\.test/ }).click();
    const details = dialog(admin, "webhook.test");
    await expect(details).toContainText(String(test.headers["webhook-id"]));
    await expect(details).toContainText("204");
    await expectAccessible(admin);
    await details.getByRole("button", { name: "Close" }).click();
    await deliveries.getByRole("button", { name: /^Send webhook\.test/ }).click();
    await expect.poll(() => received.length).toBe(2);
    expect(received[1]?.headers["webhook-id"]).toBe(test.headers["webhook-id"]);

    await confirm(admin, "New secret", "Give it a new secret?", "Make a new secret");
    const second = await shownOnce(admin, "The webhook's secret");
    expect(second).not.toBe(first);
    await expect(section(admin, "About")).toContainText("The secret before signs, too, until");
    await admin.getByRole("button", { name: "Send a test" }).click();
    await expect.poll(() => received.length).toBe(3);
    const both = received.at(-1) ?? test;
    const signatures = String(both.headers["webhook-signature"]).split(" ");
    expect(signatures.toSorted()).toEqual([signatureOf(both, first), signatureOf(both, second)].toSorted());

    await admin.getByRole("button", { name: "Pause" }).click();
    await expect(admin.getByText("Nothing is sent, and what happens meanwhile is not sent later.")).toBeVisible();
    await expect(admin.getByRole("button", { name: "Send a test" })).toHaveCount(0);
    await expectGood(admin);
    await admin.getByRole("button", { name: "Resume" }).click();
    await expect(admin.getByRole("button", { name: "Send a test" })).toBeVisible();

    await admin.getByRole("button", { name: "Change" }).click();
    const edit = dialog(admin, "Change");
    await edit.getByLabel("What for").fill(`${name} 2`);
    await edit.getByLabel("Proposed").uncheck();
    await edit.getByRole("button", { name: "Save" }).click();
    await expect(admin.getByRole("heading", { level: 1, name: `${name} 2` })).toBeVisible();
    await expect(section(admin, "About")).not.toContainText("workflow.proposed");

    await confirm(admin, "Delete", "Delete this webhook?");
    await expect(admin).toHaveURL(/\/admin\/webhooks$/);
    await expect(admin.getByText(`${name} 2`)).toHaveCount(0);
  });
});

test("others are told that these pages are for admins", async ({ ada }) => {
  for (const page of ["/admin/users", "/admin/agents", "/admin/secrets", "/admin/webhooks", "/admin/audit"]) {
    await ada.goto(page);
    await expect(ada.getByRole("heading", { level: 1, name: "Only for admins" })).toBeVisible();
  }
  await expectAccessible(ada);
});
