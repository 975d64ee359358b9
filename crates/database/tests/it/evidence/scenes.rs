//! What can become of a proposal, each played on a database of its own.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use common::http::RequestContext;
use common::ids::{CouncilId, StepName, UserId, WorkflowId};
use common::roles::Role;
use common::text::Remark;
use database::Error;
use database::execution::{Attempted, Change, Claim, Entry, StepChange, StepResult, Then, write};
use database::governance::ask::{answer, ask};
use database::governance::cast_vote::{NewVote, cast_vote};
use database::governance::close_reviews::close_due_reviews;
use database::governance::councils::delegations::{NewDelegation, delegate};
use database::governance::councils::retire::{OpenProposals, retire};
use database::governance::evidence::gather;
use database::governance::propose::{Outcome, Proposal, Proposer, propose};
use database::governance::{break_glass::break_glass, councils, mandates, retry::retry, withdraw};
use governance::digest::Digest;
use governance::retry::RetryFrom;
use governance::workflow::{StepStatus, Vote};
use serde_json::{Value, json};
use testing::runs::{begin_step, claim, complete, fail, finish_step, retry_later};
use testing::{Person, World, log_in, person};

/// A proposal, and the world that it was made in.
pub struct Scene {
    pub world: World,
    pub workflow: WorkflowId,
}

fn two_of_three() -> Value {
    json!({"decision_rule": {"kind": "approvals", "required": 2}})
}

fn with(mut policy: Value, more: Value) -> Value {
    policy.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    policy
}

async fn world(policy: Value) -> World {
    let world = World::with_policy(policy).await;
    let step = |name: &str| json!({"name": name, "kind": "render_template", "with": {"template": "{{ inputs.n }}"}});
    world.add_type("web.render", json!([step("first"), step("second")])).await;
    world.add_type("web.asking", json!([step("first"), asking(None), step("second")])).await;
    world.add_type("web.asking_governance", json!([step("first"), asking(Some("governance")), step("second")])).await;
    world
}

/// A step that asks this council, or those that answer for the domain.
fn asking(council: Option<&str>) -> Value {
    let with = json!({"council": council, "question": "Send {{ steps.first.output.text }} to everybody?"});
    json!({"name": "sign_off", "kind": "approval", "with": with})
}

async fn scene(policy: Value) -> Scene {
    scene_of("web.render", policy).await
}

async fn scene_of(workflow_type: &str, policy: Value) -> Scene {
    let world = world(policy).await;
    let workflow = propose_in(&world, workflow_type, json!({"n": 3, "deep": {"of": [1, null, true]}})).await;
    Scene { world, workflow }
}

/// The agent proposes, with everything that can be said.
async fn propose_in(world: &World, workflow_type: &str, inputs: Value) -> WorkflowId {
    let savings = "1200.00".to_owned().try_into().expect("money");
    let reason: Remark = "The campaign starts on Friday.".to_owned().try_into().expect("a remark");
    let proposal = Proposal {
        workflow_type: &workflow_type.parse().expect("an id"),
        version: None,
        inputs: &inputs,
        weekly_savings: Some(&savings),
        reason: Some(&reason),
        supersedes: None,
    };
    let proposer = Proposer::Agent(&world.agent);
    match propose(&mut world.connect().await, proposer, &context(1), proposal).await.expect("proposes") {
        Outcome::Accepted(id) | Outcome::Blocked(id, _) => id,
    }
}

/// A request from an address of its own.
fn context(last: u8) -> RequestContext {
    RequestContext { address: Some([203, 0, 113, last].into()), ..RequestContext::default() }
}

impl Scene {
    /// The document, once all rows are sealed and signed for.
    pub async fn evidence(&self) -> Value {
        testing::seal_and_sign(&self.world.database).await;
        self.unsealed_evidence().await
    }

    /// The document as it is.
    pub async fn unsealed_evidence(&self) -> Value {
        let evidence = gather(&mut self.world.connect().await, self.workflow).await.expect("gathers");
        // As it is sent.
        serde_json::from_slice(&serde_json::to_vec(&evidence).expect("JSON")).expect("JSON")
    }

