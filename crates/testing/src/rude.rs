//! Servers that do not mean well.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What a server does with whoever calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Takes the request and says nothing, for ever.
    Hang,
    /// Sends its head a byte a second.
    DripHead,
    /// Sends its body a byte a second.
    DripBody,
    /// Says that so many bytes come, and sends them.
    Announce(u64),
    /// Sends so many bytes without saying how many come.
    Flood(u64),
}

/// A real server with bad manners. It ends with the value.
pub struct RudeServer {
    url: String,
    sent: Arc<AtomicU64>,
    called: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl RudeServer {
    /// Starts it on a free port of the loopback address.
    pub async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (sent, called) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let (counted, calls) = (sent.clone(), called.clone());
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                calls.fetch_add(1, Ordering::Relaxed);
                let counted = counted.clone();
                // Ends when the caller hangs up, or with the runtime.
                tokio::spawn(async move { serve(stream, manner, &counted).await });
            }
        });
        Self { url, sent, called, task }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// How many bytes it got rid of, of bodies.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// How often it was called.
    pub fn called(&self) -> u64 {
        self.called.load(Ordering::Relaxed)
    }
}

impl Drop for RudeServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, manner: Manner, sent: &AtomicU64) -> Option<()> {
    let mut request = vec![0; 64 * 1024];
    let read = stream.read(&mut request).await.ok()?;
    if read == 0 {
        return None;
    }
    let head = |how: &str| format!("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n{how}\r\n\r\n");
    match manner {
        Manner::Hang => std::future::pending().await,
        Manner::DripHead => {
            let endless = format!("HTTP/1.1 200 OK\r\nx-endless: {}", "x".repeat(10_000));
            drip(&mut stream, endless.as_bytes(), sent).await
        }
        Manner::DripBody => {
            stream.write_all(head("content-length: 10000").as_bytes()).await.ok()?;
            drip(&mut stream, &[b'x'; 10_000], sent).await
        }
        Manner::Announce(bytes) => {
            stream.write_all(head(&format!("content-length: {bytes}")).as_bytes()).await.ok()?;
            flood(&mut stream, bytes, sent).await
        }
        Manner::Flood(bytes) => {
            stream.write_all(head("connection: close").as_bytes()).await.ok()?;
            flood(&mut stream, bytes, sent).await
        }
    }
}

async fn drip(stream: &mut TcpStream, bytes: &[u8], sent: &AtomicU64) -> Option<()> {
    for byte in bytes {
        stream.write_all(&[*byte]).await.ok()?;
        sent.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Some(())
}

async fn flood(stream: &mut TcpStream, bytes: u64, sent: &AtomicU64) -> Option<()> {
    let chunk = vec![b'x'; 64 * 1024];
    while sent.load(Ordering::Relaxed) < bytes {
        let written = stream.write(&chunk).await.ok()?;
        sent.fetch_add(written as u64, Ordering::Relaxed);
    }
    Some(())
}
