/** What waits for a vote, and voting. */
export const inbox = {
  title: "Inbox",
  empty: "Nothing waits for your vote.",
  emptyHint: "New proposals appear here by themselves.",
  comment: "Comment",
  commentHint: "Needed when you vote as an admin without a seat",
  approve: "Approve",
  reject: "Reject",
  abstain: "Abstain",
  voted: "Your vote is recorded",
  outcome: (status: string) => `The workflow is now ${status}.`,
  stale: "What you saw is no longer what would run. It was loaded again: please look at it once more.",
};
