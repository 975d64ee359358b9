//! Every list and page of figures that people and programs ask for.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use common::claims::Claims;
use common::ids::{CouncilId, ScheduleId, UserId, WebhookId, WorkflowId};
use common::moment::Moment;
use common::page::Limit as Page;
use common::roles::Role;
use database::execution::{monitor, throughput};
use database::governance::councils::{self, delegations};
use database::governance::dead_letters;
use database::governance::evidence::gather;
use database::governance::health;
use database::governance::mandates;
use database::governance::simulation::try_policy;
use database::governance::workflow_types;
use database::governance::workflows::{Filter, find, list};
use database::identity::{agents, sessions, users};
use database::{Connection, audit, schedules, timeline, webhooks};
use diesel::QueryableByName;
use diesel_async::RunQueryDsl;
use governance::council_health::Days;
use governance::definition::StepKind;
use governance::policy::Policy;
use governance::workflow::WorkflowStatus;
use serde_json::json;
use uuid::Uuid;

use super::clock::{Clock, Found, Limit};
use crate::governance::voter;

/// What a page of a list may take.
const PAGE: Limit = Limit::Milliseconds(20.0);
/// What may be put together from thousands of rows.
const FIGURES: Limit = Limit::Milliseconds(1000.0);
/// Two years ago the first workflow was proposed.
const DAYS: i64 = 730;

/// A thing of `world.sql`, by its kind and number.
const fn id(kind: u64, number: u64) -> Uuid {
    Uuid::from_u64_pair(0x7000, (kind << 48) | number)
}

/// Where a page begins that shows what was proposed so many days ago.
fn before(days: i64) -> WorkflowId {
    let at = (Utc::now() - TimeDelta::days(days)).timestamp_millis().unsigned_abs();
    WorkflowId(Uuid::from_u64_pair(at << 16, 0))
}

/// The first page, and pages of each age.
fn places() -> Vec<Option<WorkflowId>> {
    let deep = (0..10).map(|part| Some(before(DAYS * part / 10 + 5)));
    [None].into_iter().chain(deep).collect()
}

fn parsed<T: std::str::FromStr>(text: &str) -> anyhow::Result<T> {
    text.parse().map_err(|_| anyhow::anyhow!("{text}"))
}

fn days(days: i64) -> anyhow::Result<Days> {
    Days::try_from(days).map_err(anyhow::Error::msg)
}

fn admin() -> Claims {
    let mut admin = voter(1);
    admin.user.role = Role::Admin;
    admin
}

/// What council-service is asked for.
pub async fn measure(url: &str, workflows: u64) -> anyhow::Result<Vec<Found>> {
    let mut clock = Clock::new(url).await?;
    of_workflows(&mut clock).await?;
    one_workflow(&mut clock, url, workflows).await?;
    of_dead_letters(&mut clock).await?;
    of_councils(&mut clock).await?;
    let schedule = ScheduleId(id(0x8005, 1));
    clock.time("schedules", PAGE, async |c, _| schedules::list(c, Page::default(), None).await).await?;
    clock
        .time("runs of a schedule", PAGE, async |c, _| schedules::runs_of(c, schedule, Page::default(), None).await)
        .await?;
    let hook = WebhookId(id(0x8006, 1));
    clock
        .time("deliveries of a webhook", PAGE, async |c, _| webhooks::deliveries(c, hook, Page::default(), None).await)
        .await?;
    let place = timeline::end(&mut database::connect(&url.to_owned().into()).await?).await?;
    clock
        .time("live events, none new", PAGE, async |c, _| database::governance::events::after(c, place, 500).await)
        .await?;
    Ok(clock.found)
}

