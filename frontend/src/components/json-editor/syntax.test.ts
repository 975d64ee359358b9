import { expect, test } from "vitest";
import { parseJson } from "./syntax";

test("what is JSON is read", () => {
  expect(parseJson(' {"a": [1, -2.5e3, true, null, "x\\n"]} ').value).toEqual({ a: [1, -2500, true, null, "x\n"] });
});

test.each([
  ["", 1, 1],
  ['{"a": x}', 1, 7],
  ['{\n  "a": 1,\n}', 3, 1],
  ['{"a": 1', 1, 8],
  ["[1 2]", 1, 4],
  ['{"a": 1} more', 1, 10],
  ['{"a": "open', 1, 7],
  ["{'a': 1}", 1, 2],
])("%j breaks at line %i, column %i", (text, line, column) => {
  expect(parseJson(text).fault).toMatchObject({ line, column });
});
