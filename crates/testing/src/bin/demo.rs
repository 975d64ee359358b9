//! The main job as a story, told against a running stack: an agent proposes, a council decides, a worker runs exactly
//! that, and the evidence holds. Ends with an error as soon as a promise is broken.
#![expect(clippy::print_stdout, reason = "the story is told on standard output")]

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use governance::digest::Digest;
use serde_json::{Value, json};
use testing::runtime::variable;
use testing::{Client, Receiver};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let authority = std::fs::read(variable("CA_CERT")?).context("CA_CERT can't be read")?;
    let api = Client::trusting(&variable("API_URL")?, &authority);
    let story = Story::begin(api, &variable("ADMIN_EMAIL")?, &variable("ADMIN_PASSWORD")?).await?;
    let approved = story.approval().await?;
    story.rejection().await?;
    story.correction().await?;
    story.evidence(&approved).await?;
    println!("\nEvery promise was kept. See it in the console: {}/workflows/{approved}", variable("CONSOLE_URL")?);
    Ok(())
}

/// The people and things of the story; each telling has its own.
struct Story {
    api: Client,
    agent: Client,
    operators: [(&'static str, Client); 2],
    council: String,
    workflow_type: String,
    receiver: Receiver,
}

fn chapter(title: &str) {
    println!("\n{title}");
}

fn told(fact: &str) {
    println!("  {fact}");
}

fn text<'a>(value: &'a Value, pointer: &str) -> anyhow::Result<&'a str> {
    value.pointer(pointer).and_then(Value::as_str).with_context(|| format!("{pointer} is missing in {value:#}"))
}

async fn log_in(api: &Client, email: &str, password: &str) -> anyhow::Result<Client> {
    let answer = api.post("/api/auth/login", &json!({"email": email, "password": password})).await;
    ensure!(answer.status.as_u16() != 429, "too many logins in a minute: wait a minute and try again");
    let body = answer.expect(200);
    Ok(api.with(text(&body, "/token")?))
}

/// Has the product's own command check the evidence, as whoever gets it would: it needs nothing but the document and, to
/// tell who signed, the public key.
fn verify_evidence(evidence: &Value) -> anyhow::Result<()> {
    let program = std::env::current_exe()?.with_file_name("auth-service");
    let mut command = Command::new(&program);
    command.args(["audit", "verify-evidence", "-"]).env_clear().stdin(Stdio::piped()).stdout(Stdio::piped());
    if let Ok(key) = std::env::var("AUDIT_PUBLIC_KEY") {
        command.args(["--public-key", &key]);
    }
    let mut child = command.spawn().with_context(|| format!("{} can't be started", program.display()))?;
    child.stdin.take().context("standard input")?.write_all(evidence.to_string().as_bytes())?;
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "auth-service audit verify-evidence refuses the evidence");
    told("auth-service audit verify-evidence checks it offline:");
    String::from_utf8_lossy(&output.stdout).lines().for_each(told);
    Ok(())
}

impl Story {
    async fn begin(api: Client, email: &str, password: &str) -> anyhow::Result<Self> {
        chapter("An admin prepares");
        let health = api.get("/health").await.expect(200);
        told(&format!("the system says that it is {}", text(&health, "/status")?));
        let admin = log_in(&api, email, password).await?;
        told(&format!("{email} logs in"));

        let telling = &uuid::Uuid::new_v4().simple().to_string()[..8];
        let mut seats = serde_json::Map::new();
        let mut accounts = Vec::new();
        for name in ["Ada", "Grace"] {
            let email = format!("{}-{telling}@example.com", name.to_lowercase());
            let password = format!("a {name} of {} words", uuid::Uuid::new_v4());
            let new = json!({"email": email, "name": name, "role": "council_operator", "password": password});
            let user = admin.post("/api/admin/users", &new).await.expect(201);
            seats.insert(text(&user, "/id")?.to_owned(), json!("member"));
            accounts.push((name, email, password));
        }
        told("two operators, Ada and Grace, get accounts");

        let council = format!("web-{telling}");
        let domain = format!("web_{telling}");
        let policy = json!({"decision_rule": {"kind": "approvals", "required": 2}});
        let new = json!({"id": council, "name": format!("Web council {telling}"), "purpose": "Decides what is published.",
                         "domains": [domain], "seats": seats, "policy": policy});
        admin.post("/api/admin/councils", &new).await.expect(201);
        told("their council is founded; its policy: everything is reviewed, two approvals are needed");
        // After they are seated: a token says which seats its person has, and a new seat makes those from before void.
        let mut operators = Vec::new();
        for (name, email, password) in accounts {
            operators.push((name, log_in(&api, &email, &password).await?));
        }
        told("they log in");

        let workflow_type = format!("{domain}.publish_page");
        let new = json!({
            "id": workflow_type, "domain": domain, "name": "Publish a page",
            "input_schema": {
                "type": "object", "required": ["title", "site"], "additionalProperties": false,
                "properties": {"title": {"type": "string", "maxLength": 100}, "site": {"type": "string", "format": "uri"}},
            },
            "steps": [
                {"name": "page", "kind": "render_template",
                 "with": {"template": "<!doctype html><h1>{{ inputs.title }}</h1>"}},
                {"name": "publish", "kind": "http_request",
                 "with": {"method": "POST", "url": "{{ inputs.site }}/pages",
                          "body": {"html": "{{ steps.page.output.text }}"}}},
            ],
        });
        admin.post("/api/workflow-types", &new).await.expect(201);
        let agent = admin.post("/api/admin/agents", &json!({"name": format!("Publisher {telling}")})).await.expect(201);
        let keys = format!("/api/admin/agents/{}/keys", text(&agent, "/id")?);
        let key = admin.post(&keys, &json!({"expires_in_days": 1})).await.expect(201);
        told("a workflow type (render a page, then POST it to the site) and an agent with an API key are ready");

        let operators = operators.try_into().map_err(|_| anyhow::anyhow!("two operators"))?;
        let agent = api.with(text(&key, "/api_key")?);
        // Where workers in containers reach this machine, if not at their own loopback.
        let address = std::env::var("RECEIVER_ADDRESS").unwrap_or_else(|_| "127.0.0.1".to_owned());
        let receiver = Receiver::start_at(address.parse().context("RECEIVER_ADDRESS is no address")?);
        Ok(Self { api, agent, operators, council, workflow_type, receiver })
    }

