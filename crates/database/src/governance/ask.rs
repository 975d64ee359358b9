//! A step that asks councils in the middle of a run: a second vote.
//!
//! The run gives itself up. Votes, deadlines, escalation, vetoes and broken glass are those of any other round; once the
//! councils have approved, a worker claims the workflow as it does the first time, and goes on behind the step.

use common::actor::Actor;
use common::ids::{CouncilId, Domain, StepName};
use common::problem::Problem;
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use governance::definition::StepKind;
use governance::digest::Digest;
use governance::workflow::{ReviewKind, ReviewOutcome, StepStatus};
use serde_json::json;

use super::decision::{lock, merge};
use super::rounds::{Question, send_back};
use super::routing::{councils_of, in_charge, opening};
use crate::audit::{self, Act};
use crate::error::{Error, Result};
use crate::execution::{Run, StepResult, hold};
use crate::schema::{workflow_reviews as reviews, workflow_steps as steps, workflows};
use crate::timeline;

/// Has a claimed run wait for the councils that its step at this position asks: this one, or the default council once
/// that is retired; or all that answer for the workflow's domain, whatever their policies let pass. The claim is over.
pub async fn ask(
    connection: &mut AsyncPgConnection,
    run: &Run,
    position: i32,
    council: Option<&CouncilId>,
    question: &str,
) -> Result<()> {
    connection
        .transaction(async |connection| {
            hold(connection, run).await?;
            let workflow = lock(connection, run.id).await?.ok_or(Error::LeaseLost)?;
            let round = workflow.round + 1;
            let asking = steps::table
                .find((run.id, position))
                .filter(steps::kind.eq(StepKind::Approval))
                .filter(steps::status.eq(StepStatus::Running));
            let (step, attempt): (StepName, i32) = diesel::update(asking)
                .set(steps::asked_round.eq(round))
                .returning((steps::name, steps::attempt))
                .get_result(connection)
                .await?;
            let reviewers = if let Some(council) = council {
                vec![in_charge(connection, council).await?]
            } else {
                let domain: Domain = workflows::table.find(run.id).select(workflows::domain).first(connection).await?;
                councils_of(connection, &domain).await?
            };
            let mut detail = json!({
                "step": step, "attempt": attempt, "fence": run.fence, "council": council,
                "question_digest": Digest::of(question.as_bytes()), "digest": workflow.digest,
            });
            merge(&mut detail, opening(connection, round, &reviewers).await?);
            let question = Question { step, text: question.to_owned() };
            send_back(connection, &workflow, round, &reviewers, Some(&question)).await?;

            let act = Act::new(Actor::System, "workflow.asked", "workflow", run.id).with(detail.clone());
            audit::record(connection, &run.context, act).await?;
            // What is asked may name people: the record has its digest, as of every other text.
            detail["question"] = json!(question.text);
            timeline::record(connection, run.id, Actor::System, "asked", detail).await
        })
        .await
}

/// What the step at this position, which has asked, comes to: a run is claimed again only once its councils have approved,
/// or an admin did not wait for them. Later steps see which councils approved. Whoever runs the step writes it down as
/// what any other comes to; the database refuses it while the councils have not answered.
pub async fn answer(connection: &mut AsyncPgConnection, run: &Run, position: i32) -> Result<StepResult> {
    let round: Option<i32> = steps::table.find((run.id, position)).select(steps::asked_round).first(connection).await?;
    let round = round.ok_or_else(|| Problem::internal("an answer to a step that has not asked"))?;
    let reviewed = reviews::table
        .filter(reviews::workflow_id.eq(run.id))
        .filter(reviews::round.eq(round))
        .order(reviews::council_id)
        .select((reviews::council_id, reviews::kind, reviews::outcome, reviews::question))
        .load::<(CouncilId, ReviewKind, ReviewOutcome, Option<String>)>(connection)
        .await?;
    let question = reviewed.iter().find_map(|(.., question)| question.as_deref()).unwrap_or_default();
    let request = Digest::of(question.as_bytes());
    let approved = |(council, kind, outcome, _)| {
        let approved = kind == ReviewKind::Approval && outcome == ReviewOutcome::Approved;
        approved.then_some(council)
    };
    let councils: Vec<CouncilId> = reviewed.into_iter().filter_map(approved).collect();
    let output = json!({"approved": true, "round": round, "councils": councils});
    Ok(StepResult { request, response: Some(Digest::of_json(&output)), outcome: Ok(output) })
}
