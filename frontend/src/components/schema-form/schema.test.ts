import { expect, test } from "vitest";
import { type Schema, at, exampleOf, initial, into, isWanted, kindOf, labelOf, resolve } from "./schema";

const ROOT: Schema = {
  type: "object",
  required: ["prices"],
  properties: {
    currency: { enum: ["EUR", "USD"], default: "EUR" },
    prices: { type: "array", minItems: 1, items: { $ref: "#/$defs/price" } },
    draft: { type: "boolean" },
  },
  $defs: { price: { type: "object", required: ["article"], properties: { article: { type: "string", examples: ["A-1"] } } } },
};

test("references within the document are followed, others are left to JSON", () => {
  expect(kindOf(resolve({ $ref: "#/$defs/price" }, ROOT))).toBe("object");
  expect(kindOf(resolve({ $ref: "https://example.org/price" }, ROOT))).toBe("json");
  const endless: Schema = { $ref: "#" };
  expect(kindOf(resolve(endless, endless))).toBe("json");
});

test.each<[Schema, string]>([
  [{ type: ["string", "null"] }, "text"],
  [{ type: "integer" }, "number"],
  [{ enum: [1, 2], type: "integer" }, "choice"],
  [{ type: "object", additionalProperties: { type: "string" } }, "json"],
  [{ oneOf: [{ type: "string" }] }, "json"],
  [{ type: "array" }, "json"],
])("%j is filled in as %s", (schema, kind) => {
  expect(kindOf(schema)).toBe(kind);
});

test("a form begins with defaults and what must be there", () => {
  expect(initial(ROOT, ROOT)).toEqual({ currency: "EUR", prices: [{}] });
});

test("an example is made of those of the parts", () => {
  expect(exampleOf(ROOT, ROOT)).toEqual({ currency: "EUR", prices: [{ article: "A-1" }] });
  expect(exampleOf({ type: "object", properties: { any: { type: "string" } } }, {})).toBeUndefined();
});

test("what the schema wants is known through lists and references", () => {
  expect(isWanted(ROOT, "/prices")).toBe(true);
  expect(isWanted(ROOT, "/currency")).toBe(false);
  expect(isWanted(ROOT, "/prices/0/article")).toBe(true);
  expect(isWanted(ROOT, "")).toBe(false);
});

test("names are written into pointers so that they are found again", () => {
  expect(into("", "a/b~c")).toBe("/a~1b~0c");
  expect(at({ "a/b~c": [1, 2] }, "/a~1b~0c/1")).toBe(2);
  expect(at({}, "/a/b")).toBeUndefined();
});

test("a field without a title is called by its name", () => {
  expect(labelOf("valid_from", {})).toBe("Valid from");
});