    async fn propose(&self, title: &str) -> anyhow::Result<Value> {
        let inputs = json!({"title": title, "site": self.receiver.url()});
        let new = json!({"workflow_type": self.workflow_type, "inputs": inputs, "weekly_savings": "1200.00",
                         "reason": "The campaign starts on Friday."});
        Ok(self.agent.post("/api/workflows", &new).await.expect(201))
    }

    async fn vote(&self, voter: &Client, workflow: &Value, vote: &str) -> anyhow::Result<testing::Answer> {
        let ballot = json!({"workflow_id": text(workflow, "/id")?, "vote": vote, "digest": text(workflow, "/digest")?});
        Ok(voter.post(&format!("/api/councils/{}/vote", self.council), &ballot).await)
    }

    async fn look(&self, id: &str) -> Value {
        self.agent.get(&format!("/api/workflows/{id}")).await.expect(200)
    }

    async fn approval(&self) -> anyhow::Result<String> {
        chapter("An agent proposes, and waits");
        let workflow = self.propose("Autumn sale <50%>").await?;
        let id = text(&workflow, "/id")?;
        ensure!(workflow["status"] == "pending_review", "the proposal was not held for review: {workflow:#}");
        told(&format!("workflow {id} is held for review by {}", self.council));
        told(&format!("what would run has the digest {}", text(&workflow, "/digest")?));
        let own = self.vote(&self.agent, &workflow, "approve").await?;
        ensure!(own.status.as_u16() == 401, "an agent could vote: {own:?}");
        told("the agent tries to vote on it itself: refused");
        let refused = self
            .agent
            .post("/api/workflows", &json!({"workflow_type": self.workflow_type, "inputs": {"title": 1}}))
            .await;
        ensure!(refused.status.as_u16() == 422, "malformed inputs were taken: {refused:?}");
        told("a proposal with malformed inputs: refused, with the places of the faults");

        chapter("Two operators vote");
        let [(ada, first), (grace, second)] = &self.operators;
        let stale = json!({"workflow_id": id, "vote": "approve", "digest": "0".repeat(64)});
        let answer = first.post(&format!("/api/councils/{}/vote", self.council), &stale).await;
        ensure!(answer.status.as_u16() == 409, "a vote on something else was taken: {answer:?}");
        told(&format!("{ada} votes on a digest that is not what would run: refused"));
        for _ in 0..2 {
            let recorded = self.vote(first, &workflow, "approve").await?.expect(200);
            ensure!(recorded["tally"]["approve"] == 1, "one person counts twice: {recorded:#}");
        }
        told(&format!("{ada} approves, twice: it counts once, and one approval is not enough"));
        tokio::time::sleep(Duration::from_secs(1)).await;
        ensure!(self.receiver.calls().is_empty(), "it ran before it was approved");
        told("nothing has run: the site was not called");
        let decided = Instant::now();
        let recorded = self.vote(second, &workflow, "approve").await?.expect(200);
        ensure!(recorded["outcome"] == "approved", "two approvals did not decide: {recorded:#}");
        told(&format!("{grace} approves: decided"));
        let late = self.vote(first, &workflow, "reject").await?;
        ensure!(late.status.as_u16() == 409, "a decided workflow took a vote: {late:?}");
        told(&format!("{ada} changes her mind too late: refused"));

        chapter("A worker runs it");
        let done = self.wait_for(id, "completed").await?;
        told(&format!("completed {} ms after the deciding vote", decided.elapsed().as_millis()));
        let calls = self.receiver.calls();
        ensure!(calls.len() == 1, "the site was called {} times", calls.len());
        let key = format!("{id}/publish");
        ensure!(calls[0].headers.get("idempotency-key") == Some(&key), "the call has another key: {:?}", calls[0]);
        ensure!(
            calls[0].body == json!({"html": "<!doctype html><h1>Autumn sale &lt;50%&gt;</h1>"}),
            "another page was published: {:?}",
            calls[0].body
        );
        told(&format!("the site was called once, with the page, under Idempotency-Key {key}"));
        for step in done["steps"].as_array().context("steps")? {
            told(&format!("step {}: {}", text(step, "/name")?, text(step, "/status")?));
        }
        Ok(id.to_owned())
    }

