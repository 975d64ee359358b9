import { expect, it } from "vitest";
import { etagOf } from "./etag";

it("a secret's tag is its version and when it was set, to the microsecond", () => {
  expect(etagOf({ version: 3, set_at: "2026-11-27T01:07:57.655035Z" })).toBe('"3-1795741677655035"');
  expect(etagOf({ version: 1, set_at: "2026-11-27T01:07:57.655Z" })).toBe('"1-1795741677655000"');
  expect(etagOf({ version: 1, set_at: "2026-11-27T01:07:57Z" })).toBe('"1-1795741677000000"');
});
