//! Log files: rotated by size, written by a thread of their own.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context;
use file_rotate::suffix::AppendCount;
use file_rotate::{ContentLimit, FileRotate, compression::Compression};
use tracing::{Level, Metadata};
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::fmt::MakeWriter;

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A file is put aside by the first line that comes when it is larger than this, in bytes.
    pub file_bytes: usize,
    /// How many files that were put aside are kept.
    pub kept_files: usize,
    /// How many lines may wait to be written; those that come then are dropped and counted.
    pub waiting_lines: usize,
}

impl Limits {
    /// The mission's: 10 MB, 10 files.
    pub const PRODUCTION: Self = Self { file_bytes: 10 * 1024 * 1024, kept_files: 10, waiting_lines: 10_000 };
}

/// How many instances of a service on one machine can have the same folder.
const MAX_INSTANCES: usize = 64;

/// The files of a process: one with every line, one with errors alone. What waits is written when it is dropped.
pub struct Files {
    all: NonBlocking,
    errors: NonBlocking,
    lost: Lost,
    _writers: [WorkerGuard; 2],
    /// Says that the names are taken, as long as the process runs.
    _lock: File,
}

impl Files {
    /// Opens `<service>.log` and `<service>.error.log` in a folder; for a further instance of the service,
    /// `<service>.2.log` and so on, since two processes can't rotate one file.
    pub fn open(folder: &Path, service: &str, limits: Limits) -> anyhow::Result<Self> {
        let shown = folder.display();
        std::fs::create_dir_all(folder).with_context(|| format!("LOG_DIR: {shown} can't be made"))?;
        let (name, lock) = (1..=MAX_INSTANCES)
            .find_map(|number| take_name(folder, service, number).transpose())
            .with_context(|| format!("LOG_DIR: {shown} has {MAX_INSTANCES} instances of {service} already"))?
            .with_context(|| format!("LOG_DIR: {shown} can't be written"))?;
        let failed = Arc::new(AtomicU64::new(0));
        let open = |kind: &str| {
            let file = Rotating::open(&folder.join(format!("{name}{kind}.log")), limits, failed.clone());
            let writer = NonBlockingBuilder::default().buffered_lines_limit(limits.waiting_lines).lossy(true);
            writer.thread_name("log-files").finish(file)
        };
        let ((all, all_writer), (errors, errors_writer)) = (open(""), open(".error"));
        let lost = Lost { dropped: vec![all.error_counter(), errors.error_counter()], failed };
        Ok(Self { all, errors, lost, _writers: [all_writer, errors_writer], _lock: lock })
    }

    /// What lines are written with, beside standard output if that has the same form.
    pub fn lines(&self, beside: Option<fn() -> io::Stdout>) -> Lines {
        Lines { standard_output: beside, files: Some((self.all.clone(), self.errors.clone())) }
    }

    /// Counts the lines that did not get into a file.
    pub fn lost(&self) -> Lost {
        self.lost.clone()
    }
}

