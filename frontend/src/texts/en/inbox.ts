import type { components } from "@/api/schema";

type Schemas = components["schemas"];
type Vote = Schemas["Vote"];
type Rule = Schemas["Policy"]["decision_rule"];

const plural = (n: number, one: string, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;
const votes: Record<Vote, string> = { approve: "Approve", reject: "Reject", abstain: "Abstain" };
const voted: Record<Vote, string> = { approve: "approved", reject: "rejected", abstain: "abstained" };

/** What waits for a vote, and voting. */
export const inbox = {
  title: "Inbox",
  waiting: (n: number) => `${plural(n, "proposal waits", "proposals wait")} for your vote, the next deadline first.`,
  list: "Proposals that wait for your vote",
  empty: "Nothing waits for your vote",
  emptyHint: "New proposals to councils in which you have a seat appear here by themselves.",
  emptyViewer: "You only look on",
  emptyViewerHint: "Viewers have no vote. What was proposed, and what became of it, is among the workflows.",
  allWorkflows: "All workflows",
  arrived: (n: number) => `${plural(n, "new proposal")} in the inbox`,
  open: "Open the page",
  openOf: (name: string) => `Open the page of ${name}`,
  byAt: (when: string) => `proposed ${when}`,
  worth: (amount: string) => `${amount} a week`,
  worthNothing: "value not stated",
  value: "Saves",
  valueMore: (month: string, year: string) => `${month} a month, ${year} a year`,
  why: "Why",
  noReason: "No reason was given.",
  proposedBy: "Proposed by",
  type: "Type",
  version: (id: string, version: number) => `${id}, version ${version}`,
  supersedes: "Takes the place of",
  digest: "Digest",
  digestHint: "SHA-256 of type, version, steps and inputs: your vote is on exactly this.",
  digestLabel: "the digest",
  question: "A running workflow asks",
  ratification: "Already run without approval: was that right?",
  ratificationShort: "ratification",
  questionShort: "question",
  inputs: "Inputs",
  similar: "Similar decisions",
  similarNone: "No workflow of this type has been decided before.",
  similarSaves: (amount: string) => `saves ${amount} a week`,

  willRun: "What will run",
  willRunNot: "The dry run is for those who may propose. The steps are shown as the type has them.",
  isUnsound: "As it stands, this would fail.",
  mismatch: "The rehearsal shows something else than what would run. Don't vote on it; tell an admin.",
  step: {
    number: (n: number) => `Step ${n}`,
    kinds: {
      http_request: "Calls",
      send_email: "Sends a mail",
      render_template: "Writes a text",
      transform: "Makes a value",
      condition: "Decides",
      delay: "Waits",
      approval: "Asks a council",
      "report.weekly": "Reports on a week",
      "maintenance.cleanup": "Clears old records",
      grant_mandate: "Grants a mandate",
    } as Record<string, string>,
    body: "Body",
    headers: "Headers",
    text: "Text",
    html: "HTML",
    to: "To",
    cc: "Cc",
    subject: "Subject",
    condition: "If",
    then: "Then",
    else: "Else",
    settings: "More",
    done: "done",
    skipped: (by: string) => `Left out, as ${by} decides`,
    unknown: (where: string, steps: string) => `${where} is only known once ${steps} has run.`,
    unknownHere: "Known only in the run",
    whole: "Show all of it",
    less: "Show less",
    textOf: (name: string) => `text of ${name}`,
  },

  ballot: (council: string) => `Vote in ${council}`,
  comment: "Comment",
  commentOptional: "Optional. It is kept with your vote.",
  commentNeeded: "Needed: you have no seat in this council and vote as an admin.",
  commentMissing: "Say why. A vote without a seat needs a comment.",
  choices: votes,
  chosen: voted,
  keysOf: { approve: "a", reject: "r", abstain: "x" } as Record<Vote, string>,
  confirm: (choice: Vote) => `Press Enter, or ${{ approve: "a", reject: "r", abstain: "x" }[choice]} again, to ${choice}.`,
  change: "Change your vote",
  keep: "Keep it",
  yours: (choice: Vote) => `You ${voted[choice]}.`,
  yoursUntil: "Until it is decided, you can change that.",
  recorded: (name: string, choice: Vote, status: string) =>
    `${name}: you ${voted[choice]}. ${status === "pending_review" ? "It waits for more votes." : `It is now ${status.replaceAll("_", " ")}.`}`,
  lost: (name: string) => `Your vote on ${name} was not taken. It is back in the list, with your comment.`,
  stale: "What you saw is not what would run any more, so nothing was voted on. It was loaded again: look once more.",
  decidedMeanwhile: "It was decided meanwhile. Your vote was not needed any more.",
  reload: "Load it again",
  standIn: "You stand in for a seat of this council.",
  stoodIn: "Somebody stands in for you in this council, and votes in your place.",
  ownProposal: "You proposed this: others decide.",
  ownGlass: "You ran this without approval: others decide whether that was right.",
  nobodyYet: "Nobody has voted yet",
  votedList: "Votes so far",
  asAdmin: "as admin",
  tally: (t: Schemas["Tally"]) =>
    `${t.approve} for · ${t.reject} against · ${t.abstain} abstained · ${plural(t.seats, "seat")}`,
  tallyLabel: "Tally",
  policy: {
    label: (version: number) => `Policy, version ${version}`,
    rule: (rule: Rule) => {
      if (rule.kind === "approvals") {
        return rule.required === 1 ? "One approval is enough." : `${rule.required} approvals are needed.`;
      }
      if (rule.kind === "unanimous") return "Every seat must approve.";
      return `At least ${rule.threshold_percent}% must approve, once ${rule.quorum_percent}% of the seats have voted.`;
    },
    veto: "A chair's rejection decides.",
    expiry: { reject: "Undecided, it expires.", approve: "Silence approves.", escalate: "Undecided, another council is asked." },
    coolingOff: (how: string) => `Approved, it starts after ${how}.`,
  },

  keys: {
    title: "Keyboard",
    show: "Keyboard shortcuts",
    hint: "Shortcuts work while you are not typing.",
    on: "Use single-key shortcuts",
    list: [
      [["j", "↓"], "Next proposal"],
      [["k", "↑"], "Previous proposal"],
      [["a"], "Approve: goes to the button; again, or Enter, votes"],
      [["r"], "Reject, likewise"],
      [["x"], "Abstain, likewise"],
      [["c"], "Write a comment"],
      [["o"], "Open the page of the proposal"],
      [["Esc"], "Leave the comment, back to the list"],
      [["?"], "Show this"],
    ] as [string[], string][],
  },
};
