//! What happens all the time without anybody asking for it: one pass of each.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use common::http::RequestContext;
use common::ids::WorkflowId;
use common::priority::Priority;
use database::execution::{
    Backlog, Run, failed_runs, promote_cooled_off, queues, reconcile, recover, redispatch_due, unpark,
};
use database::governance::close_reviews::close_due_reviews;
use database::governance::health::figures;
use database::health::backups::{self, BackupKind};
use database::{AsyncConnection, announcements, audit, cleanup, idempotency, identity, outbox, reports, webhooks};
use diesel::QueryableByName;
use diesel_async::RunQueryDsl;
use governance::council_health::Days;
use governance::steps::What;

use super::clock::{Clock, Found, Limit};

/// What is done every half second or two.
const OFTEN: Limit = Limit::Milliseconds(20.0);
/// What is done every minute or so.
const SOMETIMES: Limit = Limit::Milliseconds(1000.0);
/// What is done once a day or a week.
const SELDOM: Limit = Limit::Milliseconds(60_000.0);
/// As the services have it.
const BATCH: u16 = 500;
const SILENCE: Duration = Duration::from_hours(24);

/// Measures what each service does by itself.
pub async fn measure(url: &impl Fn(&str) -> String) -> anyhow::Result<Vec<Found>> {
    let mut found = of_the_worker(&url("workflow_worker")).await?;

    let mut clock = Clock::new(&url("council_service")).await?;
    let month = Days::try_from(30).map_err(anyhow::Error::msg)?;
    clock.time("gauges of councils, every minute", SOMETIMES, async |c, _| figures(c, month, 500).await).await?;
    found.append(&mut clock.found);

    let mut clock = Clock::new(&url("auth_service")).await?;
    clock
        .time("rows that wait for the sealer, counted every two seconds", OFTEN, async |c, _| audit::tail(c).await)
        .await?;
    clock.time("auth-service's janitor", SOMETIMES, async |c, _| identity::clear_expired(c).await).await?;
    clock.time("mails that are due", OFTEN, async |c, _| outbox::claim_mail(c, 50, SILENCE).await).await?;
    found.append(&mut clock.found);

    let mut clock = Clock::new(&url("health_aggregator")).await?;
    clock.time("health: the backlog", OFTEN, async |c, _| Backlog::read(c).await).await?;
    clock.time("health: the last backup", OFTEN, async |c, _| backups::last(c, BackupKind::Backup).await).await?;
    found.append(&mut clock.found);
    Ok(found)
}

async fn of_the_worker(url: &str) -> anyhow::Result<Vec<Found>> {
    let mut clock = Clock::new(url).await?;
    let c = &mut clock;
    c.time("maintenance: paused queues", OFTEN, async |c, _| queues::paused(c).await).await?;
    c.time("maintenance: reviews to close", OFTEN, async |c, _| close_due_reviews(c, BATCH).await).await?;
    c.time("maintenance: cooled off", OFTEN, async |c, _| promote_cooled_off(c, BATCH).await).await?;
    c.time("maintenance: retries that are due", OFTEN, async |c, _| redispatch_due(c, SILENCE, BATCH).await).await?;
    c.time("maintenance: first answers to forget", OFTEN, async |c, _| idempotency::clear_expired(c, BATCH).await)
        .await?;
    c.time("maintenance: deliveries to forget", OFTEN, async |c, _| webhooks::sending::clear_old(c, BATCH).await)
        .await?;
    c.time("worker: the backlog, every two seconds", OFTEN, async |c, _| Backlog::read(c).await).await?;
    c.time("worker: failed runs, every minute", SOMETIMES, async |c, _| failed_runs(c).await).await?;
    c.time("reconciler: what is forgotten", SOMETIMES, async |c, _| {
        for &priority in Priority::ALL {
            recover(c, priority, SILENCE, BATCH).await?;
        }
        database::Result::Ok(())
    })
    .await?;
    let look_back = Duration::from_secs(65);
    c.time("reconciler: approvals against runs", SOMETIMES, async |c, _| reconcile(c, |_| SILENCE, look_back).await)
        .await?;
    c.time("relay: a batch of the outbox", OFTEN, async |c, _| {
        c.transaction(async |c| outbox::lock_batch(c, Priority::ALL, BATCH).await).await
    })
    .await?;
    let api = "https://api.example.com";
    c.time("announcer: nothing new", OFTEN, async |c, _| announcements::announce(c, api, 500).await).await?;
    c.time("webhooks: nothing due", OFTEN, async |c, _| webhooks::sending::claim(c, 50, 10, &[], SILENCE).await)
        .await?;
    let now = Utc::now();
    for (name, days) in [("week", 7), ("month", 30), ("year", 365)] {
        let from = now - TimeDelta::days(days);
        c.time(&format!("report of a {name}"), SELDOM, async |c, _| reports::report(c, from, now).await).await?;
    }
    let old = now - TimeDelta::days(365);
    c.time("cleanup: outputs of a year ago, counted", SELDOM, async |c, _| cleanup::count(c, What::Outputs, old).await)
        .await?;
    c.time("cleanup: old deliveries, counted", SELDOM, async |c, _| {
        cleanup::count(c, What::WebhookDeliveries, old).await
    })
    .await?;
    deletes(c, url).await?;
    // It moves what is held back: last.
    c.time("maintenance: places to fill", OFTEN, async |c, _| unpark(c, BATCH).await).await?;
    Ok(clock.found)
}

/// Batches of a cleanup's, in the name of a run that is under way.
async fn deletes(clock: &mut Clock, url: &str) -> anyhow::Result<()> {
    #[derive(QueryableByName)]
    struct Id {
        #[diesel(sql_type = diesel::sql_types::Uuid)]
        id: WorkflowId,
    }
    let mut connection = database::connect(&url.to_owned().into()).await?;
    let running: Id = diesel::sql_query("SELECT id FROM workflows WHERE status = 'running' ORDER BY id LIMIT 1")
        .get_result(&mut connection)
        .await?;
    let run = Run { id: running.id, fence: 1, context: RequestContext::default() };
    let (old, mut place) = (Utc::now() - TimeDelta::days(365), None);
    clock
        .time("cleanup: a batch of 500 outputs", SOMETIMES, async |c, _| {
            if let cleanup::Batch::More(next) = cleanup::delete(c, &run, What::Outputs, old, place, BATCH).await? {
                place = next;
            }
            database::Result::Ok(())
        })
        .await
}
