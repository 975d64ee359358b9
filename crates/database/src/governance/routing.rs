//! Whom a proposal needs now: the councils of its domain, by their policies in force.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use common::ids::{CouncilId, Domain, WorkflowId, WorkflowTypeId};
use common::problem::{FieldError, Problem};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use governance::digest::Digest;
use governance::mandate::{MANDATE_TYPE, Terms};
use governance::money::Money;
use governance::policy::Policy;
use governance::route::{Finding, Responsible, Verdict, findings};
use governance::workflow::{ReviewKind, ReviewOutcome};
use serde::Serialize;
use serde_json::{Value, json};

use super::councils::{CouncilState, policies_in_force, read_policy};
use super::decision::Locked;
use super::rounds::Question;
use super::workflow_types;
use crate::clock;
use crate::error::Result;
use crate::schema::{
    council_domains, council_policies, councils, workflow_reviews as reviews, workflow_types as types,
};

/// A council that reviews, with the version and the terms of its policy in force.
pub(super) type Reviewer = (CouncilId, i32, Policy);

/// A version of a council's policy, as the record names it.
#[derive(Serialize)]
pub(super) struct Applied {
    council_id: CouncilId,
    policy_version: i32,
    /// Of what is stored: the SHA-256 of its RFC 8785 form.
    policy_digest: Digest,
}

/// What each responsible council's policy says to a proposal; of a domain that no council answers for, the default
/// council has it reviewed.
///
/// A mandate concerns the councils of the type that it is for, and is always reviewed: it lets others run unreviewed.
pub(super) async fn find(
    connection: &mut AsyncPgConnection,
    definition: &workflow_types::WorkflowType,
    inputs: &Value,
    weekly_savings: Option<&Money>,
) -> Result<Vec<Finding>> {
    let is_mandate = definition.id.as_str() == MANDATE_TYPE;
    let domain = if is_mandate { domain_of_mandate(connection, inputs).await? } else { definition.domain.clone() };
    let responsible = responsible(connection, &domain).await?;
    if responsible.is_empty() {
        let (council_id, policy_version, _) = default_council(connection).await?;
        let verdict = if is_mandate { Verdict::IsMandate } else { Verdict::NobodyResponsible };
        return Ok(vec![Finding { council_id, policy_version, verdict }]);
    }
    let mut found = findings(&responsible, &definition.id, weekly_savings);
    for finding in found.iter_mut().filter(|_| is_mandate) {
        if finding.verdict == Verdict::NotAsked {
            finding.verdict = Verdict::IsMandate;
        }
    }
    Ok(found)
}

/// What [`find`] would say to a proposal of each of these types, but mandates, that does not say what it is worth.
pub(super) async fn find_all(
    connection: &mut AsyncPgConnection,
    definitions: &[workflow_types::WorkflowType],
) -> Result<BTreeMap<WorkflowTypeId, Vec<Finding>>> {
    let domains: Vec<_> = definitions.iter().map(|definition| &definition.domain).collect();
    let rows: Vec<(Domain, CouncilId)> = councils::table
        .inner_join(council_domains::table.on(council_domains::council_id.eq(councils::id)))
        .filter(council_domains::domain.eq_any(domains))
        .filter(councils::state.eq(CouncilState::Active))
        .order((council_domains::domain, councils::id))
        .select((council_domains::domain, councils::id))
        .load(connection)
        .await?;
    let ids: Vec<_> = rows.iter().map(|(_, council)| council.clone()).collect();
    let policies = policies_in_force(connection, &ids).await?;
    let (default, default_version, _) = default_council(connection).await?;
    let found = definitions.iter().filter(|one| one.id.as_str() != MANDATE_TYPE).map(|definition| {
        let councils = rows.iter().filter(|(domain, _)| *domain == definition.domain);
        let responsible: Vec<_> = councils
            .filter_map(|(_, council)| {
                let (policy_version, policy) = policies.get(council)?.clone();
                Some(Responsible { council: council.clone(), policy_version, policy })
            })
            .collect();
        let mut findings = findings(&responsible, &definition.id, None);
        if findings.is_empty() {
            let verdict = Verdict::NobodyResponsible;
            findings.push(Finding { council_id: default.clone(), policy_version: default_version, verdict });
        }
        (definition.id.clone(), findings)
    });
    Ok(found.collect())
}

