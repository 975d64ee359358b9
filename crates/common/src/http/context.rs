//! Where a request comes from, as the record and the logs want it.

use std::future::{Ready, ready};
use std::net::IpAddr;

use actix_web::dev::Payload;
use actix_web::http::header::{HeaderMap, HeaderName};
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use uuid::Uuid;

use crate::Traceparent;
use crate::config::HttpSettings;
use crate::problem::Problem;

/// The header that names a request, in both directions.
pub static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Where a request comes from.
#[derive(Clone, Debug, Default)]
pub struct RequestContext {
    /// Names the request in answers, logs, the record and the worker.
    pub request_id: Option<String>,
    /// The client's address.
    pub address: Option<IpAddr>,
    /// The trace that it belongs to, and what of it what follows is a child of.
    pub traceparent: Option<Traceparent>,
}

impl RequestContext {
    /// Reads the context off a request. An absent or malformed `X-Request-Id` is replaced by a new one.
    pub fn of(request: &HttpRequest) -> Self {
        let headers = request.headers();
        Self {
            request_id: Some(text(headers, &REQUEST_ID, is_request_id).unwrap_or_else(new_request_id)),
            address: client_address(request),
            traceparent: headers.get(&TRACEPARENT).and_then(|value| value.to_str().ok()?.parse().ok()),
        }
    }

    /// The request's name, empty outside a request.
    pub fn request_id(&self) -> &str {
        self.request_id.as_deref().unwrap_or_default()
    }
}

impl FromRequest for RequestContext {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        // Made once, by `edge`, so that every part of a request tells the same id.
        let made = request.extensions().get::<Self>().cloned();
        ready(Ok(made.unwrap_or_else(|| Self::of(request))))
    }
}

/// The peer's address, or, when the peer is a trusted proxy, the address that it forwards for.
fn client_address(request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let trusted = request.app_data::<web::Data<HttpSettings>>().is_some_and(|settings| settings.trusts(peer));
    if !trusted {
        return Some(peer);
    }
    // Our proxy overwrites the header; of a longer list only the last entry is its own.
    let forwarded = request.headers().get_all("x-forwarded-for").last().and_then(|value| value.to_str().ok());
    forwarded.and_then(|list| list.rsplit(',').next()?.trim().parse().ok()).or(Some(peer))
}

fn text(headers: &HeaderMap, name: &HeaderName, valid: fn(&str) -> bool) -> Option<String> {
    headers.get(name)?.to_str().ok().filter(|text| valid(text)).map(str::to_owned)
}

fn new_request_id() -> String {
    Uuid::now_v7().hyphenated().encode_lower(&mut Uuid::encode_buffer()).to_owned()
}

fn is_request_id(text: &str) -> bool {
    (8..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn only_a_trusted_peers_forwarded_address_is_believed() {
        let settings = |trusted: &str| {
            web::Data::new(HttpSettings {
                bind_address: ([127, 0, 0, 1], 0).into(),
                console_origin: None,
                trusted_proxies: vec![trusted.parse().expect("network")],
                workers: 1,
                concurrency: 1,
            })
        };
        let address = |trusted| {
            let request = TestRequest::default()
                .peer_addr(([10, 0, 0, 9], 4000).into())
                .insert_header(("x-forwarded-for", "6.6.6.6, 203.0.113.7"))
                .app_data(settings(trusted))
                .to_http_request();
            client_address(&request).map(|address| address.to_string())
        };
        assert_eq!(address("10.0.0.0/8").as_deref(), Some("203.0.113.7"));
        assert_eq!(address("192.168.0.0/16").as_deref(), Some("10.0.0.9"));
    }
}
