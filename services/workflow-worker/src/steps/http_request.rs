//! Calls a URL.

use std::time::Duration;

use governance::definition::Fault;
use governance::digest::Digest;
use governance::inputs;
use governance::steps::{HttpCall, HttpRequest, prepare, says_where};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use super::{Attempt, Call, Retry, StepError};
use crate::outbound::{Outbound, causes};

/// The longest answer that is read, in bytes.
const MAX_BYTES: usize = 1024 * 1024;

/// Sends the request with the step's `Idempotency-Key`, and reads the answer.
pub async fn run(call: Call<'_>, outbound: &Outbound) -> Attempt {
    let (request, digest) = match prepare::<HttpRequest>(call.with, call.scope) {
        Ok(prepared) => prepared,
        Err(message) => return Attempt::unsendable(&call, message),
    };
    let ready = request.call().map_err(told).and_then(|ready| {
        says_where(call.with, call.scope, &ready.url)?;
        build(ready, &call, outbound)
    });
    let request = match ready {
        Ok(request) => request,
        Err(message) => return Attempt::unsendable(&call, message),
    };
    match exchange(request, &call).await {
        Ok((response, outcome)) => Attempt { request: digest, response: Some(response), outcome },
        Err(error) => Attempt { request: digest, response: None, outcome: Err(error) },
    }
}

/// What is wrong with a call, in one line.
fn told(faults: Vec<Fault>) -> String {
    let faults: Vec<_> = faults.into_iter().map(|(place, fault)| format!("{place} {fault}")).collect();
    faults.join("; ")
}

fn build(ready: HttpCall, call: &Call<'_>, outbound: &Outbound) -> Result<RequestBuilder, String> {
    let mut ready = ready;
    // They may hold secrets: not to be shown by whoever writes down what it sends.
    ready.headers.values_mut().for_each(|value| value.set_sensitive(true));
    let mut request = outbound.client_for(&ready.url)?.request(ready.method, ready.url).headers(ready.headers);
    request = request.header("idempotency-key", &call.idempotency_key);
    if let Some(id) = call.request_id {
        request = request.header("x-request-id", id);
    }
    if let Some(parent) = call.traceparent {
        request = request.header("traceparent", parent);
    }
    Ok(match &ready.body {
        Some(body) => request.json(body),
        None => request,
    })
}

type Exchanged = (Digest, Result<Value, StepError>);

async fn exchange(request: RequestBuilder, call: &Call<'_>) -> Result<Exchanged, StepError> {
    // Not its URL: it may hold what only the two sides should know.
    let failed = |error: reqwest::Error| StepError {
        message: format!("the call failed: {}", causes(&error.without_url())),
        retry: Retry::Backoff,
    };
    let mut response = request.send().await.map_err(failed)?;
    let status = response.status();
    let retry = retry_of(status, &response);
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if bytes.len() + chunk.len() > MAX_BYTES {
            let message = format!("the answer has more than {MAX_BYTES} bytes");
            return Err(StepError { message, retry: Retry::Never });
        }
        bytes.extend_from_slice(&chunk);
    }
    let outcome = if status.is_success() {
        Ok(json!({"status": status.as_u16(), "content_type": content_type, "body": body(&bytes)}))
    } else {
        Err(StepError { message: format!("the answer was {status}"), retry })
    };
    Ok((call.digest_of(&bytes), outcome))
}

/// JSON as JSON, anything else as text, either without what the database can't hold.
fn body(bytes: &[u8]) -> Value {
    match serde_json::from_slice(bytes) {
        Ok(json) if inputs::check(&json, 32).is_ok() => json,
        _ => Value::String(String::from_utf8_lossy(bytes).replace('\0', "\u{fffd}")),
    }
}

/// 4xx is final except 408, 425 and 429; redirects are not followed; everything else may pass.
fn retry_of(status: StatusCode, response: &Response) -> Retry {
    let passing = status.is_server_error() || [408, 425, 429].contains(&status.as_u16());
    if !passing {
        return Retry::Never;
    }
    // The form in seconds; the other form, a date, is answered by our own backoff.
    let asked = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    asked.map_or(Retry::Backoff, |seconds: u64| Retry::After(Duration::from_secs(seconds.min(3600))))
}
