import { LOOKS, expect, expectAccessible, expectNoOverflow, settle, shoot, test, unique } from "./fixtures";
import type { World } from "./world";
import { unwrap } from "@/api/error";

/** A run that failed for good, with a council and a type of its own. */
async function deadLetter(world: World) {
  const council = await world.council({ policy: { decision_rule: { kind: "approvals", required: 1 } } });
  const type = await world.type(council.domain, {
    steps: [{ name: "call", kind: "http_request", with: { method: "GET", url: "http://{{ inputs.title }}.invalid/" }, max_attempts: 1 }],
  });
  const workflow = await world.propose(type, { inputs: { title: "nowhere" } });
  await world.vote(workflow.id, world.ada, "approve");
  return { council, type, workflow: await world.until(workflow.id, "failed") };
}

test("dead letters are found by their counts, and all of a filter is retried after a look at what would become of it", async ({
  world,
  admin,
}) => {
  const { type, workflow } = await deadLetter(world);
  await admin.goto("/jobs/dead-letters");
  await admin.getByRole("button", { name: `Only ${type.id}, 1` }).click();
  await expect(admin).toHaveURL(new RegExp(`workflow_type=${type.id}`));
  const rows = admin.getByRole("table", { name: "Dead letters" }).getByRole("link", { name: type.name });
  await expect(rows).toHaveCount(1);
  await expect(rows).toHaveAttribute("href", `/workflows/${workflow.id}`);
  for (const change of Object.values(LOOKS)) {
    await change(admin);
    await expectAccessible(admin);
    await expectNoOverflow(admin);
  }
  await LOOKS.light(admin);

  await admin.getByLabel("Words of the error").fill("no error has these words");
  await expect(admin.getByText("None match these filters")).toBeVisible();
  await admin.getByLabel("Words of the error").fill("");
  await expect(rows).toHaveCount(1);

  await admin.getByRole("button", { name: "Retry this one" }).click();
  const dialog = admin.getByRole("dialog", { name: "Retry what the filter names" });
  await dialog.getByRole("button", { name: "See what would happen" }).click();
  await expect(dialog.getByRole("table", { name: "What would become of them" }).getByText("runs again")).toBeVisible();
  expect((await world.workflow(workflow.id)).status).toBe("failed");
  await expectAccessible(admin);
  await dialog.getByRole("button", { name: "Retry 1 run" }).click();
  await expect(dialog.getByRole("table", { name: "What became of them" }).getByText("runs again")).toBeVisible();
  const { timeline } = await world.workflow(workflow.id);
  expect(timeline.filter(({ event }) => event === "retried")).toHaveLength(1);
  await dialog.getByRole("button", { name: "Close", exact: true }).last().click();
  await expect(dialog).toHaveCount(0);
});

test("one dead letter is retried from its start", async ({ world, admin }) => {
  const { type, workflow } = await deadLetter(world);
  await admin.goto(`/jobs/dead-letters?workflow_type=${type.id}`);
  await admin.getByRole("button", { name: `Retry ${type.name}` }).click();
  const dialog = admin.getByRole("dialog", { name: "Try the run again?" });
  await dialog.getByRole("radio", { name: /From the start/ }).check();
  await expectAccessible(admin);
  await dialog.getByRole("button", { name: "Try again" }).click();
  // What was answered stays to be read, though the run has left the list.
  await expect(admin.getByRole("dialog").getByRole("status")).toBeVisible();
  await expect
    .poll(async () => (await world.workflow(workflow.id)).timeline.filter(({ event }) => event === "retried").length)
    .toBe(1);
});

test("dead letters are for admins", async ({ ada }) => {
  await ada.goto("/jobs/dead-letters");
  await expect(ada.getByText("This page is for admins.")).toBeVisible();
  await ada.goto("/jobs");
  await expect(ada.getByRole("navigation", { name: "Pages of jobs" }).getByRole("link", { name: "Schedules" })).toBeVisible();
  await expect(ada.getByRole("navigation", { name: "Pages of jobs" }).getByRole("link", { name: "Dead letters" })).toHaveCount(0);
});

