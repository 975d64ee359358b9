//! What each policy makes of each vote: the data of the test and of `docs/governance.md`.

/// Rows under one policy.
pub struct Group {
    /// What they are about.
    pub title: &'static str,
    /// What is to be known about it.
    pub text: &'static str,
    /// The policy, as JSON without the settings that the columns vary.
    pub policy: &'static str,
    /// The rows.
    pub rows: &'static [Row],
}

/// Votes, and what comes of them.
pub struct Row {
    /// How many seats the council has; one is the chair's.
    pub seats: usize,
    /// Who has voted what, see [`crate::council`].
    pub votes: &'static str,
    /// What it is meanwhile, and at the deadline when `on_expiry` is reject, approve and escalate.
    pub outcome: [&'static str; 4],
    /// What it shows.
    pub because: &'static str,
}

/// The votes decide nothing: the deadline does.
const OPEN: [&str; 4] = ["open", "expired", "approved", "escalated"];
/// Nobody can change it any more.
const YES: [&str; 4] = ["approved"; 4];
/// Nobody can change it any more.
const NO: [&str; 4] = ["rejected"; 4];
/// Seats could still turn it; at the deadline what was voted counts.
const YES_SO_FAR: [&str; 4] = ["open", "approved", "approved", "approved"];
/// Seats could still turn it; at the deadline what was voted counts.
const NO_SO_FAR: [&str; 4] = ["open", "rejected", "rejected", "rejected"];

const fn row(seats: usize, votes: &'static str, outcome: [&'static str; 4], because: &'static str) -> Row {
    Row { seats, votes, outcome, because }
}

