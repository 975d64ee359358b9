/** Where a text stops being JSON, both counted from 1; `at` is the offset, from 0. */
export type SyntaxFault = { at: number; line: number; column: number };

export type Parsed = { value: unknown; fault?: undefined } | { value?: undefined; fault: SyntaxFault };

/** Reads JSON; tells where it breaks, which browsers say differently or not at all. */
export function parseJson(text: string): Parsed {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    const at = faultOf(text);
    const before = text.slice(0, at).split("\n");
    return { fault: { at, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 } };
  }
}

const SPACE = /[ \t\r\n]*/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const WORD = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** The offset of the first character that no JSON could have there. */
function faultOf(text: string): number {
  let at = 0;
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at += found[0].length;
    return found !== null;
  };
  const is = (character: string): boolean => {
    take(SPACE);
    if (text[at] !== character) return false;
    at++;
    return true;
  };
  /** What stands between brackets, with commas between; false where it breaks. */
  const list = (end: string, item: () => boolean): boolean => {
    if (is(end)) return true;
    do if (!item()) return false;
    while (is(","));
    return is(end);
  };
  const value = (): boolean => {
    if (is("{")) return list("}", () => (take(SPACE), take(STRING)) && is(":") && value());
    if (is("[")) return list("]", value);
    return take(STRING) || take(WORD);
  };
  if (value()) take(SPACE);
  return at;
}
