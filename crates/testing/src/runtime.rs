//! The run that is up, as `make run` tells of it in `.local/runtime.env`, which the scripts export.

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
    /// auth-service itself: nobody is kept from founding the organisation by limits that are for strangers.
    pub auth: String,
    /// council-service itself.
    pub council: String,
    /// The administrator's address.
    pub admin_email: String,
    /// The administrator's password.
    pub admin_password: String,
    /// The database, as its owner.
    pub database: String,
    /// Where the run keeps the pids of its processes.
    pub pids: PathBuf,
}

impl Runtime {
    /// Reads the variables; an error names the one that is missing.
    pub fn from_environment() -> anyhow::Result<Self> {
        let authority = variable("CA_CERT")?;
        Ok(Self {
            api: variable("API_URL")?.parse()?,
            console: variable("CONSOLE_URL")?.parse()?,
            authority: std::fs::read(&authority).with_context(|| authority.clone())?,
            auth: variable("AUTH_URL")?,
            council: variable("COUNCIL_URL")?,
            admin_email: variable("ADMIN_EMAIL")?,
            admin_password: variable("ADMIN_PASSWORD")?,
            database: variable("DATABASE_URL")?,
            pids: variable("RUN_PIDS")?.into(),
        })
    }
}

/// A variable that the script sets which starts the program.
pub fn variable(name: &str) -> anyhow::Result<String> {
    std::env::var(name).with_context(|| format!("{name} is not set: the script that `make` runs sets it"))
}
