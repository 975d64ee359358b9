//! Connections to NGINX over which anything may be sent, each from an address of its own.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use serde_json::Value;
use testing::runtime::Runtime;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// How long NGINX may take for anything that it does at once.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// An address of this machine, as all of 127.0.0.0/8 is: each attack has its own network, so that NGINX counts it apart.
pub fn address(network: u8, number: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, network, 0, number + 1)
}

/// What is spoken once the connection is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1
    Http1,
    /// HTTP/2
    Http2,
}

/// NGINX, as one gets at it.
pub struct Edge {
    /// Where it listens for TLS.
    pub at: SocketAddr,
    /// The name of the API, as `Host` has it.
    pub api: String,
    /// The name of the console, as `Host` has it.
    pub console: String,
    http1: TlsConnector,
    http2: TlsConnector,
}

impl Edge {
    /// The one of a run.
    pub fn of(runtime: &Runtime) -> anyhow::Result<Self> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(&runtime.authority)?)?;
        let connector = |protocol: &[u8]| -> anyhow::Result<TlsConnector> {
            let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
                .with_safe_default_protocol_versions()?
                .with_root_certificates(roots.clone())
                .with_no_client_auth();
            config.alpn_protocols = vec![protocol.to_vec()];
            // Strangers have no session to take up again.
            config.resumption = Resumption::disabled();
            Ok(TlsConnector::from(Arc::new(config)))
        };
        let name = |url: &reqwest::Url| url.host_str().map(str::to_owned).context("a URL without a host");
        Ok(Self {
            at: (Ipv4Addr::LOCALHOST, runtime.api.port_or_known_default().context("API_URL has no port")?).into(),
            api: name(&runtime.api)?,
            console: name(&runtime.console)?,
            http1: connector(b"http/1.1")?,
            http2: connector(b"h2")?,
        })
    }

    /// Connects, and says nothing.
    pub async fn dial(&self, from: Ipv4Addr) -> anyhow::Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((from, 0).into()).with_context(|| format!("no port is free at {from}"))?;
        let stream = timeout(PATIENCE, socket.connect(self.at)).await.context("NGINX takes no connection")??;
        // What is sent byte by byte arrives so.
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Connects to one of the names and greets it.
    pub async fn connect(&self, from: Ipv4Addr, name: &str, protocol: Protocol) -> anyhow::Result<Connection> {
        let connector = match protocol {
            Protocol::Http1 => &self.http1,
            Protocol::Http2 => &self.http2,
        };
        let (stream, name) = (self.dial(from).await?, ServerName::try_from(name.to_owned())?);
        let stream = timeout(PATIENCE, connector.connect(name, stream)).await.context("NGINX does not greet")??;
        Ok(Connection { stream, unread: Vec::new() })
    }
}

/// What is open to NGINX.
pub struct Connection {
    stream: TlsStream<TcpStream>,
    unread: Vec<u8>,
}

/// What came back over HTTP/1.1.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Connection {
    /// Sends bytes as they are.
    pub async fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    /// Reads what has come; nothing means that NGINX has closed the connection.
    pub async fn read(&mut self) -> Vec<u8> {
        let mut bytes = vec![0; 16 * 1024];
        // Whether it said goodbye or hung up does not matter.
        let read = self.stream.read(&mut bytes).await.unwrap_or(0);
        bytes.truncate(read);
        bytes
    }

    /// Waits until NGINX closes the connection; `false` when it does not.
    pub async fn closes(&mut self, within: Duration) -> bool {
        timeout(within, async { while !self.read().await.is_empty() {} }).await.is_ok()
    }

    /// Reads the next answer; none when NGINX has closed the connection.
    pub async fn answer(&mut self) -> anyhow::Result<Option<Answer>> {
        timeout(PATIENCE, self.next_answer()).await.context("NGINX neither answers nor closes the connection")?
    }

    async fn next_answer(&mut self) -> anyhow::Result<Option<Answer>> {
        loop {
            if let Some((answer, length)) = Answer::parse(&self.unread)? {
                self.unread.drain(..length);
                return Ok(Some(answer));
            }
            let read = self.read().await;
            if read.is_empty() {
                ensure!(self.unread.is_empty(), "NGINX closed the connection amid an answer");
                return Ok(None);
            }
            self.unread.extend(read);
        }
    }
}

impl Answer {
    /// The first answer in these bytes and its length, once it is there as a whole.
    fn parse(bytes: &[u8]) -> anyhow::Result<Option<(Self, usize)>> {
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
        let mut lines = std::str::from_utf8(&bytes[..end])?.split("\r\n");
        let first = lines.next().unwrap_or_default();
        let status = first.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
        let status = status.with_context(|| format!("no answer begins so: {first:?}"))?;
        let headers = lines
            .map(|line| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned())))
            .collect::<Option<Vec<_>>>()
            .context("a line of the answer is no header")?;
        let mut answer = Self { status, headers, body: Vec::new() };
        let rest = &bytes[end + 4..];
        let length = match (answer.header("content-length"), answer.header("transfer-encoding")) {
            (Some(length), None) => {
                let length = length.parse()?;
                let Some(body) = rest.get(..length) else { return Ok(None) };
                body.clone_into(&mut answer.body);
                length
            }
            (None, Some("chunked")) => {
                let Some(length) = chunks(rest, &mut answer.body)? else { return Ok(None) };
                length
            }
            _ => bail!("NGINX does not say how long its answer is"),
        };
        Ok(Some((answer, end + 4 + length)))
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The name that the answered request has.
    pub fn request_id(&self) -> &str {
        self.header("x-request-id").unwrap_or_default()
    }

    /// The problem that it is.
    pub fn problem(&self) -> anyhow::Result<Value> {
        ensure!(
            self.header("content-type") == Some("application/problem+json"),
            "{} is answered without a problem: {}",
            self.status,
            String::from_utf8_lossy(&self.body)
        );
        problem(self.status, &self.body)
    }
}

/// Reads a problem, and checks that it says what all of them do.
pub fn problem(status: u16, body: &[u8]) -> anyhow::Result<Value> {
    let problem: Value = serde_json::from_slice(body)
        .with_context(|| format!("the body of {status} is no JSON: {}", String::from_utf8_lossy(body)))?;
    ensure!(problem["status"] == status, "{status} has another status in its body: {problem}");
    for name in ["type", "title", "detail", "error", "code", "request_id"] {
        ensure!(problem[name].as_str().is_some_and(|text| !text.is_empty()), "{name} is missing in {problem}");
    }
    Ok(problem)
}

/// Puts chunks together (RFC 9112, 7.1); their length, once all are there.
fn chunks(bytes: &[u8], body: &mut Vec<u8>) -> anyhow::Result<Option<usize>> {
    let mut at = 0;
    loop {
        let Some(end) = bytes[at..].windows(2).position(|window| window == b"\r\n") else { return Ok(None) };
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[at..at + end])?, 16)?;
        at += end + 2;
        let Some(chunk) = bytes.get(at..at + size) else { return Ok(None) };
        body.extend_from_slice(chunk);
        at += size + 2;
        if bytes.len() < at {
            return Ok(None);
        }
        if size == 0 {
            return Ok(Some(at));
        }
    }
}
