//! The parts that are asked when they are configured.

use std::time::Duration;

use database::health::replicas;
use serde_json::json;
use testing::{MailServer, Receiver, TestDatabase, TestRedis};

use crate::{Targets, announce, announce_as, serve, serve_with, until};

#[tokio::test]
async fn what_is_configured_is_asked_and_what_is_not_is_not_shown() {
    let (database, redis) = (TestDatabase::new().await, TestRedis::private());
    let (console, mut mail) = (Receiver::start(), MailServer::stopped());
    let targets = Targets {
        console: Some(console.url().parse().expect("a URL")),
        smtp: Some(mail.url().into()),
        backup_max_age: Some(Duration::from_hours(26)),
        ..Targets::default()
    };
    let served = serve_with(&database, &redis, targets).await;
    let parts = async || served.client().get("/health").await.body["parts"].clone();
    until(async || {
        let parts = parts().await;
        // The mail server is not there, and no backup was ever reported.
        (&parts["console"], &parts["smtp"], &parts["backup"])
            == (&json!("healthy"), &json!("unhealthy"), &json!("unhealthy"))
    })
    .await;
    let parts_now = parts().await;
    for absent in ["edge", "certificates", "restore_drill", "replication"] {
        assert!(parts_now[absent].is_null(), "{absent}");
    }
    mail.resume();
    until(async || parts().await["smtp"] == "healthy").await;
    assert_eq!(mail.mails(), Vec::<String>::new(), "it is only greeted");
}

#[tokio::test]
async fn an_old_backup_is_unhealthy_and_one_that_failed_since_is_degraded() {
    let (database, redis) = (TestDatabase::new().await, TestRedis::private());
    let report = "INSERT INTO backup_reports (kind, finished_at, succeeded) VALUES";
    database.execute(&format!("{report} ('backup', now() - interval '2 hours', true)")).await;
    database.execute(&format!("{report} ('backup', now() - interval '1 hour', false)")).await;
    database.execute(&format!("{report} ('restore_drill', now() - interval '40 days', true)")).await;
    let targets = Targets {
        backup_max_age: Some(Duration::from_hours(26)),
        restore_drill_max_age: Some(Duration::from_hours(35 * 24)),
        ..Targets::default()
    };
    let served = serve_with(&database, &redis, targets).await;
    until(async || {
        let parts = served.client().get("/health").await.body["parts"].clone();
        (&parts["backup"], &parts["restore_drill"]) == (&json!("degraded"), &json!("unhealthy"))
    })
    .await;
    let metrics = served.client().get("/metrics").await.expect(200);
    let metrics = metrics.as_str().expect("text");
    for line in [
        "health_check_healthy{check=\"backup\"} 0.5",
        "health_check_healthy{check=\"database\"} 1",
        "health_check_healthy{check=\"redis\"} 1",
        "health_check_duration_seconds{check=\"database\"}",
        "backup_age_seconds{kind=\"backup\"} 72",
        "incidents_open ",
    ] {
        assert!(metrics.contains(line), "{line} is not in {metrics}");
    }
    for absent in ["edge", "certificate_expiry", "replication_lag"] {
        assert!(!metrics.lines().any(|line| !line.starts_with('#') && line.contains(absent)), "{absent}");
    }
}

#[tokio::test]
async fn replicas_can_be_read_by_the_aggregator_and_by_nobody_else() {
    let database = TestDatabase::new().await;
    let found = replicas::list(&mut database.connect("health_aggregator").await).await.expect("reads");
    assert_eq!(found, []);
    assert!(replicas::list(&mut database.connect("council_service").await).await.is_err());
}

#[tokio::test]
async fn prometheus_is_told_which_instances_there_are() {
    let (database, redis) = (TestDatabase::new().await, TestRedis::private());
    let auth = announce(&redis, "auth-service", true).await;
    let served = serve(&database, &redis).await;
    let mut targets = json!(null);
    until(async || {
        targets = served.client().get("/prometheus/targets").await.expect(200);
        targets != json!([])
    })
    .await;
    let address = auth.url().trim_start_matches("http://").to_owned();
    let labels = json!({"service": "auth-service", "instance_id": "auth-service-1"});
    assert_eq!(targets, json!([{"targets": [address], "labels": labels}]));
}

#[tokio::test]
async fn two_replicas_of_which_one_is_dead_are_degraded() {
    let (database, redis) = (TestDatabase::new().await, TestRedis::private());
    let served = serve(&database, &redis).await;
    let _auth = announce(&redis, "auth-service", true).await;
    let _one = announce(&redis, "council-service", true).await;
    let two = announce_as(&redis, "council-service", "council-service-2", true).await;
    let council = async || {
        let status = served.client().get("/api/status").await.expect(200);
        let services = status["services"].as_array().cloned().unwrap_or_default();
        services.into_iter().find(|service| service["service"] == "council-service").unwrap_or_default()
    };
    until(async || council().await["ready"] == 2).await;
    drop(two);
    until(async || {
        let council = council().await;
        (&council["status"], &council["ready"], &council["instances"]) == (&json!("degraded"), &json!(1), &json!(2))
    })
    .await;
}
