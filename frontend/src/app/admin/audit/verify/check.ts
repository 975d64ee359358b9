import { bytesOf, chained, commitment, fromHex } from "@/evidence/digest";
import { rootOf } from "@/evidence/merkle";
import { type Checkpoint, type PublicKey, isSigned } from "@/evidence/signature";

/** A line of an export with a sealed row. */
type Link = {
  position: number;
  previous_hash: string | null;
  hash: string;
  record: Record<string, unknown> & { id: number; personal?: string };
  personal?: { salt: string; fields: unknown };
};

/** The first thing that is not as it was sealed. */
export type Fault =
  | { is: "unreadable" }
  | { is: "order" | "removed" | "rewritten" | "root" | "forged"; position: number }
  | { is: "altered" | "unlinked" | "personal"; id: number; position: number };

/** How far a check went, and what it found. */
export type Report = {
  rows: number;
  first: number;
  last: number;
  /** Positions between the first and the last row that are not in the export. */
  gaps: number;
  personalKept: number;
  personalErased: number;
  checkpoints: number;
  roots: number;
  rootLinks: number;
  /** Roots over rows of which some are not in the export. */
  partial: number;
  signed: number;
  /** Rows that no checkpoint is over yet, and the first of them. */
  unsigned: number;
  unsignedFrom: number;
  fault: Fault | null;
};

type Asked = {
  lines: AsyncIterable<string>;
  /** Whether the export is to be the whole record: then, a gap is a row that was removed. */
  isWhole: boolean;
  /** The checkpoints of the range, once the rows are known. */
  checkpoints: (first: number, last: number) => Promise<Checkpoint[]>;
  key: PublicKey | null;
  onRows?: (count: number) => void;
  /** The number of each row that was read. */
  onId?: (id: number) => void;
};

/** Works out every hash, tree and signature of an export anew, and stops at the first fault. */
export async function check(asked: Asked): Promise<Report> {
  const report: Report = {
    rows: 0, first: 0, last: 0, gaps: 0, personalKept: 0, personalErased: 0, checkpoints: 0, roots: 0, rootLinks: 0,
    partial: 0, signed: 0, unsigned: 0, unsignedFrom: 0, fault: null,
  };
  const hashes = new Map<number, string>();
  for await (const line of asked.lines) {
    const link = parse(line);
    if (link === "checkpoint") continue;
    report.fault = link ? await takeLink(link, hashes, report, asked.isWhole) : { is: "unreadable" };
    if (report.fault || !link) return report;
    asked.onId?.(link.record.id);
    if (report.rows % 200 === 0) asked.onRows?.(report.rows);
  }
  if (report.rows === 0) return report;
  await takeCheckpoints(await asked.checkpoints(report.first, report.last), hashes, report, asked.key);
  return report;
}

function parse(line: string): Link | "checkpoint" | null {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null) return null;
    if ("checkpoint" in value) return "checkpoint";
    return "position" in value && "hash" in value && "record" in value ? (value as Link) : null;
  } catch {
    return null;
  }
}

async function takeLink(link: Link, hashes: Map<number, string>, report: Report, isWhole: boolean): Promise<Fault | null> {
  const { position, previous_hash: previous, hash, record, personal } = link;
  const { id } = record;
  const expected = report.rows === 0 ? (isWhole ? 1 : position) : report.last + 1;
  if (position < expected) return { is: "order", position };
  if (position > expected) {
    if (isWhole) return { is: "removed", position: expected };
    report.gaps += position - expected;
  }
  // The first row of all follows on nothing; every other names the one before it.
  const before = position === 1 ? null : (hashes.get(position - 1) ?? previous);
  if (previous !== before || (position > 1 && previous === null)) return { is: "unlinked", id, position };
  if ((await chained(previous, record)) !== hash) return { is: "altered", id, position };
  if (personal) {
    if ((await commitment(personal)) !== record.personal) return { is: "personal", id, position };
    report.personalKept++;
  } else if (record.personal) {
    report.personalErased++;
  }
  hashes.set(position, hash);
  if (report.rows === 0) report.first = position;
  report.last = position;
  report.rows++;
  return null;
}

async function takeCheckpoints(all: Checkpoint[], hashes: Map<number, string>, report: Report, key: PublicKey | null) {
  let covered = 0;
  for (const checkpoint of all.toSorted((a, b) => a.position - b.position)) {
    const { position, hash, root, first_position: first } = checkpoint;
    if (position < report.first) continue;
    // One that was signed since the rows were read still says something about those that its root is over.
    if (position <= report.last) {
      const known = hashes.get(position);
      if (known !== undefined && known !== hash) return void (report.fault = { is: "rewritten", position });
      if (known !== undefined) report.checkpoints++;
    }
    if (key) {
      if (!(await isSigned(checkpoint, key))) return void (report.fault = { is: "forged", position });
      report.signed++;
    }
    if (!root || typeof first !== "number") continue;
    covered = Math.max(covered, position);
    const leaves = leavesOf(hashes, first, position);
    if (!leaves) {
      report.partial++;
    } else if ((await rootOf(leaves)) !== root) {
      return void (report.fault = { is: "root", position });
    } else {
      report.roots++;
      report.rootLinks += leaves.length;
    }
  }
  report.unsigned = [...hashes.keys()].filter((position) => position > covered).length;
  report.unsignedFrom = Math.max(covered + 1, report.first);
}

function leavesOf(hashes: Map<number, string>, first: number, last: number) {
  const leaves: ReturnType<typeof bytesOf>[] = [];
  for (let position = first; position <= last; position++) {
    const hash = hashes.get(position);
    if (!hash) return null;
    leaves.push(fromHex(hash));
  }
  return leaves;
}
