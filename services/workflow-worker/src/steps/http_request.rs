//! Calls a URL.

use std::time::Duration;

use common::telemetry::traces::Span;
use governance::digest::Digest;
use governance::inputs;
use governance::steps::{Answer, HttpCall, HttpRequest, prepare, says_where};
use reqwest::header::{
    ACCEPT, ACCEPT_LANGUAGE, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, LOCATION, RETRY_AFTER,
};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use serde_json::{Value, json};

use super::{Attempt, Call, Outcome, Retry, StepError};
use crate::outbound::{Outbound, call_span, causes, is_refusal, tell};

/// The only headers of a step that go on to another origin than the one that the step names: any other may be a secret.
const PUBLIC_HEADERS: [HeaderName; 3] = [ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE];

/// Sends the request with the step's `Idempotency-Key`, follows redirects as far as it may, and reads the answer.
pub async fn run(call: Call<'_>, outbound: &Outbound) -> Attempt {
    let (request, digest) = match prepare::<HttpRequest>(call.with, call.scope) {
        Ok(prepared) => prepared,
        Err(message) => return Attempt::unsendable(&call, message),
    };
    let Ok(mut request) = request.call() else { return Attempt::unsendable(&call, "is no call") };
    if let Err(message) = says_where(call.with, call.scope, &request.url) {
        return Attempt::unsendable(&call, message);
    }
    // They may hold secrets: not to be shown by whoever writes down what it sends.
    request.headers.values_mut().for_each(|value| value.set_sensitive(true));
    let mut log = Vec::new();
    let exchange = Exchange { call: &call, outbound };
    match exchange.answer(request, &mut log).await {
        Ok((response, outcome)) => {
            Attempt { request: digest, response: Some(response), outcome: outcome.map(Outcome::Done), log }
        }
        Err(error) => Attempt { log, ..Attempt::new(digest, Err(error)) },
    }
}

/// A call, and the way out for it.
struct Exchange<'a> {
    call: &'a Call<'a>,
    outbound: &'a Outbound,
}

type Answered = (Digest, Result<Value, StepError>);

impl Exchange<'_> {
    async fn answer(&self, mut request: HttpCall, log: &mut Vec<String>) -> Result<Answered, StepError> {
        let mut left = request.follow_redirects;
        loop {
            let mut span = call_span(self.call.traceparent, &request.method, &request.url);
            let sent = self.request(&request, &span)?.send().await;
            tell(&mut span, &sent);
            let response = sent.map_err(failed)?;
            let status = response.status();
            let leads_on = request.follow_redirects > 0 && is_redirect(status) && !request.expects(status);
            let Some(location) = response.headers().get(LOCATION).filter(|_| leads_on) else {
                return read(response, &request, self.call).await;
            };
            let location = location.to_str().map_err(|_| StepError::never("the redirect leads to no URL"))?;
            let to = next(&request.url, location).map_err(StepError::never)?;
            left = left.checked_sub(1).ok_or_else(|| {
                StepError::never(format!("was redirected more than {} time(s)", request.follow_redirects))
            })?;
            log.push(format!("{status}: redirected to {}", to.origin().ascii_serialization()));
            self.follow(&mut request, status, to).map_err(StepError::never)?;
        }
    }

    fn request(&self, request: &HttpCall, span: &Span) -> Result<RequestBuilder, StepError> {
        let client = self.outbound.client_for(&request.url).map_err(StepError::never)?;
        let mut builder = client.request(request.method.clone(), request.url.clone()).headers(request.headers.clone());
        builder = builder.header("idempotency-key", &self.call.idempotency_key);
        if let Some(id) = self.call.request_id {
            builder = builder.header("x-request-id", id);
        }
        builder = builder.header("traceparent", span.traceparent().as_str());
        Ok(match &request.content {
            Some(content) => builder.body(content.clone()),
            None => builder,
        })
    }

    /// Makes of a request the one that a redirect asks for.
    fn follow(&self, request: &mut HttpCall, status: StatusCode, to: Url) -> Result<(), String> {
        let method = method_after(status, &request.method);
        if method != request.method {
            (request.method, request.content) = (method, None);
            retain(&mut request.headers, |name| !name.as_str().starts_with("content-"));
        }
        if to.origin() != request.url.origin() {
            if request.content.is_some() && self.body_has_secrets() {
                return Err(format!(
                    "was redirected to {}: a body with a secret goes nowhere but where the step says",
                    to.origin().ascii_serialization()
                ));
            }
            retain(&mut request.headers, |name| PUBLIC_HEADERS.contains(name));
        }
        request.url = to;
        Ok(())
    }

    /// Whether something of the body is written with a secret.
    fn body_has_secrets(&self) -> bool {
        ["body", "text"].iter().any(|part| self.call.with[part].to_string().contains("secrets"))
    }
}

/// Keeps the headers of which this is true.
fn retain(headers: &mut HeaderMap, keep: impl Fn(&HeaderName) -> bool) {
    let others: Vec<_> = headers.keys().filter(|name| !keep(name)).cloned().collect();
    for name in others {
        headers.remove(name);
    }
}

/// The statuses that name another URL for what was asked (RFC 9110, 15.4); 300 and 304 do not.
fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// The method of the next request: 303 is answered by asking with GET, 301 and 302 by the same after a POST, as every
/// client does; 307 and 308 change nothing (RFC 9110, 15.4.2 to 15.4.9).
fn method_after(status: StatusCode, method: &Method) -> Method {
    match status.as_u16() {
        303 if *method != Method::HEAD => Method::GET,
        301 | 302 if *method == Method::POST => Method::GET,
        _ => method.clone(),
    }
}

