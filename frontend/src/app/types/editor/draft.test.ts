import { expect, test } from "vitest";
import { begun, contentOf, faultAt, faultsAt, newStep } from "./draft";

const step = { ...newStep(), name: " text ", with: '{"template": "x"}' };
const draft = { ...begun(), name: " Tell ", steps: [step] };

test("what is written is sent without what was left empty", () => {
  expect(contentOf(draft)).toMatchObject({
    name: "Tell",
    steps: [{ name: "text", kind: "render_template", with: { template: "x" } }],
  });
  expect(contentOf(draft)).not.toHaveProperty("description");
  expect(contentOf(draft)?.steps[0]).not.toHaveProperty("max_attempts");
  expect(contentOf({ ...draft, steps: [{ ...step, attempts: " 3 ", timeout: "60" }] })?.steps[0]).toMatchObject({
    max_attempts: 3,
    timeout_seconds: 60,
  });
});

test.each([
  { ...draft, schema: "{" },
  { ...draft, schema: "[]" },
  { ...draft, steps: [{ ...step, with: "null" }] },
  { ...draft, steps: [{ ...step, attempts: "many" }] },
  { ...draft, steps: [{ ...step, timeout: "1.5" }] },
])("what can't be read is not sent", (broken) => {
  expect(contentOf(broken)).toBeNull();
});

test("faults are found at their place and below it, not beside it", () => {
  const faults = [
    { pointer: "/steps/1", detail: "twice" },
    { pointer: "/steps/1/with/url", detail: "unknown name" },
    { pointer: "/steps/10/with", detail: "other" },
  ];
  expect(faultAt(faults, "/steps/1")).toBe("twice");
  expect(faultsAt(faults, "/steps/1")).toBe("twice\n/with/url: unknown name");
  expect(faultsAt(faults, "/steps/2")).toBeNull();
});
