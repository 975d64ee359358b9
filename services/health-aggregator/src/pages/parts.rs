//! The parts that pages are made of.

use chrono::{DateTime, TimeDelta, Utc};
use maud::{Markup, Render, html};

/// What a colour means. A word always stands beside it: nobody has to see colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Somebody should look when there is time.
    Warn,
    /// Somebody should look now.
    Bad,
    /// On its way.
    Busy,
    /// Nothing to say about it.
    Quiet,
}

impl Tone {
    /// Its class in the stylesheet.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Busy => "busy",
            Self::Quiet => "quiet",
        }
    }
}

/// The product's mark and name, and which page of it this is.
pub fn brand(href: &str, what: &str) -> Markup {
    html! {
        a.brand href=(href) { span.mark aria-hidden="true" {} b { "Codex Dominion" } span.what { (what) } }
    }
}

/// A state, in a word.
pub fn badge(tone: Tone, text: impl Render) -> Markup {
    html! { span class={ "badge " (tone.class()) } { (text) } }
}

/// A number, and what it counts.
pub fn figure(label: impl Render, value: impl Render, note: Option<Markup>) -> Markup {
    html! {
        div.figure {
            span.label { (label) }
            b.value { (value) }
            @if let Some(note) = note { span.note { (note) } }
        }
    }
}

/// Something that the reader must not miss.
pub fn notice(tone: Tone, text: impl Render) -> Markup {
    html! { p class={ "notice " (tone.class()) } role="status" { (text) } }
}

/// A moment, to the second, on the clocks of UTC.
pub fn moment(at: DateTime<Utc>) -> Markup {
    html! { time datetime=(at.format("%Y-%m-%dT%H:%M:%SZ")) { (at.format("%Y-%m-%d %H:%M:%S")) } }
}

/// How long ago a moment was; the moment itself is shown to who points at it.
pub fn ago(at: DateTime<Utc>, now: DateTime<Utc>) -> Markup {
    let length = format!("{} ago", length(now - at));
    html! { time datetime=(at.format("%Y-%m-%dT%H:%M:%SZ")) title=(at.format("%Y-%m-%d %H:%M:%S UTC")) { (length) } }
}

/// A length of time in its largest unit, or its two largest where that tells more: `850 ms`, `12 s`, `3 min`, `2 h 5 min`, `4 d`.
pub fn length(length: TimeDelta) -> String {
    let length = length.max(TimeDelta::zero());
    let (seconds, minutes, hours) = (length.num_seconds(), length.num_minutes(), length.num_hours());
    match (seconds, minutes, hours) {
        (0, ..) => format!("{} ms", length.num_milliseconds()),
        (seconds, 0, _) => format!("{seconds} s"),
        (_, minutes, 0) => format!("{minutes} min"),
        (_, minutes, hours @ 1..24) if minutes % 60 > 0 => format!("{hours} h {} min", minutes % 60),
        (.., hours @ 1..48) => format!("{hours} h"),
        _ => format!("{} d", length.num_days()),
    }
}

/// A number with its thousands apart.
pub fn count(number: impl TryInto<i64>) -> String {
    let digits = number.try_into().unwrap_or(i64::MAX).to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_numbers_read_well() {
        let lengths =
            [-5, 0, 850, 12_000, 180_000, 3_600_000, 7_500_000, 90_000_000, 400_000_000].map(TimeDelta::milliseconds);
        let said = lengths.map(length);
        assert_eq!(said, ["0 ms", "0 ms", "850 ms", "12 s", "3 min", "1 h", "2 h 5 min", "25 h", "4 d"]);
        assert_eq!([0, 999, 1000, 1_234_567, -1000].map(count), ["0", "999", "1,000", "1,234,567", "-1,000"]);
    }

    #[test]
    fn what_is_shown_is_text_and_never_markup() {
        let shown = badge(Tone::Bad, "<script>alert(1)</script>").into_string();
        assert_eq!(shown, r#"<span class="badge bad">&lt;script&gt;alert(1)&lt;/script&gt;</span>"#);
    }
}
