//! What processes hold of the machine.

use std::path::Path;

/// What a process and its children hold.
#[derive(Clone, Copy, Debug, Default)]
pub struct Footprint {
    /// Memory in bytes; pages that are shared count in part (PSS).
    pub memory: u64,
    /// How many files are open, sockets too.
    pub files: usize,
}

/// Of the process that a run has noted in `NAME.pid`, with its children; none when the file holds no pid.
pub fn noted_in(file: &Path) -> std::io::Result<Option<Footprint>> {
    let noted = std::fs::read_to_string(file)?;
    let Some(pid) = noted.split_whitespace().next().and_then(|pid| pid.parse().ok()) else { return Ok(None) };
    let mut footprint = Footprint::default();
    for pid in with_children(pid) {
        // One that has just ended holds nothing.
        footprint.memory += proportional(pid).unwrap_or(0);
        footprint.files += std::fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count);
    }
    Ok(Some(footprint))
}

fn with_children(pid: u32) -> Vec<u32> {
    let mut all = vec![pid];
    let mut next = 0;
    while let Some(pid) = all.get(next).copied() {
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        all.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
        next += 1;
    }
    all
}

/// Its proportional set size (`proc(5)`), in bytes.
fn proportional(pid: u32) -> Option<u64> {
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}
