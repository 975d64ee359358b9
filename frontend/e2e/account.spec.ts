import fs from "node:fs/promises";
import type { Page } from "@playwright/test";
import { LOOKS, expect, expectAccessible, expectNoOverflow, settle, test } from "./fixtures";
import { PASSWORD, Person } from "./people";
import { totpCode } from "./totp";
import { unwrap } from "@/api/error";

const section = (page: Page, name: string) => page.getByRole("region", { name, exact: true });
/** A field for a password: beside it stands the button that shows what is typed. */
const password = (page: Page, name: string) => page.locator("input").and(page.getByLabel(name));

test("one's name is one's own to change, and the frame shows it", async ({ world, open }) => {
  const page = await open(await world.person("council_operator", "Hedy Lamarr"));
  await page.goto("/account");
  const you = section(page, "You");
  await expect(you).toContainText("Operator");
  await expect(you).toContainText("You have a seat in no council.");
  await expectAccessible(page);
  await LOOKS.phone(page);
  await settle(page);
  await expectNoOverflow(page);
  await LOOKS.light(page);
  await expect(you.getByRole("button", { name: "Save" })).toBeDisabled();
  await you.getByLabel("Name").fill("Hedwig Kiesler");
  await you.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Your name is changed.")).toBeVisible();
  await expect(page.getByRole("link", { name: /Hedwig Kiesler/ })).toBeVisible();
});

test("light or dark is kept in the browser", async ({ viewer }) => {
  await viewer.goto("/account");
  const root = viewer.locator("html");
  await section(viewer, "Appearance").getByText("Dark", { exact: true }).click();
  await expect(root).toHaveAttribute("data-mantine-color-scheme", "dark");
  await viewer.reload();
  await expect(section(viewer, "Appearance").getByRole("radio", { name: "Dark" })).toBeChecked();
  await expect(root).toHaveAttribute("data-mantine-color-scheme", "dark");
  await section(viewer, "Appearance").getByText("As the system").click();
  await expect(root).toHaveAttribute("data-mantine-color-scheme", "light");
});

test("a password is changed by who knows the one before, and ends the other sessions", async ({ world, open, faults }) => {
  faults.expect(/40[13]|422/);
  const person = await world.person("viewer");
  const page = await open(person);
  const other = await open(person);
  await other.goto("/workflows");
  await expect(other.getByTestId("live")).toHaveText("Live");
  await page.goto("/account");
  const form = section(page, "Password");
  const send = async (current: string, next: string, again = next) => {
    await password(page, "Current password").fill(current);
    await password(page, "New password").fill(next);
    await password(page, "The same again").fill(again);
    await form.getByRole("button", { name: "Change the password" }).click();
  };
  const chosen = "seven violet otters juggle quietly";
  await send(PASSWORD, chosen, "seven violet otters juggle loudly");
  await expect(form.getByText("The two differ")).toBeVisible();
  await expectAccessible(page);
  await send("not the password at all", chosen);
  await expect(form.getByRole("alert").filter({ hasText: "the password is wrong" })).toBeVisible();
  await expectAccessible(page);
  await send(PASSWORD, "password1234");
  await expect(password(page, "New password")).toHaveAttribute("aria-invalid", "true");
  await send(PASSWORD, chosen);
  await expect(page.getByText("Your password is changed.", { exact: false })).toBeVisible();
  await expect(password(page, "Current password")).toHaveValue("");
  await expect(section(page, "Sessions").getByRole("listitem")).toHaveCount(1);
  await other.getByRole("link", { name: "Workflow types" }).click();
  await expect(other.getByText("Your session has ended.", { exact: false })).toBeVisible();

  const signsIn = (secret: string) => new Person("", "", person.email, "viewer", secret).api.GET("/api/auth/me");
  await expect(signsIn(PASSWORD)).rejects.toThrow("Invalid credentials");
  expect((await signsIn(chosen)).response.status).toBe(200);
});

