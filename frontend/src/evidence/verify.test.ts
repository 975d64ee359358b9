import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Evidence, read } from "./document";
import { sha256, toBase64 } from "./digest";
import { readPublicKey } from "./signature";
import { type Check, verify } from "./verify";

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url), "utf8");
const TEXT = fixture("evidence.json");
const KEY = fixture("public-key.txt");

function real(): Evidence {
  const evidence = read(TEXT);
  if (!evidence) throw new Error("the fixture can't be read");
  return evidence;
}

describe("a real document", () => {
  it("holds in every respect with the key of its log", async () => {
    const findings = await verify(real(), await readPublicKey(KEY));
    expect(findings.map(({ check, is }) => `${check} ${is}`)).toEqual([
      "proposal holds",
      "proposed_row holds",
      "policies holds",
      "votes holds",
      "comments holds",
      "about holds",
      "numbers holds",
      "hashes holds",
      "chain holds",
      "proofs holds",
      "signatures holds",
    ]);
  });

  it("leaves the signatures open without a key", async () => {
    const findings = await verify(real(), null);
    expect(findings.filter(({ is }) => is !== "holds")).toEqual([{ check: "signatures", is: "open", count: 1 }]);
  });

  it("is not signed by another key", async () => {
    const other = await readPublicKey(toBase64(await sha256(new Uint8Array(1))));
    expect(await broken(real(), other)).toEqual(["signatures /checkpoints/0"]);
  });
});

async function broken(evidence: Evidence, key: Awaited<ReturnType<typeof readPublicKey>>): Promise<string[]> {
  const findings = await verify(evidence, key);
  return findings.flatMap((finding) => (finding.is === "broken" ? [`${finding.check} ${finding.at}`] : []));
}

describe("a document that was altered", () => {
  const pick = <T>(list: T[], index: number): T => {
    const found = list.at(index);
    if (found === undefined) throw new Error("the fixture has too few");
    return found;
  };
  const alterations: [string, (evidence: Evidence) => void, Check][] = [
    ["an input", ({ proposal }) => Object.assign(proposal.inputs, { title: "Another" }), "proposal"],
    ["the digest", ({ workflow }) => Object.assign(workflow, { digest: "0".repeat(64) }), "proposal"],
    ["a policy", ({ policies }) => Object.assign(pick(policies, 0).policy, { chair_veto: true }), "policies"],
    ["a vote", ({ votes }) => Object.assign(pick(votes, 0), { vote: "reject" }), "votes"],
    ["a missing vote", ({ votes }) => votes.pop(), "votes"],
    ["a comment", ({ votes }) => Object.assign(pick(votes, 0), { comment: "Never said" }), "comments"],
    ["whom a row is about", ({ audit }) => Object.assign(pick(audit, 2).record, { resource_id: "other" }), "about"],
    ["a row that was left out", ({ audit }) => audit.splice(2, 1), "numbers"],
    ["a row's particulars", ({ audit }) => Object.assign(pick(audit, 3).record.detail, { outcome: "x" }), "hashes"],
    ["a row's time", ({ audit }) => Object.assign(pick(audit, 3).record, { at: "2020-01-01T00:00:00Z" }), "hashes"],
    ["a previous hash", ({ audit }) => Object.assign(pick(audit, 1), { previous_hash: "0".repeat(64) }), "chain"],
    ["a path", ({ audit }) => pick(audit, 0).proof?.path.reverse(), "proofs"],
    ["a proof taken away", ({ audit }) => Object.assign(pick(audit, 0), { proof: null }), "proofs"],
    ["a root", ({ checkpoints }) => Object.assign(pick(checkpoints, 0), { root: "0".repeat(64) }), "proofs"],
    ["the time of a signature", ({ checkpoints }) => Object.assign(pick(checkpoints, 0), { signed_at: "x" }), "signatures"],
    ["the hash of a checkpoint", ({ checkpoints }) => Object.assign(pick(checkpoints, 0), { hash: "0".repeat(64) }), "signatures"],
  ];
  it.each(alterations)("does not hold: %s", async (_, alter, check) => {
    const evidence = real();
    alter(evidence);
    const found = await broken(evidence, await readPublicKey(KEY));
    expect(found.map((line) => line.split(" ")[0])).toContain(check);
  });

  it("is complete only up to the rows that are proven", async () => {
    const evidence = real();
    Object.assign(pick(evidence.audit, -1), { proof: null });
    const findings = await verify(evidence, null);
    expect(findings).toContainEqual({ check: "proofs", is: "open", count: 1 });
  });
});

describe("what is no document", () => {
  it.each([
    ["no JSON", "{"],
    ["another format", JSON.stringify({ ...JSON.parse(TEXT), format: "codex-dominion evidence 2" })],
    ["a part that the format does not know", JSON.stringify({ ...JSON.parse(TEXT), extra: 1 })],
    ["a missing part", JSON.stringify({ ...JSON.parse(TEXT), audit: undefined })],
  ])("is not read: %s", (_, text) => expect(read(text)).toBeNull());
  it("is a key of another length", async () => expect(await readPublicKey(btoa("short"))).toBeNull());
});
