//! Decides which later steps are run.

use std::collections::BTreeSet;

use common::ids::StepName;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::StepKind;
use super::kind::{Among, Dry, Kind};
use crate::check::{self, Known, steps_in};
use crate::definition::{Fault, Step};
use crate::dry_run::Unknown;
use crate::template::{Scope, TemplateError, is_true, single_expression};

/// What a `condition` step decides, and by what.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// An expression such as `inputs.amount > 5000`; with `{{ }}` around it it means the same.
    #[serde(rename = "if")]
    pub when: String,
    /// The later steps that are run only when it is true.
    #[serde(default)]
    pub then: Vec<StepName>,
    /// The later steps that are run only when it is not.
    #[serde(default, rename = "else")]
    pub otherwise: Vec<StepName>,
}

impl Condition {
    /// Evaluates it. What is missing is an error, not false.
    pub fn decide(&self, scope: &Scope) -> Result<bool, TemplateError> {
        is_true(self.expression(), scope)
    }

    /// The output of a condition that came to this.
    pub fn output_of(result: bool) -> Value {
        json!({ "result": result })
    }

    fn expression(&self) -> &str {
        single_expression(&self.when).unwrap_or(&self.when)
    }

    /// The steps that depend on it.
    fn governed(&self) -> impl Iterator<Item = &StepName> {
        self.then.iter().chain(&self.otherwise)
    }

    fn of(step: &Step) -> Option<Self> {
        (step.kind == StepKind::Condition).then(|| Self::deserialize(&step.with).ok()).flatten()
    }
}

/// The steps that depend on this one: none, unless it is a condition.
pub(crate) fn governed<'a>(steps: &'a [Step], condition: &StepName) -> Vec<&'a StepName> {
    let given = steps.iter().find(|step| step.name == *condition).and_then(Condition::of);
    let names: BTreeSet<StepName> = given.iter().flat_map(Condition::governed).cloned().collect();
    steps.iter().map(|step| &step.name).filter(|name| names.contains(*name)).collect()
}

/// The steps that are not run because this condition came to this: those of the other branch and, where such a step is
/// a condition itself, all that it governs. In the order of the steps.
pub fn skipped(steps: &[Step], condition: &StepName, result: bool) -> Vec<StepName> {
    let Some(decided) = steps.iter().find(|step| step.name == *condition).and_then(Condition::of) else {
        return Vec::new();
    };
    let mut left_out: BTreeSet<_> = if result { decided.otherwise } else { decided.then }.into_iter().collect();
    // What a condition governs comes after it: once through is enough.
    for step in steps {
        if left_out.contains(&step.name)
            && let Some(condition) = Condition::of(step)
        {
            left_out.extend(condition.governed().cloned());
        }
    }
    steps.iter().map(|step| &step.name).filter(|name| left_out.contains(*name)).cloned().collect()
}

impl Kind for Condition {
    const IS_PURE: bool = true;

    fn output_schema() -> Value {
        json!({"type": "object", "additionalProperties": false, "properties": {"result": {"type": "boolean"}}})
    }

    fn faults(&self, _: &dyn Fn(&str) -> bool) -> Vec<Fault> {
        if self.governed().next().is_none() {
            return vec![(String::new(), "governs no step: name some in `then` or `else`".to_owned())];
        }
        Vec::new()
    }

    fn faults_in(among: &Among<'_>, known: &Known<'_>) -> Vec<Fault> {
        let condition = match Self::deserialize(&among.step().with) {
            Ok(condition) => condition,
            Err(fault) => return vec![(String::new(), fault.to_string())],
        };
        let mut faults = condition.faults(&|_| true);
        let expression = check::condition(condition.expression(), known).into_iter();
        faults.extend(expression.map(|fault| ("/if".to_owned(), fault)));
        // A step is governed once: by its first condition, and in one of its branches.
        let before = among.steps[..among.index].iter().filter_map(Self::of);
        let mut taken: BTreeSet<StepName> =
            before.flat_map(|other| other.governed().cloned().collect::<Vec<_>>()).collect();
        let later = &among.steps[among.index + 1..];
        for (branch, names) in [("then", &condition.then), ("else", &condition.otherwise)] {
            for (index, name) in names.iter().enumerate() {
                let fault = if !later.iter().any(|step| step.name == *name) {
                    format!("there is no step {:?} after this one", name.as_str())
                } else if !taken.insert(name.clone()) {
                    format!("{:?} depends on a condition already: it can depend on one only", name.as_str())
                } else {
                    continue;
                };
                faults.push((format!("/{branch}/{index}"), fault));
            }
        }
        faults
    }

