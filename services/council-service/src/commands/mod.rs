//! What an operator does from the command line.

mod renew_encryption;
pub mod seed;

use clap::Subcommand;
use common::config::Env;
use common::health_check;

use crate::settings::DEFAULT_PORT;

/// The commands.
#[derive(Subcommand)]
pub enum Command {
    /// Found the councils and add the workflow types that a fresh installation begins with, of those that are missing.
    ///
    /// Needs an administrator, who takes the chair of each council and stands on the record as its founder. What is
    /// there already is left as it is.
    Seed,
    /// Encrypt the secrets of steps and webhooks under the newest key, the first line of `ENCRYPTION_KEY`.
    ///
    /// Run it, and the command of auth-service of the same name, once every service has the new key; then the old ones
    /// can be taken out.
    RenewEncryption,
    /// Tell whether the service that runs here is ready, for a container's health check.
    Health,
    /// Print the API's OpenAPI document.
    Openapi,
}

/// Runs a command.
pub async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Seed => seed::run().await,
        Command::RenewEncryption => renew_encryption::run().await,
        Command::Health => health_check::ask(Env::of_process(), DEFAULT_PORT),
        Command::Openapi => {
            say(&crate::openapi().to_pretty_json()?);
            Ok(())
        }
    }
}

#[expect(clippy::print_stdout, reason = "a command's answer")]
fn say(text: &str) {
    println!("{text}");
}
