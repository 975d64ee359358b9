import { bytesOf, digestOf, sha256, toHex } from "./digest";
import type { Evidence } from "./document";
import { checkLinks } from "./links";
import { type PublicKey, isSigned } from "./signature";

/** What is checked, one sentence each. */
export type Check =
  | "proposal"
  | "proposed_row"
  | "policies"
  | "votes"
  | "comments"
  | "about"
  | "numbers"
  | "hashes"
  | "chain"
  | "proofs"
  | "signatures";

/**
 * What came of a check: it holds, for so many; it does not, at a place (RFC 6901); or it can't be said yet, of so many, or for
 * want of a key.
 */
export type Finding =
  | { check: Check; is: "holds"; count: number }
  | { check: Check; is: "broken"; at: string }
  | { check: Check; is: "open"; count: number };

/** Computes again what can be computed from the document alone. Signatures stay open without a key. */
export async function verify(evidence: Evidence, key: PublicKey | null): Promise<Finding[]> {
  const digest = evidence.workflow.digest;
  const isProposal = (await digestOf(evidence.proposal)) === digest;
  const proposed = evidence.audit.findIndex(({ record }) => ["workflow.proposed", "workflow.blocked"].includes(record.action));
  return [
    isProposal ? { check: "proposal", is: "holds", count: 1 } : { check: "proposal", is: "broken", at: "/proposal" },
    evidence.audit[proposed]?.record.detail.digest === digest
      ? { check: "proposed_row", is: "holds", count: 1 }
      : { check: "proposed_row", is: "broken", at: `/audit/${Math.max(proposed, 0)}/record/detail/digest` },
    await checkPolicies(evidence),
    checkVotes(evidence),
    await checkComments(evidence),
    ...(await checkLinks(evidence)),
    await checkSignatures(evidence, key),
  ];
}

/** The policies are, word for word, those that the record names. */
async function checkPolicies({ policies, audit }: Evidence): Promise<Finding> {
  const named = audit
    .flatMap(({ record }) => (Array.isArray(record.detail.policies) ? (record.detail.policies as unknown[]) : []))
    .map((one) => one as { council_id?: string; policy_version?: number; policy_digest?: string });
  let count = 0;
  for (const [index, { council_id, version, policy }] of policies.entries()) {
    const digests = named.filter((one) => one.council_id === council_id && one.policy_version === version);
    const digest = await digestOf(policy);
    if (digests.some(({ policy_digest }) => policy_digest !== digest)) {
      return { check: "policies", is: "broken", at: `/policies/${index}` };
    }
    if (digests.length > 0) count++;
  }
  return { check: "policies", is: "holds", count };
}

/** The row of a vote: the last one of that person in that review. */
function rowOf({ audit }: Evidence, vote: Evidence["votes"][number]) {
  return audit.findLast(
    ({ record: { action, actor_id, detail } }) =>
      action === "vote.cast" &&
      actor_id === vote.voter.id &&
      detail.council_id === vote.council_id &&
      detail.round === vote.round,
  )?.record;
}

/** Each vote was on this digest, and is on the record as it stands in the document; none on the record is missing. */
function checkVotes(evidence: Evidence): Finding {
  const { votes, audit, workflow } = evidence;
  const wrong = votes.findIndex((vote) => {
    const row = rowOf(evidence, vote);
    return vote.digest !== workflow.digest || row?.detail.vote !== vote.vote || row.detail.digest !== vote.digest;
  });
  if (wrong >= 0) return { check: "votes", is: "broken", at: `/votes/${wrong}` };
  const missing = audit.findIndex(
    ({ record: { action, actor_id, detail } }) =>
      action === "vote.cast" &&
      !votes.some(
        ({ voter, council_id, round }) =>
          voter.id === actor_id && council_id === detail.council_id && round === detail.round,
      ),
  );
  if (missing >= 0) return { check: "votes", is: "broken", at: `/audit/${missing}` };
  return { check: "votes", is: "holds", count: votes.length };
}

/** The comments are those that were given with the votes. */
async function checkComments(evidence: Evidence): Promise<Finding> {
  let count = 0;
  for (const [index, vote] of evidence.votes.entries()) {
    const wanted = rowOf(evidence, vote)?.detail.comment_digest ?? null;
    const found = typeof vote.comment === "string" ? toHex(await sha256(bytesOf(vote.comment))) : null;
    if (wanted !== found) return { check: "comments", is: "broken", at: `/votes/${index}/comment` };
    if (found) count++;
  }
  return { check: "comments", is: "holds", count };
}

async function checkSignatures({ checkpoints }: Evidence, key: PublicKey | null): Promise<Finding> {
  if (!key || checkpoints.length === 0) return { check: "signatures", is: "open", count: checkpoints.length };
  for (const [index, checkpoint] of checkpoints.entries()) {
    if (!(await isSigned(checkpoint, key))) return { check: "signatures", is: "broken", at: `/checkpoints/${index}` };
  }
  return { check: "signatures", is: "holds", count: checkpoints.length };
}