/// The terms of a mandate, which its inputs are.
pub(super) async fn terms_of_mandate(connection: &mut AsyncPgConnection, inputs: &Value) -> Result<Terms> {
    let field = |(at, detail): (String, String)| FieldError { pointer: format!("/inputs{at}"), detail };
    let terms = Terms::read(inputs, clock::now(connection).await?);
    Ok(terms.map_err(|faults| Problem::invalid(faults.into_iter().map(field).collect()))?)
}

/// The domain of the type that a mandate is for; its terms are checked on the way.
async fn domain_of_mandate(connection: &mut AsyncPgConnection, inputs: &Value) -> Result<Domain> {
    let terms = terms_of_mandate(connection, inputs).await?;
    let domain: Option<Domain> =
        types::table.find(&terms.workflow_type).select(types::domain).first(connection).await.optional()?;
    domain.ok_or_else(|| Problem::invalid_field("/inputs/workflow_type", "there is no such workflow type").into())
}

/// The active councils of a domain, with their policies in force.
async fn responsible(connection: &mut AsyncPgConnection, domain: &Domain) -> Result<Vec<Responsible>> {
    let ids: Vec<CouncilId> = councils::table
        .inner_join(council_domains::table.on(council_domains::council_id.eq(councils::id)))
        .filter(council_domains::domain.eq(domain))
        .filter(councils::state.eq(CouncilState::Active))
        .order(councils::id)
        .select(councils::id)
        .load(connection)
        .await?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let policies = policies_in_force(connection, &ids).await?;
    Ok(policies
        .into_iter()
        .map(|(council, (policy_version, policy))| Responsible { council, policy_version, policy })
        .collect())
}

/// The councils that answer for a domain, or the default one, with their policies in force: all of them, whatever those
/// ask to see.
pub(super) async fn councils_of(connection: &mut AsyncPgConnection, domain: &Domain) -> Result<Vec<Reviewer>> {
    let responsible = responsible(connection, domain).await?;
    if responsible.is_empty() {
        return Ok(vec![default_council(connection).await?]);
    }
    Ok(responsible.into_iter().map(|one| (one.council, one.policy_version, one.policy)).collect())
}

/// The council that answers where no other does.
async fn default_council(connection: &mut AsyncPgConnection) -> Result<Reviewer> {
    let id: CouncilId = councils::table.filter(councils::is_default).select(councils::id).first(connection).await?;
    reviewer(connection, &id).await
}

/// A council, or the default one once it is retired.
pub(super) async fn in_charge(connection: &mut AsyncPgConnection, id: &CouncilId) -> Result<Reviewer> {
    let active: i64 = councils::table
        .find(id)
        .filter(councils::state.eq(CouncilState::Active))
        .count()
        .get_result(connection)
        .await?;
    if active == 1 { reviewer(connection, id).await } else { default_council(connection).await }
}

/// A council with its policy in force.
pub(super) async fn reviewer(connection: &mut AsyncPgConnection, id: &CouncilId) -> Result<Reviewer> {
    let mut found = policies_in_force(connection, std::slice::from_ref(id)).await?;
    let (version, policy) = found.remove(id).ok_or_else(|| Problem::internal("a council without a policy"))?;
    Ok((id.clone(), version, policy))
}

/// Who decides in place of a council that did not: the one that its policy names, or the default council when that one
/// is retired. None when that council has had its say in this round already.
pub(super) async fn escalation_of(
    connection: &mut AsyncPgConnection,
    workflow: &Locked,
    from: &CouncilId,
    named: Option<&CouncilId>,
) -> Result<Option<Reviewer>> {
    let to = match named {
        Some(council) => in_charge(connection, council).await?,
        None => default_council(connection).await?,
    };
    let asked: i64 = reviews::table
        .filter(reviews::workflow_id.eq(workflow.id))
        .filter(reviews::round.eq(workflow.round))
        .filter(reviews::council_id.eq(&to.0))
        .count()
        .get_result(connection)
        .await?;
    Ok((asked == 0 && to.0 != *from).then_some(to))
}

