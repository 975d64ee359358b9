//! Requests that hold another one, for whoever reads them in another way than NGINX does.
//!
//! The hidden request has a name and a path that nothing else has. Neither may be heard of: not in an answer, not in NGINX's
//! log, not in a service's. What comes over the same connection afterwards gets its own answer.

use anyhow::{Context, ensure};
use serde_json::Value;
use uuid::Uuid;

use crate::http2::{self, Http2, Outcome};
use crate::records::Records;
use crate::wire::{self, Connection, Edge, Protocol, address};

/// The network of their addresses over HTTP/1.1, and over HTTP/2.
const NETWORKS: [u8; 2] = [24, 25];

/// What has to become of an attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It is refused with this status, and the connection closed.
    Refused(u16),
    /// It is one request, with an answer of this status, and the connection goes on.
    OneRequest(u16),
}
use Fate::{OneRequest, Refused};

/// Over HTTP/1.1: what is sent, to the byte.
struct Attack {
    what: &'static str,
    bytes: String,
    fate: Fate,
}

/// Over HTTP/2: the fields of the head, which go before those of an ordinary one where they have the same name, and the body.
struct Http2Attack {
    what: &'static str,
    fields: Vec<(&'static str, String)>,
    body: String,
}

/// What is hidden in an attack.
struct Hidden {
    /// The name of the request.
    id: String,
    /// Its path.
    path: String,
    /// All of it.
    text: String,
}

impl Hidden {
    fn new(edge: &Edge) -> Self {
        let id = name("hidden");
        let path = format!("/api/workflows/{}", Uuid::new_v4());
        let text = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nX-Request-Id: {id}\r\n\r\n", edge.api);
        Self { id, path, text }
    }
}

/// A name that no other request has.
fn name(what: &str) -> String {
    format!("{what}-{}", Uuid::new_v4().simple())
}

/// Sends them all, then looks at what was heard of the hidden ones.
pub async fn prove(edge: &Edge, records: &Records) -> anyhow::Result<()> {
    let mut hidden = Vec::new();
    let mut refused = 0;
    let count = attacks(edge, &Hidden::new(edge)).len();
    for number in 0..count {
        let inside = Hidden::new(edge);
        let Attack { what, bytes, fate } = attacks(edge, &inside).swap_remove(number);
        let from = address(NETWORKS[0], u8::try_from(number)?);
        let mut connection = edge.connect(from, &edge.api, Protocol::Http1).await?;
        over_http1(edge, &mut connection, &bytes, fate, &inside).await.with_context(|| format!("{what} ({from})"))?;
        refused += usize::from(matches!(fate, Refused(_)));
        hidden.push((what, inside));
    }
    let count_http2 = http2_attacks(edge, &Hidden::new(edge)).len();
    for number in 0..count_http2 {
        let inside = Hidden::new(edge);
        let attack = http2_attacks(edge, &inside).swap_remove(number);
        let what = attack.what;
        let from = address(NETWORKS[1], u8::try_from(number)?);
        let mut connection = Http2::connect(edge, from, &edge.api).await?;
        let over = over_http2(edge, &mut connection, attack, &inside).await;
        refused += usize::from(over.with_context(|| format!("{what} over HTTP/2 ({from})"))?);
        hidden.push((what, inside));
    }

    // That it is not heard of says something only where others are.
    for path in ["/api/auth/me", "/api/councils", "/status"] {
        let mut connection = edge.connect(address(NETWORKS[0], 250), &edge.api, Protocol::Http1).await?;
        let id = name("ordinary");
        ask(edge, &mut connection, path, &id).await?;
        records.reached(&id).await.with_context(|| format!("GET {path}"))?;
    }
    for (what, inside) in &hidden {
        for text in [&inside.id, &inside.path] {
            let found = records.where_is(text).await?;
            ensure!(found.is_empty(), "{what}: the hidden request was taken for one by {found:?}");
        }
    }
    println!(
        "smuggled: {count} attempts over HTTP/1.1 and {count_http2} over HTTP/2, {refused} of them refused, the others taken \
         for one request; no hidden one was heard of by NGINX or a service",
    );
    Ok(())
}

/// Sends an attack, then an ordinary request.
async fn over_http1(
    edge: &Edge,
    connection: &mut Connection,
    bytes: &str,
    fate: Fate,
    inside: &Hidden,
) -> anyhow::Result<()> {
    // NGINX answers before it has read all, and may hang up meanwhile.
    let _ = connection.send(bytes.as_bytes()).await;
    let answer = connection.answer().await?.context("it is not answered")?;
    ensure!(answer.request_id() != inside.id, "the hidden request was answered: {answer:?}");
    // Whoever answers, it is a problem: nobody was told who asks.
    let problem = answer.problem()?;
    match fate {
        Refused(status) => {
            ensure!(answer.status == status, "it is answered with {problem}, not refused with {status}");
            let next = connection.answer().await?;
            ensure!(next.is_none(), "it is refused, and more is answered: {next:?}");
        }
        OneRequest(status) => {
            ensure!(answer.status == status, "it is answered with {problem}, not with {status}");
            ask(edge, connection, "/api/auth/me", &name("next")).await.context("the request after it")?;
        }
    }
    Ok(())
}

/// Sends an ordinary request, and looks whether what is answered is that.
async fn ask(edge: &Edge, connection: &mut Connection, path: &str, id: &str) -> anyhow::Result<()> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nX-Request-Id: {id}\r\n\r\n", edge.api);
    connection.send(request.as_bytes()).await?;
    let answer = connection.answer().await?.context("it is not answered")?;
    ensure!(answer.request_id() == id, "what is answered is another request: {answer:?}");
    ensure!(answer.status < 500, "it is answered with {}", answer.status);
    Ok(())
}

