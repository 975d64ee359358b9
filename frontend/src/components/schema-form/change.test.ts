import { expect, test } from "vitest";
import { change } from "./change";

test("a value is put where its pointer says, and the rest stays", () => {
  expect(change({ a: 1, b: { c: [1, 2] } }, "/b/c/1", 3)).toEqual({ a: 1, b: { c: [1, 3] } });
  expect(change({}, "/a~1b", "x")).toEqual({ "a/b": "x" });
  expect(Object.keys(change({ a: 1, b: 2 }, "/a", 3) as object)).toEqual(["a", "b"]);
});

test("what is emptied goes, with the object that has nothing else", () => {
  expect(change({ a: 1, b: { c: 2 } }, "/b/c", undefined)).toEqual({ a: 1 });
  expect(change({ b: { c: 2 } }, "/b/c", undefined, (pointer) => pointer === "/b")).toEqual({ b: {} });
  expect(change({ a: 1 }, "/a", undefined)).toEqual({});
});

test("an entry that is emptied stays, as an empty one", () => {
  expect(change({ list: [{ a: 1 }, { a: 2 }] }, "/list/0/a", undefined)).toEqual({ list: [{}, { a: 2 }] });
  expect(change({ list: ["x", "y"] }, "/list/1", undefined)).toEqual({ list: ["x", ""] });
});