/// When a review is approved.
pub const DECISIONS: &[Group] = &[
    Group {
        title: "Approvals, two of three",
        text: "So many approvals, of seats and of admins together.",
        policy: r#"{"decision_rule": {"kind": "approvals", "required": 2}}"#,
        rows: &[
            row(3, "", OPEN, "Nobody has voted: what silence means, `on_expiry` says."),
            row(3, "chair yes", OPEN, "One approval is not two."),
            row(3, "chair yes, member yes", YES, "Two are."),
            row(
                3,
                "member yes, member yes, chair no",
                YES,
                "Without `chair_veto` the chair has one vote like everybody.",
            ),
            row(3, "chair yes, admin yes", YES, "An admin's approval counts as much as a seat's."),
            row(3, "admin yes, admin yes", YES, "Admins alone can approve."),
            row(3, "chair yes, member no", OPEN, "The third seat can still approve."),
            row(3, "member no, member no", NO, "One seat is left, two approvals can't come."),
            row(3, "member no, member abstains", NO, "To abstain is to withhold an approval."),
            row(
                3,
                "member no, member no, admin yes",
                OPEN,
                "With the admin's approval the chair's would be the second.",
            ),
            row(3, "admin no, admin no", OPEN, "Admins' rejections take no approval from the seats."),
            row(3, "chair yes, proposer yes", OPEN, "Who has a part in the proposal does not vote on it."),
            row(3, "chair yes, member no, proposer silent", NO, "Nor does anybody wait for that seat."),
            row(3, "chair yes, proposer silent", OPEN, "Another seat can still approve."),
            row(3, "chair yes, stand-in yes", YES, "Who stands in votes for the seat."),
            row(3, "chair yes, proposer's stand-in yes", OPEN, "But not for the seat of who proposed it."),
            row(3, "chair yes, former member yes", OPEN, "The vote of somebody who lost their seat does not count."),
            row(
                1,
                "chair yes",
                OPEN,
                "More approvals than seats: such a policy is not saved, but seats can become inactive.",
            ),
        ],
    },
    Group {
        title: "The chair's veto",
        text: "With `chair_veto`, a chair's rejection decides at once, whatever the rule. It counts while votes are taken.",
        policy: r#"{"decision_rule": {"kind": "approvals", "required": 2}, "chair_veto": true}"#,
        rows: &[
            row(3, "chair no", NO, "The chair alone."),
            row(3, "chair's stand-in no", NO, "Who stands in for the chair has the veto, too."),
            row(3, "admin yes, admin yes, chair no", NO, "The veto goes before any approvals."),
            row(3, "member no", OPEN, "A member has no veto."),
            row(3, "admin no", OPEN, "Neither has an admin: they can cancel."),
            row(3, "chair abstains", OPEN, "Nor is an abstention one: both members can still approve."),
            row(3, "former chair no", OPEN, "Nor the rejection of a chair who lost the seat."),
            row(
                3,
                "member yes, member yes",
                YES,
                "Once it is approved, no veto undoes it: only one in the cooling-off period.",
            ),
        ],
    },
    Group {
        title: "Majority, half of the seats, half of the votes",
        text: "Once `quorum_percent` of the seats have voted, more approvals than rejections and `threshold_percent` of both \
               approve. It is decided early when the seats that are left could not turn it.",
        policy: r#"{"decision_rule": {"kind": "majority", "quorum_percent": 50, "threshold_percent": 50}}"#,
        rows: &[
            row(4, "", OPEN, "No quorum."),
            row(4, "chair yes", OPEN, "No quorum: one seat of four."),
            row(4, "admin yes, admin yes", OPEN, "Admins make no quorum."),
            row(4, "chair yes, member yes", YES_SO_FAR, "The other two could make it a tie."),
            row(4, "chair yes, member yes, member yes", YES, "The last seat can't turn it."),
            row(4, "chair no, member no", NO, "At best a tie."),
            row(4, "chair yes, member no", NO_SO_FAR, "A tie so far, and a tie is a rejection."),
            row(4, "chair yes, member yes, member no, member no", NO, "A tie is a rejection."),
            row(4, "chair yes, member yes, member no, member no, admin yes", YES, "An admin's vote can end a tie."),
            row(4, "chair yes, member yes, member no, member no, admin no", NO, "Either way."),
            row(4, "chair yes, member abstains", YES_SO_FAR, "An abstention counts for the quorum only."),
            row(
                4,
                "chair abstains, member abstains, member abstains, member abstains",
                NO,
                "No approval is no majority.",
            ),
            row(4, "chair yes, proposer yes", OPEN, "The proposer's vote makes no quorum: one of three."),
            row(
                4,
                "chair yes, member yes, proposer silent",
                YES,
                "Their seat is not waited for: two of three, decided.",
            ),
            row(4, "chair yes, stand-in yes", YES_SO_FAR, "A stand-in makes the quorum as the holder would."),
            row(4, "chair yes, former member yes", OPEN, "Somebody who lost their seat does not."),
        ],
    },
    Group {
        title: "Majority, every seat, two thirds",
        text: "",
        policy: r#"{"decision_rule": {"kind": "majority", "quorum_percent": 100, "threshold_percent": 66}}"#,
        rows: &[
            row(3, "chair yes, member yes", OPEN, "Not everybody has voted."),
            row(3, "chair yes, member yes, member no", YES, "Two of three."),
            row(3, "chair yes, member no, member no", NO, "One of three."),
            row(3, "chair yes, member no, member abstains", NO, "One of two is half."),
            row(3, "chair yes, member abstains, member abstains", YES, "All who took a side."),
            row(0, "admin yes", OPEN, "Without seats there is never a quorum."),
        ],
    },
    Group {
        title: "Unanimous",
        text: "Every seat that may vote approves, and nobody rejects.",
        policy: r#"{"decision_rule": {"kind": "unanimous"}}"#,
        rows: &[
            row(3, "chair yes, member yes", OPEN, "One seat is missing."),
            row(3, "chair yes, member yes, member yes", YES, "Everybody."),
            row(3, "member no", NO, "One rejection is enough."),
            row(3, "member abstains", NO, "So is an abstention."),
            row(3, "admin no", NO, "So is an admin's rejection."),
            row(3, "admin abstains", OPEN, "An admin who abstains takes nothing away."),
            row(3, "chair yes, member yes, admin yes", OPEN, "An admin's approval takes no seat's place."),
            row(3, "chair yes, member yes, proposer silent", YES, "Who proposed is not asked."),
            row(1, "proposing chair silent, admin yes", OPEN, "When nobody else is seated, nobody can approve."),
        ],
    },
];

