//! However many act at once: what comes of it is what some order of theirs would give.

use std::collections::BTreeSet;

use common::http::RequestContext;
use common::ids::{CouncilId, WorkflowId};
use common::roles::Role;
use common::text::Text;
use database::governance::cast_vote::{NewVote, cast_vote};
use database::governance::close_reviews::close_due_reviews;
use database::governance::councils::found::{self, NewCouncil};
use database::governance::councils::{policies, seats};
use database::governance::propose::Proposer;
use database::governance::withdraw::cancel;
use database::{Error, Pool};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text as SqlText, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use futures_util::future::join_all;
use governance::workflow::{Vote, WorkflowStatus};
use serde_json::{Value, json};
use testing::{Person, World, person};

const RENDER: &str = r#"[{"name": "page", "kind": "render_template", "with": {"template": "x"}}]"#;

fn code(error: &Error) -> &'static str {
    match error {
        Error::Refused(problem) => problem.code(),
        other => panic!("{other}"),
    }
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

async fn count(world: &World, sql: &str, workflow: WorkflowId) -> i64 {
    let query = diesel::sql_query(sql).bind::<SqlUuid, _>(workflow.0);
    query.get_result::<Number>(&mut world.connect().await).await.expect("counts").number
}

/// A council of so many seats, for the domain `web`, in place of the usual one.
async fn large_council(world: &World, seats: usize, policy: Value) -> (CouncilId, Vec<Person>) {
    let mut operators = Vec::new();
    for index in 0..seats {
        operators.push(person(&world.database, &format!("operator-{index}"), Role::CouncilOperator).await);
    }
    let (id, context): (CouncilId, _) = ("assembly".parse().expect("an id"), RequestContext::default());
    let new = NewCouncil {
        id: &id,
        name: &"Assembly".to_owned().try_into().expect("a name"),
        purpose: &Text::default(),
        domains: &BTreeSet::from(["assembly".parse().expect("a domain")]),
        seats: &operators.iter().map(|one| (one.id, common::claims::Seat::Member)).collect(),
        policy: &serde_json::from_value(policy).expect("a policy"),
    };
    found::create(&mut world.connect().await, &world.admin.claims, &context, new).await.expect("founds");
    (id, operators)
}

async fn vote_by(
    pool: &Pool,
    council: &CouncilId,
    voter: &Person,
    workflow: WorkflowId,
    vote: Vote,
) -> database::Result<()> {
    let new = NewVote { council, workflow, vote, comment: None, round: None, digest: None };
    let mut connection = pool.get().await?;
    cast_vote(&mut connection, &voter.claims, &RequestContext::default(), new).await.map(drop)
}