test("a schedule is made, paused, changed and deleted", async ({ world, admin }) => {
  const type = await world.type((await world.council()).domain);
  const name = unique("Weekly page");
  await admin.goto("/jobs/schedules");
  await admin.getByRole("link", { name: "New schedule" }).click();
  await admin.getByRole("button", { name: "Make the schedule" }).click();
  await expect(admin.getByLabel("Name")).toBeFocused();
  await admin.getByLabel("Name").fill(name);
  await admin.getByLabel("Workflow type").selectOption(type.id);
  await admin.getByRole("button", { name: "Mondays at 9" }).click();
  await expect(admin.getByLabel("Cron pattern")).toHaveValue("0 9 * * MON");
  await admin.getByLabel("Time zone").fill("Europe/Berlin");
  await admin.getByRole("radio", { name: /Propose once/ }).check();
  await admin.getByRole("textbox", { name: "Title" }).fill("This week");
  await expectAccessible(admin);
  await admin.getByRole("button", { name: "Make the schedule" }).click();
  await expect(admin.getByRole("heading", { level: 1, name })).toBeVisible();
  const times = admin.getByRole("table", { name: "Next times" }).getByRole("row");
  await expect(times).toHaveCount(6);
  await expect(times.nth(1)).toContainText(/Mon.*09:00/);
  for (const change of Object.values(LOOKS)) {
    await change(admin);
    await expectAccessible(admin);
    await expectNoOverflow(admin);
  }
  await LOOKS.light(admin);
  await shoot(admin, "schedule");
  const id = admin.url().split("/").pop() ?? "";
  const now = async () => unwrap(await world.admin.api.GET("/api/schedules/{schedule_id}", { params: { path: { schedule_id: id } } }));
  expect(await now()).toMatchObject({ name, time_zone: "Europe/Berlin", missed: "once", inputs: { title: "This week" } });

  await admin.getByRole("button", { name: "Pause" }).click();
  await admin.getByRole("dialog").getByRole("button", { name: "Pause" }).click();
  await expect(admin.getByRole("button", { name: "Resume" })).toBeVisible();
  expect((await now()).state).toBe("paused");
  await admin.getByRole("button", { name: "Resume" }).click();
  await admin.getByRole("dialog").getByRole("button", { name: "Resume" }).click();
  await expect(times).toHaveCount(6);

  await admin.getByRole("button", { name: "Edit" }).click();
  await admin.getByLabel("Cron pattern").fill("0 18 * * FRI#L");
  await admin.getByRole("button", { name: "Save" }).click();
  await expect(times.nth(1)).toContainText(/Fri.*18:00/);

  await admin.getByRole("button", { name: "Delete" }).click();
  const dialog = admin.getByRole("dialog");
  await expect(dialog.getByRole("button", { name: "Delete" })).toBeDisabled();
  await dialog.getByLabel("Type the name of the schedule").fill(name);
  await dialog.getByRole("button", { name: "Delete" }).click();
  await expect(admin).toHaveURL(/\/jobs\/schedules$/);
  await settle(admin);
  await expect(admin.getByRole("link", { name })).toHaveCount(0);
});

test("a pattern that is none is refused beside its field, and what others changed is not overwritten", async ({
  world,
  admin,
  faults,
}) => {
  faults.expect(/4(12|22)/);
  const type = await world.type((await world.council()).domain);
  const body = {
    name: unique("Offers"),
    workflow_type: type.id,
    inputs: { title: "Offers" } as unknown as Record<string, never>,
    cron: "0 8 * * 1",
    time_zone: "Europe/Berlin",
  };
  const made = await world.admin.api.POST("/api/schedules", { body });
  const { id } = unwrap(made);
  await admin.goto(`/jobs/schedules/${id}?edit=1`);
  await admin.getByLabel("Cron pattern").fill("every monday");
  await admin.getByRole("button", { name: "Save" }).click();
  await expect(admin.getByLabel("Cron pattern")).toHaveAttribute("aria-invalid", "true");
  await expect(admin.getByText(/is not a cron pattern/).first()).toBeVisible();

  const params = { path: { schedule_id: id }, header: { "If-Match": made.response.headers.get("etag") ?? "" } };
  unwrap(await world.admin.api.PUT("/api/schedules/{schedule_id}", { params, body: { ...body, cron: "0 7 * * 1" } }));
  await admin.getByLabel("Cron pattern").fill("0 6 * * 1");
  await admin.getByRole("button", { name: "Save" }).click();
  await expect(admin.getByText("Somebody changed this schedule meanwhile.")).toBeVisible();
  await admin.getByRole("button", { name: "Load it again" }).click();
  await expect(admin.getByLabel("Cron pattern")).toHaveValue("0 6 * * 1");
  await admin.getByRole("button", { name: "Save" }).click();
  await expect(admin.getByRole("heading", { level: 1, name: body.name })).toBeVisible();
  await expect(admin.getByText("0 6 * * 1")).toBeVisible();
});

test("a viewer reads schedules, and is offered nothing to change", async ({ world, viewer }) => {
  const type = await world.type((await world.council()).domain);
  const body = {
    name: unique("Report"),
    workflow_type: type.id,
    inputs: { title: "Report" } as unknown as Record<string, never>,
    cron: "@daily",
    time_zone: "UTC",
  };
  const { id } = unwrap(await world.admin.api.POST("/api/schedules", { body }));
  await viewer.goto(`/jobs/schedules/${id}?edit=1`);
  await expect(viewer.getByRole("heading", { level: 1, name: body.name })).toBeVisible();
  for (const name of ["Edit", "Pause", "Delete", "Save"]) await expect(viewer.getByRole("button", { name })).toHaveCount(0);
  await expectAccessible(viewer);
});
