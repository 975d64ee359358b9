//! Reports what was proposed and done in a week.

use database::reports::{Figures, Report, report};
use database::{Result, clock};
use governance::steps::{Letter, Period, ReportWeekly, prepare};
use minijinja::value::Serde;
use minijinja::{Environment, Value as Shown};
use serde::Serialize;
use serde_json::Value;

use super::{Attempt, Call, StepError, Tools, send_email};

/// A report, and what it is about.
#[derive(Serialize)]
struct Reported {
    from: String,
    to: String,
    time_zone: String,
    #[serde(flatten)]
    report: Report,
    message_id: Option<String>,
}

/// Counts, and mails what came of it to whoever is to read it; the output has the same.
pub async fn run(call: Call<'_>, tools: &Tools) -> Attempt {
    let (wanted, digest) = match prepare::<ReportWeekly>(call.with, call.scope) {
        Ok(prepared) => prepared,
        Err(message) => return Attempt::unsendable(&call, message),
    };
    match made(&call, &wanted, tools).await {
        Ok(output) => Attempt::made(digest, output),
        Err(error) => Attempt::new(digest, Err(error)),
    }
}

async fn made(call: &Call<'_>, wanted: &ReportWeekly, tools: &Tools) -> std::result::Result<Value, StepError> {
    let counted: Result<_> = async {
        let mut connection = tools.pool.get().await?;
        let now = clock::now(&mut connection).await?;
        Ok(match wanted.period(now) {
            Ok(period) => Ok((period, report(&mut connection, period.from, period.to).await?)),
            Err(fault) => Err(fault),
        })
    }
    .await;
    let counted = counted.map_err(|error| StepError::backoff(error.to_string()))?;
    let (period, report) = counted.map_err(|fault| StepError::never(format!("/to {fault}")))?;
    let mut reported = Reported {
        from: period.from.to_rfc3339(),
        to: period.to.to_rfc3339(),
        time_zone: wanted.time_zone.clone(),
        report,
        message_id: None,
    };
    let readers = wanted.readers();
    if !readers.is_empty() {
        let written =
            write(period, &reported).map_err(|error| StepError::never(format!("can't be written: {error}")))?;
        let letter = Letter { to: readers, ..written };
        reported.message_id = Some(send_email::send(call, tools.mailer.as_ref(), &letter).await?);
    }
    serde_json::to_value(reported).map_err(|error| StepError::never(error.to_string()))
}

/// The report as a mail, to nobody yet.
fn write(period: Period, reported: &Reported) -> std::result::Result<Letter, minijinja::Error> {
    let last_day = period.next_day.pred_opt().unwrap_or(period.next_day);
    let subject = format!("Workflows from {} to {last_day}", period.first_day);
    let mut templates = Environment::new();
    templates.add_function("rate", |rate: Option<f64>| {
        rate.map_or("–".to_owned(), |rate| format!("{:.1} %", rate * 100.0))
    });
    templates.add_function("seconds", |time: Option<f64>| time.map_or("–".to_owned(), seconds));
    templates.add_template("report.txt", include_str!("../../templates/report.txt"))?;
    // The name's ending has minijinja escape every value.
    templates.add_template("report.html", include_str!("../../templates/report.html"))?;
    let values = minijinja::context! {
        subject => subject.as_str(), first_day => period.first_day.to_string(), last_day => last_day.to_string(),
        time_zone => reported.time_zone.as_str(), parts => Shown::from(Serde(parts(&reported.report))),
    };
    let (text, html) = (
        templates.get_template("report.txt")?.render(&values)?,
        templates.get_template("report.html")?.render(&values)?,
    );
    Ok(Letter { to: Vec::new(), cc: Vec::new(), subject, text: Some(text), html: Some(html) })
}

/// A line of the report.
#[derive(Serialize)]
struct Part<'a> {
    name: String,
    #[serde(flatten)]
    figures: &'a Figures,
}

fn parts(report: &Report) -> Vec<Part<'_>> {
    let mut parts = vec![Part { name: "In all".to_owned(), figures: &report.totals }];
    parts.extend(report.councils.iter().map(|part| {
        let name = part.council.as_ref().map_or("No council".to_owned(), |council| format!("Council {council}"));
        Part { name, figures: &part.figures }
    }));
    parts.extend(report.types.iter().map(|part| Part { name: part.workflow_type.clone(), figures: &part.figures }));
    parts
}

/// A time as people read it.
fn seconds(time: f64) -> String {
    match time {
        time if time < 120.0 => format!("{time:.1} s"),
        time if time < 7200.0 => format!("{:.1} min", time / 60.0),
        time => format!("{:.1} h", time / 3600.0),
    }
}
