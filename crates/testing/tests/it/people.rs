//! People and an agent of a product that runs, who know it by its API only.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use testing::{Client, Product};
use uuid::Uuid;

/// What nobody else may tell: parts of inputs, of a secret, of a reason and of a comment.
pub const MARKS: [&str; 4] = ["mark-of-inputs", "mark-of-secret", "mark-of-reason", "mark-of-comment"];

/// Who proposes and who votes, each over the API.
pub struct People {
    agent: Client,
    operators: Vec<Client>,
    /// Their tokens and keys.
    pub credentials: Vec<String>,
}

impl People {
    /// Founds a council of two that has to approve everything, and a workflow type that calls a URL.
    pub async fn found(product: &Product) -> Self {
        let token = product.log_in().await.expect("logs in");
        let auth = product.client("auth-service");
        let (admin, governing) = (auth.with(&token), product.client("council-service").with(&token));
        let (mut accounts, mut seats) = (Vec::new(), serde_json::Map::new());
        for name in ["ada", "grace"] {
            let account =
                json!({"email": format!("{name}@example.com"), "password": format!("a password {}", Uuid::new_v4())});
            let mut new = account.clone();
            (new["name"], new["role"]) = (json!(name), json!("council_operator"));
            let user = admin.post("/api/admin/users", &new).await.expect(201);
            seats.insert(user["id"].as_str().expect("an id").to_owned(), json!("member"));
            accounts.push(account);
        }
        let policy = json!({"decision_rule": {"kind": "approvals", "required": 2}});
        let council =
            json!({"id": "web-team", "name": "Web team", "domains": ["web"], "seats": seats, "policy": policy});
        governing.post("/api/admin/councils", &council).await.expect(201);
        let secret = json!({"value": MARKS[1], "description": "Opens it."});
        governing.send(governing.request(Method::PUT, "/api/admin/secrets/opener").json(&secret)).await;
        let step = json!({"name": "call", "kind": "http_request", "max_attempts": 3, "with": {
            "method": "POST", "url": "{{ inputs.url }}/{{ inputs.path }}",
            "headers": {"authorization": "Bearer {{ secrets.opener }}"}}});
        let new = json!({"id": "web.call", "domain": "web", "name": "Call", "input_schema": {"type": "object"},
                         "steps": [step]});
        governing.post("/api/workflow-types", &new).await.expect(201);
        let agent = admin.post("/api/admin/agents", &json!({"name": "Caller"})).await.expect(201);
        let keys = format!("/api/admin/agents/{}/keys", agent["id"].as_str().expect("an id"));
        let key = admin.post(&keys, &json!({"expires_in_days": 1})).await.expect(201);
        let key = key["api_key"].as_str().expect("a key").to_owned();

        // After they were seated: a new seat makes the tokens from before void.
        let (council_service, mut operators) = (product.client("council-service"), Vec::new());
        let mut credentials = vec![token, key.clone()];
        for account in &accounts {
            let session = auth.post("/api/auth/login", account).await.expect(200);
            let token = session["token"].as_str().expect("a token");
            operators.push(council_service.with(token));
            credentials.push(token.to_owned());
        }
        Self { agent: council_service.with(&key), operators, credentials }
    }

    /// The agent proposes a call to this URL; with these headers.
    pub async fn propose(&self, url: &str, headers: &[(&str, &str)]) -> String {
        let proposal = json!({"workflow_type": "web.call", "inputs": {"url": url, "path": MARKS[0]},
                              "reason": MARKS[2]});
        let mut request = self.agent.request(Method::POST, "/api/workflows").json(&proposal);
        for &(name, value) in headers {
            request = request.header(name, value);
        }
        let workflow = self.agent.send(request).await.expect(201);
        workflow["id"].as_str().expect("an id").to_owned()
    }

    /// Both operators vote for it.
    pub async fn approve(&self, workflow: &str) {
        let vote = json!({"workflow_id": workflow, "vote": "approve", "comment": MARKS[3]});
        for operator in &self.operators {
            operator.post("/api/councils/web-team/vote", &vote).await.expect(200);
        }
    }

    /// Waits until it is done.
    pub async fn wait_until_completed(&self, workflow: &str) {
        let began = Instant::now();
        loop {
            let found = self.agent.get(&format!("/api/workflows/{workflow}")).await.expect(200);
            if found["status"] == "completed" {
                return;
            }
            assert!(began.elapsed() < Duration::from_mins(1), "not completed in a minute: {found:#}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
