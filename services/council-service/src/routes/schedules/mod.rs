//! `/api/schedules`.

pub mod create;
pub mod delete;
pub mod list;
pub mod pause;
pub mod read;
pub mod replace;
pub mod resume;

use actix_web::http::StatusCode;
use actix_web::http::header::ETAG;
use actix_web::{HttpResponse, HttpResponseBuilder};
use common::ids::WorkflowTypeId;
use common::text::{Name, Remark};
use database::schedules::{Content, Schedule};
use governance::inputs::Inputs;
use governance::money::Money;
use governance::schedule::Missed;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

/// What a schedule says.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSchedule {
    /// What people call it; no two have the same name.
    name: Name,
    /// When it is due: minute, hour, day of the month, month, day of the week.
    #[schema(example = "0 9 * * MON", max_length = 100)]
    cron: String,
    /// On whose clocks: the name of an IANA time zone.
    #[schema(example = "Europe/Berlin")]
    time_zone: String,
    /// What it proposes, in the version that is current then.
    workflow_type: WorkflowTypeId,
    /// With which inputs; they must fit the type's schema, now and each time.
    inputs: Inputs,
    /// What each proposal is expected to save in a week.
    weekly_savings: Option<Money>,
    /// Why.
    reason: Option<Remark>,
    /// What becomes of times that passed while nobody could propose; `skip` when not said.
    #[serde(default = "skip")]
    missed: Missed,
}

fn skip() -> Missed {
    Missed::Skip
}

impl NewSchedule {
    /// Has its content read, with the inputs apart.
    fn content<'a>(&'a self, inputs: &'a Value) -> Content<'a> {
        Content {
            name: &self.name,
            cron: &self.cron,
            time_zone: &self.time_zone,
            workflow_type: &self.workflow_type,
            inputs,
            weekly_savings: self.weekly_savings.as_ref(),
            reason: self.reason.as_ref(),
            missed: self.missed,
        }
    }
}

/// A schedule, with the tag that says how it is now.
fn tagged(status: StatusCode, schedule: &Schedule) -> HttpResponse {
    HttpResponseBuilder::new(status).insert_header((ETAG, format!("\"{}\"", schedule.version))).json(schedule)
}
