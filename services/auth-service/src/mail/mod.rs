//! Sends the mail that waits in the outbox: at least once, and again after a failure.

mod governance;
mod message;

use std::time::Duration;

use common::telemetry::chain;
use common::telemetry::traces::{Attribute, Kind, Span};
use database::announcements::letters;
use database::identity::passwords::{self, Purpose};
use database::identity::users::{self, User, UserState};
use database::outbox::{self, Due, Mail};
use database::{Pool, audit};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::settings::MailSettings;
use crate::tokens::OneTimeSecret;
use message::{Composer, Letter};

/// How often the outbox is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// How many mails are taken in hand at a time.
const BATCH: u16 = 10;
/// How long one mail may take; a crash in between has it sent again after this time.
const LEASE: Duration = Duration::from_mins(2);
/// The first wait after a failure; each further one doubles it, up to an hour.
const FIRST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_hours(1);
/// After so many failures, spread over more than a day, a mail is given up, which is on the record.
const MAX_ATTEMPTS: i32 = 36;

/// Sends mail.
pub struct Mailer {
    pool: Pool,
    composer: Composer,
    server: mailer::Mailer,
}

/// What a mail holds.
enum Contents {
    /// A token that is made with it.
    Token(Purpose),
    /// What is written already.
    Letter(Letter),
}

/// Why a mail did not go out.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Database(#[from] database::Error),
    #[error(transparent)]
    Mail(#[from] mailer::Failure),
    #[error("{0}")]
    Fault(String),
}

impl Failure {
    /// What kind it is, for a trace.
    const fn kind(&self) -> &'static str {
        match self {
            Self::Database(_) => "database",
            Self::Mail(mailer::Failure::Refused(_)) => "refused",
            Self::Mail(mailer::Failure::Unreachable(_)) => "unreachable",
            Self::Fault(_) => "fault",
        }
    }
}

impl Mailer {
    /// Prepares to send; nothing is connected yet.
    pub fn new(pool: Pool, settings: &MailSettings) -> anyhow::Result<Self> {
        let by = mailer::MailSettings { from: settings.from.clone(), transport: settings.transport.clone() };
        Ok(Self { pool, composer: Composer::new(settings)?, server: mailer::Mailer::new(&by)? })
    }