    async fn vote_in(&self, council: &str, voter: &Person, vote: Vote, comment: Option<&str>) {
        let council: CouncilId = council.parse().expect("an id");
        let comment: Option<Remark> = comment.map(|text| text.to_owned().try_into().expect("a remark"));
        let new = NewVote {
            council: &council,
            workflow: self.workflow,
            vote,
            comment: comment.as_ref(),
            round: None,
            digest: None,
        };
        cast_vote(&mut self.world.connect().await, &voter.claims, &context(2), new).await.expect("votes");
    }

    async fn vote_in_round(&self, round: i32, operator: usize, vote: Vote) {
        let (council, round) = ("web-team".parse().expect("an id"), Some(round));
        let new = NewVote { council: &council, workflow: self.workflow, vote, comment: None, round, digest: None };
        let (claims, mut connection) = (&self.world.operators[operator].claims, self.world.connect().await);
        cast_vote(&mut connection, claims, &context(2), new).await.expect("votes");
    }

    async fn vote(&self, operator: usize, vote: Vote) {
        self.vote_in("web-team", &self.world.operators[operator], vote, None).await;
    }

    async fn approve(&self) {
        for operator in [0, 1] {
            self.vote(operator, Vote::Approve).await;
        }
    }

    /// An admin who has no part in the proposal.
    async fn other_admin(&self) -> Person {
        person(&self.world.database, "other-admin", Role::Admin).await
    }

    pub async fn claim(&self) -> Claim {
        let mut worker = self.world.database.connect("workflow_worker").await;
        match claim(&mut worker, self.workflow, "worker-1", Duration::from_secs(30)).await.expect("claims") {
            Entry::Claimed(claim) => *claim,
            other => panic!("{other:?}"),
        }
    }

    /// Runs a step to its end.
    async fn step(&self, claim: &Claim, position: i32, outcome: Result<Value, String>) {
        let mut worker = self.world.database.connect("workflow_worker").await;
        begin_step(&mut worker, &claim.run, position).await.expect("begins");
        let (request, response) = (Digest::of(b"sent"), Some(Digest::of(b"received")));
        finish_step(&mut worker, &claim.run, position, &StepResult { request, response, outcome }).await.expect("ends");
    }

    async fn run(&self) {
        let (claim, mut worker) = (self.claim().await, self.world.database.connect("workflow_worker").await);
        for position in 0..i32::try_from(claim.version.steps.len()).expect("few steps") {
            self.step(&claim, position, Ok(json!({"text": "3"}))).await;
        }
        complete(&mut worker, &claim.run, None).await.expect("completes");
    }

    /// A worker takes it up to the step that asks, which asks.
    pub async fn run_and_ask(&self, council: Option<&str>) {
        let (claim, mut worker) = (self.claim().await, self.world.database.connect("workflow_worker").await);
        self.step(&claim, 0, Ok(json!({"text": "3"}))).await;
        let council: Option<CouncilId> = council.map(|id| id.parse().expect("an id"));
        begin_step(&mut worker, &claim.run, 1).await.expect("begins");
        let question = "Send 3 to everybody?";
        ask(&mut worker, &claim.run, 1, council.as_ref(), question).await.expect("asks");
        let stale = ask(&mut worker, &claim.run, 1, council.as_ref(), question).await;
        assert!(matches!(stale, Err(Error::LeaseLost)), "{stale:?}");
    }

    /// A worker goes on behind the step that has been answered.
    pub async fn go_on(&self) -> Value {
        let (claim, mut worker) = (self.claim().await, self.world.database.connect("workflow_worker").await);
        assert_eq!(claim.progress[1].asked_round.is_some(), claim.progress[1].status == StepStatus::Running);
        let answer = self.answer(&claim).await;
        self.step(&claim, 2, Ok(json!({"text": "3"}))).await;
        complete(&mut worker, &claim.run, None).await.expect("completes");
        answer
    }

    /// The step that asked is done; returns its output.
    async fn answer(&self, claim: &Claim) -> Value {
        let mut worker = self.world.database.connect("workflow_worker").await;
        let result = answer(&mut worker, &claim.run, 1).await.expect("is answered");
        finish_step(&mut worker, &claim.run, 1, &result).await.expect("ends");
        result.outcome.expect("an output")
    }

