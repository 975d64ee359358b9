//! The rows as Markdown.

use std::fmt::Write;

use crate::rows;

/// Where the tables begin in `docs/governance.md`.
pub const BEGIN: &str =
    "<!-- the tables, from crates/governance/tests/table/rows.rs: WRITE=1 cargo test -p governance --test table -->";
/// Where they end.
pub const END: &str = "<!-- end of the tables -->";

/// A table, with a line of headings.
fn table<const N: usize>(headings: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut table = line(&headings.map(str::to_owned));
    table.push_str(&line(&[const { "---" }; N].map(str::to_owned)));
    for row in rows {
        table.push_str(&line(&row));
    }
    table.push('\n');
    table
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn savings(amount: Option<&str>) -> String {
    amount.unwrap_or("not said").to_owned()
}

/// All tables.
pub fn tables() -> String {
    let mut text = String::new();
    for group in rows::DECISIONS {
        let _ = write!(text, "\n### {}\n\n", group.title);
        if !group.text.is_empty() {
            let _ = write!(text, "{}\n\n", group.text);
        }
        let _ = write!(text, "{}\n\n", code(group.policy));
        let rows = group.rows.iter().map(|row| {
            let votes = if row.votes.is_empty() { "none" } else { row.votes };
            let [meanwhile, reject, approve, escalate] = row.outcome.map(str::to_owned);
            [row.seats.to_string(), votes.to_owned(), meanwhile, reject, approve, escalate, row.because.to_owned()]
        });
        let headings = ["seats", "votes", "meanwhile", "end: reject", "end: approve", "end: escalate", ""];
        text.push_str(&table(headings, rows));
    }

    let _ = write!(text, "### A late quorum\n\nOf four seats, under {}:\n\n", code(rows::LATE_POLICY));
    let minutes = |minutes: i64| format!("{minutes} min");
    let late = rows::LATE.iter().map(|row| {
        let then = row.then.map_or_else(|| "decided".to_owned(), minutes);
        [row.votes.to_owned(), minutes(row.left), then, row.because.to_owned()]
    });
    text.push_str(&table(["votes", "left", "left then", ""], late));

    text.push_str("### Whom a proposal needs\n\nA proposal of `web.publish`; the policy of council a, then that of council b.\n\n");
    let ways = rows::WAYS.iter().map(|row| {
        let policies: Vec<_> = row.policies.iter().map(|policy| code(policy)).collect();
        [policies.join(" and "), savings(row.savings), row.outcome.to_owned(), row.because.to_owned()]
    });
    text.push_str(&table(["policies", "weekly savings", "outcome", ""], ways));

    text.push_str("### What a mandate covers\n\nOf a proposal that would be reviewed, while the mandate holds and has uses left.\n\n");
    let covered = rows::COVERED
        .iter()
        .map(|row| [code(row.condition), code(row.inputs), row.outcome.to_owned(), row.because.to_owned()]);
    text.push_str(&table(["condition", "inputs", "outcome", ""], covered));

    text.push_str("### Whether an approval carries a retry\n\n");
    let again = rows::AGAIN.iter().map(|row| {
        let age = format!("{} h", row.hours);
        let (then, now) = (code(row.then), code(row.now));
        [then, now, age, savings(row.savings), row.outcome.to_owned(), row.because.to_owned()]
    });
    text.push_str(&table(["policy then", "policy now", "approved before", "weekly savings", "outcome", ""], again));

    text.push_str("### Which policies are saved\n\n");
    let saved = rows::SAVED.iter().map(|row| {
        let outcome = row.fault.map_or_else(|| "saved".to_owned(), |place| format!("refused at {}", code(place)));
        [code(row.policy), row.seats.to_string(), outcome]
    });
    text.push_str(&table(["policy", "seats", "outcome"], saved));
    text
}
