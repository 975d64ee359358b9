//! What follows from events for the people who are told: the mails in the outbox, exactly.

use std::collections::BTreeSet;
use std::time::Duration;

use common::http::RequestContext;
use common::ids::{UserId, WorkflowId};
use common::roles::Role;
use database::Connection;
use database::announcements::announce;
use database::governance::break_glass::break_glass;
use database::governance::close_reviews::close_due_reviews;
use database::governance::councils;
use database::governance::councils::delegations::{NewDelegation, delegate};
use database::governance::councils::retire::{OpenProposals, retire};
use database::governance::propose::{Outcome, Proposal, Proposer, propose};
use database::governance::withdraw::cancel;
use database::outbox::{EMAIL, Mail};
use database::schema::{announcer, outbox, workflow_timeline};
use diesel::prelude::*;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use governance::workflow::{Vote, WorkflowStatus};
use serde_json::{Value, json};
use testing::{Person, TestDatabase, World, person};

const RENDER: &str = r#"[{"name": "page", "kind": "render_template", "with": {"template": "x"}}]"#;

async fn world(policy: Value) -> World {
    let world = World::with_policy(policy).await;
    world.add_type("web.render", serde_json::from_str(RENDER).expect("json")).await;
    world
}

async fn two_of_three() -> World {
    world(json!({"decision_rule": {"kind": "approvals", "required": 2}})).await
}

/// Announces everything so far. A transaction of another test may hold the newest back for a moment.
async fn announce_all(world: &World) {
    let (mut worker, mut owner) =
        (world.database.connect("workflow_worker").await, world.database.connect_as_owner().await);
    let newest: i64 = workflow_timeline::table
        .select(diesel::dsl::max(workflow_timeline::id))
        .first::<Option<i64>>(&mut owner)
        .await
        .expect("reads")
        .expect("an event");
    while place(&mut owner).await < newest {
        announce(&mut worker, "https://api.example.com", 7).await.expect("announces");
    }
}

async fn place(owner: &mut Connection) -> i64 {
    announcer::table.select(announcer::event_id).first(owner).await.expect("reads")
}

/// Changes as the owner what no service may, such as the time at which something is due.
async fn run(world: &World, statement: &str) {
    TestDatabase::execute(&world.database, statement).await;
}

/// The mails that wait, which are then gone.
async fn mails(world: &World) -> Vec<Mail> {
    announce_all(world).await;
    let mail = outbox::table.filter(outbox::stream.eq(EMAIL));
    let rows: Vec<(i64, Value)> = diesel::delete(mail)
        .returning((outbox::id, outbox::payload))
        .get_results(&mut world.database.connect_as_owner().await)
        .await
        .expect("takes them");
    rows.into_iter().map(|(_, payload)| serde_json::from_value(payload).expect("a mail")).collect()
}

/// Who is asked for a vote on a workflow, by these mails and no others.
fn asked(mails: &[Mail], workflow: WorkflowId) -> BTreeSet<UserId> {
    let person = |mail: &Mail| match mail {
        Mail::VoteNeeded { user_id, workflow_id, council_ids } => {
            assert_eq!((*workflow_id, council_ids[0].as_str(), council_ids.len()), (workflow, "web-team", 1));
            *user_id
        }
        other => panic!("{other:?}"),
    };
    let people: BTreeSet<_> = mails.iter().map(person).collect();
    assert_eq!(people.len(), mails.len(), "one mail for each person");
    people
}

fn ids(people: &[&Person]) -> BTreeSet<UserId> {
    people.iter().map(|person| person.id).collect()
}

/// A person proposes.
async fn propose_as(world: &World, proposer: &Person) -> WorkflowId {
    let proposal = Proposal {
        workflow_type: &"web.render".parse().expect("an id"),
        version: None,
        inputs: &json!({}),
        weekly_savings: None,
        reason: None,
        supersedes: None,
    };
    let (proposer, context) = (Proposer::User(&proposer.claims), RequestContext::default());
    match propose(&mut world.connect().await, proposer, &context, proposal).await.expect("proposes") {
        Outcome::Accepted(id) => id,
        Outcome::Blocked(..) => panic!("blocked"),
    }
}

/// Somebody who stands in for the last operator's seat.
async fn stand_in(world: &World) -> Person {
    let stand_in = person(&world.database, "stand-in", Role::CouncilOperator).await;
    let ends_at = chrono::Utc::now() + Duration::from_hours(1);
    let holder = &world.operators[2];
    let new = NewDelegation { holder: holder.id, delegate: stand_in.id, starts_at: None, ends_at };
    let (context, council) = (RequestContext::default(), "web-team".parse().expect("an id"));
    delegate(&mut world.connect().await, &holder.claims, &context, &council, new).await.expect("delegates");
    stand_in
}