/// 200 operators, 50 times: each workflow is decided exactly once, and the tally that decided it is exact.
#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_who_vote_at_once_decide_exactly_once() {
    const SEATS: usize = 200;
    let world = World::new().await;
    let rule = json!({"decision_rule": {"kind": "majority", "quorum_percent": 50, "threshold_percent": 50}});
    let (council, operators) = large_council(&world, SEATS, rule).await;
    world.add_type_of("assembly.page", "assembly", serde_json::from_str(RENDER).expect("json")).await;
    let pool = world.database.pool("council_service");
    for round in 0..50_usize {
        let workflow = world.propose("assembly.page", json!({"round": round})).await;
        // Another mixture each time: clear, close, tied, and with abstentions.
        let choice = |index: usize| match (index * 7 + round * 13) % 20 {
            n if n < 8 + round % 5 => Vote::Approve,
            n if n < 17 => Vote::Reject,
            _ => Vote::Abstain,
        };
        // The pool has ten connections: whoever waits for one longer than it lets them asks again.
        let votes = operators.iter().enumerate().map(|(index, operator)| {
            let (pool, council) = (&pool, &council);
            async move {
                loop {
                    match vote_by(pool, council, operator, workflow, choice(index)).await {
                        Err(Error::Unavailable(_)) => {}
                        answered => return answered,
                    }
                }
            }
        });
        let (mut taken, mut late) = (0, 0);
        for answer in join_all(votes).await {
            match answer {
                Ok(()) => taken += 1,
                Err(error) => {
                    assert_eq!(code(&error), "already_decided");
                    late += 1;
                }
            }
        }
        assert_eq!(taken + late, i64::try_from(SEATS).expect("few"));
        assert_eq!(count(&world, "SELECT count(*) AS number FROM votes WHERE workflow_id = $1", workflow).await, taken);
        for event in ["review_decided", "voted"] {
            let sql = format!(
                "SELECT count(*) AS number FROM workflow_timeline WHERE workflow_id = $1 AND event = '{event}'"
            );
            assert_eq!(count(&world, &sql, workflow).await, if event == "voted" { taken } else { 1 });
        }
        let found = world.find(workflow).await;
        let decided = found.timeline.iter().find(|event| event.event == "review_decided").expect("is decided");
        for vote in [Vote::Approve, Vote::Reject, Vote::Abstain] {
            let cast = found.votes.iter().filter(|cast| cast.vote == vote).count();
            assert_eq!(decided.detail["tally"][vote.as_str()], json!(cast), "round {round}: {}", decided.detail);
        }
        let (approve, reject) = (&decided.detail["tally"]["approve"], &decided.detail["tally"]["reject"]);
        let expected =
            if approve.as_u64() > reject.as_u64() { WorkflowStatus::Queued } else { WorkflowStatus::Rejected };
        assert_eq!(found.summary.status, expected, "round {round}: {}", decided.detail);
    }
}

/// What one of several does at the same time.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    Vote(usize, Vote),
    Unseat(usize),
    Cancel,
    Expire,
    EditPolicy,
}

/// The rules, told once more as simply as can be: two approvals of three seats.
#[derive(Clone, Default)]
struct Model {
    votes: [Option<Vote>; 3],
    unseated: [bool; 3],
    ended: Option<&'static str>,
}

impl Model {
    fn act(&mut self, act: Act) {
        if self.ended.is_some() {
            if let Act::Unseat(seat) = act {
                self.unseated[seat] = true;
            }
            // What is queued can be cancelled.
            if act == Act::Cancel && self.ended == Some("queued") {
                self.ended = Some("cancelled");
            }
            return;
        }
        match act {
            Act::Vote(seat, vote) if !self.unseated[seat] => self.votes[seat] = Some(vote),
            Act::Vote(..) | Act::EditPolicy => return,
            Act::Unseat(seat) => self.unseated[seat] = true,
            Act::Cancel => return self.ended = Some("cancelled"),
            Act::Expire => return self.ended = Some("expired"),
        }
        let seats: Vec<_> = (0..3).filter(|&seat| !self.unseated[seat]).collect();
        let with = |vote| seats.iter().filter(|&&seat| self.votes[seat] == Some(vote)).count();
        let silent = seats.iter().filter(|&&seat| self.votes[seat].is_none()).count();
        let withheld = with(Vote::Reject) + with(Vote::Abstain);
        if with(Vote::Approve) >= 2 {
            self.ended = Some("queued");
        } else if withheld > 0 && with(Vote::Approve) + silent < 2 {
            self.ended = Some("rejected");
        }
    }
}

/// Everything that some order of these acts gives.
fn possible(acts: &[Act]) -> BTreeSet<&'static str> {
    fn go(model: &Model, left: &[Act], found: &mut BTreeSet<&'static str>) {
        if left.is_empty() {
            found.insert(model.ended.unwrap_or("pending_review"));
        }
        for index in 0..left.len() {
            let (mut model, mut left) = (model.clone(), left.to_vec());
            model.act(left.remove(index));
            go(&model, &left, found);
        }
    }
    let mut found = BTreeSet::new();
    go(&Model::default(), acts, &mut found);
    found
}