    /// One council approves the proposal, and another, asked in the middle of the run, what is about to happen.
    pub async fn asked() -> Self {
        let scene = scene_of("web.asking_governance", two_of_three()).await;
        scene.approve().await;
        scene.run_and_ask(Some("governance")).await;
        let scene = scene.decided_by_governance(Vote::Approve).await;
        assert_eq!(scene.go_on().await, json!({"approved": true, "round": 2, "councils": ["governance"]}));
        scene
    }

    /// It waits for the vote on what its step asks.
    pub async fn asking() -> Self {
        let scene = scene_of("web.asking", two_of_three()).await;
        scene.approve().await;
        scene.run_and_ask(None).await;
        scene
    }

    /// No policy asks for a review of the proposal; the councils of its domain reject what is asked.
    pub async fn asked_and_rejected() -> Self {
        let policy = json!({"review_actions": [], "review_threshold_weekly_savings": "5000"});
        let scene = scene_of("web.asking", with(two_of_three(), policy)).await;
        scene.run_and_ask(None).await;
        scene.vote(0, Vote::Reject).await;
        scene.vote(1, Vote::Reject).await;
        scene
    }

    /// Nobody answers in time, and another council does in the place of who was asked.
    pub async fn asked_and_escalated() -> Self {
        let policy = json!({"on_expiry": "escalate", "escalate_to": "governance"});
        let scene = scene_of("web.asking", with(two_of_three(), policy)).await;
        scene.approve().await;
        scene.run_and_ask(None).await;
        scene.pass_the_deadline().await;
        let scene = scene.decided_by_governance(Vote::Approve).await;
        scene.go_on().await;
        scene
    }

    /// The run was covered by a mandate, until its step asked.
    pub async fn asked_under_mandate() -> Self {
        let mut scene = Self::under_mandate_for("web.asking").await;
        scene.workflow = propose_in(&scene.world, "web.asking", json!({"n": 3})).await;
        scene.run_and_ask(None).await;
        scene.revoke().await;
        scene.approve().await;
        scene.go_on().await;
        scene
    }

    /// An admin does not wait for the answer; the council ratifies that.
    pub async fn asked_and_glass_broken() -> Self {
        let scene = Self::asking().await;
        scene.break_the_glass().await;
        let answer = scene.go_on().await;
        assert_eq!(answer, json!({"approved": true, "round": 2, "councils": []}));
        scene.approve().await;
        scene
    }

    /// An admin does not wait for the approval, and before that is ratified a step asks: both are voted on, each by itself.
    pub async fn glass_broken_and_asked() -> Self {
        let scene = scene_of("web.asking", two_of_three()).await;
        scene.break_the_glass().await;
        scene.run_and_ask(None).await;
        // Where it is not said, the last question is answered.
        scene.approve().await;
        for operator in [1, 2] {
            scene.vote_in_round(1, operator, Vote::Approve).await;
        }
        scene.go_on().await;
        scene
    }

    /// It fails behind the step that asked, and is tried again from the start: the step asks again.
    pub async fn retried_from_the_start() -> Self {
        let scene = Self::asking().await;
        scene.approve().await;
        let (claim, mut worker) = (scene.claim().await, scene.world.database.connect("workflow_worker").await);
        scene.answer(&claim).await;
        scene.step(&claim, 2, Err("refused".to_owned())).await;
        fail(&mut worker, &claim.run, "second failed: refused").await.expect("fails");
        let (claims, mut connection) = (&scene.world.admin.claims, scene.world.connect().await);
        let retried = retry(&mut connection, claims, &context(1), scene.workflow, RetryFrom::Start).await;
        assert_eq!(retried.expect("retries").new_votes.len(), 0);
        scene.run_and_ask(None).await;
        scene.approve().await;
        scene.go_on().await;
        scene
    }

    async fn pass_the_deadline(&self) {
        self.world.database.execute("UPDATE workflow_reviews SET deadline = now() WHERE outcome = 'open'").await;
        let mut worker = self.world.database.connect("workflow_worker").await;
        assert_eq!(close_due_reviews(&mut worker, 10).await.expect("closes"), 1);
    }

