//! Asking a service, and looking at its answers.

use std::net::Ipv4Addr;

use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::Value;

/// Somebody who asks a service, with or without a credential.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    bearer: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, as JSON when it is JSON, otherwise as a string.
    pub body: Value,
}

impl Client {
    /// Somebody without a credential.
    pub fn new(base: &str) -> Self {
        Self { http: reqwest::Client::new(), base: base.to_owned(), bearer: None }
    }

    /// Somebody without a credential, who believes certificates of this authority (PEM), too.
    pub fn trusting(base: &str, authority: &[u8]) -> Self {
        let certificate = reqwest::Certificate::from_pem(authority).expect("a certificate");
        let url: reqwest::Url = base.parse().expect("a URL");
        let mut http = reqwest::Client::builder().tls_certs_merge([certificate]);
        // RFC 6761, 6.3: names under localhost are this machine; not every resolver knows.
        if let Some(host) = url.host_str().filter(|host| host.ends_with(".localhost")) {
            http = http.resolve(host, (Ipv4Addr::LOCALHOST, url.port_or_known_default().unwrap_or(443)).into());
        }
        let http = http.build().expect("a client");
        Self { http, base: base.to_owned(), bearer: None }
    }

    /// The same with a token or key.
    #[must_use]
    pub fn with(&self, bearer: &str) -> Self {
        Self { bearer: Some(bearer.to_owned()), ..self.clone() }
    }

    /// Asks without a body.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// Asks for every page of a list, one after the other; the path has a query.
    pub async fn pages(&self, path: &str) -> Vec<Value> {
        let mut pages = vec![self.get(path).await.expect(200)];
        while let Some(cursor) = pages.last().and_then(|page| page["next_cursor"].as_str()) {
            let next = self.get(&format!("{path}&cursor={cursor}")).await.expect(200);
            pages.push(next);
        }
        pages
    }

    /// Asks with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// Asks with a JSON body.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    /// A request to be finished by hand.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.bearer {
            Some(bearer) => request.bearer_auth(bearer),
            None => request,
        }
    }

    /// Sends a request that was finished by hand.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        if headers.get("content-type").is_some_and(|kind| kind == "text/event-stream") {
            // Such a body has no end: whoever wants to read it opens an `EventStream`.
            return Answer { status, headers, body: Value::Null };
        }
        let text = response.text().await.expect("a body");
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Answer { status, headers, body }
    }
}

impl Answer {
    /// The body, if the status is the expected one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{:#}", self.body);
        self.body
    }

    /// The `code` of a problem, after checking that it is a whole one.
    #[track_caller]
    pub fn problem(&self, status: u16) -> String {
        assert_eq!(self.status.as_u16(), status, "{:#}", self.body);
        let kind = self.headers.get("content-type").and_then(|kind| kind.to_str().ok());
        assert_eq!(kind, Some("application/problem+json"), "{:#}", self.body);
        for field in ["type", "title", "detail", "instance", "error", "code", "request_id"] {
            let text = self.body[field].as_str();
            assert!(text.is_some_and(|text| !text.is_empty()), "{field} is missing in {:#}", self.body);
        }
        assert_eq!(self.body["status"], status);
        assert_eq!(self.headers["x-request-id"], self.body["request_id"].as_str().expect("text"));
        self.body["code"].as_str().expect("text").to_owned()
    }
}
