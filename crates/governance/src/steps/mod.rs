//! What each kind of step does with what it is given, up to the point where it leaves us: the worker goes on from here,
//! and a dry run stops.
//!
//! A kind is a file here, its `mod`, and its line in [`kinds!`]; `docs/steps.md` shows how one is added.

mod approval;
mod condition;
mod delay;
mod grant_mandate;
mod http_request;
mod kind;
mod maintenance_cleanup;
mod recipients;
mod render_template;
mod report_weekly;
mod send_email;
mod transform;

use std::fmt::Display;
use std::sync::LazyLock;

use common::ids::StepName;
use common::text_enum;
use serde_json::Value;

pub use self::approval::Approval;
pub(crate) use self::condition::governed;
pub use self::condition::{Condition, skipped};
pub use self::delay::Delay;
pub use self::http_request::{Answer, HttpCall, HttpRequest, METHODS, says_where};
pub use self::kind::prepare;
pub(crate) use self::kind::{Among, Dry, Kind};
pub use self::maintenance_cleanup::{Cleanup, What};
pub use self::render_template::{Format, RenderTemplate};
pub use self::report_weekly::{Period, ReportWeekly};
pub use self::send_email::{Letter, SendEmail};
pub use self::transform::Transform;
use crate::check::Known;
use crate::definition::{Fault, Step};
use crate::template::Scope;

/// Declares the kinds: the word that a definition says, and the type that `with` is read as.
macro_rules! kinds {
    ($($(#[$meta:meta])* $kind:ident = $word:literal with $given:ty),+ $(,)?) => {
        text_enum! {
            /// What a step does.
            pub enum StepKind {
                $($(#[$meta])* $kind = $word),+
            }
        }

        impl StepKind {
            /// Whether it touches nothing outside the run.
            pub const fn is_pure(self) -> bool {
                match self { $(Self::$kind => <$given as Kind>::IS_PURE),+ }
            }

            /// Whether it reaches the world under an idempotency key.
            pub const fn has_key(self) -> bool {
                match self { $(Self::$kind => <$given as Kind>::HAS_KEY),+ }
            }

            /// Whether only types that come with the product may have it.
            pub const fn comes_with_the_product(self) -> bool {
                match self { $(Self::$kind => <$given as Kind>::COMES_WITH_THE_PRODUCT),+ }
            }

            /// JSON Schema of what later steps see of it.
            pub fn output_schema(self) -> &'static Value {
                match self {
                    $(Self::$kind => {
                        static SCHEMA: LazyLock<Value> = LazyLock::new(<$given as Kind>::output_schema);
                        &SCHEMA
                    }),+
                }
            }

            pub(crate) fn faults_in(self, among: &Among<'_>, known: &Known<'_>) -> Vec<Fault> {
                match self { $(Self::$kind => <$given as Kind>::faults_in(among, known)),+ }
            }

            pub(crate) fn dry_run(self, step: &Step, scope: &Scope) -> Dry {
                match self { $(Self::$kind => <$given as Kind>::dry_run(step, scope)),+ }
            }
        }
    };
}

kinds! {
    /// Calls a URL.
    HttpRequest = "http_request" with HttpRequest,
    /// Sends an e-mail.
    SendEmail = "send_email" with SendEmail,
    /// Renders a text.
    RenderTemplate = "render_template" with RenderTemplate,
    /// Makes a value of other values.
    Transform = "transform" with Transform,
    /// Decides which later steps are run.
    Condition = "condition" with Condition,
    /// Waits.
    Delay = "delay" with Delay,
    /// Asks councils whether the run may go on.
    Approval = "approval" with Approval,
    /// Reports what was proposed and done in a week.
    ReportWeekly = "report.weekly" with ReportWeekly,
    /// Deletes what is kept no longer.
    MaintenanceCleanup = "maintenance.cleanup" with Cleanup,
    /// Grants the mandate that the inputs are. It stands in the type that comes with the product, and in no other.
    GrantMandate = "grant_mandate" with grant_mandate::GrantMandate,
}

/// The `Idempotency-Key` of a step's calls: the same for every attempt at this step of this workflow, and for no other.
pub fn idempotency_key(workflow: impl Display, step: &StepName) -> String {
    format!("{workflow}/{step}")
}
