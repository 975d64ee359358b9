//! Who works with the product: operators with their council, agents, and a workflow type that is reviewed.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use testing::Client;
use testing::runtime::Runtime;

/// How many approvals a proposal needs.
pub const APPROVALS: usize = 2;
/// How many people hold seats, and how many agents propose.
const OPERATORS: usize = 20;
const AGENTS: usize = 20;
/// Tokens hold for 15 minutes.
const RENEWAL: Duration = Duration::from_mins(7);

/// Credentials of everybody who takes part.
pub struct Organisation {
    /// The council that reviews.
    pub council: String,
    /// The type that is proposed.
    pub workflow_type: String,
    /// The agents' keys.
    pub agents: Vec<String>,
    /// The operators.
    pub operators: Vec<Operator>,
    auth: Client,
}

/// Somebody with a seat.
pub struct Operator {
    /// Their address.
    pub email: String,
    /// Their password.
    pub password: String,
    token: Mutex<String>,
}

impl Operator {
    /// The token that they have now.
    pub fn token(&self) -> String {
        self.token.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn log_in(&self, auth: &Client) {
        let credentials = json!({"email": self.email, "password": self.password});
        let answer = auth.post("/api/auth/login", &credentials).await.expect(200);
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = text(&answer, "token");
    }
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("{field} is missing in {value:#}")).to_owned()
}

impl Organisation {
    /// Founds it over the API, under names of its own.
    pub async fn found(runtime: &Runtime) -> anyhow::Result<Self> {
        let auth = Client::new(&runtime.auth);
        // Of letters and digits only: a council, a domain and a host take it.
        let name = format!("load{}", uuid::Uuid::new_v4().simple());
        let credentials = json!({"email": runtime.admin_email, "password": runtime.admin_password});
        let admin = text(&auth.post("/api/auth/login", &credentials).await.expect(200), "token");
        let (admin, council) = (auth.with(&admin), Client::new(&runtime.council).with(&admin));

        let (mut operators, mut seats) = (Vec::new(), serde_json::Map::new());
        for number in 1..=OPERATORS {
            let (email, password) =
                (format!("{number}@{name}.example"), format!("a password of {}", uuid::Uuid::new_v4()));
            let new = json!({"email": email, "name": format!("Operator {number}"), "role": "council_operator",
                             "password": password});
            seats.insert(text(&admin.post("/api/admin/users", &new).await.expect(201), "id"), json!("member"));
            operators.push(Operator { email, password, token: Mutex::default() });
        }
        let rule = json!({"kind": "approvals", "required": APPROVALS});
        let new = json!({"id": name, "name": "Load", "purpose": "Decides.", "domains": [name], "seats": seats,
                         "policy": {"decision_rule": rule}});
        council.post("/api/admin/councils", &new).await.expect(201);
        let steps = json!([{"name": "note", "kind": "transform", "with": {"value": {"noted": true}}}]);
        let workflow_type = format!("{name}.note");
        let new = json!({"id": workflow_type, "domain": name, "name": "Load", "input_schema": {"type": "object"}, "steps": steps});
        council.post("/api/workflow-types", &new).await.expect(201);
        let mut agents = Vec::new();
        for number in 1..=AGENTS {
            let agent = admin.post("/api/admin/agents", &json!({"name": format!("{name} {number}")})).await.expect(201);
            let keys = format!("/api/admin/agents/{}/keys", text(&agent, "id"));
            let key = admin.post(&keys, &json!({"expires_in_days": 1})).await.expect(201);
            agents.push(text(&key, "api_key"));
        }
        // After they are seated: a new seat makes the tokens from before void.
        for operator in &operators {
            operator.log_in(&auth).await;
        }
        Ok(Self { council: name, workflow_type, agents, operators, auth })
    }

    /// Renews the operators' tokens before they end, for as long as it is awaited.
    pub async fn keep_logged_in(self: Arc<Self>) {
        loop {
            tokio::time::sleep(RENEWAL).await;
            for operator in &self.operators {
                operator.log_in(&self.auth).await;
            }
        }
    }
}
