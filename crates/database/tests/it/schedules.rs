//! Each time of a schedule is proposed once, in the name of its owner, by whoever comes first.

use chrono::{DateTime, TimeDelta, Utc};
use common::http::RequestContext;
use common::ids::ScheduleId;
use common::page::Limit;
use database::governance::cast_vote::{NewVote, cast_vote};
use database::schedules::fire::{Fired, MOST_REFUSALS, fire_next};
use database::schedules::{Content, RunOutcome, Schedule, ScheduleRun, ScheduleState, create, find, resume, runs_of};
use database::{AsyncConnection, Connection};
use diesel_async::RunQueryDsl;
use futures_util::future::join_all;
use governance::schedule::Missed;
use governance::workflow::{Vote, WorkflowStatus};
use serde_json::{Value, json};
use testing::{TestDatabase, World};

async fn world() -> World {
    let world = World::new().await;
    let steps = json!([{"name": "page", "kind": "render_template", "with": {"template": "x"}}]);
    world.add_type("web.page", steps).await;
    world
}

/// The latest time of the schedules here: half an hour ago, whenever a test runs.
fn latest() -> DateTime<Utc> {
    let ago = Utc::now() - TimeDelta::minutes(30);
    ago - TimeDelta::nanoseconds(ago.timestamp_nanos_opt().expect("a time") % 60_000_000_000)
}

/// A schedule of the admin's that is due every hour.
async fn hourly(world: &World, missed: Missed) -> ScheduleId {
    let inputs = json!({"title": "Weekly"});
    let written = Content {
        name: &"Hourly".to_owned().try_into().expect("a name"),
        cron: &format!("{} * * * *", latest().format("%M")),
        time_zone: "Europe/Berlin",
        workflow_type: &"web.page".parse().expect("an id"),
        inputs: &inputs,
        weekly_savings: None,
        reason: Some(&"It is time.".to_owned().try_into().expect("a reason")),
        missed,
    };
    let context = RequestContext::default();
    create(&mut world.connect().await, &world.admin.claims, &context, &written).await.expect("creates").id
}

/// Lets the latest time pass, and those of so many hours before it, as if no worker had run; returns the latest.
async fn let_pass(world: &World, id: ScheduleId, hours: i64) -> DateTime<Utc> {
    let latest = read(world, id).await.next_times[0].utc - TimeDelta::hours(1);
    let due = latest - TimeDelta::hours(hours);
    TestDatabase::execute(&world.database, &format!("UPDATE schedules SET next_due_at = '{due}'")).await;
    latest
}

/// Makes the schedule due this very minute.
async fn be_due(world: &World) {
    TestDatabase::execute(
        &world.database,
        "UPDATE schedules SET cron = '* * * * *', next_due_at = date_trunc('minute', now())",
    )
    .await;
}

async fn worker(world: &World) -> Connection {
    world.database.connect("workflow_worker").await
}

/// Fires everything that is due.
async fn fire_all(world: &World) -> Vec<Fired> {
    let (mut connection, mut all) = (worker(world).await, Vec::new());
    while let Some(fired) = fire_next(&mut connection).await.expect("fires") {
        all.extend(fired);
    }
    all
}

async fn runs(world: &World, id: ScheduleId) -> Vec<ScheduleRun> {
    runs_of(&mut world.connect().await, id, Limit::default(), None).await.expect("reads").0
}

async fn read(world: &World, id: ScheduleId) -> Schedule {
    find(&mut world.connect().await, id).await.expect("finds it")
}

