//! What pages for people look like: the layout and the stylesheet that the job monitor and the status page share.
//!
//! A page is whole without any script, and takes nothing from elsewhere.

pub mod parts;

use actix_web::http::header::{self, EntityTag, IfNoneMatch};
use actix_web::{HttpResponse, web};
use maud::{DOCTYPE, Markup, html};

/// The stylesheet, whose classes [`parts`] use.
pub const STYLESHEET: &str = include_str!("style.css");
/// A mark for the browser's tab, so that it asks for none.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' \
                    height='16' rx='4' fill='%232f5fb3'/%3E%3Cpath d='M11 5.6A4 4 0 1 0 11 10.4' fill='none' \
                    stroke='white' stroke-width='2' stroke-linecap='round'/%3E%3C/svg%3E";

/// A page.
pub struct Page<'a> {
    /// What the browser's tab says.
    pub title: &'a str,
    /// Where [`stylesheet`] is served.
    pub stylesheet: &'a str,
    /// A script of ours that makes the page nicer, if there is one.
    pub script: Option<&'a str>,
    /// After how many seconds a browser without script asks again.
    pub refresh_without_script: Option<u32>,
    /// What stands in the bar at the top: a [`parts::brand`], then what else there is.
    pub bar: Markup,
    /// What the page is about.
    pub content: Markup,
    /// What stands below.
    pub footer: Markup,
}

/// A page's HTML.
pub fn document(page: &Page<'_>) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (page.title) }
                link rel="icon" href=(ICON);
                link rel="stylesheet" href=(page.stylesheet);
                @if let Some(seconds) = page.refresh_without_script {
                    noscript { meta http-equiv="refresh" content=(seconds); }
                }
                @if let Some(script) = page.script {
                    script src=(script) defer {}
                }
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                header.bar { div.inner { (page.bar) } }
                main #main tabindex="-1" { (page.content) }
                footer { (page.footer) }
            }
        }
    }
}

/// The stylesheet as an endpoint. Browsers keep it, and ask each time whether it is still the same.
pub async fn stylesheet(kept: web::Header<IfNoneMatch>) -> HttpResponse {
    asset("text/css; charset=utf-8", STYLESHEET, &kept)
}

/// A file of ours that pages load, as an answer to somebody who may have kept it.
pub fn asset(content_type: &'static str, text: &'static str, kept: &IfNoneMatch) -> HttpResponse {
    let tag = EntityTag::new_strong(format!("{:x}", fingerprint(text)));
    let same = matches!(kept, IfNoneMatch::Items(tags) if tags.iter().any(|one| one.weak_eq(&tag)));
    let mut answer = if same { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer
        .insert_header((header::ETAG, tag.to_string()))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"));
    if same { answer.finish() } else { answer.content_type(content_type).body(text) }
}

/// Tells one build's file from another's (FNV-1a, 64 bits).
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
