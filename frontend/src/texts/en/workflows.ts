/** The list of workflows, and one of them. */
export const workflows = {
  title: "Workflows",
  all: "All",
  empty: "No workflow here yet.",
  proposedBy: "Proposed by",
  savings: "Weekly savings",
  digest: "Digest of what runs",
  reason: "Reason",
  inputs: "Inputs",
  reviews: "Reviews",
  votes: "Votes",
  noVotes: "Nobody has voted yet.",
  steps: "Steps",
  timeline: "Timeline",
  evidence: "Download evidence",
  attempt: (n: number) => (n === 1 ? "1 attempt" : `${n} attempts`),
  asAdmin: "as admin",
  tally: (t: { approve: number; reject: number; abstain: number; seats: number }) =>
    `${t.approve} for, ${t.reject} against, ${t.abstain} abstained, of ${t.seats} seats`,
  closes: (when: string) => `closes ${when}`,
  none: "none stated",
};
