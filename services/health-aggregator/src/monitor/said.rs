//! What became of an act, told once on the page that follows it. Only these things can be said: a link from elsewhere can't
//! put words on our pages.

use actix_web::HttpRequest;
use actix_web::cookie::Cookie;
use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::session::{cookie, is_secure, ours};
use crate::pages::parts::{Tone, count, notice};

const NAME: &str = "codex_monitor_said";
/// For how long a page may take to follow, in seconds.
const LIFETIME: i64 = 30;

/// What became of an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    QueuePaused,
    QueueResumed,
    AlreadyPaused,
    NotPaused,
    ReasonNeeded,
    Requeued,
    SentToReview,
    NotFailed,
    SchedulePaused,
    ScheduleResumed,
    Gone,
    NotAllowed,
    Conflict,
    NotUnderstood,
    CouncilSilent,
    CouncilFailed,
    LoggedOut,
    LoggedOutHere,
}

impl Said {
    fn code(self) -> String {
        serde_json::to_value(self).ok().and_then(|code| Some(code.as_str()?.to_owned())).unwrap_or_default()
    }

    fn read(code: &str) -> Option<Self> {
        serde_json::from_value(Value::String(code.to_owned())).ok()
    }

    const fn text(self) -> (Tone, &'static str) {
        match self {
            Self::QueuePaused => (Tone::Good, "The queue is paused: nothing of it is started until it is resumed."),
            Self::QueueResumed => (Tone::Good, "The queue is resumed: what has waited goes on, the oldest first."),
            Self::AlreadyPaused => (Tone::Warn, "It was paused already."),
            Self::NotPaused => (Tone::Warn, "It was not paused any more."),
            Self::ReasonNeeded => (Tone::Bad, "Nothing was done: say why, in 1 to 2,000 characters."),
            Self::Requeued => (Tone::Good, "The run is tried again."),
            Self::SentToReview => {
                (Tone::Warn, "Its approval does not carry another try: its councils vote again first.")
            }
            Self::NotFailed => (Tone::Warn, "It has not failed any more: somebody else has had it tried again."),
            Self::SchedulePaused => (Tone::Good, "The schedule proposes nothing until it is resumed."),
            Self::ScheduleResumed => (Tone::Good, "The schedule proposes again, from its next time on."),
            Self::Gone => (Tone::Warn, "There is no such thing any more."),
            Self::NotAllowed => (Tone::Bad, "council-service refused: you may not do this any more. Log in again."),
            Self::Conflict => (Tone::Warn, "Nothing was done: it is not in a state that allows it."),
            Self::NotUnderstood => {
                (Tone::Bad, "Nothing was done: council-service refused what was asked as malformed.")
            }
            Self::CouncilSilent => (
                Tone::Bad,
                "council-service does not answer: whether anything was done is not known. Look again before you repeat it.",
            ),
            Self::CouncilFailed => {
                (Tone::Bad, "council-service could not do it: try again in a moment, then see its log.")
            }
            Self::LoggedOut => (Tone::Good, "You are logged out."),
            Self::LoggedOutHere => (
                Tone::Warn,
                "You are logged out of this browser. auth-service did not answer, so your session ends only when its token does.",
            ),
        }
    }
}

/// What became of many retries at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bulk {
    /// Run again.
    pub queued: u16,
    /// Voted on again first.
    pub pending_review: u16,
    /// No dead letters any more.
    pub skipped: u16,
    /// Could not be done.
    pub refused: u16,
    /// Whether the filter names more than were taken.
    pub more: bool,
}

impl Bulk {
    fn text(self) -> (Tone, String) {
        let Self { queued, pending_review, skipped, refused, more } = self;
        let mut text = format!("{} tried again", count(queued));
        for (number, what) in [
            (pending_review, "voted on again first"),
            (skipped, "not failed any more"),
            (refused, "refused (see each of them)"),
        ] {
            if number > 0 {
                text = format!("{text}, {} {what}", count(number));
            }
        }
        text.push_str(if more { ". There are more: press again for the next ones." } else { "." });
        (if refused == 0 { Tone::Good } else { Tone::Warn }, text)
    }

    fn read(text: &str) -> Option<Self> {
        let numbers: Vec<u16> = text.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
        let &[queued, pending_review, skipped, refused, more] = numbers.as_slice() else { return None };
        Some(Self { queued, pending_review, skipped, refused, more: more > 0 })
    }

    fn written(self) -> String {
        let Self { queued, pending_review, skipped, refused, more } = self;
        format!("{queued}.{pending_review}.{skipped}.{refused}.{}", u8::from(more))
    }
}

/// One of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Of one act.
    One(Said),
    /// Of many.
    Many(Bulk),
}

impl Outcome {
    /// The cookie that tells the next page.
    pub fn tell(self, request: &HttpRequest) -> Cookie<'static> {
        let value = match self {
            Self::One(said) => said.code(),
            Self::Many(bulk) => bulk.written(),
        };
        ours(NAME, value, is_secure(request), LIFETIME)
    }

    /// What the page before has to tell.
    pub fn told(request: &HttpRequest) -> Option<Self> {
        let text = cookie(request, NAME)?;
        Said::read(&text).map(Self::One).or_else(|| Bulk::read(&text).map(Self::Many))
    }

    /// What has it told once.
    pub fn told_cookie(request: &HttpRequest) -> Cookie<'static> {
        let mut cookie = ours(NAME, String::new(), is_secure(request), 0);
        cookie.make_removal();
        cookie
    }

    /// It, for a person.
    pub fn show(self) -> Markup {
        let (tone, text) = match self {
            Self::One(said) => {
                let (tone, text) = said.text();
                (tone, text.to_owned())
            }
            Self::Many(bulk) => bulk.text(),
        };
        html! { (notice(tone, text)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_survive_the_cookie_and_nothing_else_is_told() {
        let bulk = Bulk { queued: 37, pending_review: 2, skipped: 0, refused: 1, more: true };
        assert_eq!(Bulk::read(&bulk.written()), Some(bulk));
        for bad in ["", "1.2.3.4", "a.b.c.d.e", "1.2.3.4.5.6", "70000.0.0.0.0", "-1.0.0.0.0"] {
            assert_eq!(Bulk::read(bad), None, "{bad}");
        }
        assert_eq!(Said::read(&Said::LoggedOutHere.code()), Some(Said::LoggedOutHere));
        assert_eq!(Said::read("<b>hello</b>"), None);
        let (_, text) = bulk.text();
        assert_eq!(
            text,
            "37 tried again, 2 voted on again first, 1 refused (see each of them). There are more: press again for the next ones."
        );
    }
}
