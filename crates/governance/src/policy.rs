//! What a council's policy says.

use common::ids::CouncilId;
use common::text_enum;
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{
    AdditionalProperties, KnownFormat, ObjectBuilder, OneOfBuilder, Schema, SchemaFormat, Type,
};
use utoipa::{PartialSchema, ToSchema};

use crate::money::Money;

/// When a review is approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum DecisionRule {
    /// So many approvals, of seated operators and admins together.
    Approvals {
        /// How many.
        required: u32,
    },
    /// More approvals than rejections, once enough seats have voted.
    Majority {
        /// The share of seats whose holder must vote, in percent.
        quorum_percent: u32,
        /// The share of approvals among approvals and rejections, in percent. A tie is a rejection all the same.
        threshold_percent: u32,
    },
    /// Every seat approves and nobody rejects.
    // With braces, unknown fields are refused here, too.
    Unanimous {},
}

// Derived, it would not say that there are no other fields.
impl PartialSchema for DecisionRule {
    fn schema() -> RefOr<Schema> {
        let percent = || number().maximum(Some(100));
        OneOfBuilder::new()
            .item(
                rule("approvals", "So many approvals, of seated operators and admins together.")
                    .property("required", number().description(Some("How many.")))
                    .required("required"),
            )
            .item(
                rule("majority", "More approvals than rejections, once enough seats have voted.")
                    .property(
                        "quorum_percent",
                        percent().description(Some("The share of seats whose holder must vote.")),
                    )
                    .required("quorum_percent")
                    .property(
                        "threshold_percent",
                        percent().description(Some(
                            "The share of approvals among approvals and rejections. A tie is a rejection all the same.",
                        )),
                    )
                    .required("threshold_percent"),
            )
            .item(rule("unanimous", "Every seat approves and nobody rejects."))
            .description(Some("When a review is approved."))
            .into()
    }
}

impl ToSchema for DecisionRule {}

fn rule(kind: &str, description: &str) -> ObjectBuilder {
    let kind = ObjectBuilder::new().schema_type(Type::String).enum_values(Some([kind]));
    ObjectBuilder::new()
        .description(Some(description))
        .property("kind", kind)
        .required("kind")
        .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)))
}

fn number() -> ObjectBuilder {
    let format = SchemaFormat::KnownFormat(KnownFormat::Int32);
    ObjectBuilder::new().schema_type(Type::Integer).format(Some(format)).minimum(Some(1))
}

text_enum! {
    /// What becomes of a review that is not decided in time.
    pub enum OnExpiry {
        /// The workflow expires.
        Reject = "reject",
        /// The council consents by silence.
        Approve = "approve",
        /// Another council decides: the one that `escalate_to` names.
        Escalate = "escalate",
    }
}

/// A council's policy. What it does not mention is reviewed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// When a review is approved.
    #[serde(deserialize_with = "common::json::object")]
    pub decision_rule: DecisionRule,
    /// Whether a chair's rejection decides.
    #[serde(default)]
    pub chair_veto: bool,
    /// How long votes are taken, in seconds: a minute to 90 days, 3 days when not said.
    #[serde(default = "three_days")]
    #[schema(minimum = 60, maximum = 7_776_000)]
    pub voting_period_seconds: u32,
    /// What becomes of a review that is not decided in time.
    #[serde(default = "reject")]
    pub on_expiry: OnExpiry,
    /// The council that decides in this one's place when `on_expiry` is `escalate`.
    #[serde(default)]
    pub escalate_to: Option<CouncilId>,
    /// When a vote reaches the quorum with less than this time left, in seconds, votes are taken for this time from then
    /// on, once, so that others can answer; at most 7 days, 0 is never.
    #[serde(default)]
    #[schema(maximum = 604_800)]
    pub late_quorum_extension_seconds: u32,
    /// The delay between approval and start, in seconds: at most 30 days.
    #[serde(default)]
    #[schema(maximum = 2_592_000)]
    pub cooling_off_seconds: u32,
    /// How long an approval carries the retry of a failed run, in seconds: an hour to 90 days, 7 days when not said.
    #[serde(default = "seven_days")]
    #[schema(minimum = 3600, maximum = 7_776_000)]
    pub approval_valid_seconds: u32,
    /// The types that are always reviewed: ids, `domain.*` prefixes, or `*`.
    #[serde(default = "everything")]
    pub review_actions: Vec<Pattern>,
    /// Proposals that save at least this much a week, or do not say, are reviewed.
    #[serde(default)]
    pub review_threshold_weekly_savings: Option<Money>,
    /// The types that are never run.
    #[serde(default)]
    pub blocked_action_types: Vec<Pattern>,
}

