use database::Error;
use governance::workflow::{Vote, WorkflowStatus};
use serde_json::json;
use testing::World;

const RENDER: &str = r#"[{"name": "page", "kind": "render_template", "with": {"template": "x"}}]"#;

async fn world() -> World {
    let world = World::new().await;
    world.add_type("web.render", serde_json::from_str(RENDER).expect("json")).await;
    world
}

fn code(error: Error) -> &'static str {
    match error {
        Error::Refused(problem) => problem.code(),
        other => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn votes_that_arrive_together_decide_exactly_once() {
    let world = world().await;
    for _ in 0..10 {
        let workflow = world.propose("web.render", json!({})).await;
        let votes = world.operators.iter().map(|operator| world.vote(operator, workflow, Vote::Approve));
        let (mut recorded, mut late) = (0, 0);
        for vote in futures_util::future::join_all(votes).await {
            match vote {
                Ok(_) => recorded += 1,
                Err(error) => {
                    assert_eq!(code(error), "already_decided");
                    late += 1;
                }
            }
        }
        assert_eq!((recorded, late), (2, 1));
        let found = world.find(workflow).await;
        assert_eq!(found.summary.status, WorkflowStatus::Queued);
        let events: Vec<_> = found.timeline.iter().map(|event| event.event.as_str()).collect();
        assert_eq!(events, ["proposed", "voted", "voted", "review_decided", "approved", "queued"]);
    }
}

#[tokio::test]
async fn a_changed_mind_is_one_vote() {
    let world = world().await;
    let workflow = world.propose("web.render", json!({})).await;
    let chair = &world.operators[0];
    world.vote(chair, workflow, Vote::Reject).await.expect("votes");
    let recorded = world.vote(chair, workflow, Vote::Approve).await.expect("votes again");
    assert_eq!((recorded.tally.approve, recorded.tally.reject), (1, 0));
    assert_eq!(world.find(workflow).await.votes.len(), 1);
}

#[tokio::test]
async fn two_rejections_of_three_end_it() {
    let world = world().await;
    let workflow = world.propose("web.render", json!({})).await;
    world.vote(&world.operators[0], workflow, Vote::Reject).await.expect("votes");
    world.vote(&world.operators[1], workflow, Vote::Reject).await.expect("votes");
    assert_eq!(world.find(workflow).await.summary.status, WorkflowStatus::Rejected);
    let late = world.vote(&world.operators[2], workflow, Vote::Approve).await.map(|_| ()).expect_err("decided");
    assert_eq!(code(late), "already_decided");
}

#[tokio::test]
async fn a_review_whose_time_is_over_expires_or_is_approved_by_silence() {
    for (on_expiry, expected) in [("reject", WorkflowStatus::Expired), ("approve", WorkflowStatus::Queued)] {
        let rule = json!({"decision_rule": {"kind": "approvals", "required": 2}, "on_expiry": on_expiry});
        let world = World::with_policy(rule).await;
        world.add_type("web.render", serde_json::from_str(RENDER).expect("json")).await;
        let workflow = world.propose("web.render", json!({})).await;
        let mut worker = world.database.connect("workflow_worker").await;
        let close = database::governance::close_reviews::close_due_reviews;
        assert_eq!(close(&mut worker, 10).await.expect("closes"), 0);

        let mut owner = world.database.connect_as_owner().await;
        let past = "UPDATE workflow_reviews SET deadline = now() - interval '1 second'";
        diesel_async::RunQueryDsl::execute(diesel::sql_query(past), &mut owner).await.expect("moves the deadline");
        let late = world.vote(&world.operators[0], workflow, Vote::Approve).await.map(|_| ()).expect_err("too late");
        assert_eq!(code(late), "voting_period_over");
        assert_eq!(close(&mut worker, 10).await.expect("closes"), 1);
        assert_eq!(world.find(workflow).await.summary.status, expected);
    }
}

#[tokio::test]
async fn a_cooling_off_period_delays_the_start() {
    let rule = json!({"decision_rule": {"kind": "approvals", "required": 2}, "cooling_off_seconds": 1});
    let world = World::with_policy(rule).await;
    world.add_type("web.render", serde_json::from_str(RENDER).expect("json")).await;
    let workflow = world.propose("web.render", json!({})).await;
    world.approve(workflow).await;
    assert_eq!(world.find(workflow).await.summary.status, WorkflowStatus::Approved);
    let mut worker = world.database.connect("workflow_worker").await;
    let mut owner = world.database.connect_as_owner().await;
    let past = "UPDATE workflows SET due_at = now() - interval '1 second'";
    diesel_async::RunQueryDsl::execute(diesel::sql_query(past), &mut owner).await.expect("moves the time");
    assert_eq!(database::execution::promote_cooled_off(&mut worker, 10).await.expect("promotes"), 1);
    assert_eq!(world.find(workflow).await.summary.status, WorkflowStatus::Queued);
}
