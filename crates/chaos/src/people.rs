//! People and agents at work: they ask again until they are answered, and note only what was confirmed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::organisation::Organisation;
use crate::outside::Outside;
use crate::tickets::{APPROVALS, COUNCIL, Kind, Say, Ticket, Told};

/// How long one request may take before it is sent again.
const WAIT: Duration = Duration::from_secs(5);
/// The pause before a request is sent again, at first; each is twice as long as the one before, up to the longest.
const PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);
/// How often people look whether a run has asked them.
const LOOK: Duration = Duration::from_millis(500);
/// How long people go on asking after the last fault.
const PATIENCE: Duration = Duration::from_mins(1);

/// The people, with all that they need.
pub struct People {
    organisation: Organisation,
    council_urls: Vec<String>,
    client: Client,
    outside: Arc<Outside>,
    seed: u64,
    /// When the last fault was over.
    calm_since: watch::Receiver<Option<Instant>>,
    /// How often each answer came, by its status and code.
    answers: Mutex<BTreeMap<String, u64>>,
}

/// An answer that says what became of the request.
struct Answer {
    status: u16,
    body: Value,
}

impl People {
    /// Gathers them.
    pub fn new(
        organisation: Organisation,
        council_urls: Vec<String>,
        outside: Arc<Outside>,
        seed: u64,
        calm_since: watch::Receiver<Option<Instant>>,
    ) -> anyhow::Result<Self> {
        let client = Client::builder().timeout(WAIT).no_proxy().build()?;
        Ok(Self { organisation, council_urls, client, outside, seed, calm_since, answers: Mutex::default() })
    }

    /// How often each answer came.
    pub fn answers(&self) -> BTreeMap<String, u64> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Evidence about a workflow, as its proposer gets it.
    pub async fn evidence(&self, workflow: common::ids::WorkflowId) -> anyhow::Result<Value> {
        let path = format!("/api/workflows/{workflow}/evidence");
        let key = &self.organisation.agents[0];
        let answer = self.ask(0, |url| self.client.get(format!("{url}{path}")).bearer_auth(key)).await?;
        anyhow::ensure!(answer.status == 200, "{path} answers {}: {}", answer.status, answer.body);
        Ok(answer.body)
    }

    /// Does everything about one ticket.
    pub async fn deal_with(&self, number: u64) -> Told {
        let ticket = Ticket::new(self.seed, number);
        let mut told = Told { ticket, accepted: None, votes: Vec::new(), cancelled: false, given_up: None };
        if let Err(error) = self.pursue(number, &mut told).await {
            told.given_up = Some(format!("{error:#}"));
        }
        told
    }

    async fn pursue(&self, number: u64, told: &mut Told) -> anyhow::Result<()> {
        let ticket = told.ticket.clone();
        let agents = &self.organisation.agents;
        let agent = &agents[usize::try_from(number)? % agents.len()];
        let new = json!({"workflow_type": ticket.kind.id(), "inputs": ticket.inputs(self.outside.url())});
        let propose = |url: &str| {
            let request = self.client.post(format!("{url}/api/workflows")).bearer_auth(agent);
            request.header("idempotency-key", &ticket.name).json(&new)
        };
        let answer = self.ask(number, propose).await?;
        if answer.status != 201 {
            bail!("a proposal was answered {}: {}", answer.status, answer.body);
        }
        let id = answer.body["id"].as_str().context("an id")?.to_owned();
        let digest = answer.body["digest"].as_str().context("a digest")?.to_owned();
        let parsed = (id.parse().map_err(anyhow::Error::msg)?, digest.parse().map_err(anyhow::Error::msg)?);
        told.accepted = Some(parsed);

        let cancelling = async {
            let Some(after) = ticket.cancel else { return anyhow::Ok(false) };
            tokio::time::sleep(after).await;
            let path = format!("/api/workflows/{id}/cancel");
            let cancel = |url: &str| self.client.post(format!("{url}{path}")).bearer_auth(agent).json(&json!({}));
            // Sent again after an answer that was lost, it has ended already: by this or by itself, nobody can tell.
            expect(self.ask(number, cancel).await?, "already_ended")
        };
        let voting = async {
            let ballot = |round: u32| json!({"workflow_id": id, "digest": digest, "round": round});
            if !ticket.kind.is_reviewed() {
                return anyhow::Ok(Vec::new());
            }
            let mut votes = self.vote(number, &ticket, ticket.say, ballot(1)).await?;
            if ticket.kind == Kind::Ask && self.is_asked_again(number, &id).await? {
                votes.extend(self.vote(number, &ticket, ticket.say_again, ballot(2)).await?);
            }
            Ok(votes)
        };
        let (votes, cancelled) = tokio::join!(voting, cancelling);
        (told.votes, told.cancelled) = (votes?, cancelled?);
        Ok(())
    }