/// Where a redirect leads from here.
fn next(from: &Url, location: &str) -> Result<Url, String> {
    let mut to = from.join(location).map_err(|_| "the redirect leads to no URL".to_owned())?;
    if !matches!(to.scheme(), "http" | "https") {
        return Err(format!("was redirected to a URL of the scheme {}: only http and https are called", to.scheme()));
    }
    if from.scheme() == "https" && to.scheme() == "http" {
        return Err("was redirected from https to http, where everybody could read along".to_owned());
    }
    // Nobody else says who we are. These can't fail: the URL has a host.
    let _ = to.set_username("");
    let _ = to.set_password(None);
    Ok(to)
}

/// Not with its URL: that may hold what only the two sides should know.
fn failed(error: reqwest::Error) -> StepError {
    let retry = if is_refusal(&error) { Retry::Never } else { Retry::Backoff };
    StepError { message: format!("the call failed: {}", causes(&error.without_url())), retry }
}

/// Reads an answer, never more of it than the step wants.
async fn read(mut response: Response, request: &HttpCall, call: &Call<'_>) -> Result<Answered, StepError> {
    let status = response.status();
    let retry = retry_of(status, &response);
    let unexpected = || StepError { message: format!("the answer was {status}"), retry };
    // Of an answer that is a failure anyway, its length is no news.
    let too_long = || {
        if request.expects(status) {
            StepError::never(format!("the answer has more than {} bytes", request.max_bytes))
        } else {
            unexpected()
        }
    };
    let content_type = header(&response, &CONTENT_TYPE);
    if response.content_length().is_some_and(|length| length > request.max_bytes as u64)
        && request.method != Method::HEAD
    {
        return Err(too_long());
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if bytes.len() + chunk.len() > request.max_bytes {
            return Err(too_long());
        }
        bytes.extend_from_slice(&chunk);
    }
    let outcome = if !request.expects(status) {
        Err(unexpected())
    } else if let Some(coding) = header(&response, &CONTENT_ENCODING).filter(|coding| coding != "identity") {
        // We asked for none, and unpack none: a few bytes could become any number.
        Err(StepError::never(format!("the answer is encoded as {coding:?}, which was not asked for")))
    } else {
        body(&bytes, request.output)
            .map(|body| json!({"status": status.as_u16(), "content_type": content_type, "body": body}))
    };
    Ok((call.digest_of(&bytes), outcome))
}

fn header(response: &Response, name: &HeaderName) -> Option<String> {
    response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// The answer in the form that the step wants, without what the database can't hold.
fn body(bytes: &[u8], output: Answer) -> Result<Value, StepError> {
    let text = || Value::String(String::from_utf8_lossy(bytes).replace('\0', "\u{fffd}"));
    let json = || {
        let json: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        inputs::check(&json, 32).map(|()| json)
    };
    match output {
        Answer::Text => Ok(text()),
        Answer::Auto => Ok(json().unwrap_or_else(|_| text())),
        Answer::Json => {
            json().map_err(|fault| StepError::never(format!("the answer is no JSON that can be kept: {fault}")))
        }
    }
}

/// 4xx is final except 408, 425 and 429; a redirect that is not followed is, too; everything else may pass.
fn retry_of(status: StatusCode, response: &Response) -> Retry {
    let passing = status.is_server_error() || [408, 425, 429].contains(&status.as_u16());
    if !passing {
        return Retry::Never;
    }
    // The form in seconds; the other form, a date, is answered by our own backoff.
    let asked = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    asked.map_or(Retry::Backoff, |seconds: u64| Retry::After(Duration::from_secs(seconds.min(3600))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_changes_the_method_as_http_says() {
        let after =
            |status: u16, method: Method| method_after(StatusCode::from_u16(status).expect("a status"), &method);
        for (status, method, next) in [
            (301, Method::POST, Method::GET),
            (302, Method::POST, Method::GET),
            (303, Method::POST, Method::GET),
            (303, Method::PUT, Method::GET),
            (303, Method::HEAD, Method::HEAD),
            (301, Method::PUT, Method::PUT),
            (302, Method::DELETE, Method::DELETE),
            (307, Method::POST, Method::POST),
            (308, Method::POST, Method::POST),
            (308, Method::GET, Method::GET),
        ] {
            assert_eq!(after(status, method.clone()), next, "{status} {method}");
        }
    }

    #[test]
    fn a_redirect_leads_to_http_only_and_never_out_of_tls() {
        let to = |from: &str, location: &str| next(&from.parse().expect("a URL"), location).map(String::from);
        assert_eq!(to("https://a.example/x/y", "../z?q"), Ok("https://a.example/z?q".to_owned()));
        assert_eq!(to("http://a.example/", "//b.example/"), Ok("http://b.example/".to_owned()));
        assert_eq!(to("http://a.example/", "https://me:secret@b.example/"), Ok("https://b.example/".to_owned()));
        for bad in ["http://a.example/", "ftp://a.example/", "file:///etc/passwd", "gopher://a.example", "https://[::1"]
        {
            assert!(to("https://a.example/", bad).is_err(), "{bad}");
        }
    }
}
