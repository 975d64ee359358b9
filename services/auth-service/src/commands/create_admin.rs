use std::io::Read;

use anyhow::bail;
use clap::Args;
use common::config::Env;
use common::text::{Email, Name};
use database::connect;
use database::identity::users;

use super::{database, say};
use crate::passwords::NewPassword;
use crate::settings::bcrypt_cost;

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

pub(super) async fn run(arguments: CreateAdmin) -> anyhow::Result<()> {
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
    let cost = Env::of_process().read(bcrypt_cost)?;
    let hash = password.hash(cost)?;
    let mut connection = connect(&database()?.url).await?;
    match users::create_admin(&mut connection, &email, &name, &hash).await? {
        Some(user) => say(&format!("created the admin {} ({})", user.email, user.id)),
        None if arguments.if_absent => say(&format!("{} exists already and was left alone", email.as_str())),
        None => bail!("{} exists already", email.as_str()),
    }
    Ok(())
}
