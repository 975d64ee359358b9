import { expect, it } from "vitest";
import { shortId } from "./short-id";

it("shortens UUIDs, and leaves names that people chose", () => {
  expect(shortId("01a21adf-c358-77f3-8f16-fdeae7aa0a09")).toBe("01a21adf-c358…");
  expect(shortId("website.create_landing_page")).toBe("website.create_landing_page");
});
