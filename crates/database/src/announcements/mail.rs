//! The mails that follow from events: one for each person and event at most.

use std::collections::{BTreeMap, BTreeSet};

use common::actor::ActorKind;
use common::ids::{CouncilId, UserId, WorkflowId};
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use governance::workflow::WorkflowStatus;

use super::events::{asked, decision, is_automatic};
use super::{Batch, OpenReview, Subject};
use crate::error::Result;
use crate::outbox::{self, Mail};
use crate::timeline::News;

/// Writes the mails into the outbox, in the caller's transaction.
pub(super) async fn write(connection: &mut AsyncPgConnection, news: &[News], batch: &Batch) -> Result<()> {
    let mut mails = votes_needed(connection, &batch.open).await?;
    mails.extend(news.iter().filter_map(|news| decided(news, batch.subjects.get(&news.workflow_id)?)));
    let glass: BTreeSet<_> = news.iter().filter(|news| concerns_glass(&news.event)).map(|n| n.workflow_id).collect();
    if !glass.is_empty() {
        let ratifying = ratifying(connection, glass.into_iter().collect()).await?;
        mails.extend(news.iter().flat_map(|news| glass_broken(news, &ratifying, batch)));
        mails.extend(news.iter().flat_map(|news| overdue(news, &ratifying)));
    }
    outbox::send_all(connection, &mails).await
}

#[derive(QueryableByName)]
struct Voter {
    #[diesel(sql_type = SqlUuid)]
    workflow_id: WorkflowId,
    #[diesel(sql_type = Text)]
    council_id: CouncilId,
    #[diesel(sql_type = SqlUuid)]
    person: UserId,
}

