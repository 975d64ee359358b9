//! What is asked of the product: each ticket is a proposal and what people will say to it, made from the seed.

use std::time::Duration;

use common::ids::WorkflowId;
use governance::digest::Digest;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use crate::outside::REFUSED;

/// The council that reviews everything.
pub const COUNCIL: &str = "chaos";
/// How many of its operators must approve.
pub const APPROVALS: usize = 2;
/// How many operators there are.
pub const OPERATORS: usize = 3;
/// How often a step is tried: far more often than any should need.
pub const MAX_ATTEMPTS: u32 = 20;

/// A workflow type of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Three calls with a template between them; reviewed.
    Publish,
    /// One call; reviewed.
    Call,
    /// A call, one that is refused for good, and one that must not come; reviewed.
    Refused,
    /// A template and a call; runs by policy.
    Notify,
    /// A template; runs by policy.
    Note,
    /// A call, a wait and another call; runs by policy.
    Delayed,
    /// A condition, and one call or the other; runs by policy.
    Branch,
    /// A call, a second vote and another call; reviewed.
    Ask,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 8] =
        [Self::Publish, Self::Call, Self::Refused, Self::Notify, Self::Note, Self::Delayed, Self::Branch, Self::Ask];

    /// The type's id.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Publish => "chaos.publish",
            Self::Call => "chaos.call",
            Self::Refused => "chaos.refused",
            Self::Notify => "chaos_free.notify",
            Self::Note => "chaos_free.note",
            Self::Delayed => "chaos_free.delayed",
            Self::Branch => "chaos_free.branch",
            Self::Ask => "chaos.ask",
        }
    }

    /// Whether a council decides.
    pub const fn is_reviewed(self) -> bool {
        matches!(self, Self::Publish | Self::Call | Self::Refused | Self::Ask)
    }

    /// How urgent workflows of the type are, and how many of them may run at a time.
    pub const fn limits(self) -> (&'static str, Option<u32>) {
        match self {
            Self::Publish => ("high", None),
            Self::Call => ("normal", Some(4)),
            Self::Note => ("low", None),
            Self::Delayed => ("low", Some(8)),
            Self::Refused | Self::Notify | Self::Branch | Self::Ask => ("normal", None),
        }
    }

    /// What it consists of.
    pub fn steps(self) -> Value {
        let call = |name: &str| {
            let with = json!({
                "method": "POST", "url": format!("{{{{ inputs.outside }}}}/{name}"),
                "body": {"ticket": "{{ inputs.ticket }}", "title": "{{ inputs.title }}"},
            });
            json!({"name": name, "kind": "http_request", "with": with, "max_attempts": MAX_ATTEMPTS, "timeout_seconds": 3})
        };
        let page = json!({
            "name": "page", "kind": "render_template", "with": {"template": "<h1>{{ inputs.title }}</h1>"},
            "max_attempts": MAX_ATTEMPTS,
        });
        match self {
            Self::Publish => json!([call("first"), page, call("second"), call("third")]),
            Self::Call => json!([call("call")]),
            Self::Refused => json!([call("first"), call(REFUSED), call("third")]),
            Self::Notify => json!([page, call("tell")]),
            Self::Note => json!([page]),
            Self::Delayed => {
                let wait = json!({"name": "wait", "kind": "delay", "with": {"seconds": 1}});
                json!([call("first"), wait, call("second")])
            }
            Self::Branch => {
                let with = json!({"if": "inputs.large", "then": ["large"], "else": ["small"]});
                json!([{"name": "size", "kind": "condition", "with": with}, call("large"), call("small")])
            }
            Self::Ask => {
                let with = json!({"question": "May {{ inputs.ticket }} go on?"});
                json!([call("first"), {"name": "ask", "kind": "approval", "with": with}, call("second")])
            }
        }
    }
}

/// What people say to a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Say {
    /// As many approve as must.
    Approve,
    /// As many reject as it takes.
    Reject,
    /// So many approve, which is not enough.
    TooFew(usize),
}

impl Say {
    fn random(random: &mut StdRng) -> Self {
        match random.random_range(0..100) {
            0..80 => Self::Approve,
            80..90 => Self::Reject,
            _ => Self::TooFew(random.random_range(0..APPROVALS)),
        }
    }
}

/// One proposal, and what will be done about it.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// Its name, which the inputs hold and every effect tells.
    pub name: String,
    /// Of which type.
    pub kind: Kind,
    /// What the council says, if it is asked.
    pub say: Say,
    /// What it says when a step asks it again.
    pub say_again: Say,
    /// Who says it, in this order.
    pub voters: Vec<usize>,
    /// Its proposer takes it back, this long after it was accepted.
    pub cancel: Option<Duration>,
    /// Which branch a condition takes.
    pub large: bool,
}

impl Ticket {
    /// The ticket of this number, from this seed.
    pub fn new(seed: u64, number: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let kind = match random.random_range(0..100) {
            0..25 => Kind::Publish,
            25..45 => Kind::Call,
            45..50 => Kind::Refused,
            50..60 => Kind::Notify,
            60..70 => Kind::Note,
            70..80 => Kind::Delayed,
            80..90 => Kind::Branch,
            _ => Kind::Ask,
        };
        let (say, say_again) = (Say::random(&mut random), Say::random(&mut random));
        let first = random.random_range(0..OPERATORS);
        let voters = (0..OPERATORS).map(|turn| (first + turn) % OPERATORS).collect();
        let cancel = random.random_bool(0.05).then(|| Duration::from_millis(random.random_range(0..2500)));
        let large = random.random_bool(0.5);
        Self { name: format!("ticket-{number}"), kind, say, say_again, voters, cancel, large }
    }

    /// What it is proposed with.
    pub fn inputs(&self, outside: &str) -> Value {
        json!({"outside": outside, "ticket": self.name, "title": format!("A & B: {}", self.name), "large": self.large})
    }
}

/// What the world was told about a ticket. Only what was confirmed counts.
#[derive(Clone, Debug)]
pub struct Told {
    /// Which.
    pub ticket: Ticket,
    /// The workflow that it became, once that was confirmed.
    pub accepted: Option<(WorkflowId, Digest)>,
    /// Whose votes were confirmed, in all rounds.
    pub votes: Vec<usize>,
    /// Whether its cancellation was confirmed.
    pub cancelled: bool,
    /// Why nobody asks any more, when it is not done.
    pub given_up: Option<String>,
}
