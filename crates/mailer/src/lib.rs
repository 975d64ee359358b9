#![doc = include_str!("../README.md")]

use std::path::PathBuf;
use std::time::Duration;

use common::config::Env;
use lettre::message::Mailbox;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::{AsyncFileTransport, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};

/// How long a mail server may take for one command.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How mail is sent.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// Who it is from.
    pub from: Mailbox,
    /// What takes it.
    pub transport: MailTransport,
}

/// What takes mail.
#[derive(Clone, Debug)]
pub enum MailTransport {
    /// A mail server: `smtps://user:password@host`, or `smtp://host:587?tls=required`.
    Smtp(SecretString),
    /// A folder of `.eml` files, for development.
    Folder(PathBuf),
}

impl MailSettings {
    /// Reads `MAIL_FROM`, `SMTP_URL` and `MAIL_DIR`.
    pub fn read(env: &mut Env) -> Option<Self> {
        let (from, transport) = (env.required("MAIL_FROM"), MailTransport::read_if_set(env));
        match transport? {
            Some(transport) => Some(Self { from: from?, transport }),
            None => env.fault("SMTP_URL is missing (or set MAIL_DIR to write mail into a folder)"),
        }
    }

    /// The same, for a service that can do without: there is none when neither `SMTP_URL` nor `MAIL_DIR` is set. The outer
    /// `None` is a fault.
    pub fn read_if_set(env: &mut Env) -> Option<Option<Self>> {
        match MailTransport::read_if_set(env)? {
            Some(transport) => env.required("MAIL_FROM").map(|from| Some(Self { from, transport })),
            None => Some(None),
        }
    }
}

impl MailTransport {
    /// Reads `SMTP_URL` and `MAIL_DIR`; there is none when neither is set. The outer `None` is a fault.
    pub fn read_if_set(env: &mut Env) -> Option<Option<Self>> {
        let (smtp, folder) = (env.secret_if_set("SMTP_URL", 1), env.optional::<PathBuf>("MAIL_DIR"));
        match (smtp?, folder?) {
            (Some(url), _) => match AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose_secret()) {
                Ok(_) => Some(Some(Self::Smtp(url))),
                // The reason may repeat the URL, which holds a password.
                Err(_) => {
                    env.fault("SMTP_URL is invalid: must be smtps://user:password@host or smtp://host:587?tls=required")
                }
            },
            (None, folder) => Some(folder.map(Self::Folder)),
        }
    }
}

/// Hands mail over.
#[derive(Clone)]
pub struct Mailer {
    from: Mailbox,
    transport: Transport,
}

#[derive(Clone)]
enum Transport {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Folder(AsyncFileTransport<Tokio1Executor>),
}

/// Why a mail did not go out.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// What a server refuses for good (RFC 5321, 4.2.1) it refuses again.
    #[error("the mail server refuses it: {0}")]
    Refused(String),
    /// This may pass.
    #[error("the mail server can't be reached: {0}")]
    Unreachable(String),
}

impl Mailer {
    /// Prepares to send; nothing is connected yet.
    pub fn new(settings: &MailSettings) -> anyhow::Result<Self> {
        let transport = match &settings.transport {
            MailTransport::Smtp(url) => {
                let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose_secret())?;
                Transport::Smtp(transport.timeout(Some(TIMEOUT)).build())
            }
            MailTransport::Folder(folder) => {
                std::fs::create_dir_all(folder)?;
                Transport::Folder(AsyncFileTransport::new(folder))
            }
        };
        Ok(Self { from: settings.from.clone(), transport })
    }

    /// Who mail is from.
    pub const fn from(&self) -> &Mailbox {
        &self.from
    }

    /// Hands a message over.
    pub async fn send(&self, message: Message) -> Result<(), Failure> {
        match &self.transport {
            Transport::Smtp(server) => match server.send(message).await {
                Ok(_) => Ok(()),
                Err(error) if error.is_permanent() => Err(Failure::Refused(error.to_string())),
                Err(error) => Err(Failure::Unreachable(error.to_string())),
            },
            Transport::Folder(folder) => {
                folder.send(message).await.map(drop).map_err(|error| Failure::Unreachable(error.to_string()))
            }
        }
    }
}

/// RFC 3834: no out-of-office answers, please.
#[derive(Clone)]
pub struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}
