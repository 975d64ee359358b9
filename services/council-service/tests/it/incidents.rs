//! What operators say about incidents. The health aggregator opens and closes them.

use common::ids::IncidentId;
use database::health::incidents::{Impact, list, open};
use serde_json::json;
use testing::World;

use crate::serve;

/// An incident that is open.
pub async fn incident(world: &World) -> IncidentId {
    let mut connection = world.database.connect("health_aggregator").await;
    let at = database::clock::now(&mut connection).await.expect("tells the time");
    open(&mut connection, "redis", Impact::Degraded, at).await.expect("opens");
    let (incidents, _) = list(&mut connection, common::page::Limit::default(), None).await.expect("lists");
    incidents[0].id
}

#[tokio::test]
async fn an_admin_says_what_is_wrong_and_takes_it_back() {
    let world = World::new().await;
    let served = serve(&world).await;
    let id = incident(&world).await;
    let admin = served.client().with(&world.admin.token);
    let path = format!("/api/admin/incidents/{id}/note");
    let noted = admin.put(&path, &json!({"note": " A disk is full; we add one. "})).await.expect(200);
    assert_eq!((&noted["note"], &noted["check"]), (&json!("A disk is full; we add one."), &json!("redis")));
    assert!(noted["noted_at"].is_string() && noted["noted_by"].is_null(), "who said it is not public");
    let noted = admin.put(&path, &json!({"note": ""})).await.expect(200);
    assert_eq!(noted["note"], json!(null));
    let unknown = format!("/api/admin/incidents/{}/note", IncidentId::new());
    assert_eq!(admin.put(&unknown, &json!({"note": "x"})).await.problem(404), "not_found");
    let record = world.database.everything().await.into_iter().find(|rows| rows.starts_with("audit_log"));
    assert_eq!(record.expect("a record").matches("incident.noted").count(), 2);
}
