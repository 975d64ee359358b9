//! What holds for every page: no other site sends our forms, and no browser does more with a page than it must.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError};

use super::refused::Refused;

/// What a page may load and do. It has no style and no script but our own files.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
     img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Not `no-referrer`: then browsers would say nothing of where a form comes from.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "interest-cohort=(), camera=(), microphone=(), geolocation=()"),
];

/// Adds the headers that every answer has.
pub async fn headers(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    Ok(response)
}

/// Refuses what another site's page has sent.
pub async fn same_site(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if reads || is_ours(request.headers()) {
        Ok(next.call(request).await?.map_into_left_body())
    } else {
        Ok(request.into_response(Refused::CrossSite.error_response()).map_into_right_body())
    }
}

/// Whether a form was sent by a page of ours, by the browser's own word: every browser says at least where it comes from.
fn is_ours(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let (origin, host) = (text(header::ORIGIN), text(header::HOST));
    let site = text(HeaderName::from_static("sec-fetch-site"));
    let from_here = origin.map(|origin| origin.split_once("://").map(|(_, authority)| authority) == host);
    match (from_here, site) {
        (Some(true), None | Some("same-origin")) => true,
        (None, Some("same-origin")) => !headers.contains_key(header::ORIGIN),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_form_of_our_own_pages_is_taken() {
        let taken = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for &(name, value) in pairs {
                headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            is_ours(&headers)
        };
        let host = ("host", "monitor.example.com:9181");
        assert!(taken(&[host, ("origin", "http://monitor.example.com:9181")]));
        assert!(taken(&[host, ("origin", "https://monitor.example.com:9181"), ("sec-fetch-site", "same-origin")]));
        assert!(taken(&[host, ("sec-fetch-site", "same-origin")]));
        for other in [
            &[host][..],
            &[host, ("origin", "null")],
            &[host, ("origin", "null"), ("sec-fetch-site", "same-origin")],
            &[host, ("origin", "http://monitor.example.com")],
            &[host, ("origin", "http://evil.example.com"), ("sec-fetch-site", "same-origin")],
            &[host, ("origin", "http://monitor.example.com:9181"), ("sec-fetch-site", "same-site")],
            &[host, ("sec-fetch-site", "cross-site")],
            &[("origin", "http://monitor.example.com:9181")],
        ] {
            assert!(!taken(other), "{other:?}");
        }
    }
}
