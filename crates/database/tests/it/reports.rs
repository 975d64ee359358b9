//! A report counts what it says, by council and by type.

use chrono::{DateTime, Utc};
use database::reports::{Figures, report};
use serde_json::{Value, json};
use testing::World;

/// Proposes a workflow, and says when that was and what became of it.
async fn happened(world: &World, workflow_type: &str, times: [Option<&str>; 3], status: &str, savings: Option<u32>) {
    let id = world.propose(workflow_type, json!({})).await;
    let [created, started, finished] =
        times.map(|time| time.map_or("NULL".to_owned(), |time| format!("'{time}'::timestamptz")));
    let savings = savings.map_or("NULL".to_owned(), |savings| savings.to_string());
    // As the owner, below the guards: no other way has things happen in the past.
    for sql in [
        "ALTER TABLE workflows DISABLE TRIGGER USER".to_owned(),
        format!(
            "UPDATE workflows SET created_at = {created}, started_at = {started}, finished_at = {finished},
                status = '{status}', weekly_savings = {savings} WHERE id = '{id}'"
        ),
        "ALTER TABLE workflows ENABLE TRIGGER USER".to_owned(),
    ] {
        world.database.execute(&sql).await;
    }
}

#[tokio::test]
async fn a_report_counts_what_was_proposed_and_what_ended_in_its_time() {
    let world = World::new().await;
    let step = json!([{"name": "page", "kind": "render_template", "with": {"template": "x"}}]);
    world.add_type("web.render", step.clone()).await;
    world.add_type("web.other", step.clone()).await;
    world.add_type_of("shop.prices", "commerce", step).await;
    let at = |time: &'static str| Some(time);
    let (before, first, last, after) =
        ("2026-11-08 23:59:59Z", "2026-11-09 00:00:00Z", "2026-11-15 23:59:59.9Z", "2026-11-16 00:00:00Z");
    // Of another time, but for its end; and the other way round.
    happened(&world, "web.render", [at(before), at(before), at("2026-11-09 00:01:39Z")], "completed", Some(100)).await;
    happened(&world, "web.render", [at(last), at(last), at(after)], "completed", Some(1000)).await;
    happened(
        &world,
        "web.render",
        [at(first), at("2026-11-10 00:00:00Z"), at("2026-11-10 00:00:10Z")],
        "completed",
        Some(23),
    )
    .await;
    happened(&world, "web.other", [at(first), at(first), at("2026-11-12 00:00:00Z")], "failed", Some(5)).await;
    happened(&world, "web.other", [at(first), None, at("2026-11-12 00:00:00Z")], "rejected", None).await;
    happened(&world, "shop.prices", [at(first), None, None], "pending_review", None).await;
    happened(&world, "shop.prices", [at(before), None, at(after)], "expired", None).await;

    let (from, to): (DateTime<Utc>, DateTime<Utc>) =
        ("2026-11-09T00:00:00Z".parse().expect("a time"), "2026-11-16T00:00:00Z".parse().expect("a time"));
    let mut worker = world.database.connect("workflow_worker").await;
    let found = report(&mut worker, from, to).await.expect("reports");
    let (none, web_rate) = (json!(null), json!(2.0 / 3.0));
    let figures = |name: &str, value: &str, counts: [i64; 6], rest: [Value; 4]| {
        let [proposed, completed, failed, rejected, expired, cancelled] = counts;
        let [rate, savings, mean, p95] = rest;
        let mut figures = json!({
            "proposed": proposed, "completed": completed, "failed": failed, "rejected": rejected, "expired": expired,
            "cancelled": cancelled, "completion_rate": rate, "weekly_savings": savings, "mean_seconds": mean, "p95_seconds": p95,
        });
        if !name.is_empty() {
            figures[name] = json!(value);
        }
        figures
    };
    // 100 s and 10 s: the mean is 55 s, and 95 % of the way from one to the other is 95.5 s.
    let web = [web_rate, json!("123.00"), json!(55.0), json!(95.5)];
    let nothing = || [none.clone(), json!("0.00"), none.clone(), none.clone()];
    let failed = [json!(0.0), json!("0.00"), none.clone(), none.clone()];
    let completed = [json!(1.0), json!("123.00"), json!(55.0), json!(95.5)];
    assert_eq!(
        json!(found),
        json!({
            "totals": figures("", "", [5, 2, 1, 1, 0, 0], web.clone()),
            // No council answers for commerce: the default council does.
            "councils": [
                figures("council", "governance", [1, 0, 0, 0, 0, 0], nothing()),
                figures("council", "web-team", [4, 2, 1, 1, 0, 0], web),
            ],
            "types": [
                figures("workflow_type", "shop.prices", [1, 0, 0, 0, 0, 0], nothing()),
                figures("workflow_type", "web.other", [2, 0, 1, 1, 0, 0], failed),
                figures("workflow_type", "web.render", [2, 2, 0, 0, 0, 0], completed),
            ],
        })
    );
    let quiet =
        report(&mut worker, to + chrono::TimeDelta::days(7), to + chrono::TimeDelta::days(14)).await.expect("reports");
    assert_eq!(Figures { weekly_savings: None, ..quiet.totals }, Figures::default());
    assert!(quiet.councils.is_empty() && quiet.types.is_empty());
}