/// Ends the voting period of every open review.
async fn let_time_pass(world: &World) {
    run(world, "UPDATE workflow_reviews SET deadline = now() WHERE outcome = 'open'").await;
    let mut worker = world.database.connect("workflow_worker").await;
    close_due_reviews(&mut worker, 100).await.expect("closes");
}

#[tokio::test]
async fn who_may_vote_is_asked_once_and_nobody_else() {
    let world = two_of_three().await;
    let [chair, one, two] = &*world.operators else { panic!("three operators") };
    let workflow = world.propose("web.render", json!({})).await;
    assert_eq!(asked(&mails(&world).await, workflow), ids(&[chair, one, two]));

    // In the place of the holder of a seat, who stands in for them; never who proposed it.
    let stand_in = stand_in(&world).await;
    let workflow = propose_as(&world, one).await;
    assert_eq!(asked(&mails(&world).await, workflow), ids(&[chair, &stand_in]));
    let workflow = propose_as(&world, two).await;
    assert_eq!(asked(&mails(&world).await, workflow), ids(&[chair, one]), "whom they stand in for has proposed it");

    // Who is not active any more can't vote.
    run(&world, &format!("UPDATE users SET state = 'deactivated' WHERE id = '{}'", chair.id)).await;
    let workflow = world.propose("web.render", json!({})).await;
    assert_eq!(asked(&mails(&world).await, workflow), ids(&[one, &stand_in]));
}

#[tokio::test]
async fn what_is_decided_before_it_is_announced_asks_for_nothing() {
    let world = two_of_three().await;
    let workflow = world.propose("web.render", json!({})).await;
    world.approve(workflow).await;
    let expected = Mail::Decided { user_id: world.admin.id, workflow_id: workflow, outcome: WorkflowStatus::Approved };
    assert_eq!(mails(&world).await, [expected]);
    assert_eq!(mails(&world).await, [], "told once");
}

#[tokio::test]
async fn where_no_seat_can_vote_the_admins_are_asked() {
    let world = two_of_three().await;
    let other = person(&world.database, "other-admin", Role::Admin).await;
    run(&world, "DELETE FROM council_seats").await;
    let workflow = world.propose("web.render", json!({})).await;
    assert_eq!(asked(&mails(&world).await, workflow), ids(&[&other]), "not who answers for the agent");
}

#[tokio::test]
async fn a_council_that_takes_anothers_place_is_asked_then() {
    let rule = json!({"kind": "approvals", "required": 2});
    let world = world(json!({"decision_rule": rule, "on_expiry": "escalate", "escalate_to": "governance"})).await;
    let other = person(&world.database, "other-admin", Role::Admin).await;
    let workflow_id = world.propose("web.render", json!({})).await;
    assert_eq!(mails(&world).await.len(), 3);
    // To the default council, in which nobody sits yet.
    let_time_pass(&world).await;
    let council_ids = vec!["governance".parse().expect("an id")];
    assert_eq!(mails(&world).await, [Mail::VoteNeeded { user_id: other.id, workflow_id, council_ids }]);

    // Its council is retired, and another reviews it from the beginning.
    let workflow_id = world.propose("web.render", json!({})).await;
    mails(&world).await;
    let (id, to) = ("web-team".parse().expect("an id"), "governance".parse().expect("an id"));
    let (context, mut connection) = (RequestContext::default(), world.connect().await);
    let seen = councils::find(&mut connection, &id).await.expect("is there").version();
    let open = OpenProposals::Move(&to);
    retire(&mut connection, &world.admin.claims, &context, &id, seen, open).await.expect("retires");
    let council_ids = vec!["governance".parse().expect("an id")];
    assert_eq!(mails(&world).await, [Mail::VoteNeeded { user_id: other.id, workflow_id, council_ids }]);
}

#[tokio::test]
async fn the_proposer_is_told_what_others_decided() {
    let world = two_of_three().await;
    let proposer = &world.operators[0];
    let decided = |workflow_id, outcome| Mail::Decided { user_id: proposer.id, workflow_id, outcome };

    let rejected = propose_as(&world, proposer).await;
    mails(&world).await;
    // Of the three seats one is the proposer's: without either of the others there are no two approvals.
    world.vote(&world.operators[1], rejected, Vote::Reject).await.expect("votes");
    assert_eq!(mails(&world).await, [decided(rejected, WorkflowStatus::Rejected)]);

    let late = propose_as(&world, proposer).await;
    mails(&world).await;
    let_time_pass(&world).await;
    let outcome = world.find(late).await.summary.status;
    assert_eq!(mails(&world).await, [decided(late, outcome)]);

    let (context, mut connection) = (RequestContext::default(), world.connect().await);
    let [own, others] = [propose_as(&world, proposer).await, propose_as(&world, proposer).await];
    mails(&world).await;
    cancel(&mut connection, Proposer::User(&proposer.claims), &context, own, None).await.expect("cancels");
    cancel(&mut connection, Proposer::User(&world.admin.claims), &context, others, None).await.expect("cancels");
    assert_eq!(mails(&world).await, [decided(others, WorkflowStatus::Cancelled)], "not of what they did themselves");
}

