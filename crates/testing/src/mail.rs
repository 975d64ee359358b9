//! A real SMTP server, and the mail that it took.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::Context;

use crate::servers::{free_port, wait_for};

/// An SMTP server that keeps what it takes in a Maildir. It ends with the value.
pub struct MailServer {
    child: Option<Child>,
    port: u16,
    directory: tempfile::TempDir,
}

impl MailServer {
    /// Chooses a port and starts.
    pub fn start() -> Self {
        let mut server = Self::stopped();
        server.resume();
        server
    }

    /// Chooses a port; nobody answers there yet.
    pub fn stopped() -> Self {
        let directory = tempfile::Builder::new().prefix("codex-mail-").tempdir().expect("a folder");
        Self { child: None, port: free_port().expect("a port"), directory }
    }

    /// Starts where it was.
    pub fn resume(&mut self) {
        let log = self.directory.path().join("log");
        let mut child = Command::new("aiosmtpd")
            .args(["--nosetuid", "--listen", &format!("127.0.0.1:{}", self.port)])
            .args(["--class", "aiosmtpd.handlers.Mailbox"])
            .arg(self.maildir())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log).expect("a log"))
            .spawn()
            .context("aiosmtpd can't be started: is python3-aiosmtpd installed?")
            .expect("starts");
        wait_for(self.port, &mut child, &log).expect("takes connections");
        self.child = Some(child);
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// Waits for so many mails in all, and returns their texts as they were sent.
    pub async fn wait_for(&self, count: usize) -> Vec<String> {
        for _ in 0..1500 {
            let mails = self.mails();
            if mails.len() >= count {
                return mails;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{count} mails did not come in 30 s: {:#?}", self.mails());
    }

    /// The mails so far, oldest first.
    pub fn mails(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.maildir().join("new")) else { return Vec::new() };
        let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        files.sort_by_key(|path| modified(path));
        files.iter().map(|path| std::fs::read_to_string(path).expect("a mail")).collect()
    }

    fn maildir(&self) -> PathBuf {
        self.directory.path().join("mail")
    }
}

fn modified(path: &Path) -> std::time::SystemTime {
    std::fs::metadata(path).and_then(|metadata| metadata.modified()).expect("a time")
}

impl Drop for MailServer {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