    async fn rejection(&self) -> anyhow::Result<()> {
        chapter("Another proposal is rejected");
        let before = self.receiver.calls().len();
        let workflow = self.propose("Everything for free").await?;
        let recorded = self.vote(&self.operators[0].1, &workflow, "reject").await?.expect(200);
        ensure!(recorded["status"] == "rejected", "it can't be approved any more, and is not rejected: {recorded:#}");
        tokio::time::sleep(Duration::from_secs(1)).await;
        let found = self.look(text(&workflow, "/id")?).await;
        ensure!(found["steps"].as_array().is_some_and(|steps| steps.iter().all(|step| step["status"] == "pending")));
        ensure!(self.receiver.calls().len() == before, "a rejected workflow ran");
        told(&format!("{} rejects it, so two approvals can't be reached: it never runs", self.operators[0].0));
        Ok(())
    }

    async fn correction(&self) -> anyhow::Result<()> {
        chapter("The page is corrected");
        let workflow = self.propose("Autumn sale <50%>, until Sunday").await?;
        for (_, voter) in &self.operators {
            self.vote(voter, &workflow, "approve").await?.expect(200);
        }
        self.wait_for(text(&workflow, "/id")?, "completed").await?;
        told("a correction is approved by both, and published: each change is a decision of its own");
        Ok(())
    }

    async fn wait_for(&self, id: &str, status: &str) -> anyhow::Result<Value> {
        for _ in 0..100 {
            let found = self.look(id).await;
            if found["status"] == status {
                return Ok(found);
            }
            ensure!(!["failed", "cancelled"].contains(&text(&found, "/status")?), "it ended otherwise: {found:#}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        anyhow::bail!("workflow {id} was not {status} in 20 s")
    }

    async fn evidence(&self, id: &str) -> anyhow::Result<()> {
        chapter("Anybody can check it");
        let evidence = self.sealed_evidence(id).await?;
        let digest: Digest = text(&evidence, "/workflow/digest")?.parse().map_err(anyhow::Error::msg)?;
        ensure!(Digest::of_json(&evidence["proposal"]) == digest, "the digest is not the proposal's");
        told("the digest is the SHA-256 of the type, its version, schema and steps, and the inputs");
        let votes = evidence["votes"].as_array().context("votes")?;
        let people: BTreeSet<_> = votes.iter().filter_map(|vote| vote["voter"]["name"].as_str()).collect();
        ensure!(people == BTreeSet::from(["Ada", "Grace"]), "other people voted: {people:?}");
        ensure!(votes.iter().all(|vote| vote["digest"] == digest.to_string()), "a vote is on something else");
        told("both votes are on that digest");

        let links = evidence["audit"].as_array().context("audit")?;
        for link in links {
            let hash =
                |name: &str| link[name].as_str().map(str::parse::<Digest>).transpose().map_err(anyhow::Error::msg);
            let previous = hash("previous_hash")?.unwrap_or(Digest::ZERO);
            let sealed = Digest::chained(previous, &link["record"]);
            ensure!(hash("hash")? == Some(sealed), "the record was altered: {link:#}");
        }
        let acts: Vec<_> = links.iter().filter_map(|link| link["record"]["action"].as_str()).collect();
        let place = |action: &str| {
            acts.iter().position(|act| *act == action).with_context(|| format!("{action} is not on the record"))
        };
        ensure!(
            acts.iter().filter(|act| **act == "workflow.approved").count() == 1,
            "it was not approved once: {acts:?}"
        );
        ensure!(place("workflow.proposed")? < place("vote.cast")?, "voted before it was proposed");
        ensure!(place("workflow.approved")? < place("workflow.started")?, "started before it was approved");
        ensure!(place("workflow.started")? < place("workflow.completed")?, "completed before it started");
        told(&format!("{} acts are on the record, each sealed into the hash chain and unaltered:", acts.len()));
        told(&acts.join(", "));
        verify_evidence(&evidence)?;
        let stranger = self.api.get(&format!("/api/workflows/{id}/evidence")).await;
        ensure!(stranger.status.as_u16() == 401, "the evidence is open to strangers");
        Ok(())
    }

    /// The sealer follows within a second.
    async fn sealed_evidence(&self, id: &str) -> anyhow::Result<Value> {
        for _ in 0..50 {
            let evidence = self.agent.get(&format!("/api/workflows/{id}/evidence")).await.expect(200);
            let links = evidence["audit"].as_array().context("audit")?;
            if links.iter().all(|link| link["hash"].is_string()) {
                return Ok(evidence);
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        anyhow::bail!("the record was not sealed in 10 s")
    }
}