async fn perform(world: &World, workflow: WorkflowId, act: Act) {
    let (council, context) = ("web-team".parse().expect("an id"), RequestContext::default());
    let mut connection = world.connect().await;
    let admin = &world.admin.claims;
    let done = match act {
        Act::Vote(seat, vote) => world.vote(&world.operators[seat], workflow, vote).await.map(drop),
        Act::Unseat(seat) => {
            seats::unseat(&mut connection, admin, &context, &council, world.operators[seat].id).await.map(drop)
        }
        Act::Cancel => cancel(&mut connection, Proposer::User(admin), &context, workflow, None).await,
        Act::Expire => {
            let past = "UPDATE workflow_reviews SET deadline = now() - interval '1 second' WHERE outcome = 'open'";
            let mut owner = world.database.connect_as_owner().await;
            // A review that was decided meanwhile keeps its deadline.
            drop(diesel::sql_query(past).execute(&mut owner).await);
            close_due_reviews(&mut world.database.connect("workflow_worker").await, 10).await.map(drop)
        }
        Act::EditPolicy => {
            let seen = database::governance::councils::find(&mut connection, &council).await.expect("finds").version();
            let policy = serde_json::from_value(json!({"decision_rule": {"kind": "approvals", "required": 1}}));
            policies::replace(&mut connection, admin, &context, &council, seen, &policy.expect("a policy"))
                .await
                .map(drop)
        }
    };
    if let Err(error) = done {
        let expected = [
            "already_decided",
            "already_ended",
            "forbidden",
            "unauthorized",
            "voting_period_over",
            "changed_meanwhile",
        ];
        assert!(expected.contains(&code(&error)), "{act:?}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn votes_that_race_with_anything_come_to_what_some_order_gives() {
    use Vote::{Approve, Reject};
    for other in [Act::Unseat(1), Act::Cancel, Act::Expire, Act::EditPolicy] {
        for votes in [[Approve, Approve, Reject], [Approve, Reject, Reject], [Approve, Reject, Approve]] {
            let world = World::new().await;
            world.add_type("web.render", serde_json::from_str(RENDER).expect("json")).await;
            let workflow = world.propose("web.render", json!({})).await;
            let mut acts: Vec<_> = votes.into_iter().enumerate().map(|(seat, vote)| Act::Vote(seat, vote)).collect();
            acts.push(other);
            join_all(acts.iter().map(|&act| perform(&world, workflow, act))).await;
            let status = world.find(workflow).await.summary.status;
            let mut possible = possible(&acts);
            if other == Act::Expire {
                // Votes refused because the time is over make room for the expiry alone.
                possible.insert("expired");
            }
            assert!(possible.contains(status.as_str()), "{acts:?}: {status}, not one of {possible:?}");
            // And whatever it is, the record tells it once.
            let decided = "SELECT count(*) AS number FROM workflow_timeline WHERE workflow_id = $1
                AND event IN ('review_decided', 'cancelled')";
            let told = count(&world, decided, workflow).await;
            assert!(
                (status == WorkflowStatus::PendingReview && told == 0) || (1..=2).contains(&told),
                "{acts:?}: {told}"
            );
        }
    }
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = SqlText)]
    name: String,
}

/// Who loses their seat may have been the last that was waited for.
#[tokio::test]
async fn a_seat_that_is_taken_may_be_what_the_decision_waited_for() {
    let world = World::with_policy(json!({"decision_rule": {"kind": "unanimous"}})).await;
    world.add_type("web.render", serde_json::from_str(RENDER).expect("json")).await;
    let workflow = world.propose("web.render", json!({})).await;
    for operator in &world.operators[..2] {
        world.vote(operator, workflow, Vote::Approve).await.expect("votes");
    }
    assert_eq!(world.find(workflow).await.summary.status, WorkflowStatus::PendingReview);
    perform(&world, workflow, Act::Unseat(2)).await;
    assert_eq!(world.find(workflow).await.summary.status, WorkflowStatus::Queued);
    let actor = "SELECT actor_id::text AS name FROM audit_log
        WHERE action = 'workflow.review_decided' AND resource_id = $1::text";
    let query = diesel::sql_query(actor).bind::<SqlText, _>(workflow.to_string());
    let decided_by: Name = query.get_result(&mut world.connect().await).await.expect("a row");
    assert_eq!(decided_by.name, world.admin.id.to_string(), "the record says by whose act");
}