    fn dry_run(step: &Step, scope: &Scope) -> Dry {
        let with = step.with.clone();
        let condition = match Self::deserialize(&with) {
            Ok(condition) => condition,
            Err(fault) => return Dry { with, errors: vec![(String::new(), fault.to_string())], ..Dry::default() },
        };
        let expression = condition.expression();
        let waits_for: Vec<_> =
            steps_in(expression).into_iter().filter(|step| !scope.steps.contains_key(step)).collect();
        if !waits_for.is_empty() {
            let unknown = Unknown { pointer: "/if".to_owned(), expression: condition.when, waits_for };
            return Dry { with, unknown: vec![unknown], ..Dry::default() };
        }
        match condition.decide(scope) {
            Ok(result) => Dry { with, output: Some(Self::output_of(result)), ..Dry::default() },
            Err(error) => Dry { with, errors: vec![("/if".to_owned(), error.to_string())], ..Dry::default() },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::definition::faults;

    fn steps(steps: Value) -> Vec<Step> {
        serde_json::from_value(steps).expect("steps")
    }

    fn text(name: &str) -> Value {
        json!({"name": name, "kind": "render_template", "with": {"template": "x"}})
    }

    fn condition(name: &str, with: Value) -> Value {
        json!({"name": name, "kind": "condition", "with": with})
    }

    #[test]
    fn the_other_branch_is_left_out_and_what_hangs_on_it() {
        let steps = steps(json!([
            condition("large", json!({"if": "inputs.amount > 5", "then": ["urgent", "ask"], "else": ["note"]})),
            text("ask"),
            condition("urgent", json!({"if": "inputs.urgent", "then": ["call"], "else": ["write"]})),
            text("call"),
            text("write"),
            text("note"),
            text("end"),
        ]));
        assert_eq!(faults(&json!({"type": "object"}), &steps), []);
        let left_out = |condition: &str, result| {
            let names = skipped(&steps, &condition.parse().expect("a name"), result);
            names.iter().map(|name| name.as_str().to_owned()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(left_out("large", true), "note");
        assert_eq!(left_out("large", false), "ask urgent call write");
        assert_eq!(left_out("urgent", true), "write");
        assert_eq!(left_out("urgent", false), "call");
        assert_eq!(left_out("ask", false), "");
    }

    #[test]
    fn a_condition_names_later_steps_and_each_only_once() {
        let places = |given: Value| {
            let found =
                faults(&json!({"type": "object", "properties": {}, "additionalProperties": false}), &steps(given));
            found.into_iter().map(|(place, _)| place).collect::<Vec<_>>()
        };
        let found = places(json!([
            text("first"),
            condition("a", json!({"if": "inputs.x", "then": ["first", "a", "none", "last"], "else": ["last", "b"]})),
            condition("b", json!({"if": "{{ true }}", "then": ["b"], "else": ["last"]})),
            condition("c", json!({"if": "steps.last.output and"})),
            text("last"),
        ]));
        assert_eq!(
            found,
            [
                "/steps/1/with/if",
                "/steps/1/with/then/0",
                "/steps/1/with/then/1",
                "/steps/1/with/then/2",
                "/steps/1/with/else/0",
                "/steps/2/with/then/0",
                "/steps/2/with/else/0",
                "/steps/3/with",
                "/steps/3/with/if",
            ]
        );
    }

    #[test]
    fn what_is_missing_is_an_error_and_not_false() {
        let decide = |when: &str, inputs: Value| {
            let scope = Scope { inputs, ..Scope::default() };
            Condition { when: when.to_owned(), then: Vec::new(), otherwise: Vec::new() }.decide(&scope)
        };
        assert_eq!(decide("inputs.amount > 5", json!({"amount": 6})), Ok(true));
        assert_eq!(decide("{{ inputs.amount > 5 }}", json!({"amount": 5})), Ok(false));
        assert_eq!(decide("inputs.list", json!({"list": []})), Ok(false));
        assert_eq!(decide("inputs.amount is defined", json!({})), Ok(false));
        for missing in ["inputs.amount > 5", "inputs.amount", "not inputs.amount"] {
            assert!(decide(missing, json!({})).is_err(), "{missing}");
        }
    }

    /// For each step: whether it is a condition, what that comes to, and which earlier condition it wants to depend on, in
    /// which branch.
    fn plans() -> impl Strategy<Value = Vec<(bool, bool, Option<usize>, bool)>> {
        proptest::collection::vec(any::<(bool, bool, Option<usize>, bool)>(), 1..20)
    }

    proptest! {
        #[test]
        fn exactly_the_governed_steps_are_skipped(plan in plans()) {
            let name = |index: usize| format!("s{index}");
            // The governor of each step, and in which branch.
            let mut governors: BTreeMap<usize, (usize, bool)> = BTreeMap::new();
            for (index, (_, _, wish, branch)) in plan.iter().enumerate() {
                let conditions: Vec<usize> = (0..index).filter(|earlier| plan[*earlier].0).collect();
                if let (Some(wish), false) = (wish, conditions.is_empty()) {
                    governors.insert(index, (conditions[wish % conditions.len()], *branch));
                }
            }
            let in_branch = |condition: usize, branch: bool| -> Vec<String> {
                let governed = governors.iter().filter(|(_, governor)| **governor == (condition, branch));
                governed.map(|(step, _)| name(*step)).collect()
            };
            // Only conditions that govern something are conditions.
            let governs = |index: usize| governors.values().any(|(governor, _)| *governor == index);
            let list: Vec<Value> = (0..plan.len()).map(|index| if governs(index) {
                condition(&name(index), json!({"if": plan[index].1.to_string(), "then": in_branch(index, true), "else": in_branch(index, false)}))
            } else {
                text(&name(index))
            }).collect();
            let steps = steps(json!(list));
            prop_assert_eq!(faults(&json!({"type": "object"}), &steps), []);

            // As the engine does it: each condition that is run leaves out steps.
            let mut left_out = BTreeSet::new();
            for (index, step) in steps.iter().enumerate() {
                if !left_out.contains(&step.name) && governs(index) {
                    left_out.extend(skipped(&steps, &step.name, plan[index].1));
                }
            }
            // As it is meant: a step is run when its condition is, and came to its branch.
            let mut runs: Vec<bool> = Vec::new();
            for index in 0..plan.len() {
                let run = governors.get(&index).is_none_or(|(governor, branch)| runs[*governor] && plan[*governor].1 == *branch);
                runs.push(run);
            }
            for (step, run) in steps.iter().zip(runs) {
                prop_assert_eq!(!left_out.contains(&step.name), run, "{}", step.name);
            }
        }
    }
}