/// Sends an attack, then an ordinary request if the connection goes on; whether it was refused. How is NGINX's choice:
/// by an answer, or by giving the stream or the connection up (RFC 9113, 8.1.1).
async fn over_http2(edge: &Edge, connection: &mut Http2, attack: Http2Attack, inside: &Hidden) -> anyhow::Result<bool> {
    let mut fields = attack.fields;
    let ordinary = [(":method", "POST"), (":scheme", "https"), (":authority", &edge.api), (":path", "/api/workflows")];
    for (name, value) in ordinary.iter().rev() {
        if !fields.iter().any(|(other, _)| other == name) {
            fields.insert(0, (name, (*value).to_owned()));
        }
    }
    // Pseudo-headers go first.
    fields.sort_by_key(|(name, _)| !name.starts_with(':'));
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    connection.send(&[http2::head(1, &fields, false), http2::data(1, attack.body.as_bytes())].concat()).await;
    let refused = match connection.outcome(1).await? {
        Outcome::Answered { status, body } => {
            let problem = wire::problem(status, &body)?;
            ensure!(status < 500 || status == 501, "it is answered with {problem}");
            ensure!(problem["request_id"] != inside.id.as_str(), "the hidden request was answered: {problem}");
            matches!(status, 400 | 421 | 501)
        }
        Outcome::Reset => true,
        Outcome::Closed(_) => return Ok(true),
    };
    let id = name("next");
    let fields = [
        (":method", "GET"),
        (":scheme", "https"),
        (":authority", &edge.api),
        (":path", "/api/auth/me"),
        ("x-request-id", &id),
    ];
    connection.send(&http2::head(3, &fields, true)).await;
    match connection.outcome(3).await? {
        Outcome::Answered { status, body } => {
            let problem: Value = wire::problem(status, &body)?;
            ensure!(status == 401 && problem["request_id"] == id.as_str(), "the request after it got {problem}");
        }
        // Refused, and the connection with it.
        outcome => ensure!(refused, "the request after it got {outcome:?}"),
    }
    Ok(refused)
}

