//! The outside world that the workflows call: it records each call, and often enough does not answer as it should.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use chrono::{DateTime, Utc};
use governance::digest::Digest;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// The path that is always answered with 404.
pub const REFUSED: &str = "refused";
/// Longer than any step of the run waits for an answer.
const HANG: Duration = Duration::from_secs(10);

/// A call that reached the outside world.
#[derive(Clone, Debug)]
pub struct Call {
    /// When.
    pub at: DateTime<Utc>,
    /// Its `Idempotency-Key`.
    pub key: Option<String>,
    /// The ticket that its body names: the effect is this ticket's, at this step.
    pub ticket: String,
    /// The step that its path names.
    pub step: String,
    /// The digest of its body.
    pub body: Digest,
    /// What it was answered; none when it was left hanging, or the connection was broken off.
    pub answer: Option<u16>,
}

impl Call {
    /// Whether the other side said that it is done.
    pub fn is_done(&self) -> bool {
        self.answer.is_some_and(|status| (200..300).contains(&status))
    }
}

struct State {
    seed: u64,
    calls: Mutex<Vec<Call>>,
    /// How often each effect was called for.
    times: Mutex<BTreeMap<String, u64>>,
    /// Whether it misbehaves.
    faulty: AtomicBool,
}

/// A real HTTP server in this process. It ends with the value.
pub struct Outside {
    url: String,
    state: Arc<State>,
    stop: CancellationToken,
}

/// What becomes of a call.
enum Fate {
    Answer(u16, Duration),
    Hang,
    BreakOff,
}

impl Fate {
    /// The fate of the call that came as this one of its effect: the same for the same seed.
    fn of(seed: u64, effect: &str, time: u64) -> Self {
        let digest = Digest::of(format!("{seed} {effect} {time}").as_bytes());
        let mut random = StdRng::from_seed(*digest.as_bytes());
        match random.random_range(0..100) {
            0..5 => Self::Answer(503, Duration::ZERO),
            5..8 => Self::Answer(500, Duration::ZERO),
            8..11 => Self::Answer(429, Duration::ZERO),
            11..13 => Self::Hang,
            13..16 => Self::BreakOff,
            16..26 => Self::Answer(200, Duration::from_millis(random.random_range(50..1000))),
            _ => Self::Answer(200, Duration::ZERO),
        }
    }
}

impl Outside {
    /// Starts it on a free port of the loopback address.
    pub fn start(seed: u64) -> anyhow::Result<Self> {
        let state = Arc::new(State { seed, calls: Mutex::default(), times: Mutex::default(), faulty: true.into() });
        let (stop, shared) = (CancellationToken::new(), web::Data::from(state.clone()));
        let stopped = stop.clone();
        let server = HttpServer::new(move || App::new().app_data(shared.clone()).default_service(web::to(receive)))
            .workers(1)
            .disable_signals()
            .shutdown_timeout(0)
            .shutdown_signal(async move { stopped.cancelled().await })
            .bind(("127.0.0.1", 0))?;
        let url = format!("http://{}", server.addrs()[0]);
        tokio::spawn(server.run());
        Ok(Self { url, state, stop })
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Behaves from now on.
    pub fn behave(&self) {
        self.state.faulty.store(false, Ordering::Relaxed);
    }

    /// What reached it so far.
    pub fn calls(&self) -> Vec<Call> {
        self.state.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn receive(request: HttpRequest, body: web::Bytes, state: web::Data<State>) -> HttpResponse {
    let key = request.headers().get("idempotency-key").and_then(|key| key.to_str().ok()).map(str::to_owned);
    let said: Value = serde_json::from_slice(&body).unwrap_or_default();
    let step = request.path().trim_start_matches('/').to_owned();
    let ticket = said["ticket"].as_str().unwrap_or_default().to_owned();
    // By the ticket, not by the key: the workflow's id in it is another in each run.
    let fate = if step == REFUSED { Fate::Answer(404, Duration::ZERO) } else { fate(&state, &ticket, &step) };
    let answer = match fate {
        Fate::Answer(status, _) => Some(status),
        Fate::Hang | Fate::BreakOff => None,
    };
    let call = Call { at: Utc::now(), key, ticket, step, body: Digest::of(&body), answer };
    state.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    match fate {
        Fate::Answer(status, after) => {
            tokio::time::sleep(after).await;
            let mut answer = HttpResponse::build(StatusCode::from_u16(status).unwrap_or_default());
            if status == 429 {
                answer.insert_header((RETRY_AFTER, "1"));
            }
            answer.json(json!({"received": true}))
        }
        Fate::Hang => {
            tokio::time::sleep(HANG).await;
            HttpResponse::GatewayTimeout().finish()
        }
        Fate::BreakOff => {
            let end = futures_util::stream::once(async {
                Err::<web::Bytes, _>(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
            });
            HttpResponse::Ok().streaming(end)
        }
    }
}

fn fate(state: &State, ticket: &str, step: &str) -> Fate {
    let effect = format!("{ticket}/{step}");
    let time = {
        let mut times = state.times.lock().unwrap_or_else(PoisonError::into_inner);
        let time = times.entry(effect.clone()).or_default();
        *time += 1;
        *time
    };
    if state.faulty.load(Ordering::Relaxed) {
        Fate::of(state.seed, &effect, time)
    } else {
        Fate::Answer(200, Duration::ZERO)
    }
}