    /// Sends until it is stopped. Any number of instances may run: each mail is in one's hands at a time.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.send_due().await {
                Ok(0) => {}
                Ok(_) => continue,
                Err(error) => tracing::warn!(error = chain(&error), "mail can't be sent now"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    async fn send_due(&self) -> database::Result<usize> {
        let due = outbox::claim_mail(&mut *self.pool.get().await?, BATCH, LEASE).await?;
        futures_util::future::try_join_all(due.iter().map(|mail| self.settle(mail))).await?;
        Ok(due.len())
    }

    /// Tries to send a mail, in the trace of the workflow that it is about, and writes down how that went.
    async fn settle(&self, due: &Due) -> database::Result<()> {
        let workflow = due.payload["workflow_id"].as_str();
        let place = match workflow.and_then(|id| id.parse().ok()) {
            Some(id) => letters::place(&mut *self.pool.get().await?, id).await?,
            None => None,
        };
        let mut trace = Span::begin(Kind::Client, place, || "send mail".into());
        trace.says(|| [Attribute::new("codex.mail.attempt", i64::from(due.attempts))]);
        let traceparent = trace.traceparent();
        let span =
            tracing::error_span!("mail", mail = due.id, workflow_id = workflow, trace_id = traceparent.trace_id());
        self.try_to_send(due, &mut trace).instrument(span).await
    }

    async fn try_to_send(&self, due: &Due, trace: &mut Span) -> database::Result<()> {
        let kind = due.payload["kind"].as_str().unwrap_or("unknown");
        let sent = self.send(due).await;
        if let Err(failure) = &sent {
            trace.fails(failure.kind());
        }
        let mut connection = self.pool.get().await?;
        match sent {
            Ok(()) => {
                tracing::info!(kind, "a mail is dealt with");
                outbox::delete(&mut connection, &[due.id]).await
            }
            Err(failure @ (Failure::Mail(mailer::Failure::Unreachable(_)) | Failure::Database(_)))
                if due.attempts < MAX_ATTEMPTS =>
            {
                tracing::warn!(attempt = due.attempts, "a mail waits: {failure}");
                outbox::postpone(&mut connection, due.id, wait_after(due.attempts)).await
            }
            Err(failure) => {
                tracing::error!(attempt = due.attempts, "a mail is given up: {failure}");
                audit::record_lost_mail(&mut connection, due.id, json!({"kind": kind, "attempts": due.attempts})).await
            }
        }
    }

    async fn send(&self, due: &Due) -> Result<(), Failure> {
        let mail: Mail =
            serde_json::from_value(due.payload.clone()).map_err(|error| Failure::Fault(error.to_string()))?;
        let mut connection = self.pool.get().await?;
        let user = match &mail {
            Mail::PasswordReset { email } => match users::find_by_email(&mut connection, email).await? {
                Some(user) => user,
                // Nobody has this address. Who asked was told nothing else than they would have been otherwise.
                None => return Ok(()),
            },
            Mail::Invitation { user_id }
            | Mail::Notice { user_id, .. }
            | Mail::VoteNeeded { user_id, .. }
            | Mail::Decided { user_id, .. }
            | Mail::GlassBroken { user_id, .. }
            | Mail::RatificationOverdue { user_id, .. } => users::find(&mut connection, *user_id).await?,
        };
        let letter = match &mail {
            Mail::Invitation { .. } => Contents::Token(Purpose::Invitation),
            Mail::PasswordReset { .. } => Contents::Token(Purpose::PasswordReset),
            Mail::Notice { notice, .. } => Contents::Letter(self.composer.notice(*notice)),
            // Whose account is closed has nothing to do with workflows any more.
            _ if user.state != UserState::Active => return Ok(()),
            about_workflow => match self.composer.about_workflow(&mut connection, about_workflow).await? {
                Some(letter) => Contents::Letter(letter),
                None => return Ok(()),
            },
        };
        // A mail server takes its time: no connection is kept from others meanwhile.
        drop(connection);
        match letter {
            Contents::Token(purpose) => self.send_token(due, &user, purpose).await,
            Contents::Letter(letter) => {
                let Some(to) = reachable(&user) else { return Ok(()) };
                let message = self.composer.compose(due.id, &user, to, &letter);
                Ok(self.server.send(message.map_err(|error| Failure::Fault(format!("{error:#}")))?).await?)
            }
        }
    }

    /// Makes the token with the mail, so that it is nowhere but there. One whose mail does not go out is taken back.
    async fn send_token(&self, due: &Due, user: &User, purpose: Purpose) -> Result<(), Failure> {
        let Some(to) = reachable(user) else { return Ok(()) };
        let token = OneTimeSecret::generate();
        let mut connection = self.pool.get().await?;
        if !passwords::issue_token(&mut connection, user, purpose, &token.hash).await? {
            return Ok(());
        }
        drop(connection);
        let sent = match self.composer.token(due.id, user, to, purpose, &token.text) {
            Ok(message) => self.server.send(message).await.map_err(Failure::Mail),
            Err(error) => Err(Failure::Fault(format!("{error:#}"))),
        };
        if sent.is_err() {
            passwords::withdraw_token(&mut *self.pool.get().await?, &token.hash).await?;
        }
        sent
    }
}

/// The address of a person, unless they were erased.
fn reachable(user: &User) -> Option<&str> {
    (user.state != UserState::Erased).then_some(user.email.as_str())
}

fn wait_after(attempts: i32) -> Duration {
    let doublings = u32::try_from(attempts - 1).unwrap_or(0);
    FIRST_WAIT.saturating_mul(2_u32.saturating_pow(doublings)).min(LONGEST_WAIT)
}