/// Everything that is tried over HTTP/1.1, with this inside.
#[expect(clippy::too_many_lines, reason = "a list")]
fn attacks(edge: &Edge, inside: &Hidden) -> Vec<Attack> {
    let (api, hidden) = (&edge.api, &inside.text);
    let length = hidden.len();
    // A head that has a body, of these further lines; a final chunk with the hidden request after it; one chunk that holds it.
    let post = |lines: &str| format!("POST /api/workflows HTTP/1.1\r\nHost: {api}\r\n{lines}\r\n");
    let after_last_chunk = format!("0\r\n\r\n{hidden}");
    let in_a_chunk = format!("{length:x}\r\n{hidden}\r\n0\r\n\r\n");
    let both = after_last_chunk.len();

    let mut attacks = Vec::new();
    let mut attack = |what, bytes: String, fate| attacks.push(Attack { what, bytes, fate });

    // Two lengths: which one counts?
    for (what, lines) in [
        ("CL.TE", format!("Content-Length: {both}\r\nTransfer-Encoding: chunked\r\n")),
        ("TE.CL", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n".to_owned()),
        ("two lengths", format!("Content-Length: 5\r\nContent-Length: {both}\r\n")),
        ("two lengths, the other way round", format!("Content-Length: {both}\r\nContent-Length: 5\r\n")),
        ("the same length twice", format!("Content-Length: {both}\r\nContent-Length: {both}\r\n")),
        ("two lengths in a list", format!("Content-Length: 5, {both}\r\n")),
        ("a length with a plus", "Content-Length: +5\r\n".to_owned()),
        ("a length with a minus", "Content-Length: -5\r\n".to_owned()),
        ("a length with a space in it", format!("Content-Length: 5 {both}\r\n")),
        ("a length after a tab", "Content-Length: \t5\r\n".to_owned()),
        ("a length in hexadecimal digits", "Content-Length: 0x5\r\n".to_owned()),
        ("a length that overflows", "Content-Length: 18446744073709551621\r\n".to_owned()),
        ("an empty length", "Content-Length:\r\n".to_owned()),
        ("a chunked body in HTTP/1.1 that says it twice", "Transfer-Encoding: chunked\r\n".repeat(2)),
    ] {
        attack(what, format!("{}{after_last_chunk}", post(&lines)), Refused(400));
    }

    // Chunked or not? Who thinks it is, sees the body end before the hidden request; who does not, before its first byte.
    for (what, lines, status) in [
        ("TE.TE: xchunked", "Transfer-Encoding: xchunked\r\n", 501),
        ("TE.TE: chunked and identity", "Transfer-Encoding: chunked, identity\r\n", 501),
        ("TE.TE: identity and chunked", "Transfer-Encoding: identity, chunked\r\n", 501),
        ("TE.TE: gzip and chunked", "Transfer-Encoding: gzip, chunked\r\n", 501),
        ("TE.TE: a parameter", "Transfer-Encoding: chunked;q=1\r\n", 501),
        ("TE.TE: quotes", "Transfer-Encoding: \"chunked\"\r\n", 501),
        ("TE.TE: a tab before it", "Transfer-Encoding:\tchunked\r\n", 501),
        ("TE.TE: a vertical tab before it", "Transfer-Encoding: \x0bchunked\r\n", 501),
        ("TE.TE: a form feed after it", "Transfer-Encoding: chunked\x0c\r\n", 501),
        ("TE.TE: empty", "Transfer-Encoding:\r\n", 501),
        ("TE.TE: identity in a second line", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", 400),
        ("a space before the colon", "Transfer-Encoding : chunked\r\n", 400),
        ("a space before the colon of the length", "Content-Length : 5\r\n", 400),
        ("a tab before the colon", "Transfer-Encoding\t: chunked\r\n", 400),
        ("a folded line", "X-Folded: a\r\n Transfer-Encoding: chunked\r\n", 400),
        ("a folded value", "Transfer-Encoding:\r\n chunked\r\n", 400),
        ("a bare CR", "X-Bare: a\rTransfer-Encoding: chunked\r\n", 400),
        ("a NUL in a value", "X-Nul: a\0b\r\nTransfer-Encoding: chunked\r\n", 400),
        ("a NUL in a name", "Transfer-Encoding\0: chunked\r\n", 400),
        ("a line without a colon", "Transfer-Encoding chunked\r\n", 400),
        ("two hosts", "Host: evil.example\r\n", 400),
    ] {
        attack(what, format!("{}{after_last_chunk}", post(lines)), Refused(status));
    }
    let old = format!("POST /api/workflows HTTP/1.0\r\nHost: {api}\r\nTransfer-Encoding: chunked\r\n\r\n");
    attack("a chunked body in HTTP/1.0", format!("{old}{after_last_chunk}"), Refused(400));

    // Chunks that are none.
    let chunked = post("Transfer-Encoding: chunked\r\n");
    for (what, chunks) in [
        ("a chunk's size with a sign", "+5\r\nabcde\r\n"),
        ("a chunk's size with 0x", "0x5\r\nabcde\r\n"),
        ("a chunk's size that overflows", "fffffffffffffffff\r\nabcde\r\n"),
        ("a chunk's size that wraps round", "10000000000000005\r\nabcde\r\n"),
        ("a chunk that is longer than it says", "2\r\nabcde\r\n"),
        ("a chunk's size that is empty", "\r\nabcde\r\n"),
    ] {
        attack(what, format!("{chunked}{chunks}{after_last_chunk}"), Refused(400));
    }

    // Bodies, however they are written: the hidden request is a part of them.
    for (what, bytes) in [
        ("a body of a length", format!("{}{hidden}", post(&format!("Content-Length: {length}\r\n")))),
        ("a length with spaces around", format!("{}{hidden}", post(&format!("Content-Length:   {length}  \r\n")))),
        ("a body in a chunk", format!("{chunked}{in_a_chunk}")),
        ("CHUNKED", format!("{}{in_a_chunk}", post("Transfer-Encoding: CHUNKED\r\n"))),
        ("an extension of a chunk", format!("{chunked}{length:x};a=\"b\"\r\n{hidden}\r\n0;c\r\n\r\n")),
        ("an extension that a bare LF ends", format!("{chunked}2;\nab\r\n{in_a_chunk}")),
        ("zeros before a chunk's size", format!("{chunked}0000000000{in_a_chunk}")),
        (
            "an underscore for a hyphen",
            format!("{}{hidden}", post(&format!("Transfer_Encoding: chunked\r\nContent-Length: {length}\r\n"))),
        ),
        (
            "a trailer",
            format!("{chunked}{length:x}\r\n{hidden}\r\n0\r\nContent-Length: 5\r\nTransfer-Encoding: x\r\n\r\n"),
        ),
        ("bare LFs", format!("POST /api/workflows HTTP/1.1\nHost: {api}\nContent-Length: {length}\n\n{hidden}")),
        (
            "headers that the connection should drop",
            format!(
                "{}{hidden}",
                post(&format!("Connection: keep-alive, Content-Length, X-Request-Id\r\nContent-Length: {length}\r\n"))
            ),
        ),
        (
            "an upgrade to HTTP/2",
            format!(
                "{}{hidden}",
                post(&format!(
                    "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\
                     Content-Length: {length}\r\n"
                ))
            ),
        ),
        (
            "a URL of ours with another Host",
            format!(
                "POST https://{api}/api/workflows HTTP/1.1\r\nHost: evil.example\r\nContent-Length: {length}\r\n\r\n{hidden}"
            ),
        ),
    ] {
        attack(what, bytes, OneRequest(401));
    }
    let get =
        |target: &str| format!("GET {target} HTTP/1.1\r\nHost: {api}\r\nContent-Length: {length}\r\n\r\n{hidden}");
    attack("a body that nobody expects", get("/api/auth/me"), OneRequest(401));
    attack("a URL of others with our Host", get("https://evil.example/api/auth/me"), OneRequest(421));
    attack("a line end in a path, encoded", get("/api/auth/%0d%0aX-Injected:%20a%0d%0a%0d%0a"), OneRequest(404));
    attack("a line end in a query, encoded", get("/api/auth/me?%0d%0aX-Injected:%20a"), OneRequest(401));

    // Request lines that are none.
    for (what, target) in [
        ("a control character in the path", "/api/auth/\x01me"),
        ("a DEL in the path", "/api/auth/me\x7f"),
        ("a NUL in the path", "/api/auth/me\0"),
        ("an encoded NUL in the path", "/api/auth/me%00"),
        ("a tab in the path", "/api/auth/me\tHTTP/1.1"),
        ("a space in the path", "/api/auth/me HTTP/1.1 a"),
        ("a bare CR in the path", "/api/auth/me\rHost: a"),
        ("no path", "api/auth/me"),
        ("a path above the root", "/../../api/auth/me"),
    ] {
        attack(what, get(target), Refused(400));
    }
    let host = |host: &str| format!("GET /api/auth/me HTTP/1.1\r\nHost: {host}\r\n\r\n{hidden}");
    for (what, bytes) in [
        ("a Host with a path", host(&format!("{api}/evil"))),
        ("a Host with a space", host(&format!("{api} evil"))),
        ("a Host with a NUL", host(&format!("{api}\0evil"))),
        ("an empty Host", host("")),
        ("no Host", format!("GET /api/auth/me HTTP/1.1\r\n\r\n{hidden}")),
    ] {
        attack(what, bytes, Refused(400));
    }
    attacks
}

/// Everything that is tried over HTTP/2, with this inside.
fn http2_attacks(edge: &Edge, inside: &Hidden) -> Vec<Http2Attack> {
    let (api, hidden) = (&edge.api, &inside.text);
    let rest = format!("HTTP/1.1\r\nHost: {api}\r\n\r\n{hidden}");
    let after_last_chunk = || format!("0\r\n\r\n{hidden}");
    let attack = |what, fields: Vec<(&'static str, String)>, body: String| Http2Attack { what, fields, body };
    vec![
        attack("H2.TE", vec![("transfer-encoding", "chunked".to_owned())], after_last_chunk()),
        attack("H2.TE: xchunked", vec![("transfer-encoding", "xchunked".to_owned())], after_last_chunk()),
        attack("H2.CL: shorter", vec![("content-length", "0".to_owned())], hidden.clone()),
        attack("H2.CL: longer", vec![("content-length", (hidden.len() + 50).to_string())], hidden.clone()),
        attack(
            "H2.CL: twice",
            vec![("content-length", "0".to_owned()), ("content-length", hidden.len().to_string())],
            hidden.clone(),
        ),
        attack("a plus before the length", vec![("content-length", format!("+{}", hidden.len()))], hidden.clone()),
        attack("a header of the connection", vec![("connection", "transfer-encoding".to_owned())], hidden.clone()),
        attack(
            "a line end in a value",
            vec![("x-lines", format!("a\r\nTransfer-Encoding: chunked\r\n\r\n{hidden}"))],
            after_last_chunk(),
        ),
        attack("a bare LF in a value", vec![("x-lines", format!("a\n\n{hidden}"))], String::new()),
        attack("a NUL in a value", vec![("x-nul", "a\0b".to_owned())], hidden.clone()),
        attack(
            "a line end in a name",
            vec![("x-name: a\r\ntransfer-encoding", "chunked".to_owned())],
            after_last_chunk(),
        ),
        attack("a colon in a name", vec![("transfer-encoding:chunked", "a".to_owned())], after_last_chunk()),
        attack("capitals in a name", vec![("Transfer-Encoding", "chunked".to_owned())], after_last_chunk()),
        attack("a request in the path", vec![(":path", format!("/api/auth/me {rest}"))], String::new()),
        attack("a space in the path", vec![(":path", "/api/auth/me HTTP/1.1".to_owned())], hidden.clone()),
        attack("a request in the method", vec![(":method", format!("GET /api/auth/me {rest}GET"))], String::new()),
        attack("a request in the authority", vec![(":authority", format!("{api}\r\n\r\n{hidden}"))], String::new()),
        attack("a path in the authority", vec![(":authority", format!("{api}/api/auth/me"))], hidden.clone()),
        attack("a request in the scheme", vec![(":scheme", format!("https://{api}/ {rest}"))], String::new()),
        attack("another host", vec![("host", "evil.example".to_owned())], hidden.clone()),
        attack("two paths", vec![(":path", "/api/auth/me".to_owned()), (":path", inside.path.clone())], String::new()),
    ]
}
