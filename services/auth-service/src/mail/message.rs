//! What mails look like: a text and the same as HTML, from the templates beside this crate.

use anyhow::Context;
use chrono::{DateTime, SecondsFormat, Utc};
use database::identity::passwords::Purpose;
use database::identity::users::User;
use database::outbox::Notice;
use lettre::Message;
use lettre::message::{Mailbox, MultiPart};
use mailer::AutoSubmitted;
use minijinja::{Environment, context};

use crate::settings::MailSettings;

/// Writes mails.
pub struct Composer {
    from: Mailbox,
    console_url: String,
    templates: Environment<'static>,
}

/// What differs between mails, for the one template of each form.
pub struct Letter {
    /// What it is about, in a line.
    pub subject: String,
    /// What it says.
    pub paragraphs: Vec<String>,
    /// A button's text and where it leads.
    pub action: Option<(&'static str, String)>,
    /// What stands below, smaller.
    pub closing: &'static str,
}

impl Composer {
    /// Reads the templates, which the binary carries.
    pub fn new(settings: &MailSettings) -> anyhow::Result<Self> {
        let mut templates = Environment::new();
        templates.add_template("letter.txt", include_str!("../../templates/letter.txt"))?;
        // The name's ending has minijinja escape every value.
        templates.add_template("letter.html", include_str!("../../templates/letter.html"))?;
        let console_url = settings.console_url.trim_end_matches('/').to_owned();
        Ok(Self { from: settings.from.clone(), console_url, templates })
    }

    /// A mail with a link that proves that its reader reads it.
    pub fn token(&self, id: i64, user: &User, to: &str, purpose: Purpose, token: &str) -> anyhow::Result<Message> {
        // In the fragment, which browsers send to no server and no log keeps.
        let link = |page: &str| format!("{}#token={token}", self.link(page));
        let until = until(Utc::now() + purpose.lifetime());
        let letter = match purpose {
            Purpose::Invitation => Letter {
                subject: "You are invited to Codex Dominion".to_owned(),
                paragraphs: vec![
                    "An administrator has made an account for you. Choose a password to begin.".to_owned(),
                    format!("The link is good once, until {until}."),
                ],
                action: Some(("Choose a password", link("accept-invitation"))),
                closing: "If you did not expect this, ignore it: without you nothing happens.",
            },
            Purpose::PasswordReset => Letter {
                subject: "Choose a new password".to_owned(),
                paragraphs: vec![
                    "Somebody, probably you, asked for a new password for your account.".to_owned(),
                    format!("The link is good once, until {until}. Choosing a new password ends all your sessions."),
                ],
                action: Some(("Choose a new password", link("reset-password"))),
                closing: "If it was not you, ignore this: your password stays as it is.",
            },
        };
        self.compose(id, user, to, &letter)
    }

    /// A mail about what happened to an account.
    pub fn notice(&self, notice: Notice) -> Letter {
        let (subject, what) = match notice {
            Notice::PasswordChanged => ("Your password was changed", "The password of your account was changed."),
            Notice::TotpEnabled => {
                ("Two-factor login is on", "From now on, your account asks for a code of your authenticator.")
            }
            Notice::TotpDisabled => ("Two-factor login is off", "Your account no longer asks for a second factor."),
            Notice::RecoveryCodeUsed => {
                ("A recovery code was used", "Somebody logged in to your account with one of your recovery codes.")
            }
            Notice::RecoveryCodesRenewed => {
                ("You have new recovery codes", "New recovery codes were made; those from before are void.")
            }
            Notice::SessionStolen => (
                "One of your sessions was ended",
                "Two clients used the same session of your account, so it was ended. \
                 One of them may not have been yours.",
            ),
        };
        Letter {
            subject: subject.to_owned(),
            paragraphs: vec![what.to_owned()],
            action: Some(("Open the console", self.console_url.clone())),
            closing: "If it was not you, change your password now and tell an administrator.",
        }
    }

    /// Where a page of the console is.
    pub fn link(&self, page: &str) -> String {
        format!("{}/{page}", self.console_url)
    }

    /// Puts a letter into an envelope.
    pub fn compose(&self, id: i64, user: &User, to: &str, letter: &Letter) -> anyhow::Result<Message> {
        let (action, link) =
            letter.action.as_ref().map_or((None, None), |(text, link)| (Some(*text), Some(link.as_str())));
        let values = context! {
            name => user.name.as_str(), subject => letter.subject.as_str(), paragraphs => letter.paragraphs.clone(),
            action => action, link => link, closing => letter.closing,
        };
        let render = |name| self.templates.get_template(name)?.render(&values);
        let body = MultiPart::alternative_plain_html(render("letter.txt")?, render("letter.html")?);
        // A name may have lines, a mail's head may not.
        let name = user.name.replace(char::is_control, " ");
        let to = Mailbox::new(Some(name), to.parse().context("an address that mail can't be sent to")?);
        let domain = self.from.email.domain();
        Ok(Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(letter.subject.as_str())
            // The same at every try: who gets a mail twice can tell.
            .message_id(Some(format!("<{id}@{domain}>")))
            .header(AutoSubmitted)
            .multipart(body)?)
    }
}

/// A time as people read it.
pub fn until(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true).replace('T', " ").replace('Z', " UTC")
}
