//! The cookie that holds a browser's refresh token, and the guard around it.

use actix_web::cookie::{Cookie, SameSite, time};
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{COOKIE, HeaderMap, ORIGIN};
use actix_web::{FromRequest, HttpRequest, web};
use common::config::HttpSettings;
use common::keys::secret_hash;
use common::problem::Problem;
use std::future::{Ready, ready};
use std::time::Duration;

/// The prefix has browsers take the cookie from this very host over TLS only, for all paths, and from no other host of
/// the domain (RFC 6265bis, 4.1.3.2).
pub const NAME: &str = "__Host-codex_refresh";
/// A header that a page of another site can't send without asking first (the CORS preflight refuses it).
pub const GUARD: &str = "x-requested-with";

/// The cookie with a new refresh token.
pub fn set(token: &str, lifetime: Duration) -> Cookie<'static> {
    let seconds = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
    Cookie::build(NAME, token.to_owned())
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Strict)
        .max_age(time::Duration::seconds(seconds))
        .finish()
}

/// What makes a browser forget it.
pub fn clear() -> Cookie<'static> {
    let mut cookie = set("", Duration::ZERO);
    cookie.make_removal();
    cookie
}

/// The hash of the refresh token that a request carries, after checking that our own console sends it.
pub struct RefreshToken(pub [u8; 32]);

impl FromRequest for RefreshToken {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request))
    }
}

fn read(request: &HttpRequest) -> Result<RefreshToken, Problem> {
    let headers = request.headers();
    let settings = request.app_data::<web::Data<HttpSettings>>();
    check_origin(headers, settings.and_then(|settings| settings.console_origin.as_deref()))?;
    // Read by hand: a cookie that stands there twice was put there by somebody else, and is not to be chosen from.
    let ours = headers
        .get_all(COOKIE)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| name.eq_ignore_ascii_case(NAME))
        .map(|(_, value)| value);
    match ours.collect::<Vec<_>>().as_slice() {
        [token] if (40..=50).contains(&token.len()) => Ok(RefreshToken(secret_hash(token))),
        [] | [_] => Err(Problem::unauthorized("there is no session to carry on: log in")),
        _ => Err(Problem::bad_request("duplicate_cookie", format!("send one cookie {NAME}"))),
    }
}

/// Refuses what a page of another site could have sent.
fn check_origin(headers: &HeaderMap, console: Option<&str>) -> Result<(), Problem> {
    let refused = |why: String| Err(Problem::new(StatusCode::FORBIDDEN, "cross_site", why));
    if !headers.contains_key(GUARD) {
        return refused("send the header X-Requested-With: it shows that no other site's form did".to_owned());
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if headers.contains_key(ORIGIN) && text(ORIGIN.as_str()) != console {
        return refused("this is for the console's own origin".to_owned());
    }
    // W3C Fetch Metadata: the browser's own word on who asks.
    match text("sec-fetch-site") {
        None | Some("same-origin" | "same-site" | "none") => Ok(()),
        Some(_) => refused("this is not for other sites".to_owned()),
    }
}
