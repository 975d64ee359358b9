import { expect, test, unique } from "./fixtures";
import { sql } from "./sql";

const MANY = 10_000;
/** Far more than a screen holds, far less than there are. */
const ROWS_IN_PAGE = 80;

test("ten thousand workflows scroll, with only those in the page that are seen", async ({ world, admin }) => {
  test.setTimeout(300_000);
  const { type, workflow } = await world.proposal();
  const reason = unique("one-of-many");
  // As the policy would have blocked them, long ago: so they are below what else is in the list.
  await sql(`
    insert into workflows (id, workflow_type, type_version, domain, inputs, digest, reason, weekly_savings, proposer_agent_id,
                           status, basis, created_at, finished_at)
    select overlay(gen_random_uuid()::text placing '0170' || lpad(to_hex(n), 4, '0') || '-0000-7' from 1 for 15)::uuid, workflow_type,
           type_version, domain, inputs, digest, '${reason}', weekly_savings, proposer_agent_id, 'blocked', 'blocked',
           now() - interval '3 years', now() - interval '3 years'
    from workflows, generate_series(1, ${MANY}) n where id = '${workflow.id}'`);
  try {
    await admin.goto("/workflows?status=blocked");
    const rows = admin.getByRole("main").getByRole("row");
    await expect(rows.filter({ hasText: type.name }).first()).toBeVisible();
    const found = await admin.evaluate(async (limit) => {
      const table = document.querySelector("main [role=table]");
      const frames: number[] = [];
      let most = 0;
      let last = performance.now();
      const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
      // A screen at a time, as somebody who holds Page Down.
      while (table?.getAttribute("aria-rowcount") === "-1" && most <= limit) {
        const before = scrollY;
        scrollBy({ top: innerHeight * 0.9, behavior: "instant" });
        const now = await frame();
        if (scrollY !== before) frames.push(now - last);
        last = now;
        most = Math.max(most, document.querySelectorAll("main [role=row]").length);
      }
      return { most, frames: frames.toSorted((a, b) => a - b), count: Number(table?.getAttribute("aria-rowcount")) };
    }, ROWS_IN_PAGE);
    const [half, most] = [found.frames.at(found.frames.length / 2), found.frames.at(found.frames.length * 0.95)];
    const report = `${found.frames.length} frames while scrolling: half took ${half?.toFixed(1)} ms or less, 95 % ${most?.toFixed(1)} ms or less; at most ${found.most} rows in the page`;
    test.info().annotations.push({ type: "scrolling", description: report });
    console.log(report);
    expect(found.most).toBeLessThanOrEqual(ROWS_IN_PAGE);
    expect(found.count).toBeGreaterThan(MANY);
    // The loop ends when the last page has come, which is before its end is seen.
    await expect(async () => {
      // Rows are measured as they come into the page, which makes it longer once more.
      await admin.keyboard.press("End");
      await expect(rows.last()).toBeInViewport({ timeout: 1000 });
    }).toPass({ timeout: 20_000 });
    await expect(rows.last()).toContainText(type.name);
  } finally {
    await sql(`delete from workflows where reason = '${reason}'`);
  }
});