    /// Two operators approve it after one has changed their mind; its first step succeeds at the second attempt, under
    /// another worker.
    pub async fn completed() -> Self {
        let scene = scene(two_of_three()).await;
        scene.vote_in("web-team", &scene.world.operators[0], Vote::Reject, Some("Not yet.")).await;
        scene.vote_in("web-team", &scene.world.operators[0], Vote::Approve, Some("Now it is good.")).await;
        scene.vote(2, Vote::Abstain).await;
        scene.vote(1, Vote::Approve).await;
        let (claim, mut worker) = (scene.claim().await, scene.world.database.connect("workflow_worker").await);
        begin_step(&mut worker, &claim.run, 0).await.expect("begins");
        let failed = StepResult { request: Digest::of(b"sent"), response: None, outcome: Err("timed out".to_owned()) };
        retry_later(&mut worker, &claim.run, 0, &failed, Duration::ZERO).await.expect("waits");
        scene.run().await;
        scene
    }

    /// It waits for a second vote.
    pub async fn begun() -> Self {
        let scene = scene(two_of_three()).await;
        scene.vote(0, Vote::Approve).await;
        scene
    }

    pub async fn blocked() -> Self {
        scene(with(two_of_three(), json!({"blocked_action_types": ["web.*"]}))).await
    }

    /// A condition has come to this, and then its worker has left these steps out and run those. `branch` is run when it is
    /// true, `other` when it is not; `inner`, a condition in `branch`, has `leaf` run.
    pub async fn conditional(result: bool, left_out: &[&str], run: &[&str]) -> Self {
        let world =
            World::with_policy(json!({"decision_rule": {"kind": "approvals", "required": 2}, "review_actions": []}))
                .await;
        let text = |name: &str| json!({"name": name, "kind": "render_template", "with": {"template": "x"}});
        let condition = |name: &str, with: Value| json!({"name": name, "kind": "condition", "with": with});
        let steps = json!([
            condition("check", json!({"if": "inputs.n > 2", "then": ["branch", "inner"], "else": ["other"]})),
            text("branch"),
            condition("inner", json!({"if": "true", "then": ["leaf"]})),
            text("leaf"),
            text("other"),
        ]);
        let names: Vec<StepName> =
            ["check", "branch", "inner", "leaf", "other"].map(|name| name.parse().expect("a name")).into();
        world.add_type("web.choose", steps).await;
        let workflow = propose_in(&world, "web.choose", json!({"n": 3})).await;
        let scene = Self { world, workflow };
        let (claim, mut worker) = (scene.claim().await, scene.world.database.connect("workflow_worker").await);
        let step = |name: &str, attempt: i32| {
            let position = names.iter().position(|other| other.as_str() == name).expect("a step");
            Attempted { position: i32::try_from(position).expect("few"), name: names[position].clone(), attempt }
        };
        let ended = |name: &str, output: Value| {
            let (request, response) = (Digest::of(b"evaluated"), Some(Digest::of_json(&output)));
            StepChange::Ended(step(name, 1), StepResult { request, response, outcome: Ok(output) })
        };
        let mut changes = vec![ended("check", json!({"result": result}))];
        changes.extend(left_out.iter().map(|name| StepChange::Skipped(step(name, 0), names[0].clone())));
        changes.extend(run.iter().map(|name| ended(name, json!({"result": true}))));
        let change = Change { run: claim.run.clone(), steps: changes, then: Then::Completes(None) };
        assert_eq!(write(&mut worker, &[change]).await.expect("writes"), [true]);
        scene
    }

    pub async fn rejected() -> Self {
        let scene = scene(with(two_of_three(), json!({"chair_veto": true}))).await;
        scene.vote(1, Vote::Approve).await;
        scene.vote(0, Vote::Reject).await;
        scene
    }

    pub async fn expired() -> Self {
        let scene = Self::begun().await;
        scene.pass_the_deadline().await;
        scene
    }

    pub async fn cancelled() -> Self {
        let scene = Self::begun().await;
        let (caller, mut connection) = (Proposer::Agent(&scene.world.agent), scene.world.connect().await);
        withdraw::cancel(&mut connection, caller, &context(1), scene.workflow, None).await.expect("cancels");
        scene
    }

    pub async fn by_policy() -> Self {
        let policy = json!({"review_actions": [], "review_threshold_weekly_savings": "5000"});
        let scene = scene(with(two_of_three(), policy)).await;
        scene.run().await;
        scene
    }

