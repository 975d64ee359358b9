//! Who looks: an admin, by the access token in a cookie. It is checked as everywhere, without any I/O.

use std::sync::Arc;
use std::time::Duration;

use actix_web::cookie::{Cookie, SameSite, time};
use actix_web::dev::Payload;
use actix_web::http::header::COOKIE;
use actix_web::{FromRequest, HttpRequest, ResponseError, web};
use common::auth::verify;
use common::claims::Claims;
use common::config::HttpSettings;
use common::roles::Permission;
use futures_util::future::LocalBoxFuture;

use super::refused::Refused;

/// The cookie's name where there is no TLS: on a developer's machine, or through a tunnel to this one.
const PLAIN: &str = "codex_monitor";
/// Its name otherwise: browsers take it over TLS and from this very host only (RFC 6265bis, 4.1.3.2).
const SECURE: &str = "__Host-codex_monitor";

/// An admin who is logged in.
pub struct Admin {
    /// Who it is.
    pub claims: Arc<Claims>,
    /// Their token, to act in their name.
    pub token: String,
}

impl FromRequest for Admin {
    type Error = Refused;
    type Future = LocalBoxFuture<'static, Result<Self, Refused>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            // Who posted a form is sent to a page that they can look at.
            let to = if request.method() == actix_web::http::Method::GET { wanted(request.path()) } else { None };
            let not_logged_in = || Refused::NotLoggedIn(to.unwrap_or("/").to_owned());
            let token = token(&request).ok_or_else(not_logged_in)?;
            let claims = verify(&request, &token).await.map_err(|problem| {
                if problem.status_code().is_server_error() { Refused::SessionUnknown } else { not_logged_in() }
            })?;
            if is_admitted(&claims) { Ok(Self { claims, token }) } else { Err(Refused::NotAdmin) }
        })
    }
}

/// Whether somebody may look: those may who may do what can be done here.
pub fn is_admitted(claims: &Claims) -> bool {
    claims.user.role.allows(Permission::Operate)
}

/// A path that somebody may be sent to: one of ours, and nothing that could lead elsewhere.
pub fn wanted(path: &str) -> Option<&str> {
    let plain = path.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_'));
    (plain && path.starts_with('/') && !path.starts_with("//") && path.len() <= 100).then_some(path)
}

/// The token that a request carries. A cookie that stands there twice was put there by somebody else, and is not to be chosen from.
pub fn token(request: &HttpRequest) -> Option<String> {
    cookie(request, if is_secure(request) { SECURE } else { PLAIN })
}

/// The one cookie of this name.
pub fn cookie(request: &HttpRequest, wanted: &str) -> Option<String> {
    let mut found = request
        .headers()
        .get_all(COOKIE)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == wanted);
    let (first, second) = (found.next(), found.next());
    first.filter(|_| second.is_none()).map(|(_, value)| value.to_owned()).filter(|value| !value.is_empty())
}

/// The cookie that holds a token for as long as it holds itself.
pub fn remember(request: &HttpRequest, token: String, lifetime: Duration) -> Cookie<'static> {
    let seconds = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
    let secure = is_secure(request);
    ours(if secure { SECURE } else { PLAIN }, token, secure, seconds)
}

/// What makes a browser forget the token.
pub fn forget(request: &HttpRequest) -> Cookie<'static> {
    let mut cookie = remember(request, String::new(), Duration::ZERO);
    cookie.make_removal();
    cookie
}

/// A cookie that no script reads and no other site's request carries.
pub fn ours(name: &'static str, value: String, secure: bool, seconds: i64) -> Cookie<'static> {
    Cookie::build(name, value)
        .path("/")
        .secure(secure)
        .http_only(true)
        .same_site(SameSite::Strict)
        .max_age(time::Duration::seconds(seconds))
        .finish()
}

/// Whether the browser came over TLS, by the word of a proxy that we trust: we serve none ourselves.
pub fn is_secure(request: &HttpRequest) -> bool {
    let peer = request.peer_addr().map(|peer| peer.ip());
    let trusted =
        request.app_data::<web::Data<HttpSettings>>().zip(peer).is_some_and(|(settings, peer)| settings.trusts(peer));
    let forwarded = request.headers().get_all("x-forwarded-proto").last();
    trusted && forwarded.is_some_and(|scheme| scheme.as_bytes().eq_ignore_ascii_case(b"https"))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        for good in ["/", "/failed", "/runs/0192f0c1-0000-7000-8000-000000000001"] {
            assert_eq!(wanted(good), Some(good));
        }
        for bad in
            ["", "//evil.example.com", "/\\evil.example.com", "https://evil.example.com", "/a?b=c", "/\r\nx", "/a:b"]
        {
            assert_eq!(wanted(bad), None, "{bad}");
        }
    }

    #[test]
    fn tls_is_believed_of_a_trusted_proxy_alone_and_a_doubled_cookie_is_none() {
        let request = |trusted: &str, cookies: &str| {
            let settings = HttpSettings {
                bind_address: ([127, 0, 0, 1], 0).into(),
                console_origin: None,
                trusted_proxies: vec![trusted.parse().expect("a network")],
                workers: 1,
                concurrency: 1,
            };
            TestRequest::default()
                .peer_addr(([10, 0, 0, 9], 4000).into())
                .insert_header(("x-forwarded-proto", "https"))
                .insert_header(("cookie", cookies.to_owned()))
                .app_data(web::Data::new(settings))
                .to_http_request()
        };
        let both = "codex_monitor=plain; __Host-codex_monitor=secure";
        assert_eq!(token(&request("10.0.0.0/8", both)).as_deref(), Some("secure"));
        assert_eq!(token(&request("192.168.0.0/16", both)).as_deref(), Some("plain"));
        assert_eq!(token(&request("192.168.0.0/16", "codex_monitor=a; codex_monitor=b")), None);
        let cookie = remember(&request("10.0.0.0/8", ""), "t".to_owned(), Duration::from_mins(1)).to_string();
        assert_eq!(cookie, "__Host-codex_monitor=t; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=60");
    }
}