/// Opens a review of a workflow by each of these councils: of the proposal, or of what one of its steps asks.
pub(super) async fn open_reviews(
    connection: &mut AsyncPgConnection,
    workflow: WorkflowId,
    round: i32,
    opened: DateTime<Utc>,
    reviewers: &[Reviewer],
    question: Option<&Question>,
) -> Result<()> {
    let rows: Vec<_> = reviewers
        .iter()
        .map(|(council, version, policy)| {
            (
                reviews::workflow_id.eq(workflow),
                reviews::council_id.eq(council),
                reviews::round.eq(round),
                reviews::kind.eq(ReviewKind::Approval),
                reviews::policy_version.eq(version),
                reviews::outcome.eq(ReviewOutcome::Open),
                reviews::opened_at.eq(opened),
                reviews::deadline.eq(opened + TimeDelta::seconds(policy.voting_period_seconds.into())),
                reviews::step.eq(question.map(|question| question.step.as_str())),
                reviews::question.eq(question.map(|question| question.text.as_str())),
            )
        })
        .collect();
    diesel::insert_into(reviews::table).values(rows).execute(connection).await?;
    Ok(())
}

/// The councils that review, of those that were asked, with the policies that they were asked by: another may be in force
/// by now.
pub(super) async fn reviewers(connection: &mut AsyncPgConnection, findings: &[&Finding]) -> Result<Vec<Reviewer>> {
    let versions: Vec<_> =
        findings.iter().map(|finding| (finding.council_id.clone(), finding.policy_version)).collect();
    let stored = stored_policies(connection, &versions).await?;
    stored.into_iter().map(|((council, version), policy)| Ok((council, version, read_policy(policy)?))).collect()
}

/// Versions of councils' policies, as they are stored.
async fn stored_policies(
    connection: &mut AsyncPgConnection,
    versions: &[(CouncilId, i32)],
) -> Result<BTreeMap<(CouncilId, i32), Value>> {
    let rows = council_policies::table
        .filter(council_policies::council_id.eq_any(versions.iter().map(|(council, _)| council)))
        .filter(council_policies::version.eq_any(versions.iter().map(|(_, version)| version)))
        .select(((council_policies::council_id, council_policies::version), council_policies::policy))
        .load::<((CouncilId, i32), Value)>(connection)
        .await?;
    Ok(rows.into_iter().filter(|(version, _)| versions.contains(version)).collect())
}

/// The versions of policies that an act applies, each with the digest of what it says, for the record: so that nobody can
/// later show other words for them.
pub(super) async fn policy_digests(
    connection: &mut AsyncPgConnection,
    versions: Vec<(CouncilId, i32)>,
) -> Result<Vec<Applied>> {
    let stored = stored_policies(connection, &versions).await?;
    let applied = |(council_id, policy_version): (CouncilId, i32)| {
        let policy = stored.get(&(council_id.clone(), policy_version));
        let policy = policy.ok_or_else(|| Problem::internal("a version of a policy is missing"))?;
        Ok(Applied { policy_digest: Digest::of_json(policy), council_id, policy_version })
    };
    versions.into_iter().map(applied).collect()
}

/// The versions of policies that these findings are by.
pub(super) fn asked(findings: &[Finding]) -> Vec<(CouncilId, i32)> {
    findings.iter().map(|finding| (finding.council_id.clone(), finding.policy_version)).collect()
}

/// What the record says of reviews that are opened: of which round, by whom, and under which policies.
pub(super) async fn opening(connection: &mut AsyncPgConnection, round: i32, reviewers: &[Reviewer]) -> Result<Value> {
    let versions = reviewers.iter().map(|(council, version, _)| (council.clone(), *version)).collect();
    let policies = policy_digests(connection, versions).await?;
    let reviewed_by: Vec<_> = reviewers.iter().map(|(council, ..)| council).collect();
    Ok(json!({"round": round, "reviewed_by": reviewed_by, "policies": policies}))
}

/// What a type's proposals are checked and routed by.
pub(super) async fn definition(
    connection: &mut AsyncPgConnection,
    workflow_type: &WorkflowTypeId,
    version: Option<i32>,
    inputs: &Value,
) -> Result<workflow_types::WorkflowType> {
    let definition = workflow_types::find(connection, workflow_type, version).await?;
    let violations = governance::schema::violations(&definition.input_schema, inputs);
    if violations.is_empty() {
        return Ok(definition);
    }
    let field = |(at, detail)| FieldError { pointer: format!("/inputs{at}"), detail };
    Err(Problem::invalid(violations.into_iter().map(field).collect()).into())
}