/// Takes a name for the files of this process, unless another process has it.
fn take_name(folder: &Path, service: &str, number: usize) -> io::Result<Option<(String, File)>> {
    let name = if number == 1 { service.to_owned() } else { format!("{service}.{number}") };
    let lock =
        OpenOptions::new().create(true).truncate(false).write(true).open(folder.join(format!(".{name}.lock")))?;
    match lock.try_lock() {
        Ok(()) => Ok(Some((name, lock))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Lines that did not get into a file: too many waited, or the file could not be written.
#[derive(Clone, Default)]
pub struct Lost {
    dropped: Vec<ErrorCounter>,
    failed: Arc<AtomicU64>,
}

impl Lost {
    /// How many since the start.
    pub fn count(&self) -> u64 {
        let dropped: usize = self.dropped.iter().map(ErrorCounter::dropped_lines).sum();
        dropped as u64 + self.failed.load(Ordering::Relaxed)
    }
}

/// A file that is put aside when it is full.
struct Rotating {
    file: FileRotate<AppendCount>,
    failed: Arc<AtomicU64>,
}

impl Rotating {
    fn open(path: &Path, limits: Limits, failed: Arc<AtomicU64>) -> Self {
        let limit = ContentLimit::BytesSurpassed(limits.file_bytes);
        let file = FileRotate::new(path, AppendCount::new(limits.kept_files), limit, Compression::None, None);
        Self { file, failed }
    }
}

impl Write for Rotating {
    /// A full disk costs lines, not the service: they are counted.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.file.write_all(line).is_err() {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Where lines go.
pub struct Lines {
    standard_output: Option<fn() -> io::Stdout>,
    files: Option<(NonBlocking, NonBlocking)>,
}

impl Lines {
    /// To standard output alone.
    pub const fn to(standard_output: fn() -> io::Stdout) -> Self {
        Self { standard_output: Some(standard_output), files: None }
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { to: self, is_error: false }
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> Line<'a> {
        Line { to: self, is_error: *metadata.level() == Level::ERROR }
    }
}

/// One line, on its way to each place.
pub struct Line<'a> {
    to: &'a Lines,
    is_error: bool,
}

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if let Some((all, errors)) = &self.to.files {
            all.clone().write_all(line)?;
            if self.is_error {
                errors.clone().write_all(line)?;
            }
        }
        match self.to.standard_output {
            Some(standard_output) => standard_output().write_all(line).map(|()| line.len()),
            None => Ok(line.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    const SMALL: Limits = Limits { file_bytes: 10_000, kept_files: 3, waiting_lines: 100_000 };

    /// The files of a folder by name, but for the locks.
    fn files(folder: &Path) -> BTreeMap<String, String> {
        let files = std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file"));
        let named = files.map(|file| (file.file_name().to_string_lossy().into_owned(), file.path()));
        let logs = named.filter(|(name, _)| !name.starts_with('.'));
        logs.map(|(name, path)| (name, std::fs::read_to_string(path).expect("text"))).collect()
    }

    fn log(files: &Files, lines: usize) {
        let layer = super::super::json_layer("test-service", files.lines(None));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            for number in 0..lines {
                if number % 100 == 0 {
                    tracing::error!(number, "an error");
                } else {
                    tracing::info!(number, "a line");
                }
            }
        });
    }

    #[test]
    fn files_are_ten_of_ten_megabytes_beside_the_one_that_is_written() {
        let production = Limits::PRODUCTION;
        assert_eq!((production.file_bytes, production.kept_files), (10_485_760, 10));
    }

    #[test]
    fn a_full_file_is_put_aside_and_the_oldest_is_deleted() {
        let folder = tempfile::tempdir().expect("a folder");
        let open = Files::open(folder.path(), "test-service", SMALL).expect("opens");
        log(&open, 1000);
        let lost = open.lost();
        drop(open);
        assert_eq!(lost.count(), 0);

        let files = files(folder.path());
        let names: Vec<_> = files.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "test-service.error.log",
                "test-service.log",
                "test-service.log.1",
                "test-service.log.2",
                "test-service.log.3"
            ]
        );
        // The newest lines are there, whole and in order, and each file but the last is as large as it may be.
        let mut numbers = Vec::new();
        for name in ["test-service.log.3", "test-service.log.2", "test-service.log.1", "test-service.log"] {
            let text = &files[name];
            assert!(text.len() < 10_500, "{name} has {} bytes", text.len());
            assert!(name == "test-service.log" || text.len() > 10_000, "{name} has {} bytes", text.len());
            numbers.extend(text.lines().map(|line| {
                let line: serde_json::Value = serde_json::from_str(line).expect(line);
                line["number"].as_u64().expect("a number")
            }));
        }
        assert!(numbers.len() > 100);
        assert_eq!(numbers, (1000 - numbers.len() as u64..1000).collect::<Vec<_>>());
        let errors = &files["test-service.error.log"];
        assert_eq!(errors.lines().count(), 10);
        assert!(errors.lines().all(|line| line.contains(r#""level":"ERROR""#)), "{errors}");
    }

    #[test]
    fn each_process_has_files_of_its_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = Files::open(folder.path(), "test-service", SMALL).expect("opens");
        let second = Files::open(folder.path(), "test-service", SMALL).expect("opens");
        log(&second, 1);
        drop((first, second));
        assert_eq!(files(folder.path())["test-service.2.log"].lines().count(), 1);
        // The name is free again.
        let third = Files::open(folder.path(), "test-service", SMALL).expect("opens");
        log(&third, 2);
        drop(third);
        assert_eq!(files(folder.path())["test-service.log"].lines().count(), 2);
    }

    #[test]
    fn lines_that_find_no_place_are_counted() {
        let folder = tempfile::tempdir().expect("a folder");
        // A disk that is full, as the kernel plays it.
        std::os::unix::fs::symlink("/dev/full", folder.path().join("test-service.log")).expect("a link");
        let open = Files::open(folder.path(), "test-service", SMALL).expect("opens");
        log(&open, 5);
        let lost = open.lost();
        drop(open);
        assert_eq!(lost.count(), 5);
        assert_eq!(files_but_full(folder.path()), ["test-service.error.log"]);
    }

    fn files_but_full(folder: &Path) -> Vec<String> {
        let names = std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").file_name());
        let names = names.map(|name| name.to_string_lossy().into_owned());
        names.filter(|name| !name.starts_with('.') && name != "test-service.log").collect()
    }
}
