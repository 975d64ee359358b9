use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Args;
use common::tokens::SigningKey;

use super::say;
use crate::signer::PUBLISH_AHEAD;

/// Which keys, and what becomes of those before.
#[derive(Args)]
pub struct RotateKeys {
    /// The file of the EdDSA keys; with both, this one is rotated: it signs.
    #[arg(long, env = "JWT_PRIVATE_KEY_FILE")]
    private_key_file: Option<PathBuf>,
    /// The file of the HS256 secrets.
    #[arg(long, env = "JWT_SECRET_FILE")]
    secret_file: Option<PathBuf>,
    /// How many keys from before stay good. A token holds a day: who rotates more often keeps more.
    #[arg(long, default_value_t = 2)]
    keep: usize,
    /// Keep none: whoever is logged in has to refresh or log in again. For a key that has leaked.
    #[arg(long, conflicts_with = "keep")]
    revoke: bool,
}

pub(super) fn run(arguments: &RotateKeys) -> anyhow::Result<()> {
    let keep = if arguments.revoke { 0 } else { arguments.keep };
    let path = match (&arguments.private_key_file, &arguments.secret_file) {
        (Some(path), _) => rotate(path, keep, new_private_key()?, private_keys)?,
        (None, Some(path)) => rotate(path, keep, new_secret(), secrets)?,
        (None, None) => bail!(
            "name the file of the keys: set JWT_PRIVATE_KEY_FILE or JWT_SECRET_FILE, or give --private-key-file or \
             --secret-file (a key that stands in a variable can't be changed while services run)"
        ),
    };
    say(&format!("{} has a new key", path.display()));
    if keep > 0 {
        say(&format!("it signs after {} seconds; tokens of the keys from before hold on", PUBLISH_AHEAD.as_secs()));
    } else {
        say("the keys from before are void");
    }
    Ok(())
}

/// A new EdDSA key as a PEM block.
pub(super) fn new_private_key() -> anyhow::Result<String> {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).context("no key can be generated")?;
    Ok(pem::encode_config(
        &pem::Pem::new("PRIVATE KEY", pkcs8.as_ref()),
        pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF),
    ))
}

fn new_secret() -> String {
    format!("{}\n", URL_SAFE_NO_PAD.encode(rand::random::<[u8; 48]>()))
}

fn private_keys(text: &str) -> anyhow::Result<Vec<String>> {
    SigningKey::of_pem(text)?;
    let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    Ok(pem::parse_many(text)?.iter().map(|block| pem::encode_config(block, config)).collect())
}

fn secrets(text: &str) -> anyhow::Result<Vec<String>> {
    SigningKey::of_secrets(text)?;
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| format!("{line}\n")).collect())
}

/// Puts a key before those of a file, which is replaced as a whole: a service never reads half of it.
fn rotate(
    path: &Path,
    keep: usize,
    new: String,
    parse: fn(&str) -> anyhow::Result<Vec<String>>,
) -> anyhow::Result<&Path> {
    let before = match fs::read_to_string(path) {
        Ok(text) => parse(&text).with_context(|| format!("{} does not hold keys", path.display()))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error).with_context(|| format!("{} can't be read", path.display())),
    };
    let text: String = std::iter::once(new).chain(before.into_iter().take(keep)).collect();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)
        .with_context(|| format!("no file can be written in {}", folder.display()))?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    // As the file before: the services that read it run as others than who rotates.
    if let Ok(old) = fs::metadata(path) {
        fs::set_permissions(file.path(), fs::Permissions::from_mode(old.mode() & 0o777))?;
        chown(file.path(), Some(old.uid()), Some(old.gid())).context("the file's owner can't be kept")?;
    }
    file.persist(path).with_context(|| format!("{} can't be replaced", path.display()))?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_comes_first_and_the_oldest_go() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys");
        for (parse, new) in [
            (
                private_keys as fn(&str) -> anyhow::Result<Vec<String>>,
                new_private_key as fn() -> anyhow::Result<String>,
            ),
            (secrets, || Ok(new_secret())),
        ] {
            let _ = fs::remove_file(&path);
            let mut newest = Vec::new();
            for _ in 0..4 {
                let key = new().expect("a key");
                newest.insert(0, key.clone());
                rotate(&path, 2, key, parse).expect("rotates");
            }
            newest.truncate(3);
            assert_eq!(fs::read_to_string(&path).expect("reads"), newest.concat());
            assert_eq!(fs::metadata(&path).expect("is there").mode() & 0o777, 0o600);
            rotate(&path, 0, new().expect("a key"), parse).expect("rotates");
            assert_eq!(parse(&fs::read_to_string(&path).expect("reads")).expect("keys").len(), 1);
        }
        fs::write(&path, "not a key").expect("writes");
        rotate(&path, 2, new_secret(), secrets).expect_err("is left alone");
        assert_eq!(fs::read_to_string(&path).expect("reads"), "not a key");
    }
}
