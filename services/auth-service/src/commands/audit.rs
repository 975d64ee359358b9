use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use common::config::Env;
use database::audit::{self, Chain, Checkpoint, CheckpointKey, Filter, PublicKey, Verification, Witness};
use database::governance::evidence::{self, Evidence};
use database::{Pool, connect};
use futures_util::TryStreamExt;
use secrecy::ExposeSecret;

use super::{database, rotate_keys, say};
use crate::export::{Format, Line, stream};
use crate::{sealer, settings};

/// What can be done with the audit log.
#[derive(Subcommand)]
pub enum Audit {
    /// Recompute the hash chain and name the first row that was altered, removed or inserted.
    ///
    /// Exits with 1 when there is one.
    Verify(Verify),
    /// Check the evidence of a workflow, offline, and say what it proves and what it does not.
    ///
    /// Exits with 1 when something in it does not hold, and names the first such thing by its JSON Pointer.
    VerifyEvidence(VerifyEvidence),
    /// Write the sealed part of the audit log to standard output or a file.
    Export(Export),
    /// Sign how far the chain has come now, and print the checkpoint. Needs `AUDIT_SIGNING_KEY`.
    Checkpoint,
    /// Print the public key that checkpoints are checked with. Needs `AUDIT_SIGNING_KEY`.
    PublicKey,
    /// Print a new key for `AUDIT_SIGNING_KEY`.
    NewKey,
}

/// What to verify, and against what.
#[derive(Args)]
pub struct Verify {
    /// An export in JSON Lines, in place of the database: nothing else is needed then.
    #[arg(long)]
    file: Option<PathBuf>,
    /// The export holds only rows that somebody chose: check each by itself, not that none is missing.
    #[arg(long, requires = "file")]
    partial: bool,
    /// A checkpoint that was kept elsewhere, as JSON: shows that nothing up to there was rewritten or cut off.
    #[arg(long)]
    checkpoint: Option<PathBuf>,
    /// The public key that every checkpoint must be signed by.
    #[arg(long)]
    public_key: Option<PublicKey>,
}

/// Which evidence to check, and against what.
#[derive(Args)]
pub struct VerifyEvidence {
    /// The answer of `GET /api/workflows/{id}/evidence`; `-` is standard input.
    file: PathBuf,
    /// The public key that every checkpoint must be signed by.
    #[arg(long)]
    public_key: Option<PublicKey>,
    /// Fail, too, while a row of the record is not in a log that the key has signed for.
    #[arg(long, requires = "public_key")]
    complete: bool,
}

/// What to export.
#[derive(Args)]
pub struct Export {
    /// In which form.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Where to; standard output when not said.
    #[arg(long)]
    output: Option<PathBuf>,
}

pub(super) async fn run(command: Audit) -> anyhow::Result<()> {
    match command {
        Audit::Verify(arguments) => verify(arguments).await,
        Audit::VerifyEvidence(arguments) => verify_evidence(&arguments),
        Audit::Export(arguments) => export(arguments).await,
        Audit::Checkpoint => checkpoint().await,
        Audit::PublicKey => {
            say(&key()?.public().to_string());
            Ok(())
        }
        Audit::NewKey => {
            say(rotate_keys::new_private_key()?.trim_end());
            Ok(())
        }
    }
}

fn key() -> anyhow::Result<CheckpointKey> {
    let pem = Env::of_process().read(settings::audit_key)?.context("AUDIT_SIGNING_KEY is missing")?;
    CheckpointKey::of_pem(pem.expose_secret()).map_err(anyhow::Error::msg)
}

async fn verify(arguments: Verify) -> anyhow::Result<()> {
    let kept = arguments.checkpoint.as_deref().map(read_checkpoint).transpose()?;
    let witness = Witness { public_key: arguments.public_key, kept };
    let found = match &arguments.file {
        Some(path) if arguments.partial => verify_links(path)?,
        Some(path) => verify_file(path, &witness)?,
        None => audit::verify(&mut connect(&database()?.url).await?, &witness).await?,
    };
    if found.fault.is_some() {
        bail!("{found}");
    }
    say(&found.to_string());
    Ok(())
}

