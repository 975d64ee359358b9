//! A program of this repository as a process that is killed, stopped and started again.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::Context;

/// A service; killed with the value.
pub struct Service {
    /// What it is called in the run.
    pub name: String,
    program: PathBuf,
    variables: BTreeMap<String, String>,
    log: PathBuf,
    child: Option<Child>,
}

impl Service {
    /// Describes a service without starting it. Its program was built with this one; its log goes to `log`.
    pub fn new(name: &str, program: &str, variables: BTreeMap<String, String>, log: PathBuf) -> anyhow::Result<Self> {
        Ok(Self { name: name.to_owned(), program: beside(program)?, variables, log, child: None })
    }

    /// Starts it.
    pub fn start(&mut self) -> anyhow::Result<()> {
        let log = OpenOptions::new().create(true).append(true).open(&self.log)?;
        let child = Command::new(&self.program)
            .env_clear()
            .envs(&self.variables)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("{} can't be started", self.program.display()))?;
        self.child = Some(child);
        Ok(())
    }

    /// Ends it as a crash does: SIGKILL.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Stops the process where it is: SIGSTOP.
    pub fn pause(&self) -> anyhow::Result<()> {
        self.child.as_ref().map_or(Ok(()), |child| signal(child.id(), "STOP"))
    }

    /// Lets it go on: SIGCONT.
    pub fn resume(&self) -> anyhow::Result<()> {
        self.child.as_ref().map_or(Ok(()), |child| signal(child.id(), "CONT"))
    }

    /// Asks it to end, by SIGTERM, and waits until it has.
    pub fn stop(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        let Some(mut child) = self.child.take() else { return Ok(None) };
        signal(child.id(), "TERM")?;
        Ok(Some(child.wait()?))
    }

    /// How it ended, if it did so by itself.
    pub fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        let ended = self.child.as_mut().map(Child::try_wait).transpose()?.flatten();
        if ended.is_some() {
            self.child = None;
        }
        Ok(ended)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

/// Sends a process a signal.
pub fn signal(pid: u32, name: &str) -> anyhow::Result<()> {
    Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status().context("kill can't be run")?;
    Ok(())
}

/// Runs a program that was built with this one to its end, and returns what it printed.
pub fn run(program: &str, arguments: &[&str], variables: &[(&str, &str)], input: &str) -> anyhow::Result<String> {
    use std::io::Write;
    let mut child = Command::new(beside(program)?)
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    child.stdin.take().context("standard input")?.write_all(input.as_bytes())?;
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "{program} {}: {said}{}", arguments.join(" "), complaint.trim());
    Ok(said)
}

/// A program that was built with this one, which may be a test.
fn beside(name: &str) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own.parent().filter(|folder| !folder.ends_with("deps")).or_else(|| own.parent()?.parent());
    let path = folder.context("a folder of programs")?.join(name);
    anyhow::ensure!(path.exists(), "{} is not built: run cargo build --workspace --bins", path.display());
    Ok(path)
}

/// Empties a log of an earlier run.
pub fn empty(log: &Path) -> anyhow::Result<()> {
    File::create(log).with_context(|| format!("{} can't be written", log.display()))?;
    Ok(())
}
