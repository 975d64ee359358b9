//! The run that is attacked, as `make run` tells of it in `.local/runtime.env`.

use std::path::PathBuf;

use anyhow::Context;
use reqwest::Url;

/// Where everything of the run is.
pub struct Runtime {
    /// The API, through NGINX.
    pub api: Url,
    /// The console, through NGINX.
    pub console: Url,
    /// Who signed NGINX's certificate, in PEM.
    pub authority: Vec<u8>,
    /// The administrator's address.
    pub admin_email: String,
    /// The administrator's password.
    pub admin_password: String,
    /// Where the run keeps the pids of its processes.
    pub pids: PathBuf,
    /// Where its processes log to.
    pub logs: PathBuf,
    /// What NGINX has answered.
    pub access_log: PathBuf,
}

impl Runtime {
    /// Reads the variables; an error names the one that is missing.
    pub fn from_environment() -> anyhow::Result<Self> {
        let variable =
            |name: &str| std::env::var(name).with_context(|| format!("{name} is not set: `make edge` sets it"));
        let authority = variable("CA_CERT")?;
        Ok(Self {
            api: variable("API_URL")?.parse()?,
            console: variable("CONSOLE_URL")?.parse()?,
            authority: std::fs::read(&authority).with_context(|| authority.clone())?,
            admin_email: variable("ADMIN_EMAIL")?,
            admin_password: variable("ADMIN_PASSWORD")?,
            pids: variable("RUN_PIDS")?.into(),
            logs: variable("RUN_LOGS")?.into(),
            access_log: variable("ACCESS_LOG")?.into(),
        })
    }
}
