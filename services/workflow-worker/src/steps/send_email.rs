//! Sends an e-mail.

use common::telemetry::traces::{Kind, Span};
use governance::steps::{Letter, SendEmail, prepare};
use lettre::Message;
use lettre::message::{Mailbox, MultiPart, SinglePart};
use mailer::{AutoSubmitted, Failure, Mailer};
use serde_json::json;

use super::{Attempt, Call, Outcome, StepError};

/// Sends the mail. Its Message-ID is the same at every attempt: whoever gets it twice can tell.
pub async fn run(call: Call<'_>, mailer: Option<&Mailer>) -> Attempt {
    let (mail, digest) = match prepare::<SendEmail>(call.with, call.scope) {
        Ok(prepared) => prepared,
        Err(message) => return Attempt::unsendable(&call, message),
    };
    let Ok(letter) = mail.letter() else { return Attempt::unsendable(&call, "is no mail") };
    let recipients = letter.to.len() + letter.cc.len();
    match send(&call, mailer, &letter).await {
        Ok(message_id) => {
            let log = vec![format!("handed to the mail server for {recipients} recipient(s)")];
            let output = json!({"message_id": message_id, "recipients": recipients});
            Attempt { log, ..Attempt::new(digest, Ok(Outcome::Done(output))) }
        }
        Err(error) => Attempt::new(digest, Err(error)),
    }
}

/// Puts a letter into an envelope and hands it over; returns its Message-ID.
pub(super) async fn send(call: &Call<'_>, mailer: Option<&Mailer>, letter: &Letter) -> Result<String, StepError> {
    let Some(mailer) = mailer else {
        return Err(StepError::never("this worker sends no mail: set SMTP_URL and MAIL_FROM"));
    };
    let message_id = format!("<{}@{}>", call.idempotency_key.replace('/', "."), mailer.from().email.domain());
    let message = compose(mailer, &message_id, letter).map_err(StepError::never)?;
    let mut span = Span::begin(Kind::Client, Some(call.traceparent), || "send mail".into());
    match mailer.send(message).await {
        Ok(()) => Ok(message_id),
        Err(failure @ Failure::Refused(_)) => {
            span.fails("refused");
            Err(StepError::never(failure.to_string()))
        }
        Err(failure @ Failure::Unreachable(_)) => {
            span.fails("unreachable");
            Err(StepError::backoff(failure.to_string()))
        }
    }
}

fn compose(mailer: &Mailer, message_id: &str, letter: &Letter) -> Result<Message, String> {
    let mailbox = |address: &common::text::Email| {
        let address = address.as_str().parse().map_err(|_| "mail can't be sent to one of its addresses".to_owned())?;
        Ok::<_, String>(Mailbox::new(None, address))
    };
    let mut builder = Message::builder()
        .from(mailer.from().clone())
        .subject(letter.subject.as_str())
        .message_id(Some(message_id.to_owned()))
        .header(AutoSubmitted);
    for to in &letter.to {
        builder = builder.to(mailbox(to)?);
    }
    for cc in &letter.cc {
        builder = builder.cc(mailbox(cc)?);
    }
    let message = match (letter.text.clone(), letter.html.clone()) {
        (Some(text), Some(html)) => builder.multipart(MultiPart::alternative_plain_html(text, html)),
        (None, Some(html)) => builder.singlepart(SinglePart::html(html)),
        (text, None) => builder.singlepart(SinglePart::plain(text.unwrap_or_default())),
    };
    message.map_err(|error| format!("is no mail: {error}"))
}
