//! HTTP/2 frame by frame (RFC 9113): no client library sends what is sent here.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use tokio::time::timeout;

use crate::wire::{Connection, Edge, PATIENCE, Protocol};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 0x1;
const END_HEADERS: u8 = 0x4;
/// The longest payload that may be sent without having asked (RFC 9113, 4.2).
const FRAME: usize = 16 * 1024;

/// A connection that speaks HTTP/2.
pub struct Http2 {
    connection: Connection,
    unread: Vec<u8>,
}

/// What became of a request.
#[derive(Debug)]
pub enum Outcome {
    /// It was answered.
    Answered {
        /// The status.
        status: u16,
        /// The body.
        body: Vec<u8>,
    },
    /// NGINX gave the stream up.
    Reset,
    /// NGINX gave the connection up, for this reason if it said one (RFC 9113, 7).
    Closed(Option<u32>),
}

/// The reason of NGINX for giving up who sends too much.
pub const ENHANCE_YOUR_CALM: u32 = 0xb;

/// The bytes that begin a connection.
pub fn preface() -> Vec<u8> {
    [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice(), &frame(SETTINGS, 0, 0, &[])].concat()
}

/// The bytes of a request's head; with `last`, nothing follows it.
pub fn head(stream: u32, fields: &[(&str, &str)], last: bool) -> Vec<u8> {
    let block: Vec<u8> = fields.iter().flat_map(|(name, value)| field(name, value)).collect();
    let mut chunks = block.chunks(FRAME).peekable();
    let (mut frames, mut kind, mut flags) = (Vec::new(), HEADERS, if last { END_STREAM } else { 0 });
    while let Some(chunk) = chunks.next() {
        let end = if chunks.peek().is_none() { END_HEADERS } else { 0 };
        frames.extend(frame(kind, flags | end, stream, chunk));
        (kind, flags) = (CONTINUATION, 0);
    }
    frames
}

/// The bytes of a body, which ends with them.
pub fn data(stream: u32, body: &[u8]) -> Vec<u8> {
    frame(DATA, END_STREAM, stream, body)
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A field as it is, without compression (RFC 7541, 6.2.2).
fn field(name: &str, value: &str) -> Vec<u8> {
    let mut bytes = vec![0];
    for text in [name, value] {
        bytes.extend(length(text.len()));
        bytes.extend(text.as_bytes());
    }
    bytes
}

/// A length with a prefix of seven bits (RFC 7541, 5.1).
fn length(mut length: usize) -> Vec<u8> {
    let Some(mut rest) = length.checked_sub(127) else { return vec![length.to_le_bytes()[0]] };
    let mut bytes = vec![127];
    while rest >= 128 {
        length = rest % 128 + 128;
        bytes.push(length.to_le_bytes()[0]);
        rest /= 128;
    }
    bytes.push(rest.to_le_bytes()[0]);
    bytes
}

impl Http2 {
    /// Connects to one of the names.
    pub async fn connect(edge: &Edge, from: Ipv4Addr, name: &str) -> anyhow::Result<Self> {
        let mut connection = edge.connect(from, name, Protocol::Http2).await?;
        connection.send(&preface()).await?;
        Ok(Self { connection, unread: Vec::new() })
    }

    /// Sends frames, or what is none. NGINX may have hung up; [`Self::outcome`] tells.
    pub async fn send(&mut self, bytes: &[u8]) {
        let _ = self.connection.send(bytes).await;
    }

    /// Waits for what becomes of a request; what belongs to others is left out.
    pub async fn outcome(&mut self, stream: u32) -> anyhow::Result<Outcome> {
        timeout(PATIENCE, self.next_outcome(stream)).await.context("NGINX neither answers nor gives the stream up")?
    }

    async fn next_outcome(&mut self, wanted: u32) -> anyhow::Result<Outcome> {
        let (mut status, mut body) = (None, Vec::new());
        while let Some((kind, flags, stream, payload)) = self.frame().await {
            match kind {
                // After the last stream that was served.
                GOAWAY => {
                    return Ok(Outcome::Closed(
                        payload.get(4..8).and_then(|reason| Some(u32::from_be_bytes(reason.try_into().ok()?))),
                    ));
                }
                RST_STREAM if stream == wanted && status.is_none() => return Ok(Outcome::Reset),
                HEADERS if stream == wanted => status = Some(status_of(&payload)?),
                DATA if stream == wanted => body.extend(payload),
                _ => continue,
            }
            if let (Some(status), true) = (status, flags & END_STREAM != 0) {
                return Ok(Outcome::Answered { status, body });
            }
        }
        Ok(Outcome::Closed(None))
    }

    /// The answers that are there, or come within this time.
    pub async fn answers(&mut self, within: Duration) -> anyhow::Result<Vec<(u16, Vec<u8>)>> {
        let mut answers = BTreeMap::<u32, (u16, Vec<u8>)>::new();
        while let Ok(Some((kind, _, stream, payload))) = timeout(within, self.frame()).await {
            match kind {
                HEADERS => answers.entry(stream).or_default().0 = status_of(&payload)?,
                DATA => answers.entry(stream).or_default().1.extend(payload),
                _ => {}
            }
        }
        Ok(answers.into_values().collect())
    }

    /// The next frame: its kind, its flags, its stream and what it holds.
    async fn frame(&mut self) -> Option<(u8, u8, u32, Vec<u8>)> {
        loop {
            if let Some(([a, b, c, kind, flags, stream @ ..], rest)) = self.unread.split_first_chunk::<9>() {
                let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
                if let Some(payload) = rest.get(..length) {
                    let read = (*kind, *flags, u32::from_be_bytes(*stream), payload.to_vec());
                    self.unread.drain(..9 + length);
                    return Some(read);
                }
            }
            let read = self.connection.read().await;
            if read.is_empty() {
                return None;
            }
            self.unread.extend(read);
        }
    }
}

/// The status in a block of NGINX's, which writes it first, and three digits where HPACK has no number for it.
fn status_of(block: &[u8]) -> anyhow::Result<u16> {
    // Before it may stand how large its table is (RFC 7541, 6.3).
    let block = &block[block.iter().take_while(|byte| *byte & 0xe0 == 0x20).count()..];
    ensure!(!block.is_empty(), "an answer without headers");
    Ok(match block {
        [0x88, ..] => 200,
        [0x89, ..] => 204,
        [0x8a, ..] => 206,
        [0x8b, ..] => 304,
        [0x8c, ..] => 400,
        [0x8d, ..] => 404,
        [0x8e, ..] => 500,
        [0x08 | 0x48, 3, digits @ ..] if digits.len() >= 3 => std::str::from_utf8(&digits[..3])?.parse()?,
        _ => bail!("an answer does not begin with its status: {:02x?}", &block[..block.len().min(8)]),
    })
}