#[tokio::test]
async fn what_no_council_decided_is_told_to_nobody_but_a_refusal_to_who_answers_for_the_agent() {
    let rule = json!({"kind": "approvals", "required": 2});
    let straight_through = world(json!({"decision_rule": rule, "review_actions": ["web.other"],
        "review_threshold_weekly_savings": null}))
    .await;
    let workflow = straight_through.propose("web.render", json!({})).await;
    assert_eq!(straight_through.find(workflow).await.summary.status, WorkflowStatus::Queued);
    assert_eq!(mails(&straight_through).await, []);

    let blocking = world(json!({"decision_rule": rule, "blocked_action_types": ["web.*"]})).await;
    let proposal = Proposal {
        workflow_type: &"web.render".parse().expect("an id"),
        version: None,
        inputs: &json!({}),
        weekly_savings: None,
        reason: None,
        supersedes: None,
    };
    let (proposer, context) = (Proposer::Agent(&blocking.agent), RequestContext::default());
    let outcome = propose(&mut blocking.connect().await, proposer, &context, proposal).await.expect("is recorded");
    let Outcome::Blocked(workflow_id, _) = outcome else { panic!("not blocked") };
    let expected = Mail::Decided { user_id: blocking.admin.id, workflow_id, outcome: WorkflowStatus::Blocked };
    assert_eq!(mails(&blocking).await, [expected]);
}

#[tokio::test]
async fn everybody_who_was_passed_over_is_told_and_once_more_when_it_is_not_ratified() {
    let world = two_of_three().await;
    let breaker = person(&world.database, "breaker", Role::Admin).await;
    let stand_in = stand_in(&world).await;
    let [chair, one, two] = &*world.operators else { panic!("three operators") };
    let workflow = world.propose("web.render", json!({})).await;
    mails(&world).await;
    run(&world, "UPDATE sessions SET second_factor_at = now()").await;
    let (digest, reason) = (world.find(workflow).await.summary.digest, "the shop is down, and this is the repair");
    let reason = reason.to_owned().try_into().expect("a reason");
    let (context, mut connection) = (RequestContext::default(), world.connect().await);
    break_glass(&mut connection, &breaker.claims, &context, workflow, digest, &reason).await.expect("breaks it");

    // Who proposed it, here who answers for the agent, is told, too; who did it knows.
    let told: Vec<_> = mails(&world).await;
    let broken = |user_id| Mail::GlassBroken { user_id, workflow_id: workflow };
    let expected = ids(&[chair, one, two, &stand_in, &world.admin]);
    assert_eq!(told, expected.into_iter().map(broken).collect::<Vec<_>>());

    let_time_pass(&world).await;
    let_time_pass(&world).await;
    let council_id = "web-team".parse::<common::ids::CouncilId>().expect("an id");
    let overdue =
        |user_id| Mail::RatificationOverdue { user_id, workflow_id: workflow, council_id: council_id.clone() };
    let expected = ids(&[chair, one, two, &stand_in, &breaker]);
    assert_eq!(mails(&world).await, expected.into_iter().map(overdue).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_that_announce_together_announce_each_event_once() {
    let world = two_of_three().await;
    let mut proposed = BTreeSet::new();
    for _ in 0..20 {
        proposed.insert(world.propose("web.render", json!({})).await);
    }
    let everybody = (0..4).map(|_| announce_all(&world));
    futures_util::future::join_all(everybody).await;
    let mut asked: Vec<_> = mails(&world)
        .await
        .into_iter()
        .map(|mail| match mail {
            Mail::VoteNeeded { user_id, workflow_id, .. } => (workflow_id, user_id),
            other => panic!("{other:?}"),
        })
        .collect();
    asked.sort();
    let operators = ids(&world.operators.iter().collect::<Vec<_>>());
    let expected: Vec<_> =
        proposed.into_iter().flat_map(|workflow| operators.iter().map(move |&user| (workflow, user))).collect();
    assert_eq!(asked, expected);
}

#[tokio::test]
async fn a_database_in_use_begins_to_announce_with_what_comes_after_the_migration() {
    const UP: &str = include_str!("../../../../migrations/2026-11-24-000021_notifications/up.sql");
    const DOWN: &str = include_str!("../../../../migrations/2026-11-24-000021_notifications/down.sql");
    let world = two_of_three().await;
    world.propose("web.render", json!({})).await;
    let mut owner = world.database.connect_as_owner().await;
    owner.batch_execute(&format!("BEGIN; {DOWN} {UP} COMMIT")).await.expect("migrates");
    let after = world.propose("web.render", json!({})).await;
    assert_eq!(asked(&mails(&world).await, after).len(), 3);
}