/// A vote that may make the quorum late, under [`LATE_POLICY`].
pub struct Late {
    /// Who has voted what, of four seats.
    pub votes: &'static str,
    /// Minutes left until the deadline.
    pub left: i64,
    /// Minutes left afterwards; none when the vote decides.
    pub then: Option<i64>,
    /// What it shows.
    pub because: &'static str,
}

/// Votes are taken for another hour.
pub const LATE_POLICY: &str = r#"{"decision_rule": {"kind": "majority", "quorum_percent": 50, "threshold_percent": 50}, "late_quorum_extension_seconds": 3600}"#;

/// How a late quorum extends the period.
pub const LATE: &[Late] = &[
    Late { votes: "chair yes", left: 5, then: Some(5), because: "No quorum, no extension." },
    Late { votes: "chair yes, admin yes", left: 5, then: Some(5), because: "Admins make no quorum." },
    Late { votes: "chair yes, member yes", left: 90, then: Some(90), because: "The others have time enough." },
    Late { votes: "chair yes, member yes", left: 60, then: Some(60), because: "Just enough." },
    Late { votes: "chair yes, member yes", left: 5, then: Some(60), because: "The others can answer." },
    Late { votes: "chair yes, member no", left: 5, then: Some(60), because: "Whatever was voted." },
    Late { votes: "chair no, member no", left: 5, then: None, because: "They could change nothing: rejected at once." },
];

/// A proposal of `web.publish`, and what the responsible councils' policies make of it.
pub struct Way {
    /// The policies, without their decision rules: the first is that of council `a`, the second of `b`.
    pub policies: &'static [&'static str],
    /// What it saves in a week.
    pub savings: Option<&'static str>,
    /// What becomes of it.
    pub outcome: &'static str,
    /// What it shows.
    pub because: &'static str,
}