/// Everybody whose vote these reviews wait for: who holds a seat or stands in for its holder, has no part in the
/// proposal, and has not voted. Where no seat can vote, admins decide, and are told.
async fn votes_needed(connection: &mut AsyncPgConnection, open: &[OpenReview]) -> Result<Vec<Mail>> {
    const VOTERS: &str = "
        WITH review AS (
            SELECT w.id AS workflow_id, asked.council_id, w.round, w.proposer_user_id, a.owner_id
            FROM unnest($1, $2) AS asked (workflow_id, council_id)
            JOIN workflows w ON w.id = asked.workflow_id
            LEFT JOIN agents a ON a.id = w.proposer_agent_id
        ), seated AS (
            SELECT r.*, u.id AS voter
            FROM review r
            JOIN council_seats s ON s.council_id = r.council_id
            LEFT JOIN seat_delegations d ON d.council_id = s.council_id AND d.holder_id = s.user_id
                AND d.starts_at <= now() AND d.ends_at > now()
            JOIN users u ON u.id = COALESCE(d.delegate_id, s.user_id) AND u.state = 'active' AND u.role <> 'viewer'
            WHERE u.id IS DISTINCT FROM r.proposer_user_id AND u.id IS DISTINCT FROM r.owner_id
              AND s.user_id IS DISTINCT FROM r.proposer_user_id AND s.user_id IS DISTINCT FROM r.owner_id
        ), electors AS (
            SELECT * FROM seated
            UNION ALL
            SELECT r.*, u.id
            FROM review r
            JOIN users u ON u.role = 'admin' AND u.state = 'active'
                AND u.id IS DISTINCT FROM r.proposer_user_id AND u.id IS DISTINCT FROM r.owner_id
            WHERE NOT EXISTS (
                SELECT FROM seated s WHERE s.workflow_id = r.workflow_id AND s.council_id = r.council_id)
        )
        SELECT DISTINCT e.workflow_id, e.council_id, e.voter AS person
        FROM electors e
        WHERE NOT EXISTS (
            SELECT FROM votes v
            WHERE v.workflow_id = e.workflow_id AND v.council_id = e.council_id AND v.round = e.round
              AND v.user_id = e.voter)
        ORDER BY e.workflow_id, person, e.council_id";
    if open.is_empty() {
        return Ok(Vec::new());
    }
    let voters: Vec<Voter> = diesel::sql_query(VOTERS)
        .bind::<Array<SqlUuid>, _>(open.iter().map(|review| review.workflow_id).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(open.iter().map(|review| review.council_id.as_str()).collect::<Vec<_>>())
        .load(connection)
        .await?;
    let mut mails: BTreeMap<(WorkflowId, UserId), Vec<CouncilId>> = BTreeMap::new();
    for Voter { workflow_id, council_id, person } in voters {
        mails.entry((workflow_id, person)).or_default().push(council_id);
    }
    let mail = |((workflow_id, user_id), council_ids)| Mail::VoteNeeded { user_id, workflow_id, council_ids };
    Ok(mails.into_iter().map(mail).collect())
}

/// What the proposer, or who answers for the agent, is told of a decision that they did not make themselves.
fn decided(news: &News, subject: &Subject) -> Option<Mail> {
    let (outcome, user_id) = (decision(&news.event)?, subject.answerable?);
    let own = match news.actor_kind {
        ActorKind::User => news.actor_id == Some(user_id.0),
        // That its agent tried what a policy forbids, a person wants to know.
        ActorKind::Agent => {
            outcome != WorkflowStatus::Blocked && news.actor_id == subject.proposer_agent_id.map(|a| a.0)
        }
        ActorKind::System | ActorKind::Anonymous => false,
    };
    let automatic = outcome == WorkflowStatus::Approved && is_automatic(&news.detail);
    (!own && !automatic).then_some(Mail::Decided { user_id, workflow_id: news.workflow_id, outcome })
}

fn concerns_glass(event: &str) -> bool {
    matches!(event, "glass_broken" | "moved" | "ratification_overdue")
}

/// Somebody of a council that was passed over.
#[derive(QueryableByName)]
struct Ratifying {
    #[diesel(sql_type = SqlUuid)]
    workflow_id: WorkflowId,
    #[diesel(sql_type = Text)]
    council_id: CouncilId,
    #[diesel(sql_type = Bool)]
    open: bool,
    #[diesel(sql_type = SqlUuid)]
    admin_id: UserId,
    #[diesel(sql_type = SqlUuid)]
    person: UserId,
}

/// Everybody who was passed over when these workflows were run: who holds a seat, and who stands in for them; where no
/// seat can vote, the admins.
async fn ratifying(connection: &mut AsyncPgConnection, workflows: Vec<WorkflowId>) -> Result<Vec<Ratifying>> {
    const RATIFYING: &str = "
        WITH review AS (
            SELECT r.workflow_id, r.council_id, r.outcome = 'open' AS open, b.admin_id
            FROM workflow_reviews r
            JOIN break_glass b ON b.workflow_id = r.workflow_id
            WHERE r.workflow_id = ANY ($1) AND r.kind = 'ratification'
        ), seated AS (
            SELECT r.*, u.id AS person
            FROM review r
            JOIN council_seats s ON s.council_id = r.council_id
            LEFT JOIN seat_delegations d ON d.council_id = s.council_id AND d.holder_id = s.user_id
                AND d.starts_at <= now() AND d.ends_at > now()
            JOIN users u ON u.id IN (s.user_id, d.delegate_id) AND u.state = 'active' AND u.role <> 'viewer'
        )
        SELECT DISTINCT * FROM (
            SELECT * FROM seated
            UNION ALL
            SELECT r.*, u.id
            FROM review r
            JOIN users u ON u.role = 'admin' AND u.state = 'active'
            WHERE NOT EXISTS (
                SELECT FROM seated s WHERE s.workflow_id = r.workflow_id AND s.council_id = r.council_id)
        ) everybody
        ORDER BY workflow_id, person, council_id";
    Ok(diesel::sql_query(RATIFYING).bind::<Array<SqlUuid>, _>(workflows).load(connection).await?)
}

/// That the glass was broken: everybody who was passed over is told, and the proposer; not who did it. A council that
/// takes another's place in the ratification is told when it does.
fn glass_broken(news: &News, ratifying: &[Ratifying], batch: &Batch) -> Vec<Mail> {
    let to = match news.event.as_str() {
        "glass_broken" => None,
        "moved" => asked(&news.event, &news.detail),
        _ => return Vec::new(),
    };
    let concerned = |one: &&Ratifying| {
        one.workflow_id == news.workflow_id && to.as_ref().is_none_or(|to| to.includes(&one.council_id))
    };
    let passed_over: Vec<_> = ratifying.iter().filter(concerned).collect();
    let mut people: BTreeSet<_> = passed_over.iter().map(|one| one.person).collect();
    if to.is_none() {
        people.extend(batch.subjects.get(&news.workflow_id).and_then(|subject| subject.answerable));
        // Who breaks the glass is the event's actor.
        people.retain(|person| news.actor_id != Some(person.0));
    }
    let workflow_id = news.workflow_id;
    people.into_iter().map(|user_id| Mail::GlassBroken { user_id, workflow_id }).collect()
}

/// That a council has not ratified in time: its people are told once more, and the admin.
fn overdue(news: &News, ratifying: &[Ratifying]) -> Vec<Mail> {
    if news.event != "ratification_overdue" {
        return Vec::new();
    }
    let council = news.detail["council_id"].as_str().unwrap_or_default();
    let late = ratifying
        .iter()
        .filter(|one| one.workflow_id == news.workflow_id && one.open && one.council_id.as_str() == council);
    let people: BTreeSet<_> = late.clone().flat_map(|one| [one.person, one.admin_id]).collect();
    let Some(council_id) = late.map(|one| one.council_id.clone()).next() else { return Vec::new() };
    let workflow_id = news.workflow_id;
    let mail = |user_id| Mail::RatificationOverdue { user_id, workflow_id, council_id: council_id.clone() };
    people.into_iter().map(mail).collect()
}