/// A workflow type id, a prefix like `website.*`, or `*`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, pattern = r"^(\*|[a-z0-9_.]{1,100}(\.\*)?)$")]
pub struct Pattern(String);

impl Pattern {
    /// Whether a workflow type is meant.
    pub fn matches(&self, workflow_type: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some(prefix) => workflow_type.starts_with(prefix),
            None => workflow_type == self.0,
        }
    }
}

impl TryFrom<String> for Pattern {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let stem = text.strip_suffix(".*").unwrap_or(&text);
        let words = stem.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.".contains(&b));
        if text == "*" || (!stem.is_empty() && stem.len() <= 100 && words) {
            Ok(Self(text))
        } else {
            Err("must be a workflow type id, a prefix like \"website.*\", or \"*\"")
        }
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.0
    }
}

fn three_days() -> u32 {
    3 * 24 * 3600
}

fn seven_days() -> u32 {
    7 * 24 * 3600
}

fn reject() -> OnExpiry {
    OnExpiry::Reject
}

fn everything() -> Vec<Pattern> {
    vec![Pattern("*".to_owned())]
}

impl Policy {
    /// Tells what can't work in a council of so many seats, by JSON Pointer into the policy.
    pub fn faults(&self, seats: usize) -> Vec<(&'static str, String)> {
        let mut faults = Vec::new();
        match self.decision_rule {
            DecisionRule::Approvals { required: 0 } => {
                faults.push(("/decision_rule/required", "must be at least 1".to_owned()));
            }
            DecisionRule::Approvals { required } if required as usize > seats => faults.push((
                "/decision_rule/required",
                format!("is {required}, but the council has {seats} seat(s): it could never approve"),
            )),
            DecisionRule::Majority { quorum_percent, threshold_percent } => {
                for (pointer, percent) in [
                    ("/decision_rule/quorum_percent", quorum_percent),
                    ("/decision_rule/threshold_percent", threshold_percent),
                ] {
                    if !(1..=100).contains(&percent) {
                        faults.push((pointer, "must be 1 to 100".to_owned()));
                    }
                }
            }
            DecisionRule::Approvals { .. } | DecisionRule::Unanimous {} => {}
        }
        if !(60..=90 * 24 * 3600).contains(&self.voting_period_seconds) {
            faults.push(("/voting_period_seconds", "must be 60 (a minute) to 7776000 (90 days)".to_owned()));
        }
        if self.cooling_off_seconds > 30 * 24 * 3600 {
            faults.push(("/cooling_off_seconds", "must be at most 2592000 (30 days)".to_owned()));
        }
        if self.late_quorum_extension_seconds > 7 * 24 * 3600 {
            faults.push(("/late_quorum_extension_seconds", "must be at most 604800 (7 days)".to_owned()));
        }
        if !(3600..=90 * 24 * 3600).contains(&self.approval_valid_seconds) {
            faults.push(("/approval_valid_seconds", "must be 3600 (an hour) to 7776000 (90 days)".to_owned()));
        }
        match (self.on_expiry, &self.escalate_to) {
            (OnExpiry::Escalate, None) => {
                faults.push(("/escalate_to", "is needed when on_expiry is escalate".to_owned()));
            }
            (OnExpiry::Reject | OnExpiry::Approve, Some(_)) => {
                faults.push(("/escalate_to", "is for on_expiry escalate only".to_owned()));
            }
            _ => {}
        }
        faults
    }
}