/// Whom a proposal needs.
pub const WAYS: &[Way] = &[
    Way {
        policies: &["{}"],
        savings: Some("1.00"),
        outcome: "review by a",
        because: "What a policy does not mention is reviewed.",
    },
    Way {
        policies: &[r#"{"review_actions": []}"#],
        savings: None,
        outcome: "runs at once",
        because: "Nothing is reviewed.",
    },
    Way {
        policies: &[r#"{"review_actions": ["shop.*"]}"#],
        savings: None,
        outcome: "runs at once",
        because: "Another prefix is.",
    },
    Way {
        policies: &[r#"{"review_actions": ["web.publish"]}"#],
        savings: Some("1.00"),
        outcome: "review by a",
        because: "The type itself.",
    },
    Way {
        policies: &[r#"{"review_actions": ["web.*"]}"#],
        savings: Some("1.00"),
        outcome: "review by a",
        because: "Its prefix.",
    },
    Way {
        policies: &[r#"{"review_actions": [], "review_threshold_weekly_savings": "500.00"}"#],
        savings: Some("499.99"),
        outcome: "runs at once",
        because: "Below the threshold.",
    },
    Way {
        policies: &[r#"{"review_actions": [], "review_threshold_weekly_savings": "500.00"}"#],
        savings: Some("500.00"),
        outcome: "review by a",
        because: "At the threshold.",
    },
    Way {
        policies: &[r#"{"review_actions": [], "review_threshold_weekly_savings": "500.00"}"#],
        savings: Some("500.01"),
        outcome: "review by a",
        because: "Above it.",
    },
    Way {
        policies: &[r#"{"review_actions": [], "review_threshold_weekly_savings": "500.00"}"#],
        savings: None,
        outcome: "review by a",
        because: "What does not say its value may have any.",
    },
    Way {
        policies: &[r#"{"review_actions": ["web.*"], "review_threshold_weekly_savings": "500.00"}"#],
        savings: Some("1.00"),
        outcome: "review by a",
        because: "Named types are reviewed at any value.",
    },
    Way {
        policies: &[r#"{"review_actions": [], "blocked_action_types": ["web.*"]}"#],
        savings: Some("1.00"),
        outcome: "blocked by a",
        because: "Blocking goes before everything.",
    },
    Way {
        policies: &["{}", "{}"],
        savings: Some("1.00"),
        outcome: "review by a and b",
        because: "Two councils on one domain: both must approve.",
    },
    Way {
        policies: &[r#"{"review_actions": []}"#, "{}"],
        savings: Some("1.00"),
        outcome: "review by b",
        because: "Only who asks for it.",
    },
    Way {
        policies: &["{}", r#"{"blocked_action_types": ["*"]}"#],
        savings: Some("1.00"),
        outcome: "blocked by b",
        because: "One that blocks is enough.",
    },
];

/// A mandate's condition and a proposal's inputs.
pub struct Covered {
    /// The condition.
    pub condition: &'static str,
    /// The inputs.
    pub inputs: &'static str,
    /// Whether the mandate covers them.
    pub outcome: &'static str,
    /// What it shows.
    pub because: &'static str,
}

/// What a mandate covers, as far as its condition goes.
pub const COVERED: &[Covered] = &[
    Covered {
        condition: "inputs.amount <= 5000",
        inputs: r#"{"amount": 5000}"#,
        outcome: "runs by the mandate",
        because: "At the limit.",
    },
    Covered {
        condition: "inputs.amount <= 5000",
        inputs: r#"{"amount": 5000.01}"#,
        outcome: "review",
        because: "Above it.",
    },
    Covered {
        condition: "inputs.amount <= 5000",
        inputs: "{}",
        outcome: "review",
        because: "What can't be evaluated is not covered.",
    },
    Covered {
        condition: "inputs.amount <= 5000 and inputs.currency == 'EUR'",
        inputs: r#"{"amount": 10, "currency": "USD"}"#,
        outcome: "review",
        because: "Every part must hold.",
    },
];

/// A failed run that is to be tried again.
pub struct Again {
    /// The policy that the council approved under, without its decision rule where that is unanimous.
    pub then: &'static str,
    /// Its policy in force.
    pub now: &'static str,
    /// How old the approval is, in hours.
    pub hours: i64,
    /// What the workflow saves in a week.
    pub savings: Option<&'static str>,
    /// What becomes of the retry.
    pub outcome: &'static str,
    /// What it shows.
    pub because: &'static str,
}

const TWO: &str = r#"{"decision_rule": {"kind": "approvals", "required": 2}}"#;
const VALUED: &str = r#"{"review_threshold_weekly_savings": "500.00"}"#;

/// Whether an approval carries a retry.
pub const AGAIN: &[Again] = &[
    Again {
        then: "{}",
        now: "{}",
        hours: 7 * 24,
        savings: None,
        outcome: "goes again",
        because: "Seven days, when the policy says nothing else.",
    },
    Again {
        then: "{}",
        now: "{}",
        hours: 7 * 24 + 1,
        savings: None,
        outcome: "new vote: approval expired",
        because: "An hour more.",
    },
    Again {
        then: "{}",
        now: r#"{"approval_valid_seconds": 3600}"#,
        hours: 2,
        savings: None,
        outcome: "new vote: approval expired",
        because: "The shorter of then and now counts.",
    },
    Again {
        then: r#"{"approval_valid_seconds": 3600}"#,
        now: "{}",
        hours: 2,
        savings: None,
        outcome: "new vote: approval expired",
        because: "Either way.",
    },
    Again {
        then: TWO,
        now: r#"{"decision_rule": {"kind": "approvals", "required": 3}}"#,
        hours: 1,
        savings: None,
        outcome: "new vote: policy tightened",
        because: "More approvals.",
    },
    Again {
        then: TWO,
        now: r#"{"decision_rule": {"kind": "approvals", "required": 1}}"#,
        hours: 1,
        savings: None,
        outcome: "goes again",
        because: "A milder policy takes nothing back.",
    },
    Again {
        then: TWO,
        now: "{}",
        hours: 1,
        savings: None,
        outcome: "new vote: policy tightened",
        because: "Another kind of rule can't be compared.",
    },
    Again {
        then: "{}",
        now: r#"{"chair_veto": true}"#,
        hours: 1,
        savings: None,
        outcome: "new vote: policy tightened",
        because: "The chair has not been asked.",
    },
    Again {
        then: "{}",
        now: r#"{"cooling_off_seconds": 60}"#,
        hours: 1,
        savings: None,
        outcome: "new vote: policy tightened",
        because: "It has not cooled off.",
    },
    Again {
        then: "{}",
        now: r#"{"blocked_action_types": ["web.*"]}"#,
        hours: 1,
        savings: None,
        outcome: "new vote: policy tightened",
        because: "A pattern more, whatever it names.",
    },
    Again {
        then: VALUED,
        now: VALUED,
        hours: 1,
        savings: Some("499.99"),
        outcome: "goes again",
        because: "Below the threshold.",
    },
    Again {
        then: VALUED,
        now: VALUED,
        hours: 1,
        savings: Some("500.00"),
        outcome: "new vote: value above threshold",
        because: "At it.",
    },
    Again {
        then: VALUED,
        now: VALUED,
        hours: 1,
        savings: None,
        outcome: "new vote: value above threshold",
        because: "Unsaid.",
    },
];

/// A policy, and whether a council of so many seats can have it.
pub struct Saved {
    /// The policy.
    pub policy: &'static str,
    /// How many seats.
    pub seats: usize,
    /// Where it is refused, if it is.
    pub fault: Option<&'static str>,
}

/// Which policies are saved.
pub const SAVED: &[Saved] = &[
    Saved { policy: r#"{"decision_rule": {"kind": "approvals", "required": 2}}"#, seats: 2, fault: None },
    Saved {
        policy: r#"{"decision_rule": {"kind": "approvals", "required": 2}}"#,
        seats: 1,
        fault: Some("/decision_rule/required"),
    },
    Saved {
        policy: r#"{"decision_rule": {"kind": "approvals", "required": 0}}"#,
        seats: 1,
        fault: Some("/decision_rule/required"),
    },
    Saved {
        policy: r#"{"decision_rule": {"kind": "majority", "quorum_percent": 101, "threshold_percent": 50}}"#,
        seats: 1,
        fault: Some("/decision_rule/quorum_percent"),
    },
    Saved {
        policy: r#"{"decision_rule": {"kind": "majority", "quorum_percent": 50, "threshold_percent": 0}}"#,
        seats: 1,
        fault: Some("/decision_rule/threshold_percent"),
    },
    Saved {
        policy: r#"{"decision_rule": {"kind": "majority", "quorum_percent": 50, "threshold_percent": 50}}"#,
        seats: 0,
        fault: None,
    },
    Saved { policy: r#"{"decision_rule": {"kind": "unanimous"}}"#, seats: 0, fault: None },
    Saved {
        policy: r#"{"decision_rule": {"kind": "unanimous"}, "voting_period_seconds": 59}"#,
        seats: 1,
        fault: Some("/voting_period_seconds"),
    },
    Saved {
        policy: r#"{"decision_rule": {"kind": "unanimous"}, "on_expiry": "escalate"}"#,
        seats: 1,
        fault: Some("/escalate_to"),
    },
    Saved {
        policy: r#"{"decision_rule": {"kind": "unanimous"}, "on_expiry": "escalate", "escalate_to": "governance"}"#,
        seats: 1,
        fault: None,
    },
    Saved {
        policy: r#"{"decision_rule": {"kind": "unanimous"}, "on_expiry": "approve", "escalate_to": "governance"}"#,
        seats: 1,
        fault: Some("/escalate_to"),
    },
    Saved {
        policy: r#"{"decision_rule": {"kind": "unanimous"}, "cooling_off_seconds": 2592001}"#,
        seats: 1,
        fault: Some("/cooling_off_seconds"),
    },
    Saved {
        policy: r#"{"decision_rule": {"kind": "unanimous"}, "late_quorum_extension_seconds": 604801}"#,
        seats: 1,
        fault: Some("/late_quorum_extension_seconds"),
    },
    Saved {
        policy: r#"{"decision_rule": {"kind": "unanimous"}, "approval_valid_seconds": 3599}"#,
        seats: 1,
        fault: Some("/approval_valid_seconds"),
    },
];
