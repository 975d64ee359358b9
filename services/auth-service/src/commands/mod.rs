//! What an operator does from the command line.

mod audit;
mod create_admin;
mod renew_encryption;
mod rotate_keys;

use clap::Subcommand;
use common::config::Env;
use common::health_check;
use database::{DatabaseSettings, connect, migrations};

use crate::settings::DEFAULT_PORT;

/// The commands.
#[derive(Subcommand)]
pub enum Command {
    /// Apply the migrations that are missing. Needs the owner's database URL.
    Migrate,
    /// Add an admin.
    CreateAdmin(create_admin::CreateAdmin),
    /// Put a new key that signs tokens into its file; nobody is logged out.
    ///
    /// The file is that of `JWT_PRIVATE_KEY_FILE` or, without it, of `JWT_SECRET_FILE`. Running services notice by
    /// themselves: for 90 seconds the new key is only published, then it signs.
    RotateKeys(rotate_keys::RotateKeys),
    /// Encrypt authenticators under the newest key, the first line of `ENCRYPTION_KEY`.
    ///
    /// Run it, and the command of council-service of the same name, once every service has the new key; then the old ones
    /// can be taken out.
    RenewEncryption,
    /// Look after the audit log.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Tell whether the service that runs here is ready, for a container's health check.
    Health,
    /// Print the API's OpenAPI document.
    Openapi,
}

/// Runs a command.
pub async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Migrate => migrate().await,
        Command::CreateAdmin(arguments) => create_admin::run(arguments).await,
        Command::RotateKeys(arguments) => rotate_keys::run(&arguments),
        Command::RenewEncryption => renew_encryption::run().await,
        Command::Audit(command) => audit::run(command).await,
        Command::Health => health_check::ask(Env::of_process(), DEFAULT_PORT),
        Command::Openapi => {
            say(&crate::openapi().to_pretty_json()?);
            Ok(())
        }
    }
}

fn database() -> anyhow::Result<DatabaseSettings> {
    Ok(Env::of_process().read(DatabaseSettings::read)?)
}

async fn migrate() -> anyhow::Result<()> {
    let applied = migrations::run(connect(&database()?.url).await?)?;
    match applied.as_slice() {
        [] => say("the database is up to date"),
        names => say(&format!("applied {}", names.join(", "))),
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a command's answer")]
fn say(text: &str) {
    println!("{text}");
}