test("an authenticator is set up, gets new recovery codes, and is turned off", async ({ world, open, faults }) => {
  faults.expect(/40[13]|422/);
  const person = await world.person("viewer");
  const page = await open(person);
  await page.goto("/account");
  const factor = section(page, "Second factor");
  await expect(factor).toContainText("Signing in asks for your password only.");

  await factor.getByRole("button", { name: "Set up an authenticator" }).click();
  const setUp = page.getByRole("dialog", { name: "Set up an authenticator" });
  await expectAccessible(page);
  await password(page, "Your password").fill("not the password at all");
  await setUp.getByRole("button", { name: "Continue" }).click();
  await expect(setUp.getByRole("alert")).toBeVisible();
  await password(page, "Your password").fill(PASSWORD);
  await setUp.getByRole("button", { name: "Continue" }).click();
  await expect(setUp.getByRole("img", { name: "QR code that sets up the authenticator" })).toBeVisible();
  await expectAccessible(page);
  await LOOKS.phone(page);
  await settle(page);
  await expectNoOverflow(page);
  await LOOKS.light(page);
  const secret = (await setUp.getByTestId("totp-secret").textContent()) ?? "";
  await setUp.getByRole("textbox", { name: "Code" }).fill(totpCode(secret, 20));
  await setUp.getByRole("button", { name: "Turn on" }).click();
  await expect(setUp.getByRole("alert")).toBeVisible();
  await setUp.getByRole("textbox", { name: "Code" }).fill(totpCode(secret));
  await setUp.getByRole("button", { name: "Turn on" }).click();

  const codes = page.getByRole("dialog", { name: "Your recovery codes" });
  const list = codes.getByRole("list", { name: "Your recovery codes" }).getByRole("listitem");
  await expect(list).toHaveCount(10);
  await expectAccessible(page);
  const first = await list.allTextContents();
  const saved = page.waitForEvent("download");
  await codes.getByRole("button", { name: "Download" }).click();
  expect(await fs.readFile(await (await saved).path(), "utf8")).toBe(`${first.join("\n")}\n`);
  await page.keyboard.press("Escape");
  await codes.getByRole("button", { name: "I have kept them" }).click();
  await expect(factor).toContainText("10 recovery codes are left");
  await expectAccessible(page);

  await factor.getByRole("button", { name: "New recovery codes" }).click();
  const renew = page.getByRole("dialog", { name: "New recovery codes" });
  await expectAccessible(page);
  await password(page, "Your password").fill(PASSWORD);
  await renew.getByRole("textbox", { name: "Code" }).fill(first[0] ?? "");
  await renew.getByRole("button", { name: "New recovery codes" }).click();
  await expect(list).toHaveCount(10);
  const second = await list.allTextContents();
  expect(second.filter((code) => first.includes(code))).toEqual([]);
  await codes.getByRole("button", { name: "I have kept them" }).click();

  await factor.getByRole("button", { name: "Turn off" }).click();
  const off = page.getByRole("dialog", { name: "Second factor" });
  await expectAccessible(page);
  await password(page, "Your password").fill(PASSWORD);
  await off.getByRole("textbox", { name: "Code" }).fill(first[1] ?? "");
  await off.getByRole("button", { name: "Turn off" }).click();
  await expect(off.getByRole("alert")).toBeVisible();
  await off.getByRole("textbox", { name: "Code" }).fill(second[0] ?? "");
  await off.getByRole("button", { name: "Turn off" }).click();
  await expect(off).toHaveCount(0);
  await expect(factor).toContainText("Signing in asks for your password only.");
  expect(unwrap(await person.api.GET("/api/auth/totp")).enabled).toBe(false);
});

test("other sessions are ended, one and all; this one stays", async ({ world, open }) => {
  const person = await world.person("viewer");
  const elsewhere = [new Person("", "", person.email, "viewer"), new Person("", "", person.email, "viewer")];
  for (const one of [person, ...elsewhere]) unwrap(await one.api.GET("/api/auth/me"));
  const page = await open(person);
  await page.goto("/account");
  const sessions = section(page, "Sessions");
  await expect(sessions.getByRole("listitem")).toHaveCount(4);
  await expect(sessions.getByRole("listitem").filter({ hasText: "this one" })).toHaveCount(1);
  await sessions.getByRole("button", { name: /^End the session of (?!Chrom)/ }).first().click();
  await expect(sessions.getByRole("listitem")).toHaveCount(3);
  await sessions.getByRole("button", { name: "End all others" }).click();
  await expect(sessions.getByRole("listitem")).toHaveCount(1);
  await expect(sessions.getByRole("listitem")).toContainText("this one");
  await page.reload();
  await expect(page.getByTestId("live")).toHaveText("Live");
});
