import { expect, expectAccessible, test } from "./fixtures";

test("a proposal made by API is in the inbox of who has a seat", async ({ world, ada, viewer }) => {
  const { type } = await world.proposal();
  await ada.goto("/");
  await expect(ada.getByRole("main").getByText(type.name)).toBeVisible();
  await viewer.goto("/workflows");
  await expect(viewer.getByRole("main").getByText(type.name).first()).toBeVisible();
  await expectAccessible(viewer);
});
