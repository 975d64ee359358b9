//! The outside world that workflows call.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use base64::Engine;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// A call that reached the outside world.
#[derive(Clone, Debug)]
pub struct Call {
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The headers that matter, by lower-case name.
    pub headers: std::collections::BTreeMap<String, String>,
    /// The body, as JSON when it is JSON.
    pub body: Value,
    /// The body as it came.
    pub raw: String,
}

#[derive(Default)]
struct State {
    calls: Vec<Call>,
    answers: VecDeque<Scripted>,
    always: Option<Scripted>,
    echoes: bool,
    under_way: usize,
    most_at_once: usize,
}

/// What a call is answered with.
#[derive(Clone, Debug)]
pub struct Scripted {
    /// The status.
    pub status: u16,
    /// How long the caller waits.
    pub after: Duration,
    /// Headers besides the content's type.
    pub headers: Vec<(String, String)>,
    /// What the content is.
    pub content_type: String,
    /// The content.
    pub body: Vec<u8>,
}

impl Default for Scripted {
    fn default() -> Self {
        Self {
            status: 200,
            after: Duration::ZERO,
            headers: Vec::new(),
            content_type: "application/json".to_owned(),
            body: br#"{"received":true}"#.to_vec(),
        }
    }
}

impl Scripted {
    /// A redirect.
    pub fn redirect(status: u16, to: impl Into<String>) -> Self {
        Self { status, headers: vec![("location".to_owned(), to.into())], ..Self::default() }
    }
}

/// A real HTTP server that records each call and answers 200, or what it was told to.
pub struct Receiver {
    url: String,
    state: Arc<Mutex<State>>,
    stop: CancellationToken,
}

impl Receiver {
    /// Starts it on a free port of the loopback address.
    pub fn start() -> Self {
        Self::start_at(Ipv4Addr::LOCALHOST.into())
    }

    /// Starts it on a free port of this address of the machine's.
    pub fn start_at(address: IpAddr) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let (stop, shared) = (CancellationToken::new(), web::Data::from(state.clone()));
        let stopped = stop.clone();
        // As much as anybody sends at once: a batch of traces, say.
        let limit = web::PayloadConfig::new(64 * 1024 * 1024);
        let app = move || App::new().app_data(limit.clone()).app_data(shared.clone()).default_service(web::to(receive));
        let server = HttpServer::new(app)
            .workers(1)
            .disable_signals()
            .shutdown_timeout(0)
            .shutdown_signal(async move { stopped.cancelled().await })
            .bind((address, 0))
            .expect("a free port");
        let url = format!("http://{}", server.addrs()[0]);
        tokio::spawn(server.run());
        Self { url, state, stop }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// What reached it so far.
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// Answers the next call with this status, after this time; later ones with 200.
    pub fn answer_next(&self, status: u16, after: Duration) {
        self.script(Scripted { status, after, ..Scripted::default() });
    }

    /// Answers the next call with this; later ones with 200.
    pub fn script(&self, answer: Scripted) {
        self.lock().answers.push_back(answer);
    }

    /// Answers every call for which there is no other answer with this.
    pub fn always(&self, answer: Scripted) {
        self.lock().always = Some(answer);
    }

    /// From now on tells all that it was sent, in the body and in the content type.
    pub fn echo(&self) {
        self.lock().echoes = true;
    }

    /// Waits until so many calls have reached it.
    pub async fn wait_for(&self, calls: usize) -> Vec<Call> {
        for _ in 0..3000 {
            let so_far = self.calls();
            if so_far.len() >= calls {
                return so_far;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{} of {calls} calls came in 30 s", self.calls().len())
    }

    /// How many calls were under way at the same time, at most.
    pub fn most_at_once(&self) -> usize {
        self.lock().most_at_once
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn receive(request: HttpRequest, body: web::Bytes, state: web::Data<Mutex<State>>) -> HttpResponse {
    let headers = request.headers().iter();
    let authorization = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    let content_type = format!("application/json; echo=\"{}\"", authorization.unwrap_or_default());
    let call = Call {
        method: request.method().to_string(),
        path: request.path().to_owned(),
        headers: headers
            .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
            .collect(),
        body: serde_json::from_slice(&body)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&body).into_owned())),
        raw: String::from_utf8_lossy(&body).into_owned(),
    };
    let echo = json!({
        "uri": request.uri().to_string(), "headers": call.headers, "body": call.body, "raw": call.raw,
        "encoded": base64::engine::general_purpose::STANDARD.encode(&call.raw), "bytes": hex::encode(&call.raw),
    });
    let answer = {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.calls.push(call);
        state.under_way += 1;
        state.most_at_once = state.most_at_once.max(state.under_way);
        let answer = state.answers.pop_front().or_else(|| state.always.clone()).unwrap_or_default();
        if state.echoes { Scripted { content_type, body: echo.to_string().into(), ..answer } } else { answer }
    };
    let _under_way = UnderWay(&state);
    tokio::time::sleep(answer.after).await;
    let mut response = HttpResponse::build(StatusCode::from_u16(answer.status).expect("a status"));
    for header in answer.headers {
        response.insert_header(header);
    }
    response.content_type(answer.content_type).body(answer.body)
}

/// A call that is under way.
struct UnderWay<'a>(&'a Mutex<State>);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).under_way -= 1;
    }
}