async fn of_workflows(clock: &mut Clock) -> anyhow::Result<()> {
    const NEVER: &[WorkflowStatus] = &[WorkflowStatus::Blocked];
    let (member, admin, places) = (voter(3), admin(), places());
    let [busy, rare] = [parsed("domain_1.task_1")?, parsed("domain_11.task_1")?];
    let [large, small]: [CouncilId; 2] = [parsed("council-1")?, parsed("council-11")?];
    let all = Filter::default;
    let (agent, gone, person) = (Some(id(0x8004, 1)), Some(id(0x8004, 21)), Some(id(0x8001, 3)));
    let mut filters: Vec<(String, Filter<'_>)> = WorkflowStatus::ALL
        .iter()
        .map(|status| (format!("workflows, {status}"), Filter { statuses: std::slice::from_ref(status), ..all() }))
        .collect();
    let failed = &[WorkflowStatus::Failed][..];
    for (name, filter) in [
        ("all", all()),
        ("every status but one", Filter { statuses: &WorkflowStatus::ALL[1..], ..all() }),
        ("of a type", Filter { workflow_type: Some(busy), ..all() }),
        ("of a type that is rare", Filter { workflow_type: Some(rare.clone()), ..all() }),
        ("of a type that is rare, failed", Filter { workflow_type: Some(rare.clone()), statuses: failed, ..all() }),
        ("of a council with half of all", Filter { council: Some(large.clone()), ..all() }),
        ("of that council, failed", Filter { council: Some(large.clone()), statuses: failed, ..all() }),
        ("of that council, never reviewed", Filter { council: Some(large.clone()), statuses: NEVER, ..all() }),
        (
            "of that council, of a type that is another's",
            Filter { council: Some(large.clone()), workflow_type: Some(rare.clone()), ..all() },
        ),
        ("of a council with few", Filter { council: Some(small.clone()), ..all() }),
        ("of a council with few, failed", Filter { council: Some(small.clone()), statuses: failed, ..all() }),
        ("by an agent", Filter { proposed_by: agent, ..all() }),
        ("by an agent, failed", Filter { proposed_by: agent, statuses: failed, ..all() }),
        (
            "by an agent, of a type",
            Filter { proposed_by: agent, workflow_type: Some(parsed("domain_2.task_1")?), ..all() },
        ),
        (
            "by an agent, of a type that is rare",
            Filter { proposed_by: agent, workflow_type: Some(rare.clone()), ..all() },
        ),
        ("by an agent, reviewed by a council with few", Filter { proposed_by: agent, council: Some(small), ..all() }),
        ("by an agent that is gone", Filter { proposed_by: gone, ..all() }),
        (
            "by an agent that is gone, completed",
            Filter { proposed_by: gone, statuses: &[WorkflowStatus::Completed], ..all() },
        ),
        (
            "by an agent that is gone, running",
            Filter { proposed_by: gone, statuses: &[WorkflowStatus::Running], ..all() },
        ),
        ("by an agent that is gone, of a council", Filter { proposed_by: gone, council: Some(large.clone()), ..all() }),
        ("by a person", Filter { proposed_by: person, ..all() }),
        ("that wait for a member's vote", Filter { awaiting: Some(&member), ..all() }),
        ("that wait for an admin's vote", Filter { awaiting: Some(&admin), ..all() }),
        (
            "that wait for an admin's vote, of a council",
            Filter { awaiting: Some(&admin), council: Some(large), ..all() },
        ),
    ] {
        filters.push((format!("workflows {name}"), filter));
    }
    for (name, filter) in filters {
        let page = async |c: &mut Connection, round: usize| {
            list(c, filter.clone(), Page::default(), places[round % places.len()]).await
        };
        clock.time(&name, PAGE, page).await?;
    }
    Ok(())
}

async fn one_workflow(clock: &mut Clock, url: &str, workflows: u64) -> anyhow::Result<()> {
    #[derive(QueryableByName)]
    struct Id {
        #[diesel(sql_type = diesel::sql_types::Uuid)]
        id: WorkflowId,
    }
    let mut connection = database::connect(&url.to_owned().into()).await?;
    let newest: Vec<Id> =
        diesel::sql_query("SELECT id FROM workflows WHERE status = 'completed' ORDER BY id DESC LIMIT $1")
            .bind::<diesel::sql_types::BigInt, _>(i64::try_from(workflows / 10)?)
            .load(&mut connection)
            .await?;
    let which = |round: usize| newest[round * 7919 % newest.len()].id;
    clock.time("one workflow", PAGE, async |c, round| find(c, which(round)).await).await?;
    clock
        .time("evidence of a workflow", Limit::Milliseconds(200.0), async |c, round| gather(c, which(round)).await)
        .await
}

async fn of_dead_letters(clock: &mut Clock) -> anyhow::Result<()> {
    use dead_letters::{Filter, count, list};
    let text = |text: &str| text.to_owned().try_into().ok();
    let (now, all) = (Utc::now(), Filter::default);
    let filters = [
        ("", all()),
        (" of a type", Filter { workflow_type: Some(parsed("domain_2.task_1")?), ..all() }),
        (" of a domain", Filter { domain: Some(parsed("domain_2")?), ..all() }),
        (" of a council", Filter { council_id: Some(parsed("council-2")?), ..all() }),
        (" of a kind of step that never failed", Filter { step_kind: Some(StepKind::RenderTemplate), ..all() }),
        (" with an error", Filter { error: text("after 7 s"), ..all() }),
        (" with an error that none has", Filter { error: text("nobody says this"), ..all() }),
        (
            " of a week a year ago",
            Filter {
                failed_from: Some(now - TimeDelta::days(372)),
                failed_until: Some(now - TimeDelta::days(365)),
                ..all()
            },
        ),
    ];
    let places: Vec<Option<dead_letters::Place>> = (0..10)
        .map(|part| Some((Moment::of_row(now - TimeDelta::days(DAYS * part / 10)), WorkflowId(Uuid::nil()))))
        .collect();
    for (name, filter) in &filters {
        let page = async |c: &mut Connection, round: usize| {
            list(c, filter, Page::default(), places[round % places.len()]).await
        };
        clock.time(&format!("dead letters{name}"), PAGE, page).await?;
    }
    for (name, filter) in &filters[..3] {
        clock.time(&format!("dead letters{name}, counted"), FIGURES, async |c, _| count(c, filter).await).await?;
    }
    Ok(())
}

async fn of_councils(clock: &mut Clock) -> anyhow::Result<()> {
    let large = parsed("council-1")?;
    let (quarter, year) = (days(90)?, days(366)?);
    let policy: Policy = serde_json::from_value(json!({"decision_rule": {"kind": "approvals", "required": 1}}))?;
    clock.time("councils", PAGE, async |c, _| councils::list(c, &councils::Filter::default()).await).await?;
    clock.time("delegations of a council", PAGE, async |c, _| delegations::list(c, &large).await).await?;
    clock.time("mandates of a council", PAGE, async |c, _| mandates::of_council(c, &large).await).await?;
    clock
        .time("types of workflows", PAGE, async |c, _| workflow_types::list(c, None, Page::default(), None).await)
        .await?;
    clock.time("health of a council, 90 days", FIGURES, async |c, _| health::report(c, &large, quarter).await).await?;
    clock.time("health of a council, a year", FIGURES, async |c, _| health::report(c, &large, year).await).await?;
    let small = parsed("council-11")?;
    clock
        .time("trial of a policy, 90 days", FIGURES, async |c, _| try_policy(c, &large, &policy, quarter).await)
        .await?;
    clock.time("trial of a policy, a year", FIGURES, async |c, _| try_policy(c, &large, &policy, year).await).await?;
    clock
        .time("trial of a policy of a council with few, a year", FIGURES, async |c, _| {
            try_policy(c, &small, &policy, year).await
        })
        .await
}

/// What auth-service is asked for.
pub async fn of_the_record(url: &str) -> anyhow::Result<Vec<Found>> {
    use audit::{Checkpoint, Filter, list};
    let mut clock = Clock::new(url).await?;
    let text = |text: &str| text.to_owned().try_into().ok();
    let one = |id: &str| id.to_owned().try_into().ok();
    let mut connection = database::connect(&url.to_owned().into()).await?;
    let (newest, _) = list(&mut connection, &Filter::default(), Page::default(), None).await?;
    let newest = newest.iter().map(|row| row.id).max().unwrap_or(1);
    let places: Vec<Option<i64>> = [None].into_iter().chain((1..=10).map(|part| Some(newest * part / 10))).collect();
    let span = record_span(&mut connection).await?;
    // So many thousandths of the record's time ago.
    let ago = |part: i32| Some(span.1 - (span.1 - span.0) / 1000 * part);
    let agent = Some(id(0x8004, 1));
    let all = Filter::default;
    let filters = [
        ("", all()),
        (" of an agent", Filter { actor_id: agent, ..all() }),
        (" of a person who did nothing", Filter { actor_id: Some(id(0x8001, 52)), ..all() }),
        (" of an action", Filter { action: text("vote.cast"), ..all() }),
        (" of an action of old", Filter { action: text("council.policy_changed"), ..all() }),
        (" about workflows", Filter { resource_kind: text("workflow"), ..all() }),
        (" about sessions", Filter { resource_kind: text("session"), ..all() }),
        (" about councils, all of old", Filter { resource_kind: text("council"), ..all() }),
        (" about nothing that there is", Filter { resource_kind: text("moon"), ..all() }),
        (" about one council", Filter { resource_kind: text("council"), resource_id: one("council-1"), ..all() }),
        (" about one workflow, its kind not said", Filter { resource_id: one(&before(3).to_string()), ..all() }),
        (" before a time of old", Filter { to: ago(900), ..all() }),
        (" of a while of old", Filter { from: ago(910), to: ago(900), ..all() }),
        (" of a while of old by an agent", Filter { from: ago(910), to: ago(900), actor_id: agent, ..all() }),
        (
            " of a while of old, of an action",
            Filter { from: ago(910), to: ago(900), action: text("vote.cast"), ..all() },
        ),
        (
            " since lately, of an action of old",
            Filter { from: ago(100), action: text("council.policy_changed"), ..all() },
        ),
    ];
    for (name, filter) in &filters {
        let page = async |c: &mut Connection, round: usize| {
            list(c, filter, Page::default(), places[round % places.len()]).await
        };
        clock.time(&format!("the record{name}"), PAGE, page).await?;
    }
    for (name, filter) in [
        ("", all()),
        (" of a while of old", Filter { from: ago(910), to: ago(900), ..all() }),
        (" of a while of late", Filter { from: ago(50), to: ago(40), ..all() }),
        (" of an action of old", Filter { action: text("council.policy_changed"), ..all() }),
        (" of a person who did nothing", Filter { actor_id: Some(id(0x8001, 52)), ..all() }),
    ] {
        let first = async |c: &mut Connection, _| audit::export(c, &filter, 0, 1000).await;
        clock.time(&format!("the first thousand of an export{name}"), FIGURES, first).await?;
    }
    clock
        .time("checkpoints", PAGE, async |c, _| -> database::Result<(Vec<Checkpoint>, _)> {
            audit::checkpoints(c, Page::default(), None).await
        })
        .await?;
    let search = users::Filter { search: text("person 77"), ..users::Filter::default() };
    clock
        .time("people", PAGE, async |c, _| users::list(c, &users::Filter::default(), Page::default(), None).await)
        .await?;
    clock.time("people, searched", PAGE, async |c, _| users::list(c, &search, Page::default(), None).await).await?;
    clock.time("agents", PAGE, async |c, _| agents::list(c, Page::default(), None).await).await?;
    clock
        .time("sessions of a person", PAGE, async |c, _| sessions::open_sessions(c, UserId(id(0x8001, 3))).await)
        .await?;
    Ok(clock.found)
}

/// From when to when there is a record.
async fn record_span(connection: &mut Connection) -> anyhow::Result<(DateTime<Utc>, DateTime<Utc>)> {
    #[derive(QueryableByName)]
    struct Span {
        #[diesel(sql_type = diesel::sql_types::Timestamptz)]
        first: DateTime<Utc>,
        #[diesel(sql_type = diesel::sql_types::Timestamptz)]
        last: DateTime<Utc>,
    }
    let span: Span =
        diesel::sql_query("SELECT min(at) AS first, max(at) AS last FROM audit_log").get_result(connection).await?;
    Ok((span.first, span.last))
}

/// What health-aggregator asks for, some of it every two seconds.
pub async fn of_the_monitor(url: &str) -> anyhow::Result<Vec<Found>> {
    let mut clock = Clock::new(url).await?;
    clock.time("job monitor: counts", PAGE, async |c, _| monitor::counts(c).await).await?;
    clock.time("job monitor: held back", PAGE, async |c, _| monitor::held_back(c).await).await?;
    clock.time("job monitor: running", PAGE, async |c, _| monitor::running(c).await).await?;
    clock.time("job monitor: schedules", PAGE, async |c, _| monitor::schedules(c, Page::default(), None).await).await?;
    let hour = Duration::from_hours(1);
    clock
        .time("job monitor: what ended in an hour", PAGE, async |c, _| monitor::ended_since(c, Utc::now() - hour).await)
        .await?;
    for (name, seconds, count) in [("an hour", 60, 60), ("a day", 900, 96), ("a week", 7200, 84)] {
        let read = async |c: &mut Connection, _| throughput::throughput(c, seconds, count).await;
        clock.time(&format!("throughput of {name}"), FIGURES, read).await?;
    }
    Ok(clock.found)
}
