//! What a fresh installation begins with: data in `seeds/`, carried in the binary.

use std::collections::BTreeSet;

use anyhow::Context;
use common::config::Env;
use common::http::RequestContext;
use common::ids::{CouncilId, Domain, WorkflowTypeId};
use common::text::{Name, Text};
use database::governance::seed::{Sown, sow_council, sow_workflow_type};
use database::governance::workflow_types::{NewContent, NewWorkflowType};
use database::{Connection, DatabaseSettings, connect};
use governance::definition::Step;
use governance::policy::Policy;
use serde::Deserialize;
use serde_json::Value;

use super::say;

/// A council to be; who founds it takes its chair.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Council {
    /// Its id.
    pub id: CouncilId,
    /// Its name.
    pub name: Name,
    /// What it is for.
    pub purpose: Text<0, 1000>,
    /// What it answers for.
    pub domains: BTreeSet<Domain>,
    /// Its first policy.
    pub policy: Policy,
}

/// A workflow type to be.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkflowType {
    /// Its id.
    pub id: WorkflowTypeId,
    /// Its domain.
    pub domain: Domain,
    /// Its name.
    pub name: Name,
    /// What it does.
    pub description: Text<0, 2000>,
    /// JSON Schema of its inputs, with examples.
    pub input_schema: Value,
    /// What it consists of.
    pub steps: Vec<Step>,
}

/// The councils that come with the product.
pub fn councils() -> anyhow::Result<Vec<Council>> {
    serde_json::from_str(include_str!("../../seeds/councils.json")).context("seeds/councils.json")
}

/// The workflow types that come with the product.
pub fn workflow_types() -> anyhow::Result<Vec<WorkflowType>> {
    serde_json::from_str(include_str!("../../seeds/workflow_types.json")).context("seeds/workflow_types.json")
}

pub(super) async fn run() -> anyhow::Result<()> {
    let settings = Env::of_process().read(DatabaseSettings::read)?;
    for line in seed(&mut connect(&settings.url).await?).await? {
        say(&line);
    }
    Ok(())
}

/// Adds what is missing, and tells of each what became of it.
pub async fn seed(connection: &mut Connection) -> anyhow::Result<Vec<String>> {
    // On the record, it tells these acts from what the administrator did in person.
    let context = RequestContext { request_id: Some("council-service-seed".to_owned()), ..RequestContext::default() };
    let mut told = Vec::new();
    for council in councils()? {
        let Council { id, name, purpose, domains, policy } = &council;
        let sown = sow_council(connection, &context, id, (name, purpose), domains, policy).await?;
        told.push(format!("council {id}: {}", tell(&sown)));
    }
    for new in workflow_types()? {
        let WorkflowType { id, domain, name, description, input_schema, steps } = &new;
        let says = NewContent { name, description, input_schema, steps };
        let sown = sow_workflow_type(connection, &context, NewWorkflowType { id, domain, content: says }).await?;
        told.push(format!("workflow type {id}: {}", tell(&sown)));
    }
    Ok(told)
}

fn tell(sown: &Sown) -> String {
    match sown {
        Sown::Added => "added".to_owned(),
        Sown::ThereAlready => "there already, left as it is".to_owned(),
        Sown::AnsweredFor(domain, council) => format!("not needed, {council} answers for the domain {domain}"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use governance::dry_run::dry_run;
    use governance::{definition, schema};
    use serde_json::json;

    use super::*;

    #[test]
    fn every_seeded_policy_works_with_the_one_seat_that_there_is() {
        let councils = councils().expect("councils");
        for council in &councils {
            assert_eq!(council.policy.faults(1), [], "{}", council.id);
        }
        let ids: Vec<_> = councils.iter().map(|council| council.id.as_str()).collect();
        assert_eq!(ids, ["web", "commerce", "media", "automation", "finance"]);
    }

    #[test]
    fn every_seeded_type_is_sound_and_so_are_its_examples() {
        let domains: BTreeSet<_> =
            councils().expect("councils").into_iter().flat_map(|council| council.domains).collect();
        for new in workflow_types().expect("types") {
            assert!(domains.contains(&new.domain), "{} belongs to no council", new.id);
            assert_eq!(definition::faults(&new.input_schema, &new.steps), [], "{}", new.id);
            let examples = new.input_schema["examples"].as_array().expect("examples");
            assert!(!examples.is_empty());
            for example in examples {
                assert_eq!(schema::violations(&new.input_schema, example), [], "{} {example}", new.id);
                let steps = dry_run(&new.steps, example, &BTreeMap::new()).expect("runs");
                let errors: Vec<_> = steps.into_iter().flat_map(|step| step.errors).collect();
                assert_eq!(errors, [], "{} {example}", new.id);
            }
            titled(&new.input_schema, &new.id);
        }
    }

    /// A form is made of the schema: each field needs a name.
    fn titled(schema: &Value, id: &WorkflowTypeId) {
        for (name, property) in schema["properties"].as_object().expect("properties") {
            assert!(property["title"].is_string(), "{id}: {name} has no title");
            if property["items"] != json!(null) {
                titled(&property["items"], id);
            }
        }
    }
}