fn verify_evidence(arguments: &VerifyEvidence) -> anyhow::Result<()> {
    let path = &arguments.file;
    let document = match path.to_str() {
        Some("-") => std::io::read_to_string(std::io::stdin()).context("standard input can't be read")?,
        _ => std::fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))?,
    };
    let evidence: Evidence = serde_json::from_str(&document).context("this is not the evidence of a workflow")?;
    let verdict = evidence::verify(&evidence, arguments.public_key.as_ref()).context("the evidence does not hold")?;
    say(&verdict.to_string());
    if arguments.complete && !verdict.complete {
        bail!("not every row of the record is in a log that the key has signed for");
    }
    Ok(())
}

fn read_checkpoint(path: &Path) -> anyhow::Result<Checkpoint> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} does not hold a checkpoint", path.display()))
}

/// The lines of an export.
fn lines(path: &Path) -> anyhow::Result<impl Iterator<Item = anyhow::Result<Line>>> {
    let file = File::open(path).with_context(|| format!("{} can't be read", path.display()))?;
    Ok(BufReader::new(file).lines().enumerate().map(|(number, line)| {
        serde_json::from_str(&line?).with_context(|| format!("line {} is not of an export", number + 1))
    }))
}

fn verify_file(path: &Path, witness: &Witness) -> anyhow::Result<Verification> {
    let mut checkpoints = Vec::new();
    for line in lines(path)? {
        if let Line::Checkpoint { checkpoint } = line? {
            checkpoints.push(checkpoint);
        }
    }
    let mut chain = match Chain::new(witness, checkpoints) {
        Ok(chain) => chain,
        Err(fault) => return Ok(Verification { sealed: 0, unsealed: 0, fault: Some(fault) }),
    };
    let mut fault = None;
    for line in lines(path)? {
        if let Line::Link(link) = line? {
            fault = chain.next(&link).err();
            if fault.is_some() {
                break;
            }
        }
    }
    let fault = fault.or_else(|| chain.end().err());
    Ok(Verification { sealed: chain.sealed, unsealed: 0, fault })
}

fn verify_links(path: &Path) -> anyhow::Result<Verification> {
    let mut found = Verification { sealed: 0, unsealed: 0, fault: None };
    for line in lines(path)? {
        let Line::Link(link) = line? else { continue };
        if !link.holds() {
            found.fault = Some(audit::Fault::Altered {
                id: link.record["id"].clone(),
                position: link.position.unwrap_or_default(),
            });
            break;
        }
        found.sealed += 1;
    }
    Ok(found)
}

async fn export(arguments: Export) -> anyhow::Result<()> {
    let mut output: Box<dyn Write> = match &arguments.output {
        Some(path) => Box::new(File::create(path).with_context(|| format!("{} can't be written", path.display()))?),
        None => Box::new(std::io::stdout().lock()),
    };
    let pool = Pool::new(&database()?)?;
    let mut parts = std::pin::pin!(stream(pool.into(), Filter::default(), arguments.format));
    while let Some(part) = parts.try_next().await? {
        output.write_all(&part)?;
    }
    Ok(output.flush()?)
}

async fn checkpoint() -> anyhow::Result<()> {
    let (key, pool) = (key()?, Pool::new(&database()?)?);
    sealer::sign(&pool, &key).await?;
    let newest = common::page::Limit::try_from(1).map_err(anyhow::Error::msg)?;
    let (checkpoints, _) = audit::checkpoints(&mut *pool.get().await?, newest, None).await?;
    let checkpoint = checkpoints.first().context("nothing is sealed yet")?;
    say(&serde_json::to_string(checkpoint)?);
    Ok(())
}
