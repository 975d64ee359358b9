import { describe, expect, it } from "vitest";
import { filterOf, fromLocal, toLocal, wordsOf } from "./filter";

const NONE = {
  workflow_type: null,
  domain: null,
  council_id: null,
  step_kind: null,
  error: null,
  failed_from: null,
  failed_until: null,
};

describe("filterOf", () => {
  it("asks for what is chosen, and for nothing else", () => {
    expect(filterOf(NONE)).toEqual({});
    expect(filterOf({ ...NONE, domain: "web", error: "50%" })).toEqual({ domain: "web", error: "50%" });
  });
});

describe("wordsOf", () => {
  it("keeps a short error, and cuts a long one between characters", () => {
    expect(wordsOf("timed out")).toBe("timed out");
    expect(wordsOf(`${"a".repeat(199)}🙂🙂`)).toBe(`${"a".repeat(199)}🙂`);
  });
});

describe("times", () => {
  it("are the same after they went through the field", () => {
    const at = new Date(2026, 2, 1, 9, 5).toISOString();
    expect(toLocal(at)).toBe("2026-03-01T09:05");
    expect(fromLocal(toLocal(at))).toBe(at);
  });

  it("are nothing where there is none", () => {
    expect(toLocal(null)).toBe("");
    expect(toLocal("yesterday")).toBe("");
    expect(fromLocal("")).toBeNull();
  });
});
