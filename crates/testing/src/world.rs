//! A small organisation to test with: an admin, three operators, an agent, one council and one workflow type.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use common::claims::Seat;
use common::http::RequestContext;
use common::ids::WorkflowId;
use common::keys::{ApiKey, secret_hash};
use common::roles::Role;
use common::text::Text;
use database::Connection;
use database::governance::cast_vote::{NewVote, Recorded, cast_vote};
use database::governance::councils::found::{self, NewCouncil};
use database::governance::evidence;
use database::governance::propose::{Outcome, Proposal, Proposer, propose};
use database::governance::workflow_types::{self, NewContent, NewWorkflowType};
use database::governance::workflows::{self, Detail};
use database::identity::agents::{self, Agent, NewKey, Scope};
use governance::workflow::{Vote, WorkflowStatus};
use serde_json::{Value, json};

use crate::people::log_in;
use crate::{Person, TestDatabase, person};

/// The organisation. Its council `web-team` answers for the domain `web`, and needs two approvals of three seats.
pub struct World {
    /// Where it is kept.
    pub database: TestDatabase,
    /// An admin without a seat.
    pub admin: Person,
    /// The council's operators; the first is its chair.
    pub operators: Vec<Person>,
    /// An agent of the admin's.
    pub agent: Agent,
    /// The agent's key.
    pub agent_key: String,
}

impl World {
    /// Founds it, with a policy that has everything reviewed.
    pub async fn new() -> Self {
        Self::with_policy(json!({"decision_rule": {"kind": "approvals", "required": 2}})).await
    }

    /// Founds it with another policy.
    pub async fn with_policy(policy: Value) -> Self {
        let database = TestDatabase::new().await;
        let admin = person(&database, "admin", Role::Admin).await;
        let mut operators = Vec::new();
        for name in ["chair", "member-one", "member-two"] {
            operators.push(person(&database, name, Role::CouncilOperator).await);
        }
        let seats: BTreeMap<_, _> = operators
            .iter()
            .enumerate()
            .map(|(index, one)| (one.id, if index == 0 { Seat::Chair } else { Seat::Member }))
            .collect();
        let council = NewCouncil {
            id: &"web-team".parse().expect("an id"),
            name: &"Web team".to_owned().try_into().expect("a name"),
            purpose: &Text::default(),
            domains: &BTreeSet::from(["web".parse().expect("a domain")]),
            seats: &seats,
            policy: &serde_json::from_value(policy).expect("a policy"),
        };
        let context = RequestContext::default();
        let mut connection = database.connect("council_service").await;
        found::create(&mut connection, &admin.claims, &context, council).await.expect("founds the council");
        // Their seats have made their first tokens void.
        for operator in &mut operators {
            *operator = log_in(&database, operator.id).await;
        }

        let mut connection = database.connect("auth_service").await;
        let name = "Publisher".to_owned().try_into().expect("a name");
        let agent = agents::create(&mut connection, &admin.claims, &context, &name, None).await.expect("adds");
        let key = ApiKey { prefix: "testtesttest".to_owned(), secret: "a-secret".to_owned() };
        let new = NewKey {
            prefix: &key.prefix,
            secret_hash: &secret_hash(&key.secret),
            lifetime: Duration::from_hours(1),
            scopes: Scope::ALL,
        };
        agents::issue_key(&mut connection, &admin.claims, &context, agent.id, new).await.expect("issues the key");
        Self { database, admin, operators, agent, agent_key: key.to_string() }
    }

    /// A connection with council-service's role.
    pub async fn connect(&self) -> Connection {
        self.database.connect("council_service").await
    }

    /// Adds a workflow type of the domain `web` with these steps; it takes any inputs.
    pub async fn add_type(&self, id: &str, steps: Value) {
        self.add_type_of(id, "web", steps).await;
    }

    /// Adds a workflow type of another domain.
    pub async fn add_type_of(&self, id: &str, domain: &str, steps: Value) {
        let steps: Vec<_> = serde_json::from_value(steps).expect("steps");
        let input_schema = json!({"type": "object"});
        assert_eq!(governance::definition::faults(&input_schema, &steps), []);
        let says = NewContent {
            name: &"A type".to_owned().try_into().expect("a name"),
            description: &Text::default(),
            input_schema: &input_schema,
            steps: &steps,
        };
        let (id, domain) = (id.parse().expect("an id"), domain.parse().expect("a domain"));
        let new = NewWorkflowType { id: &id, domain: &domain, content: says };
        let context = RequestContext::default();
        workflow_types::create(&mut self.connect().await, &self.admin.claims, &context, new).await.expect("adds");
    }

    /// The agent proposes a workflow.
    pub async fn propose(&self, workflow_type: &str, inputs: Value) -> WorkflowId {
        let proposal = Proposal {
            workflow_type: &workflow_type.parse().expect("an id"),
            version: None,
            inputs: &inputs,
            weekly_savings: None,
            reason: None,
            supersedes: None,
        };
        let context = RequestContext { request_id: Some("request-of-a-test".to_owned()), ..RequestContext::default() };
        let proposer = Proposer::Agent(&self.agent);
        match propose(&mut self.connect().await, proposer, &context, proposal).await.expect("proposes") {
            Outcome::Accepted(id) => id,
            Outcome::Blocked(_, council) => panic!("blocked by {council}"),
        }
    }

    /// A person votes.
    pub async fn vote(&self, voter: &Person, workflow: WorkflowId, vote: Vote) -> database::Result<Recorded> {
        let council = "web-team".parse().expect("an id");
        let new = NewVote { council: &council, workflow, vote, comment: None, round: None, digest: None };
        cast_vote(&mut self.connect().await, &voter.claims, &RequestContext::default(), new).await
    }

    /// Two operators approve.
    pub async fn approve(&self, workflow: WorkflowId) {
        for operator in &self.operators[..2] {
            self.vote(operator, workflow, Vote::Approve).await.expect("votes");
        }
    }

    /// Everything about a workflow.
    pub async fn find(&self, workflow: WorkflowId) -> Detail {
        workflows::find(&mut self.connect().await, workflow).await.expect("finds it")
    }

    /// Checks the evidence of a workflow, as anybody can who has it.
    pub async fn prove(&self, workflow: WorkflowId) {
        let evidence = evidence::gather(&mut self.connect().await, workflow).await.expect("gathers");
        evidence::verify(&evidence, None).expect("the evidence holds");
    }

    /// Waits until a workflow has this status.
    pub async fn wait_for(&self, workflow: WorkflowId, status: WorkflowStatus) -> Detail {
        let mut connection = self.connect().await;
        for _ in 0..3000 {
            let found = workflows::find(&mut connection, workflow).await.expect("finds it");
            if found.summary.status == status {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("not {status} in 30 s: {:#?}", self.find(workflow).await);
    }
}
