import { expect, test } from "vitest";
import { validatorOf } from "./validate";
import { formTexts } from "@/texts";

const validate = validatorOf({
  type: "object",
  additionalProperties: false,
  required: ["amount"],
  properties: {
    amount: { type: "number", multipleOf: 0.01, exclusiveMinimum: 0 },
    "a/b": { type: "string", minLength: 1 },
    prices: { type: "array", minItems: 1, items: { $ref: "#/$defs/price" } },
    either: { anyOf: [{ type: "string" }, { type: "number", minimum: 3 }] },
  },
  $defs: { price: { type: "object", required: ["article"], properties: { article: { type: "string", maxLength: 3 } } } },
});

test.each([49.9, 19.99, 0.07, 1.1, 100_000])("%d has at most two decimals", (amount) => {
  expect(validate({ amount })).toEqual({});
});

test("each fault is said once, at the value that has it", () => {
  expect(validate({ amount: 49.905, "a/b": "", prices: [{}, { article: "long" }] })).toEqual({
    "/amount": formTexts.faults.keywords.multipleOf?.("0.01"),
    "/a~1b": formTexts.faults.required,
    "/prices/0/article": formTexts.faults.required,
    "/prices/1/article": formTexts.faults.keywords.maxLength?.("3"),
  });
});

test("what is missing, too much or of another type is said in words", () => {
  expect(validate({})).toEqual({ "/amount": formTexts.faults.required });
  expect(validate({ amount: 1, more: true })).toEqual({ "": formTexts.faults.unexpected("more") });
  expect(validate({ amount: "much" })).toEqual({ "/amount": formTexts.faults.type(["number"]) });
  expect(validate({ amount: 1, prices: [] })).toEqual({ "/prices": formTexts.faults.keywords.minItems?.("1") });
});

test("of several forms, only that none fits is said", () => {
  expect(validate({ amount: 1, either: 2 })).toEqual({ "/either": formTexts.faults.keywords.anyOf?.("") });
});
