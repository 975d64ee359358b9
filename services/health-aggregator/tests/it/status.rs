//! What the public sees.

use testing::{TestDatabase, TestRedis};

use crate::{announce, serve, until, wait_for};

#[tokio::test]
async fn the_status_page_shows_every_part_without_any_script() {
    let (database, redis) = (TestDatabase::new().await, TestRedis::private());
    let _services = (
        announce(&redis, "auth-service", true).await,
        announce(&redis, "council-service", true).await,
        announce(&redis, "workflow-worker", true).await,
    );
    let served = serve(&database, &redis).await;
    let client = served.client();
    wait_for(&client, 200, "healthy").await;
    let answer = client.get("/status").await;
    let policy = answer.headers.get("content-security-policy").cloned().expect("a policy");
    assert!(policy.to_str().expect("text").starts_with("default-src 'none'"));
    let page = answer.expect(200);
    let page = page.as_str().expect("a page");
    for text in [
        "Everything works",
        "Sign-in and accounts",
        "Proposals and votes",
        "Running workflows",
        "Database",
        "Message broker",
        "nobody looked",
        "None in the last 30 days.",
    ] {
        assert!(page.contains(text), "{text} is not in {page}");
    }
    assert!(!page.contains("<script") && !page.contains("style="));
    // It says nothing of where things run.
    assert!(!page.contains("127.0.0.1") && !page.contains("auth-service-1"));
    let style = client.get("/status/style.css").await.expect(200);
    assert!(style.as_str().is_some_and(|style| style.contains(".headline")));
}

#[tokio::test]
async fn what_programs_are_told_says_nothing_of_where_things_run() {
    let (database, redis) = (TestDatabase::new().await, TestRedis::private());
    let _auth = announce(&redis, "auth-service", true).await;
    let served = serve(&database, &redis).await;
    until(async || served.client().get("/api/status").await.expect(200)["services"][0]["ready"] == 1).await;
    let status = served.client().get("/api/status").await.expect(200).to_string();
    assert!(!status.contains("127.0.0.1") && !status.contains("auth-service-1"), "{status}");
}

#[tokio::test]
async fn a_badge_is_a_picture_of_a_word() {
    let (database, redis) = (TestDatabase::new().await, TestRedis::private());
    let served = serve(&database, &redis).await;
    let client = served.client();
    wait_for(&client, 503, "unhealthy").await;
    let badge = client.get("/api/status/badges/overall.svg").await;
    assert_eq!(badge.headers["content-type"], "image/svg+xml");
    assert_eq!(badge.headers["cache-control"], "public, max-age=10");
    let badge = badge.expect(200);
    assert!(badge.as_str().is_some_and(|svg| svg.contains("codex dominion: unhealthy")), "{badge}");
    let badge = client.get("/api/status/badges/database.svg").await.expect(200);
    assert!(badge.as_str().is_some_and(|svg| svg.contains("database: healthy")), "{badge}");
    for unknown in ["nothing.svg", "edge.svg", "overall.png"] {
        assert_eq!(client.get(&format!("/api/status/badges/{unknown}")).await.problem(404), "not_found");
    }
}
