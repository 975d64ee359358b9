//! What an operator does from the command line.

use std::io::Read;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use common::config::Env;
use common::text::{Email, Name};
use database::identity::users;
use database::{DatabaseSettings, Pool, audit, connect, migrations};

use crate::passwords::{NewPassword, Passwords};
use crate::settings::IdentitySettings;

/// The commands.
#[derive(Subcommand)]
pub enum Command {
    /// Apply the migrations that are missing. Needs the owner's database URL.
    Migrate,
    /// Add an admin.
    CreateAdmin(CreateAdmin),
    /// Look after the audit log.
    #[command(subcommand)]
    Audit(Audit),
    /// Print the API's OpenAPI document.
    Openapi,
}

/// Who the admin is.
#[derive(Args)]
pub struct CreateAdmin {
    /// Their e-mail address.
    #[arg(long)]
    email: String,
    /// Their name.
    #[arg(long)]
    name: String,
    /// Read the password from standard input instead of asking for it.
    #[arg(long)]
    password_stdin: bool,
    /// Succeed when there is somebody with that address already, and leave them as they are.
    #[arg(long)]
    if_absent: bool,
}

/// What can be done with the audit log.
#[derive(Subcommand)]
pub enum Audit {
    /// Recompute the hash chain and name the first row that was altered.
    Verify,
}

/// Runs a command.
pub async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Migrate => migrate().await,
        Command::CreateAdmin(arguments) => create_admin(arguments).await,
        Command::Audit(Audit::Verify) => verify().await,
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

async fn create_admin(arguments: CreateAdmin) -> anyhow::Result<()> {
    let email: Email = arguments.email.parse().map_err(|reason| anyhow::anyhow!("--email {reason}"))?;
    let name = Name::try_from(arguments.name).map_err(|reason| anyhow::anyhow!("--name {reason}"))?;
    let password = if arguments.password_stdin {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        text.trim_end_matches(['\r', '\n']).to_owned()
    } else {
        let first = rpassword::prompt_password("Password: ")?;
        if first != rpassword::prompt_password("The same again: ")? {
            bail!("the two passwords differ");
        }
        first
    };
    let password = NewPassword::try_from(password).map_err(|reason| anyhow::anyhow!("the password {reason}"))?;
    let settings = Env::of_process().read(IdentitySettings::read)?;
    let hash =
        Passwords::new(settings.bcrypt_cost)?.hash(&password).await.map_err(|problem| anyhow::anyhow!("{problem}"))?;
    let mut connection = connect(&database()?.url).await?;
    match users::create_admin(&mut connection, &email, &name, &hash).await? {
        Some(user) => say(&format!("created the admin {} ({})", user.email, user.id)),
        None if arguments.if_absent => say(&format!("{} exists already and was left alone", email.as_str())),
        None => bail!("{} exists already", email.as_str()),
    }
    Ok(())
}

async fn verify() -> anyhow::Result<()> {
    let pool = Pool::new(&database()?)?;
    let mut connection = pool.get().await?;
    let found = audit::verify(&mut connection).await?;
    match found.fault {
        None => {
            say(&format!("{} rows are sealed and unaltered, {} wait for the sealer", found.sealed, found.unsealed));
            Ok(())
        }
        Some(fault) => {
            Err(anyhow::anyhow!(fault)).context(format!("the chain holds for {} rows, then breaks", found.sealed))
        }
    }
}

#[expect(clippy::print_stdout, reason = "a command's answer")]
fn say(text: &str) {
    println!("{text}");
}
