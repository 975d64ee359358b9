import { type Free, into, isObject, namesOf } from "./schema";

/**
 * The value with another one at a JSON Pointer. What is undefined is taken out, and an object that has nothing left with it,
 * unless it is the whole: who empties the fields of something optional has not filled it in.
 */
export function change(value: unknown, pointer: string, to: unknown, keep: (pointer: string) => boolean = () => false): unknown {
  return changeAt(value, namesOf(pointer), to, "", keep) ?? {};
}

function changeAt(value: unknown, names: string[], to: unknown, here: string, keep: (pointer: string) => boolean): unknown {
  const [name, ...rest] = names;
  if (name === undefined) return to;
  if (Array.isArray(value)) {
    const index = Number(name);
    const entry = changeAt(value[index], rest, to, into(here, name), keep);
    // Entries are taken out by their own button; one that is emptied stays, as an empty one.
    return value.map((one: unknown, at) => (at === index ? (entry ?? emptied(one)) : one));
  }
  const of: Free = isObject(value) ? value : {};
  const inner = changeAt(of[name], rest, to, into(here, name), keep);
  const changed = Object.fromEntries(
    inner === undefined
      ? Object.entries(of).filter(([other]) => other !== name)
      : name in of
        ? Object.entries(of).map(([other, one]) => [other, other === name ? inner : one])
        : [...Object.entries(of), [name, inner]],
  );
  return Object.keys(changed).length === 0 && here !== "" && !keep(here) ? undefined : changed;
}

const emptied = (value: unknown) => (typeof value === "object" && value !== null ? (Array.isArray(value) ? [] : {}) : typeof value === "string" ? "" : null);
