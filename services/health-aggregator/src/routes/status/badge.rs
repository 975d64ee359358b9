use actix_web::{HttpResponse, get, web};
use common::problem::{Problem, ProblemDetails};
use maud::{Markup, PreEscaped, html};

use crate::history::OVERALL;
use crate::probe::{Health, Part, Prober};

/// For how long a badge may be kept, in seconds.
const KEPT: u32 = 10;

/// Draws how a part, or the `overall`, is: to be shown on pages of others.
#[utoipa::path(
    tag = "health", security(()),
    params(("service" = String, Path, description = "A check of `/api/status` by name, or `overall`.", pattern = "^[a-z._-]{1,63}$")),
    responses((status = 200, content_type = "image/svg+xml", body = String), (status = 400, body = ProblemDetails),
        (status = 404, body = ProblemDetails))
)]
#[get("/api/status/badges/{service}.svg")]
pub async fn badge(service: web::Path<String>, prober: web::Data<Prober>) -> Result<HttpResponse, Problem> {
    let findings = prober.findings();
    let (label, health) = if *service == OVERALL {
        ("codex dominion", findings.overall)
    } else {
        if !service.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'_' | b'.'))
            || service.len() > 63
        {
            return Err(Problem::bad_request("invalid_path", "the path is malformed: no service has such a name"));
        }
        let part: Part = service.parse().map_err(|_| Problem::not_found("service"))?;
        let known = findings.parts.iter().find(|one| one.part == part).ok_or_else(|| Problem::not_found("service"))?;
        (part.as_str(), known.health)
    };
    Ok(HttpResponse::Ok()
        .content_type("image/svg+xml")
        .insert_header(("cache-control", format!("public, max-age={KEPT}")))
        .insert_header(("x-content-type-options", "nosniff"))
        .body(draw(label, health).into_string()))
}

/// Two fields side by side: what it is, and how it is. White text has a contrast of at least 4.5 : 1 with each.
fn draw(label: &str, health: Health) -> Markup {
    let colour = match health {
        Health::Healthy => "#17693a",
        Health::Degraded => "#8a5600",
        Health::Unhealthy => "#a11d22",
    };
    let (left, right) = (width(label), width(health.as_str()));
    let whole = left + right;
    let text = |x: usize, text: &str, width: usize| {
        html! { text x=(x) y="14" textLength=(width - 12) { (text) } }
    };
    html! {
        (PreEscaped("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"))
        svg xmlns="http://www.w3.org/2000/svg" width=(whole) height="20" role="img" aria-label={ (label) ": " (health) } {
            title { (label) ": " (health) }
            clipPath id="round" { rect width=(whole) height="20" rx="4" {} }
            g clip-path="url(#round)" {
                rect width=(left) height="20" fill="#3b4450" {}
                rect x=(left) width=(right) height="20" fill=(colour) {}
            }
            g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" {
                (text(6, label, left))
                (text(left + 6, health.as_str(), right))
            }
        }
    }
}

/// How wide a field is: a letter takes about seven pixels, which `textLength` makes exact.
fn width(text: &str) -> usize {
    text.chars().count() * 7 + 12
}
