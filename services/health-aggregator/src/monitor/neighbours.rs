//! Asking the other services: where the operator says they are, or else where they have announced themselves.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use common::config::Env;
use common::http::RequestContext;
use queue::{Instance, Queue};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;
use url::Url;

/// How long Redis may take to say who is there.
const ANNOUNCED_WAIT: Duration = Duration::from_millis(700);
/// How long a service may take to say that it is there.
const GLANCE: Duration = Duration::from_millis(700);
/// How long it may take for what was asked of it: a login costs a hash, and waits for others.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where services are, by the operator's word. Admins' passwords go there: who names them here need not trust whoever can
/// write to Redis with them.
#[derive(Clone, Debug, Default)]
pub struct Addresses {
    /// auth-service.
    pub auth: Option<Url>,
    /// council-service.
    pub council: Option<Url>,
}

impl Addresses {
    /// Reads `AUTH_URL` and `COUNCIL_URL`.
    pub fn read(env: &mut Env) -> Option<Self> {
        let (auth, council) = (env.optional("AUTH_URL"), env.optional("COUNCIL_URL"));
        Some(Self { auth: auth?, council: council? })
    }

    fn of(&self, service: &str) -> Option<String> {
        let url = match service {
            "auth-service" => &self.auth,
            "council-service" => &self.council,
            _ => &None,
        };
        url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned())
    }
}

/// The other services. When Redis does not answer, those are asked that were there when it last did.
pub struct Neighbours {
    queue: Queue,
    http: reqwest::Client,
    addresses: Addresses,
    last: Mutex<Vec<Instance>>,
}

/// No instance of a service answers.
#[derive(Debug)]
pub struct Silent;

/// What is asked of a service.
pub struct Question<'a> {
    /// Where.
    pub path: &'a str,
    /// With what.
    pub body: Option<&'a Value>,
    /// In whose name.
    pub token: Option<&'a str>,
    /// On whose request.
    pub context: &'a RequestContext,
    /// With which browser.
    pub user_agent: Option<&'a str>,
}

impl Neighbours {
    /// Prepares to ask.
    pub fn new(queue: Queue, addresses: Addresses) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(GLANCE)
            .timeout(PATIENCE)
            .build()?;
        Ok(Self { queue, http, addresses, last: Mutex::default() })
    }

    /// Every instance that has announced itself; none when Redis does not answer.
    pub async fn announced(&self) -> Option<Vec<Instance>> {
        let asked = tokio::time::timeout(ANNOUNCED_WAIT, self.queue.instances()).await;
        let found = asked.ok()?.inspect_err(|error| tracing::warn!("who is there can't be told now: {error}")).ok()?;
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&found);
        Some(found)
    }

    async fn urls(&self, service: &str) -> Vec<String> {
        if let Some(url) = self.addresses.of(service) {
            return vec![url];
        }
        let instances = match self.announced().await {
            Some(now) => now,
            None => self.last.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        };
        instances.into_iter().filter(|one| one.service == service).map(|one| one.url).collect()
    }

    /// Whether any instance of a service answers at all.
    pub async fn is_there(&self, service: &str) -> bool {
        for url in self.urls(service).await {
            if self.answers(&format!("{url}/health/live")).await {
                return true;
            }
        }
        false
    }

    /// Whether something answers there, and well.
    pub async fn answers(&self, url: &str) -> bool {
        self.http.get(url).timeout(GLANCE).send().await.is_ok_and(|answer| answer.status().is_success())
    }

    /// What something answers there, if it does.
    pub async fn read(&self, url: &str) -> Option<String> {
        self.http.get(url).timeout(GLANCE).send().await.ok()?.error_for_status().ok()?.text().await.ok()
    }

    /// Asks one instance of a service by POST. Another one is asked only when the first can't have heard the question.
    pub async fn post(&self, service: &str, question: &Question<'_>) -> Result<Response, Silent> {
        for url in self.urls(service).await {
            let request = self.http.request(Method::POST, format!("{url}{}", question.path));
            match question.put(request).send().await {
                Ok(answer) => return Ok(answer),
                Err(error) if error.is_connect() => {}
                Err(error) => {
                    tracing::warn!("{service} does not answer: {error}");
                    return Err(Silent);
                }
            }
        }
        Err(Silent)
    }
}

impl Question<'_> {
    fn put(&self, mut request: RequestBuilder) -> RequestBuilder {
        request = request.header("x-request-id", self.context.request_id());
        if let Some(address) = self.context.address {
            // So that failed logins count against whoever made them. It is believed where we are a trusted proxy.
            request = request.header("x-forwarded-for", address_text(address));
        }
        if let Some(user_agent) = self.user_agent {
            request = request.header("user-agent", user_agent);
        }
        if let Some(token) = self.token {
            request = request.bearer_auth(token);
        }
        match self.body {
            Some(body) => request.json(body),
            None => request,
        }
    }
}

fn address_text(address: IpAddr) -> String {
    address.to_canonical().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_operator_says_comes_before_what_is_announced() {
        let env = Env::of([("APP_ENV", "development"), ("AUTH_URL", "https://auth.internal:8001/")]);
        let addresses = env.read(Addresses::read).expect("addresses");
        assert_eq!(addresses.of("auth-service").as_deref(), Some("https://auth.internal:8001"));
        assert_eq!(addresses.of("council-service"), None);
    }
}
