//! What is not shown, and why, as a page for a person.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, ResponseError};
use maud::{Markup, html};

use super::shell;

/// Why a page is not shown.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    /// Nobody is logged in; afterwards they want this path.
    NotLoggedIn(String),
    /// Somebody is, but no admin.
    NotAdmin,
    /// Another site sent the form.
    CrossSite,
    /// There is no such page.
    NotFound,
    /// The address or the form is not one that our pages make.
    Malformed,
    /// Whether the session still holds can't be told.
    SessionUnknown,
}

impl Refused {
    fn text(&self) -> (&'static str, &'static str) {
        match self {
            Self::NotLoggedIn(_) => ("Log in", "This page is for admins who are logged in."),
            Self::NotAdmin => ("For admins only", "You are logged in, but the job monitor is for admins only."),
            Self::CrossSite => {
                ("Refused", "Another site sent this form. Do it from the page of the job monitor itself.")
            }
            Self::NotFound => ("Not found", "There is no such page, or what it was about is gone."),
            Self::Malformed => ("Not understood", "The address or the form is not one that our pages make."),
            Self::SessionUnknown => (
                "Not now",
                "Neither PostgreSQL nor Redis answers, so whether your session still holds can't be told. Try again in a moment.",
            ),
        }
    }

    fn page(&self) -> Markup {
        let (title, text) = self.text();
        shell::door(title, html! { p { (text) } p { a href="/" { "To the overview" } } })
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text().1)
    }
}

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotLoggedIn(_) => StatusCode::SEE_OTHER,
            Self::NotAdmin | Self::CrossSite => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::SessionUnknown => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status_code());
        match self {
            Self::NotLoggedIn(to) if to == "/" => answer.insert_header((LOCATION, "/login")).finish(),
            Self::NotLoggedIn(to) => answer.insert_header((LOCATION, format!("/login?to={to}"))).finish(),
            _ => answer.content_type("text/html; charset=utf-8").body(self.page().into_string()),
        }
    }
}
