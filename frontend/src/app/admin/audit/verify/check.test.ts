import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { check } from "./check";
import { linesOf } from "./lines";
import { type Checkpoint, readPublicKey } from "@/evidence/signature";

// Real rows of a record, as they were exported, with its checkpoints and the key that signed them.
const read = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url), "utf8");
const LINES = read("export.jsonl").trim().split("\n");
const CHECKPOINTS = JSON.parse(read("checkpoints.json")) as Checkpoint[];
const KEY = read("public-key.txt");
const LAST = CHECKPOINTS.at(-1)?.position ?? 0;

type Change = { lines?: string[]; checkpoints?: Checkpoint[]; key?: string; isWhole?: boolean };

async function report({ lines = LINES, checkpoints = CHECKPOINTS, key = KEY, isWhole = true }: Change = {}) {
  return check({
    lines: linesOf(new Blob([lines.join("\n")]).stream()),
    isWhole,
    checkpoints: () => Promise.resolve(checkpoints),
    key: await readPublicKey(key),
  });
}

type Line = { hash: string; previous_hash: string; record: { action: string }; personal?: { fields: unknown } };

/** The lines, with one of them changed. */
const changed = (at: number, change: (link: Line) => void) =>
  LINES.map((line, index) => {
    if (index !== at) return line;
    const link = JSON.parse(line) as Line;
    change(link);
    return JSON.stringify(link);
  });

const withCheckpoint = (change: Partial<Checkpoint>) => [...CHECKPOINTS.slice(0, -1), { ...CHECKPOINTS.at(-1), ...change } as Checkpoint];

describe("the check of an export", () => {
  it("finds a whole record to hold, and says how far it is signed for", async () => {
    expect(await report()).toMatchObject({
      rows: LINES.length,
      first: 1,
      last: LINES.length,
      gaps: 0,
      checkpoints: CHECKPOINTS.length,
      roots: CHECKPOINTS.length,
      rootLinks: LAST,
      signed: CHECKPOINTS.length,
      partial: 0,
      unsigned: LINES.length - LAST,
      unsignedFrom: LAST + 1,
      fault: null,
    });
  });

  it("finds each row that was altered, cut out, moved or put elsewhere", async () => {
    const id = 5;
    expect((await report({ lines: changed(4, (link) => (link.record.action = "user.erased")) })).fault).toEqual({ is: "altered", id, position: 5 });
    expect((await report({ lines: changed(4, (link) => (link.hash = "00".repeat(32))) })).fault).toEqual({ is: "altered", id, position: 5 });
    expect((await report({ lines: changed(4, (link) => (link.previous_hash = "00".repeat(32))) })).fault).toEqual({ is: "unlinked", id, position: 5 });
    expect((await report({ lines: LINES.toSpliced(4, 1) })).fault).toEqual({ is: "removed", position: 5 });
    expect((await report({ lines: LINES.slice(1) })).fault).toEqual({ is: "removed", position: 1 });
    expect((await report({ lines: LINES.toSpliced(4, 0, LINES[2] ?? "") })).fault).toEqual({ is: "order", position: 3 });
    expect((await report({ lines: LINES.toSpliced(4, 0, "{") })).fault).toEqual({ is: "unreadable" });
  });

  it("finds personal particulars that were altered, and lets those be that were erased", async () => {
    const at = LINES.findIndex((line) => line.includes('"salt"'));
    const altered = changed(at, (link) => (link.personal = { ...link.personal, fields: { email: "somebody.else@example.org" } }));
    expect((await report({ lines: altered })).fault).toMatchObject({ is: "personal", position: at + 1 });
    const { personalErased, fault } = await report({ lines: changed(at, (link) => delete link.personal) });
    expect([personalErased, fault]).toEqual([1, null]);
  });

  it("finds checkpoints that are of another chain, over other rows, or of another key", async () => {
    const zeros = "00".repeat(32);
    const fault = { position: LAST };
    const unsigned = { key: "" };
    expect((await report({ checkpoints: withCheckpoint({ hash: zeros }), ...unsigned })).fault).toEqual({ is: "rewritten", ...fault });
    expect((await report({ checkpoints: withCheckpoint({ root: zeros }), ...unsigned })).fault).toEqual({ is: "root", ...fault });
    expect((await report({ checkpoints: withCheckpoint({ root: zeros }) })).fault).toEqual({ is: "forged", ...fault });
    expect((await report({ checkpoints: withCheckpoint({ signed_at: "2026-01-01T00:00:00Z" }) })).fault).toEqual({ is: "forged", ...fault });
    const other = Buffer.alloc(32, 1).toString("base64");
    expect((await report({ key: other })).fault).toMatchObject({ is: "forged" });
  });

  it("checks a part as far as it goes: gaps and roots over more than the part are said, not taken for faults", async () => {
    const part = await report({ lines: [...LINES.slice(3, 6), ...LINES.slice(7, LAST)], isWhole: false });
    expect(part).toMatchObject({ first: 4, last: LAST, gaps: 1, fault: null, rows: LAST - 4 });
    expect(part.partial).toBeGreaterThan(0);
  });
});
