//! Whether everything that was accepted is there, and was done.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl;
use serde::Serialize;
use testing::runtime::Runtime;
use tokio::time::Instant;

use crate::organisation::APPROVALS;

/// How long what was decided may take to be done.
const REST: Duration = Duration::from_mins(3);
const LOOK: Duration = Duration::from_secs(1);

/// What became of what was accepted.
#[derive(Default, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// How many proposals were accepted, and how many of them are not there.
    pub accepted: usize,
    /// See `accepted`.
    pub missing: usize,
    /// How many votes were confirmed, and how many of them are not there.
    pub votes: usize,
    /// See `votes`.
    pub votes_missing: usize,
    /// How many workflows had all their approvals confirmed, and how many of them have not run.
    pub approved: usize,
    /// See `approved`.
    pub not_run: usize,
    /// How many ran without enough approvals on the record.
    pub unapproved: usize,
}

impl Kept {
    /// Whether a promise is broken.
    pub fn is_broken(&self) -> bool {
        self.missing + self.votes_missing + self.not_run + self.unapproved > 0
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { accepted, missing, votes, votes_missing, approved, not_run, unapproved } = self;
        write!(
            f,
            "{accepted} proposals accepted, {missing} missing; {votes} votes confirmed, {votes_missing} missing; \
             {approved} approved, {not_run} of them not run; {unapproved} ran without approval"
        )
    }
}

#[derive(diesel::QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = BigInt)]
    approvals: i64,
}

const ROWS: &str = "SELECT workflow.id::text, workflow.status::text, \
     (SELECT count(*) FROM votes WHERE votes.workflow_id = workflow.id AND votes.vote = 'approve') AS approvals \
     FROM workflows workflow WHERE workflow.id = ANY($1::uuid[])";

/// Looks everything up, and waits a while for what is not done yet.
pub async fn everything_kept(runtime: &Runtime, accepted: &BTreeMap<String, usize>) -> anyhow::Result<Kept> {
    let mut connection = database::connect(&runtime.database.clone().into()).await?;
    let ids: Vec<&str> = accepted.keys().map(String::as_str).collect();
    let until = Instant::now() + REST;
    loop {
        let query = diesel::sql_query(ROWS).bind::<diesel::sql_types::Array<Text>, _>(&ids);
        let rows: Vec<Row> = query.load(&mut connection).await?;
        let kept = compare(accepted, &rows);
        if kept.not_run == 0 || Instant::now() > until {
            return Ok(kept);
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn compare(accepted: &BTreeMap<String, usize>, rows: &[Row]) -> Kept {
    let rows: BTreeMap<&str, &Row> = rows.iter().map(|row| (row.id.as_str(), row)).collect();
    let mut kept = Kept { accepted: accepted.len(), ..Kept::default() };
    for (id, &confirmed) in accepted {
        kept.votes += confirmed;
        let is_approved = confirmed >= APPROVALS;
        kept.approved += usize::from(is_approved);
        let Some(row) = rows.get(id.as_str()) else {
            kept.missing += 1;
            kept.votes_missing += confirmed;
            kept.not_run += usize::from(is_approved);
            continue;
        };
        let found = usize::try_from(row.approvals).unwrap_or(0);
        kept.votes_missing += confirmed.saturating_sub(found);
        let has_run = row.status == "completed";
        kept.not_run += usize::from(is_approved && !has_run);
        kept.unapproved += usize::from(has_run && found < APPROVALS);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, status: &str, approvals: i64) -> Row {
        Row { id: id.to_owned(), status: status.to_owned(), approvals }
    }

    #[test]
    fn each_loss_is_found() {
        let accepted =
            BTreeMap::from([("a".to_owned(), 2), ("b".to_owned(), 1), ("c".to_owned(), 2), ("d".to_owned(), 0)]);
        let whole = [
            row("a", "completed", 2),
            row("b", "pending_review", 1),
            row("c", "completed", 2),
            row("d", "pending_review", 0),
        ];
        let kept = compare(&accepted, &whole);
        assert!(!kept.is_broken(), "{kept}");
        assert_eq!((kept.accepted, kept.votes, kept.approved), (4, 5, 2));
        assert_eq!(compare(&accepted, &whole[..3]).missing, 1);
        let lost_vote = [
            row("a", "completed", 2),
            row("b", "pending_review", 0),
            row("c", "completed", 2),
            row("d", "pending_review", 0),
        ];
        assert_eq!(compare(&accepted, &lost_vote).votes_missing, 1);
        let not_run = [
            row("a", "queued", 2),
            row("b", "pending_review", 1),
            row("c", "completed", 2),
            row("d", "pending_review", 0),
        ];
        assert_eq!(compare(&accepted, &not_run).not_run, 1);
        let unapproved = [
            row("a", "completed", 2),
            row("b", "completed", 1),
            row("c", "completed", 2),
            row("d", "pending_review", 0),
        ];
        assert_eq!(compare(&accepted, &unapproved).unapproved, 1);
    }
}
