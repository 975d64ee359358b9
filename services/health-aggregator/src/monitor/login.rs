//! Coming in and going out. auth-service decides: we bring it what was typed, and where it was typed.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{LOCATION, USER_AGENT};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use common::http::RequestContext;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Monitor;
use super::neighbours::Question;
use super::said::{Outcome, Said};
use super::session::{self, is_admitted, wanted};
use super::shell::door;
use crate::pages::parts::{Tone, notice};

const AUTH: &str = "auth-service";

/// Where somebody wants to go once they are inside.
#[derive(Deserialize)]
pub struct Wanted {
    to: Option<String>,
}

/// The form.
#[get("/login")]
pub async fn show(request: HttpRequest, query: web::Query<Wanted>) -> HttpResponse {
    let told = Outcome::told(&request);
    let form = Form { to: query.into_inner().to, ..Form::default() };
    let page = page(&form, told.map(Outcome::show));
    let mut answer = HttpResponse::Ok();
    if told.is_some() {
        answer.cookie(Outcome::told_cookie(&request));
    }
    answer.content_type("text/html; charset=utf-8").body(page.into_string())
}

/// What was typed.
#[derive(Default, Deserialize)]
pub struct Form {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    code: String,
    to: Option<String>,
}

/// Logs an admin in.
#[post("/login")]
pub async fn log_in(
    request: HttpRequest,
    form: web::Form<Form>,
    context: RequestContext,
    monitor: web::Data<Monitor>,
) -> HttpResponse {
    let form = form.into_inner();
    match enter(&request, &form, &context, &monitor).await {
        Ok((token, lifetime)) => {
            let to = form.to.as_deref().and_then(wanted).unwrap_or("/").to_owned();
            let cookie = session::remember(&request, token, lifetime);
            HttpResponse::SeeOther().insert_header((LOCATION, to)).cookie(cookie).finish()
        }
        Err(Denied { status, tone, text }) => HttpResponse::build(status)
            .content_type("text/html; charset=utf-8")
            .body(page(&form, Some(notice(tone, text))).into_string()),
    }
}

/// Why somebody does not come in.
struct Denied {
    status: StatusCode,
    tone: Tone,
    text: String,
}

impl Denied {
    fn new(status: StatusCode, tone: Tone, text: impl Into<String>) -> Self {
        Self { status, tone, text: text.into() }
    }
}

async fn enter(
    request: &HttpRequest,
    form: &Form,
    context: &RequestContext,
    monitor: &Monitor,
) -> Result<(String, Duration), Denied> {
    let mut body = json!({"email": form.email.trim(), "password": form.password});
    if !form.code.trim().is_empty() {
        body["code"] = form.code.trim().into();
    }
    let user_agent = request.headers().get(USER_AGENT).and_then(|name| name.to_str().ok());
    let ask = |path, body, token| Question { path, body, token, context, user_agent };
    let not_now = || {
        Denied::new(
            StatusCode::SERVICE_UNAVAILABLE,
            Tone::Bad,
            "auth-service does not answer, so nobody can log in now. Try again in a moment.",
        )
    };
    let asked = monitor.neighbours.post(AUTH, &ask("/api/auth/login", Some(&body), None)).await;
    let answer = asked.map_err(|_| not_now())?;
    let (status, retry_after) = (answer.status().as_u16(), retry_after(&answer));
    let said: Value = answer.json().await.unwrap_or_default();
    match status {
        200 => {}
        401 if said["code"] == "second_factor_needed" => {
            let text = "Your account has a second factor: enter your password again, with a code of your authenticator or a \
                        recovery code.";
            return Err(Denied::new(StatusCode::UNAUTHORIZED, Tone::Busy, text));
        }
        400 | 401 | 422 => {
            return Err(Denied::new(
                StatusCode::UNAUTHORIZED,
                Tone::Bad,
                "The e-mail address, password or code is wrong.",
            ));
        }
        429 => {
            let text = format!("Too many attempts have failed: try again in {retry_after} seconds.");
            return Err(Denied::new(StatusCode::TOO_MANY_REQUESTS, Tone::Bad, text));
        }
        _ => return Err(not_now()),
    }
    let token = said["token"].as_str().unwrap_or_default().to_owned();
    // What auth-service says is checked as what anybody says.
    let claims = monitor.verifier.verify(&token).await.map_err(|_| not_now())?;
    if !is_admitted(&claims) {
        // Nobody needs the session that has just begun.
        let _ = monitor.neighbours.post(AUTH, &ask("/api/auth/logout", None, Some(&token))).await;
        let text = "Your password is right, but the job monitor is for admins only. Ask an admin for the role, or use the console.";
        return Err(Denied::new(StatusCode::FORBIDDEN, Tone::Bad, text));
    }
    Ok((token, Duration::from_secs(said["expires_in"].as_u64().unwrap_or(0))))
}

fn retry_after(answer: &reqwest::Response) -> u64 {
    let said = answer.headers().get("retry-after").and_then(|seconds| seconds.to_str().ok()?.parse().ok());
    said.unwrap_or(60)
}

/// Ends the session, at auth-service and in this browser.
#[post("/logout")]
pub async fn log_out(request: HttpRequest, context: RequestContext, monitor: web::Data<Monitor>) -> HttpResponse {
    let said = match session::token(&request) {
        None => Said::LoggedOut,
        Some(token) => {
            let question = Question {
                path: "/api/auth/logout",
                body: None,
                token: Some(&token),
                context: &context,
                user_agent: None,
            };
            match monitor.neighbours.post(AUTH, &question).await {
                // 401: it has ended already.
                Ok(answer) if answer.status().is_success() || answer.status() == 401 => Said::LoggedOut,
                _ => Said::LoggedOutHere,
            }
        }
    };
    HttpResponse::SeeOther()
        .insert_header((LOCATION, "/login"))
        .cookie(session::forget(&request))
        .cookie(Outcome::One(said).tell(&request))
        .finish()
}

fn page(form: &Form, said: Option<Markup>) -> Markup {
    door(
        "Log in",
        html! {
            p.soft { "The job monitor is for admins." }
            @if let Some(said) = said { (said) }
            form method="post" action="/login" {
                @if let Some(to) = form.to.as_deref().and_then(wanted) { input type="hidden" name="to" value=(to); }
                label { "E-mail"
                    input type="email" name="email" value=(form.email) autocomplete="username" required
                        autofocus[form.email.is_empty()];
                }
                label { "Password"
                    input type="password" name="password" autocomplete="current-password" maxlength="1000" required
                        autofocus[!form.email.is_empty()];
                }
                label { "Code of your authenticator, or a recovery code, if your account has a second factor"
                    input name="code" autocomplete="one-time-code" autocapitalize="off" spellcheck="false" maxlength="40";
                }
                button.primary type="submit" { "Log in" }
            }
        },
    )
}