    /// The council grants a mandate, and the workflow is proposed under it.
    async fn under_mandate() -> Self {
        let mut scene = Self::under_mandate_for("web.render").await;
        scene.workflow = propose_in(&scene.world, "web.render", json!({"n": 3})).await;
        scene
    }

    /// The council grants a mandate for a type.
    async fn under_mandate_for(workflow_type: &str) -> Self {
        let world = world(two_of_three()).await;
        let terms = json!({
            "workflow_type": workflow_type, "condition": "inputs.n <= 5", "max_uses": 2, "per": "week",
            "valid_until": Utc::now() + TimeDelta::days(7),
        });
        let granting = propose_in(&world, "governance.mandate", terms).await;
        let scene = Self { world, workflow: granting };
        scene.approve().await;
        let (claim, mut worker) = (scene.claim().await, scene.world.database.connect("workflow_worker").await);
        begin_step(&mut worker, &claim.run, 0).await.expect("begins");
        let outcome = Ok(mandates::grant(&mut worker, &claim.run).await.expect("grants"));
        let result = StepResult { request: Digest::of(b"sent"), response: None, outcome };
        finish_step(&mut worker, &claim.run, 0, &result).await.expect("ends");
        complete(&mut worker, &claim.run, None).await.expect("completes");
        scene
    }

    async fn revoke(&self) {
        let mandate = the_mandate(&self.world).await;
        let (claims, mut connection) = (&self.world.operators[0].claims, self.world.connect().await);
        let reason: Remark = "No longer.".to_owned().try_into().expect("a remark");
        mandates::revoke(&mut connection, claims, &context(2), mandate, &reason).await.expect("revokes");
    }

    /// It runs by a mandate, which is revoked afterwards.
    pub async fn by_mandate() -> Self {
        let scene = Self::under_mandate().await;
        scene.run().await;
        scene.revoke().await;
        scene
    }

    /// The mandate is revoked before the run begins, and the council rejects.
    pub async fn mandate_ended() -> Self {
        let scene = Self::under_mandate().await;
        scene.revoke().await;
        let mut worker = scene.world.database.connect("workflow_worker").await;
        let claimed = claim(&mut worker, scene.workflow, "worker-1", Duration::from_secs(30)).await.expect("asks");
        assert!(matches!(claimed, Entry::NothingToDo), "{claimed:?}");
        scene.vote(0, Vote::Reject).await;
        scene.vote(1, Vote::Reject).await;
        scene
    }

    async fn glass() -> Self {
        Self::begun().await.break_glass().await
    }

    async fn break_glass(self) -> Self {
        self.break_the_glass().await;
        self.run().await;
        self
    }

    async fn break_the_glass(&self) {
        let scene = self;
        let admin = scene.other_admin().await;
        scene.world.database.execute("UPDATE sessions SET second_factor_at = now()").await;
        let mut connection = scene.world.connect().await;
        let digest = scene.world.find(scene.workflow).await.summary.digest;
        let reason = "The shop is down, and nobody can be reached.".to_owned().try_into().expect("a reason");
        break_glass(&mut connection, &admin.claims, &context(9), scene.workflow, digest, &reason)
            .await
            .expect("breaks");
    }

    pub async fn glass_ratified() -> Self {
        let scene = Self::glass().await;
        scene.vote(1, Vote::Approve).await;
        scene
    }

    pub async fn glass_refused() -> Self {
        let scene = Self::glass().await;
        scene.vote(1, Vote::Reject).await;
        scene.vote(2, Vote::Reject).await;
        scene
    }

    /// It fails, the policy is tightened, and the retry is approved again.
    pub async fn retried() -> Self {
        let scene = scene(two_of_three()).await;
        scene.approve().await;
        let (claim, mut worker) = (scene.claim().await, scene.world.database.connect("workflow_worker").await);
        scene.step(&claim, 0, Ok(json!({"text": "3"}))).await;
        scene.step(&claim, 1, Err("refused".to_owned())).await;
        fail(&mut worker, &claim.run, "second failed: refused").await.expect("fails");

        let (council, mut connection) = ("web-team".parse().expect("an id"), scene.world.connect().await);
        let seen = councils::find(&mut connection, &council).await.expect("is there").version();
        let tighter = serde_json::from_value(json!({"decision_rule": {"kind": "unanimous"}})).expect("a policy");
        let claims = &scene.world.admin.claims;
        councils::policies::replace(&mut connection, claims, &context(1), &council, seen, &tighter)
            .await
            .expect("edits");
        let retried =
            retry(&mut connection, claims, &context(1), scene.workflow, RetryFrom::FailedStep).await.expect("retries");
        assert_eq!(retried.new_votes.len(), 1);
        for operator in 0..3 {
            scene.vote(operator, Vote::Approve).await;
        }
        let claim = scene.claim().await;
        scene.step(&claim, 1, Ok(json!({"text": "3"}))).await;
        complete(&mut worker, &claim.run, None).await.expect("completes");
        scene
    }

