import { chained, fromHex } from "./digest";
import type { Evidence, Link } from "./document";
import { includes } from "./merkle";
import type { Finding } from "./verify";

/** How well a row is kept, from the least on. */
const KEPT = { unsealed: 0, sealed: 1, proven: 2 };

/** The rows of the record: whose they are, their numbers and hashes, the chain, and the proofs that they are in the log. */
export async function checkLinks(evidence: Evidence): Promise<Finding[]> {
  const links = evidence.audit;
  return [
    checkAbout(evidence),
    checkNumbers(links),
    await checkHashes(links),
    checkChain(evidence),
    await checkProofs(evidence),
  ];
}

const at = (index: number, part = "") => `/audit/${index}${part}`;

function checkAbout({ audit, workflow }: Evidence): Finding {
  const other = audit.findIndex(
    ({ record }) => record.resource_kind !== "workflow" || record.resource_id !== workflow.id,
  );
  if (other >= 0) return { check: "about", is: "broken", at: at(other) };
  return { check: "about", is: "holds", count: audit.length };
}

/** Rows 1 to n without a gap are all rows up to the n-th. Those from before rows were numbered say nothing. */
function checkNumbers(links: Link[]): Finding {
  const first = links.findIndex(({ record }) => typeof record.sequence === "number");
  if (first < 0) return { check: "numbers", is: "open", count: links.length };
  const wrong = links.findIndex(({ record }, index) => index >= first && record.sequence !== index + 1);
  if (wrong >= 0) return { check: "numbers", is: "broken", at: at(wrong, "/record/sequence") };
  return first > 0 ? { check: "numbers", is: "open", count: first } : { check: "numbers", is: "holds", count: links.length };
}

function isUnsealed({ position, hash, previous_hash, proof }: Link): boolean {
  return [position, hash, previous_hash, proof].every((part) => part === null || part === undefined);
}

async function checkHashes(links: Link[]): Promise<Finding> {
  let count = 0;
  for (const [index, link] of links.entries()) {
    if (isUnsealed(link)) continue;
    // The first link alone has none before it.
    if ((link.position === 1) !== !link.previous_hash) {
      return { check: "hashes", is: "broken", at: at(index, "/previous_hash") };
    }
    if ((await chained(link.previous_hash ?? null, link.record)) !== link.hash) return { check: "hashes", is: "broken", at: at(index) };
    count++;
  }
  if (count < links.length) return { check: "hashes", is: "open", count: links.length - count };
  return { check: "hashes", is: "holds", count };
}

/** No two rows, and no checkpoint, claim different hashes for one place of the chain. */
function checkChain({ audit, checkpoints }: Evidence): Finding {
  const known = new Map<number, string>();
  const agrees = (position: number, hash: string) => {
    const before = known.get(position);
    known.set(position, before ?? hash);
    return before === undefined || before === hash;
  };
  for (const [index, { position, hash, previous_hash }] of audit.entries()) {
    if (typeof position !== "number" || !hash) continue;
    const follows = !previous_hash || agrees(position - 1, previous_hash);
    if (!agrees(position, hash) || !follows) return { check: "chain", is: "broken", at: at(index) };
  }
  const count = known.size;
  const wrong = checkpoints.findIndex(({ position, hash }) => !agrees(position, hash));
  if (wrong >= 0) return { check: "chain", is: "broken", at: `/checkpoints/${wrong}/hash` };
  return { check: "chain", is: "holds", count };
}

async function checkProofs({ audit, checkpoints }: Evidence): Promise<Finding> {
  let before = KEPT.proven;
  let count = 0;
  for (const [index, link] of audit.entries()) {
    const kept = link.proof ? KEPT.proven : isUnsealed(link) ? KEPT.unsealed : KEPT.sealed;
    // Only the newest rows can wait for their proof: one between proven rows has lost it.
    if (kept > before) return { check: "proofs", is: "broken", at: at(index - 1, "/proof") };
    before = kept;
    if (!link.proof) continue;
    const { proof } = link;
    const checkpoint = checkpoints.find(({ position }) => position === proof.checkpoint);
    const { first_position: first, root } = checkpoint ?? {};
    if (!checkpoint || !root || !link.hash || typeof first !== "number") {
      return { check: "proofs", is: "broken", at: at(index, "/proof") };
    }
    const isIn = await includes({
      root,
      size: checkpoint.position - first + 1,
      index: Number(link.position) - first,
      leaf: fromHex(link.hash),
      path: proof.path,
    });
    if (!isIn) return { check: "proofs", is: "broken", at: at(index, "/proof") };
    count++;
  }
  if (count < audit.length) return { check: "proofs", is: "open", count: audit.length - count };
  return { check: "proofs", is: "holds", count };
}