    /// The operators vote as the ticket says; returns whose votes were confirmed.
    async fn vote(&self, number: u64, ticket: &Ticket, say: Say, mut ballot: Value) -> anyhow::Result<Vec<usize>> {
        let (count, vote) = match say {
            Say::Approve => (APPROVALS, "approve"),
            // Two of three: then two approvals can't be reached.
            Say::Reject => (APPROVALS, "reject"),
            Say::TooFew(count) => (count, "approve"),
        };
        ballot["vote"] = json!(vote);
        let mut votes = Vec::new();
        for &voter in ticket.voters.iter().take(count) {
            let token = &self.organisation.operators[voter];
            let cast = |url: &str| {
                let request = self.client.post(format!("{url}/api/councils/{COUNCIL}/vote"));
                request.bearer_auth(token).json(&ballot)
            };
            if expect(self.ask(number, cast).await?, "already_decided")? {
                votes.push(voter);
            }
        }
        Ok(votes)
    }

    /// Waits until a run asks for a second vote; not so when it has ended, or waits for votes that nobody will cast.
    async fn is_asked_again(&self, number: u64, id: &str) -> anyhow::Result<bool> {
        let key = &self.organisation.agents[0];
        loop {
            let look = |url: &str| self.client.get(format!("{url}/api/workflows/{id}")).bearer_auth(key);
            let answer = self.ask(number, look).await?;
            let rounds = answer.body["reviews"].as_array().context("reviews")?.iter();
            if rounds.filter_map(|review| review["round"].as_i64()).any(|round| round == 2) {
                return Ok(true);
            }
            match answer.body["status"].as_str().context("a status")? {
                "queued" | "approved" | "running" => tokio::time::sleep(LOOK).await,
                _ => return Ok(false),
            }
        }
    }

    /// Pauses a queue for this time, as an admin does.
    pub async fn pause_queue(&self, queue: &str, time: Duration) -> anyhow::Result<()> {
        let admin = &self.organisation.admin;
        let of =
            |url: &str, act: &str| self.client.post(format!("{url}/api/admin/queues/{queue}/{act}")).bearer_auth(admin);
        let reason = json!({"reason": "Chaos."});
        // 409: an answer that was lost, or another pause of the same queue that overlaps.
        expect_or_conflict(self.ask(0, |url| of(url, "pause").json(&reason)).await?)?;
        tokio::time::sleep(time).await;
        expect_or_conflict(self.ask(0, |url| of(url, "resume")).await?)
    }

    /// Asks one service or the other until one says what became of the request.
    async fn ask(&self, number: u64, request: impl Fn(&str) -> RequestBuilder) -> anyhow::Result<Answer> {
        let (mut turn, mut pause) = (usize::try_from(number / 7)?, PAUSE);
        loop {
            let url = &self.council_urls[turn % self.council_urls.len()];
            turn += 1;
            let problem = match self.send(request(url)).await {
                Ok(answer) if is_final(&answer) => return Ok(answer),
                Ok(answer) => format!("{}: {}", answer.status, answer.body),
                Err(error) => error.to_string(),
            };
            let calm = *self.calm_since.borrow();
            if calm.is_some_and(|since| since.elapsed() > PATIENCE) {
                bail!("no answer in {} s after the last fault: {problem}", PATIENCE.as_secs());
            }
            tokio::time::sleep(pause.mul_f64(rand::random_range(0.5..1.0))).await;
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
    }

    async fn send(&self, request: RequestBuilder) -> reqwest::Result<Answer> {
        let answered = async {
            let answer = request.send().await?;
            let status = answer.status().as_u16();
            Ok(Answer { status, body: answer.json().await? })
        };
        let answered: reqwest::Result<Answer> = answered.await;
        let name = match &answered {
            Ok(answer) => match answer.body["code"].as_str() {
                Some(code) => format!("{} {code}", answer.status),
                None => answer.status.to_string(),
            },
            Err(error) if error.is_timeout() => "no answer in time".to_owned(),
            Err(_) => "connection lost or refused".to_owned(),
        };
        *self.answers.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default() += 1;
        answered
    }
}

/// Whether the request was done; not so when it came too late.
fn expect(answer: Answer, too_late: &str) -> anyhow::Result<bool> {
    match answer.status {
        200 => Ok(true),
        409 if answer.body["code"] == too_late => Ok(false),
        status => bail!("answered {status}: {}", answer.body),
    }
}

fn expect_or_conflict(answer: Answer) -> anyhow::Result<()> {
    anyhow::ensure!([200, 409].contains(&answer.status), "answered {}: {}", answer.status, answer.body);
    Ok(())
}

/// Whether an answer says what became of the request. Others say to come back: the service can't tell now, or the first
/// sending is still being done.
fn is_final(answer: &Answer) -> bool {
    answer.status < 500 && answer.status != 429 && answer.body["code"] != "still_running"
}
