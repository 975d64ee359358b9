import { readFile } from "node:fs/promises";
import { expect, proposalIn, shoot, test } from "./fixtures";
import { runtime } from "./runtime";

test("a proposal is made, voted on by two, run and proved, and everybody sees it happen", async ({ world, open, ada, grace }) => {
  const hedy = await world.person("council_operator", "Hedy Lamarr");
  const council = await world.council();
  const type = await world.type(council.domain, {
    name: "Announce the autumn sale",
    steps: [
      { name: "page", kind: "render_template", with: { template: "<h1>{{ inputs.title }}</h1>" } },
      { name: "quiet", kind: "delay", with: { seconds: 4 } },
      { name: "result", kind: "transform", with: { value: { html: "{{ steps.page.output.text }}" } } },
    ],
  });
  const proposer = await open(hedy);
  await Promise.all([ada.goto("/"), grace.goto("/"), proposer.goto("/propose")]);
  const all = [ada, grace, proposer];
  for (const page of all) {
    await expect(page.getByTestId("live")).toHaveText("Live");
    await page.evaluate(() => Object.assign(window, { isSamePage: true }));
  }

  await test.step("one proposes", async () => {
    await proposer.getByLabel("Search").fill(type.id);
    await proposer.getByRole("link", { name: type.name }).click();
    await proposer.getByLabel("Title").fill("Everything for the garden");
    await proposer.getByLabel("Saves in a week").fill("1250.00");
    await proposer.getByLabel("Reason").fill("The campaign begins on Friday.");
    await expect(proposer.getByText("It will be reviewed")).toBeVisible();
    await proposer.getByRole("button", { name: "Propose", exact: true }).click();
    await expect(proposer).toHaveURL(/\/workflows\/[0-9a-f-]{36}$/);
    await expect(proposer.getByTestId("tally")).toHaveText("0 for · 0 against · 0 abstained · 2 seats");
  });

  await test.step("it comes into the inboxes of both, who see each other's votes", async () => {
    for (const page of [ada, grace]) {
      await proposalIn(page, type).click();
      await expect(page.getByRole("article", { name: type.name })).toContainText("Everything for the garden");
    }
    await vote(ada);
    for (const page of [grace, proposer]) {
      await expect(page.getByTestId("tally")).toHaveText("1 for · 0 against · 0 abstained · 2 seats");
      await expect(page.getByRole("list", { name: "Votes so far" })).toContainText("Ada Lovelace approved");
    }
    await expect(proposer.getByRole("main")).toContainText("pending review");
    await vote(grace);
  });

  await test.step("it runs step by step before the eyes of who proposed it", async () => {
    const step = (name: string) => proposer.getByRole("listitem").filter({ has: proposer.getByRole("heading", { name, exact: true }) });
    await expect(step("page")).toContainText("completed");
    await expect(step("result")).toContainText("pending");
    await expect(step("result")).toContainText("completed", { timeout: 30_000 });
    await expect(proposer.getByText("completed", { exact: true }).first()).toBeVisible();
    for (const page of [ada, grace]) await expect(proposalIn(page, type)).toHaveCount(0);
  });
  await shoot(proposer, "workflow-one");

  await test.step("it can be proved", async () => {
    const id = proposer.url().split("/").at(-1);
    const downloading = proposer.waitForEvent("download");
    await proposer.getByRole("button", { name: "Download" }).click();
    const download = await downloading;
    expect(download.suggestedFilename()).toBe(`evidence-${id}.json`);
    const evidence = JSON.parse(await readFile(await download.path(), "utf8"));
    expect(JSON.stringify(evidence)).toContain(id);
    await proposer.getByRole("button", { name: "Check it here" }).click();
    const dialog = proposer.getByRole("dialog");
    await dialog.getByLabel("Public key").fill(runtime.AUDIT_PUBLIC_KEY);
    await dialog.getByRole("button", { name: "Check", exact: true }).click();
    // What a checkpoint will sign within a minute may still be open.
    await expect(dialog.getByText(/What (was|could be) checked holds/)).toBeVisible();
    await expect(dialog).not.toContainText("does not hold");
  });

  for (const page of all) expect(await page.evaluate(() => "isSamePage" in window), "was loaded again").toBe(true);

  async function vote(page: typeof ada) {
    await page.getByRole("group", { name: `Vote in ${council.name}` }).getByRole("button", { name: "Approve" }).click();
    await expect(proposalIn(page, type)).toHaveCount(0);
  }
});
