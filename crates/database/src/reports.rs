//! What was proposed and done in a time, in numbers.

use bigdecimal::BigDecimal;
use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Double, Nullable, Numeric, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use governance::money::Money;
use serde::Serialize;

use crate::error::Result;

/// What was proposed and done in a time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// All of it.
    pub totals: Figures,
    /// By the council that answers for the domain; what several answer for is in the figures of each.
    pub councils: Vec<OfCouncil>,
    /// By type.
    pub types: Vec<OfType>,
}

/// One council's part.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OfCouncil {
    /// Which; none where no council answers for the domain and there is no default council.
    pub council: Option<String>,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// One type's part.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OfType {
    /// Which.
    pub workflow_type: String,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// What is counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// How many were proposed.
    pub proposed: i64,
    /// How many completed.
    pub completed: i64,
    /// How many failed.
    pub failed: i64,
    /// How many a council rejected.
    pub rejected: i64,
    /// How many were not decided in time.
    pub expired: i64,
    /// How many were taken back or stopped.
    pub cancelled: i64,
    /// Of those whose run ended, the share that completed, from 0 to 1; none when none did.
    pub completion_rate: Option<f64>,
    /// What those that completed are expected to save in a week.
    pub weekly_savings: Option<Money>,
    /// How long a completed run took, from its first claim to its end.
    pub mean_seconds: Option<f64>,
    /// How long all but the slowest twentieth took at most.
    pub p95_seconds: Option<f64>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Nullable<Text>)]
    name: Option<String>,
    #[diesel(sql_type = BigInt)]
    proposed: i64,
    #[diesel(sql_type = BigInt)]
    completed: i64,
    #[diesel(sql_type = BigInt)]
    failed: i64,
    #[diesel(sql_type = BigInt)]
    rejected: i64,
    #[diesel(sql_type = BigInt)]
    expired: i64,
    #[diesel(sql_type = BigInt)]
    cancelled: i64,
    #[diesel(sql_type = Numeric)]
    weekly_savings: BigDecimal,
    #[diesel(sql_type = Nullable<Double>)]
    mean_seconds: Option<f64>,
    #[diesel(sql_type = Nullable<Double>)]
    p95_seconds: Option<f64>,
}

impl Row {
    fn figures(self) -> Figures {
        let ended = self.completed + self.failed;
        #[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 workflows in a week")]
        let completion_rate = (ended > 0).then(|| self.completed as f64 / ended as f64);
        Figures {
            proposed: self.proposed,
            completed: self.completed,
            failed: self.failed,
            rejected: self.rejected,
            expired: self.expired,
            cancelled: self.cancelled,
            completion_rate,
            weekly_savings: Some(Money::from(self.weekly_savings)),
            mean_seconds: self.mean_seconds,
            p95_seconds: self.p95_seconds,
        }
    }
}

/// Reports what was proposed and what ended from a time to another.
pub async fn report(connection: &mut AsyncPgConnection, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Report> {
    let rows: Vec<Row> = diesel::sql_query(include_str!("reports.sql"))
        .bind::<Timestamptz, _>(from)
        .bind::<Timestamptz, _>(to)
        .load(connection)
        .await?;
    let mut report = Report::default();
    // Of a time in which nothing happened there are no rows.
    report.totals.weekly_savings = Some(Money::from(BigDecimal::default()));
    for mut row in rows {
        let name = row.name.take();
        match (row.kind.as_str(), name) {
            ("council", council) => report.councils.push(OfCouncil { council, figures: row.figures() }),
            ("type", Some(workflow_type)) => report.types.push(OfType { workflow_type, figures: row.figures() }),
            _ => report.totals = row.figures(),
        }
    }
    Ok(report)
}
