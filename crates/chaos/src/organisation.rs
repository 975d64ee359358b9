//! Who works with the product: an admin, operators with their council, agents, and the workflow types.

use anyhow::Context;
use reqwest::Client;
use serde_json::{Value, json};
use testing::process;

use crate::stack::Stack;
use crate::tickets::{APPROVALS, COUNCIL, Kind, OPERATORS};

/// How many agents propose.
const AGENTS: usize = 4;
const ADMIN: &str = "admin@example.com";

/// Credentials of everybody who takes part.
pub struct Organisation {
    /// The admin's token.
    pub admin: String,
    /// The operators' tokens.
    pub operators: Vec<String>,
    /// The agents' keys.
    pub agents: Vec<String>,
}

struct Caller<'a> {
    client: &'a Client,
    bearer: String,
}

impl Caller<'_> {
    async fn post(&self, url: String, body: &Value) -> anyhow::Result<Value> {
        let answer = self.client.post(&url).bearer_auth(&self.bearer).json(body).send().await?;
        let (status, body) = (answer.status(), answer.json::<Value>().await?);
        anyhow::ensure!(status.is_success(), "{url} answers {status}: {body:#}");
        Ok(body)
    }
}

fn text<'a>(value: &'a Value, field: &str) -> anyhow::Result<&'a str> {
    value[field].as_str().with_context(|| format!("{field} is missing in {value:#}"))
}

impl Organisation {
    /// Founds it over the API, as people do.
    pub async fn found(stack: &Stack) -> anyhow::Result<Self> {
        let (auth, council) = (&stack.auth_url, &stack.council_urls[0]);
        let password = || format!("a password of {} letters", uuid::Uuid::new_v4());
        let (client, secret) = (Client::new(), password());
        let url = stack.database_url("auth_service").await;
        let arguments = ["create-admin", "--email", ADMIN, "--name", "Admin", "--password-stdin"];
        let variables = [("APP_ENV", "development"), ("DATABASE_URL", &url), ("BCRYPT_COST", "10")];
        process::run("auth-service", &arguments, &variables, &secret)?;
        let admin = Caller { client: &client, bearer: log_in(&client, auth, ADMIN, &secret).await? };

        let (mut accounts, mut seats) = (Vec::new(), serde_json::Map::new());
        for number in 1..=OPERATORS {
            let (email, secret) = (format!("operator{number}@example.com"), password());
            let new = json!({"email": email, "name": format!("Operator {number}"), "role": "council_operator",
                             "password": secret});
            let user = admin.post(format!("{auth}/api/admin/users"), &new).await?;
            seats.insert(text(&user, "id")?.to_owned(), json!("member"));
            accounts.push((email, secret));
        }
        let found = |id: &str, domain: &str, policy: Value| json!({"id": id, "name": id, "purpose": "Decides.", "domains": [domain], "seats": seats, "policy": policy});
        let rule = json!({"kind": "approvals", "required": APPROVALS});
        for new in [
            found(COUNCIL, "chaos", json!({"decision_rule": rule})),
            found("free", "chaos_free", json!({"decision_rule": rule, "review_actions": []})),
        ] {
            admin.post(format!("{council}/api/admin/councils"), &new).await?;
        }
        for kind in Kind::ALL {
            let domain = if kind.is_reviewed() { "chaos" } else { "chaos_free" };
            let new = json!({"id": kind.id(), "domain": domain, "name": kind.id(),
                             "input_schema": {"type": "object"}, "steps": kind.steps()});
            admin.post(format!("{council}/api/workflow-types"), &new).await?;
            let (priority, max_running) = kind.limits();
            let limits = json!({"priority": priority, "max_running": max_running});
            let url = format!("{council}/api/admin/workflow-types/{}/limits", kind.id());
            client.put(url).bearer_auth(&admin.bearer).json(&limits).send().await?.error_for_status()?;
        }
        let mut agents = Vec::new();
        for number in 1..=AGENTS {
            let agent =
                admin.post(format!("{auth}/api/admin/agents"), &json!({"name": format!("Agent {number}")})).await?;
            let keys = format!("{auth}/api/admin/agents/{}/keys", text(&agent, "id")?);
            let key = admin.post(keys, &json!({"expires_in_days": 1})).await?;
            agents.push(text(&key, "api_key")?.to_owned());
        }
        // After they are seated: a new seat makes the tokens from before void.
        let mut operators = Vec::new();
        for (email, secret) in accounts {
            operators.push(log_in(&client, auth, &email, &secret).await?);
        }
        Ok(Self { admin: admin.bearer, operators, agents })
    }
}

async fn log_in(client: &Client, auth: &str, email: &str, password: &str) -> anyhow::Result<String> {
    let credentials = json!({"email": email, "password": password});
    let answer = client.post(format!("{auth}/api/auth/login")).json(&credentials).send().await?.error_for_status()?;
    Ok(text(&answer.json().await?, "token")?.to_owned())
}