    /// Nobody decides in time, and an admin decides for the council that it is escalated to.
    pub async fn escalated() -> Self {
        let policy = json!({"on_expiry": "escalate", "escalate_to": "governance"});
        let scene = scene(with(two_of_three(), policy)).await;
        scene.vote(0, Vote::Approve).await;
        scene.pass_the_deadline().await;
        scene.rejected_by_governance().await
    }

    /// Nobody decides in time, an admin does not wait for the council that it is escalated to, and that council ratifies.
    pub async fn escalated_glass() -> Self {
        let policy = json!({"on_expiry": "escalate", "escalate_to": "governance"});
        let scene = scene(with(two_of_three(), policy)).await;
        scene.pass_the_deadline().await;
        let scene = scene.break_glass().await;
        scene.decided_by_governance(Vote::Approve).await
    }

    async fn rejected_by_governance(self) -> Self {
        self.decided_by_governance(Vote::Reject).await
    }

    async fn decided_by_governance(self, vote: Vote) -> Self {
        let admin = person(&self.world.database, "governor", Role::Admin).await;
        let seat = "INSERT INTO council_seats (council_id, user_id, seat) VALUES ('governance', '{}', 'chair')";
        self.world.database.execute(&seat.replace("{}", &admin.id.to_string())).await;
        let admin = log_in(&self.world.database, admin.id).await;
        self.vote_in("governance", &admin, vote, Some("Seen.")).await;
        self
    }

    /// Its council is retired, and another one decides.
    pub async fn moved() -> Self {
        let scene = Self::begun().await;
        let (council, mut connection) = ("web-team".parse().expect("an id"), scene.world.connect().await);
        let seen = councils::find(&mut connection, &council).await.expect("is there").version();
        let successor = "governance".parse().expect("an id");
        let claims = &scene.world.admin.claims;
        retire(&mut connection, claims, &context(1), &council, seen, OpenProposals::Move(&successor))
            .await
            .expect("retires");
        scene.rejected_by_governance().await
    }

    /// The chair votes; somebody stands in for them, votes otherwise, and is deactivated before the decision.
    pub async fn stand_in_gone() -> Self {
        let scene = scene(two_of_three()).await;
        scene.vote(0, Vote::Approve).await;
        let stand_in = person(&scene.world.database, "stand-in", Role::CouncilOperator).await;
        let (holder, council): (UserId, CouncilId) = (scene.world.operators[0].id, "web-team".parse().expect("an id"));
        let new =
            NewDelegation { holder, delegate: stand_in.id, starts_at: None, ends_at: Utc::now() + TimeDelta::days(1) };
        let (claims, mut connection) = (&scene.world.admin.claims, scene.world.connect().await);
        delegate(&mut connection, claims, &context(1), &council, new).await.expect("delegates");
        let stand_in = log_in(&scene.world.database, stand_in.id).await;
        scene.vote_in("web-team", &stand_in, Vote::Reject, Some("I would not.")).await;
        let gone = format!("UPDATE users SET state = 'deactivated' WHERE id = '{}'", stand_in.id);
        scene.world.database.execute(&gone).await;
        let second = log_in(&scene.world.database, scene.world.operators[1].id).await;
        scene.vote_in("web-team", &second, Vote::Approve, None).await;
        scene
    }
}

/// The one mandate that there is.
async fn the_mandate(world: &World) -> WorkflowId {
    let council = "web-team".parse().expect("an id");
    let found = mandates::of_council(&mut world.connect().await, &council).await.expect("lists");
    found.first().expect("a mandate").mandate.id
}
