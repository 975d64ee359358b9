use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::{get, web};
use common::auth::{Read, RequirePermission};
use common::problem::{Problem, ProblemDetails};
use common::text_enum;
use database::Pool;
use database::execution::throughput::{Bucket, throughput as read};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use utoipa::{IntoParams, ToSchema};

text_enum! {
    /// How far back to look.
    #[derive(Default)]
    pub enum Window {
        /// An hour, a minute at a time.
        #[default]
        Hour = "hour",
        /// A day, a quarter of an hour at a time.
        Day = "day",
        /// A week, two hours at a time.
        Week = "week",
    }
}

impl Window {
    /// The length of a stretch, in seconds, and how many there are.
    fn stretches(self) -> (i64, i64) {
        match self {
            Self::Hour => (60, 60),
            Self::Day => (15 * 60, 96),
            Self::Week => (2 * 60 * 60, 84),
        }
    }

    /// For so long an answer is given again: the longer the window, the more there is to count, and the less a little
    /// while changes.
    fn kept(self) -> Duration {
        match self {
            Self::Hour => Duration::from_secs(5),
            Self::Day => Duration::from_mins(1),
            Self::Week => Duration::from_mins(10),
        }
    }
}

/// How far back to look.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// `hour` (when not said): by the minute; `day`: by the quarter of an hour; `week`: by two hours.
    #[serde(default)]
    #[param(inline)]
    window: Window,
}

/// How much ran, and how long it took.
#[derive(Serialize, ToSchema)]
pub struct Throughput {
    /// The stretches of the window, the oldest first; the last one is not over yet.
    #[schema(value_type = Vec<Bucket>)]
    buckets: Arc<Vec<Bucket>>,
    /// How long each of them is.
    bucket_seconds: i64,
}

/// What was counted last, for each window.
#[derive(Default)]
pub struct Counted([Mutex<Option<Count>>; 3]);

/// What was counted, and when.
struct Count {
    at: Instant,
    buckets: Arc<Vec<Bucket>>,
}

impl Counted {
    /// The stretches of a window. Whoever asks meanwhile waits for the answer instead of counting, too.
    async fn of(&self, window: Window, pool: &Pool) -> Result<Arc<Vec<Bucket>>, Problem> {
        let [hour, day, week] = &self.0;
        let known = match window {
            Window::Hour => hour,
            Window::Day => day,
            Window::Week => week,
        };
        let mut known = known.lock().await;
        if let Some(Count { at, buckets }) = &*known
            && at.elapsed() < window.kept()
        {
            return Ok(buckets.clone());
        }
        let (seconds, count) = window.stretches();
        let buckets = Arc::new(read(&mut *pool.get().await?, seconds, count).await?);
        *known = Some(Count { at: Instant::now(), buckets: buckets.clone() });
        Ok(buckets)
    }
}

/// Tells how many runs ended, and how long they waited and took.
#[utoipa::path(
    tag = "health", params(Query),
    responses((status = 200, body = Throughput), (status = 400, body = ProblemDetails))
)]
#[get("/api/queues/throughput")]
pub async fn throughput(
    _: RequirePermission<Read>,
    query: web::Query<Query>,
    counted: web::Data<Counted>,
    pool: web::Data<Pool>,
) -> Result<web::Json<Throughput>, Problem> {
    let (bucket_seconds, _) = query.window.stretches();
    Ok(web::Json(Throughput { buckets: counted.of(query.window, &pool).await?, bucket_seconds }))
}