/// What was done with the schedule by the system, oldest first.
async fn record(world: &World) -> Vec<(String, Value)> {
    let filter = database::audit::Filter {
        resource_kind: Some("schedule".to_owned().try_into().expect("a text")),
        ..database::audit::Filter::default()
    };
    let mut connection = world.connect().await;
    let (rows, _) = database::audit::list(&mut connection, &filter, Limit::default(), None).await.expect("reads");
    rows.into_iter().rev().map(|row| (row.action, row.detail)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_that_look_at_once_propose_each_time_once() {
    let world = world().await;
    let id = hourly(&world, Missed::All).await;
    let latest = let_pass(&world, id, 9).await;
    let fired: Vec<_> = join_all((0..8).map(|_| fire_all(&world))).await.concat();
    let mut due: Vec<_> = fired.iter().map(|fired| (fired.due_at, fired.outcome)).collect();
    due.sort();
    let expected: Vec<_> = (0..10).map(|hour| (latest - TimeDelta::hours(9 - hour), RunOutcome::Proposed)).collect();
    assert_eq!(due, expected);
    let runs = runs(&world, id).await;
    assert_eq!(runs.len(), 10);
    let mut connection = world.connect().await;
    for run in &runs {
        let id = run.workflow_id.expect("a proposal");
        let workflow = database::governance::workflows::find(&mut connection, id).await.expect("finds it");
        assert_eq!(workflow.summary.status, WorkflowStatus::PendingReview);
        assert_eq!(workflow.summary.inputs, json!({"title": "Weekly"}));
    }
    assert_eq!(read(&world, id).await.next_times[0].utc, latest + TimeDelta::hours(1));
    assert_eq!(fire_all(&world).await, []);
}

#[tokio::test]
async fn a_firing_that_dies_before_its_end_has_done_nothing() {
    let world = world().await;
    let id = hourly(&world, Missed::Once).await;
    let_pass(&world, id, 2).await;
    let mut connection = worker(&world).await;
    let died = connection
        .transaction(async |connection| {
            let fired = fire_next(connection).await?.expect("is due");
            assert!(fired.iter().any(|fired| fired.outcome == RunOutcome::Proposed));
            // Nobody else takes it meanwhile.
            assert_eq!(fire_next(&mut worker(&world).await).await?, None);
            Err::<(), _>(database::Error::LeaseLost)
        })
        .await;
    assert!(died.is_err());
    assert_eq!(runs(&world, id).await, []);
    let proposals = async || {
        let workflows = "UPDATE workflows SET id = id WHERE workflow_type = 'web.page'";
        diesel::sql_query(workflows).execute(&mut worker(&world).await).await.expect("counts")
    };
    assert_eq!(proposals().await, 0);
    // Its times passed over and the one proposal are made by the next that looks.
    assert_eq!(fire_all(&world).await.len(), 2);
    assert_eq!((runs(&world, id).await.len(), proposals().await), (2, 1));
}

#[tokio::test]
async fn missed_times_are_let_go_made_up_for_once_or_each() {
    let missed = RunOutcome::Missed;
    let made = RunOutcome::Proposed;
    for (policy, expected) in [
        (Missed::Skip, [(4, missed)].as_slice()),
        (Missed::Once, &[(4, missed), (0, made)]),
        (Missed::All, &[(4, made), (3, made), (2, made), (1, made), (0, made)]),
    ] {
        let world = world().await;
        let id = hourly(&world, policy).await;
        let latest = let_pass(&world, id, 4).await;
        fire_all(&world).await;
        let runs = runs(&world, id).await;
        let came: Vec<_> = runs.iter().rev().map(|run| ((latest - run.due_at).num_hours(), run.outcome)).collect();
        assert_eq!(came, expected, "{policy}");
        for run in runs.iter().filter(|run| run.outcome == missed) {
            assert!(run.workflow_id.is_none() && run.problem.as_deref().is_some_and(|why| why.ends_with("let go")));
        }
        assert_eq!(fire_all(&world).await, [], "{policy}");
    }
}

#[tokio::test]
async fn the_owner_answers_for_what_is_proposed_and_does_not_vote_on_it() {
    let world = world().await;
    let id = hourly(&world, Missed::Skip).await;
    be_due(&world).await;
    let fired = fire_all(&world).await;
    assert_eq!(fired.last().map(|fired| fired.outcome), Some(RunOutcome::Proposed), "{fired:?}");
    let workflow = runs(&world, id).await[0].workflow_id.expect("a proposal");
    let found = world.find(workflow).await;
    assert_eq!(found.summary.reason.as_deref(), Some("It is time."));
    let mut connection = world.connect().await;
    let vote = NewVote {
        council: &"web-team".parse().expect("an id"),
        workflow,
        round: None,
        vote: Vote::Approve,
        comment: Some(&"Mine.".to_owned().try_into().expect("a comment")),
        digest: Some(found.summary.digest),
    };
    let refused = cast_vote(&mut connection, &world.admin.claims, &RequestContext::default(), vote).await;
    let refused = refused.err().map(|error| common::problem::Problem::from(error).code());
    assert_eq!(refused, Some("forbidden"));
    // Nothing of it runs before its council approved it.
    assert_eq!(world.find(workflow).await.summary.status, WorkflowStatus::PendingReview);
    world.approve(workflow).await;
    assert_eq!(world.find(workflow).await.summary.status, WorkflowStatus::Queued);
}

#[tokio::test]
async fn a_schedule_whose_owner_may_not_propose_is_paused_after_five_times_and_can_be_resumed() {
    let world = world().await;
    let id = hourly(&world, Missed::All).await;
    let deactivate = format!("UPDATE users SET state = 'deactivated' WHERE id = '{}'", world.admin.id);
    TestDatabase::execute(&world.database, &deactivate).await;
    let_pass(&world, id, 9).await;
    let fired = fire_all(&world).await;
    let outcomes: Vec<_> = fired.iter().map(|fired| fired.outcome).collect();
    assert_eq!(outcomes, [RunOutcome::Refused; MOST_REFUSALS as usize], "the rest is not tried");
    let paused = read(&world, id).await;
    assert_eq!((paused.state, paused.next_times), (ScheduleState::Paused, Vec::new()));
    let because = "5 times in a row: the owner of the schedule is not active";
    assert_eq!(paused.paused_because.as_deref(), Some(because));
    assert!(
        runs(&world, id)
            .await
            .iter()
            .all(|run| run.problem.as_deref() == Some("the owner of the schedule is not active"))
    );
    let record = record(&world).await;
    let actions: Vec<_> = record.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(actions, [["schedule.created"].as_slice(), &["schedule.fired"; 5], &["schedule.paused"]].concat());
    assert_eq!(record[1].1["outcome"], "refused");
    assert_eq!(fire_all(&world).await, []);

    let activate = format!("UPDATE users SET state = 'active' WHERE id = '{}'", world.admin.id);
    TestDatabase::execute(&world.database, &activate).await;
    let context = RequestContext::default();
    let resumed = resume(&mut world.connect().await, &world.admin.claims, &context, id).await.expect("resumes");
    assert_eq!((resumed.state, resumed.refusals, resumed.paused_because), (ScheduleState::Active, 0, None));
    assert!(resumed.next_times[0].utc > Utc::now(), "what passed is let go");
}

#[tokio::test]
async fn inputs_that_no_longer_fit_are_told_and_one_success_forgets_the_refusals() {
    let world = world().await;
    let id = hourly(&world, Missed::All).await;
    let schema = |required: &str| {
        format!(
            "UPDATE workflow_type_versions SET input_schema = '{{\"type\": \"object\", \"required\": [{required}]}}'"
        )
    };
    let alter = async |required: &str| {
        for statement in [
            "ALTER TABLE workflow_type_versions DISABLE TRIGGER USER".to_owned(),
            schema(required),
            "ALTER TABLE workflow_type_versions ENABLE TRIGGER USER".to_owned(),
        ] {
            TestDatabase::execute(&world.database, &statement).await;
        }
    };
    alter("\"url\"").await;
    let_pass(&world, id, 2).await;
    assert_eq!(fire_all(&world).await.len(), 3);
    let refused = runs(&world, id).await;
    assert!(
        refused.iter().all(|run| run.outcome == RunOutcome::Refused
            && run.problem.as_deref().is_some_and(|problem| problem.contains("url"))),
        "{refused:?}"
    );
    assert_eq!(read(&world, id).await.refusals, 3);
    alter("").await;
    be_due(&world).await;
    let fired = fire_all(&world).await;
    assert_eq!(fired.last().map(|fired| fired.outcome), Some(RunOutcome::Proposed), "{fired:?}");
    assert_eq!(read(&world, id).await.refusals, 0);
}
