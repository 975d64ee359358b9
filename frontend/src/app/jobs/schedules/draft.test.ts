import { describe, expect, it } from "vitest";
import { bodyOf, draftOf, partsOf } from "./draft";

const DRAFT = { ...draftOf(null), name: " Weekly page ", zone: "Europe/Berlin", type: "web.page" };

describe("bodyOf", () => {
  it("sends what was typed, and nothing for what was left empty", () => {
    expect(bodyOf(DRAFT, { title: "x" })).toEqual({
      name: "Weekly page",
      cron: "0 9 * * MON",
      time_zone: "Europe/Berlin",
      workflow_type: "web.page",
      missed: "skip",
      inputs: { title: "x" },
      reason: null,
      weekly_savings: null,
    });
  });

  it("takes an amount as people write it, and nothing else", () => {
    expect(bodyOf({ ...DRAFT, savings: "1 200,50" }, {})?.weekly_savings).toBe("1200.50");
    expect(bodyOf({ ...DRAFT, savings: "much" }, {})).toBeNull();
  });
});

describe("partsOf", () => {
  it("finds the five fields, however far they are apart", () => {
    expect(partsOf(" 0  9 * * MON ")).toEqual(["0", "9", "*", "*", "MON"]);
    expect(partsOf("@daily")).toBeNull();
    expect(partsOf("0 9 * *")).toBeNull();
  });
});
