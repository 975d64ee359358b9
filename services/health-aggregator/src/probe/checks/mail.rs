//! The mail server.

use lettre::{AsyncSmtpTransport, Tokio1Executor};
use secrecy::ExposeSecret;

use crate::probe::{Answer, Inner, PATIENCE, Verdict};

impl Inner {
    /// Greets the mail server, and does not log in: a password that is wrong shows when mail is sent.
    pub(in crate::probe) async fn ask_mail(&self) -> Answer {
        let Some(url) = &self.targets.smtp else { return Ok(Verdict::healthy()) };
        // The reason may repeat the URL, which may hold a password.
        let server = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose_secret());
        let server = server.map_err(|_| anyhow::anyhow!("SMTP_URL is invalid"))?;
        let server: AsyncSmtpTransport<Tokio1Executor> = server.timeout(Some(PATIENCE)).build();
        Ok(if server.test_connection().await? {
            Verdict::healthy()
        } else {
            Verdict::unhealthy("the mail server does not take a connection")
        })
    }
}
