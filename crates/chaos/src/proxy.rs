//! The wire between a service and a server, which can be cut and stalled.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

/// How a wire is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    /// Bytes pass.
    Whole,
    /// Connections are closed, and new ones are closed at once.
    Cut,
    /// Connections stay open, and nothing passes.
    Stalled,
}

/// A wire: whoever connects to its port talks to the server behind it. It ends with the value.
pub struct Wire {
    /// What it joins, for people.
    pub name: String,
    port: u16,
    condition: Arc<watch::Sender<Condition>>,
    _listening: AbortOnDropHandle<()>,
}

impl Wire {
    /// Lays a wire to a port of this machine.
    pub async fn to(server: u16, name: String) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let condition = Arc::new(watch::Sender::new(Condition::Whole));
        let listening = tokio::spawn(listen(listener, server, condition.clone()));
        Ok(Self { name, port, condition, _listening: AbortOnDropHandle::new(listening) })
    }

    /// Where to connect to.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Cuts it for this time.
    pub async fn cut(&self, time: Duration) {
        self.be(Condition::Cut, time).await;
    }

    /// Stalls it for this time.
    pub async fn stall(&self, time: Duration) {
        self.be(Condition::Stalled, time).await;
    }

    async fn be(&self, condition: Condition, time: Duration) {
        self.condition.send_replace(condition);
        tokio::time::sleep(time).await;
        self.condition.send_replace(Condition::Whole);
    }
}

async fn listen(listener: TcpListener, server: u16, condition: Arc<watch::Sender<Condition>>) {
    // Dropped with the task: every connection ends with its wire.
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((client, _)) = accepted else { continue };
                connections.spawn(join(client, server, condition.subscribe()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Joins a client with the server until either ends or the wire is cut.
async fn join(client: TcpStream, server: u16, mut condition: watch::Receiver<Condition>) -> io::Result<()> {
    let is_cut = condition.clone();
    let joined = async {
        pass(&mut condition).await;
        let server = TcpStream::connect((Ipv4Addr::LOCALHOST, server)).await?;
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
        tokio::select! {
            ended = carry(from_client, to_server, condition.clone()) => ended,
            ended = carry(from_server, to_client, condition.clone()) => ended,
        }
    };
    tokio::select! {
        ended = joined => ended,
        () = cut(is_cut) => Ok(()),
    }
}

async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut condition: watch::Receiver<Condition>,
) -> io::Result<()> {
    let mut bytes = vec![0; 16 * 1024];
    loop {
        let count = from.read(&mut bytes).await?;
        if count == 0 {
            return to.shutdown().await;
        }
        pass(&mut condition).await;
        to.write_all(&bytes[..count]).await?;
    }
}

/// Waits while the wire is stalled.
async fn pass(condition: &mut watch::Receiver<Condition>) {
    let _ = condition.wait_for(|condition| *condition != Condition::Stalled).await;
}

/// Waits until the wire is cut.
async fn cut(mut condition: watch::Receiver<Condition>) {
    if condition.wait_for(|condition| *condition == Condition::Cut).await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn echo() -> (u16, AbortOnDropHandle<()>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let serving = tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = client.split();
                    let _ = tokio::io::copy(&mut from, &mut to).await;
                });
            }
        });
        (port, AbortOnDropHandle::new(serving))
    }

    async fn asked(client: &mut TcpStream) -> io::Result<u8> {
        client.write_all(b"x").await?;
        client.read_u8().await
    }

    #[tokio::test]
    async fn a_cut_wire_ends_what_it_carries_and_takes_nothing_new() {
        let (server, _serving) = echo().await;
        let wire = Wire::to(server, "a wire".to_owned()).await.expect("a wire");
        let mut client = TcpStream::connect(("127.0.0.1", wire.port())).await.expect("connects");
        assert_eq!(asked(&mut client).await.expect("an echo"), b'x');
        let during = async {
            assert!(client.read_u8().await.is_err(), "the connection outlived the cut");
            let mut second = TcpStream::connect(("127.0.0.1", wire.port())).await.expect("connects");
            assert!(asked(&mut second).await.is_err(), "a cut wire carried something");
        };
        tokio::select! {
            () = during => {}
            () = wire.cut(Duration::from_mins(1)) => panic!("took too long"),
        }
        wire.condition.send_replace(Condition::Whole);
        let mut third = TcpStream::connect(("127.0.0.1", wire.port())).await.expect("connects");
        assert_eq!(asked(&mut third).await.expect("an echo"), b'x');
    }

    #[tokio::test]
    async fn a_stalled_wire_keeps_what_it_carries_for_later() {
        let (server, _serving) = echo().await;
        let wire = Wire::to(server, "a wire".to_owned()).await.expect("a wire");
        let mut client = TcpStream::connect(("127.0.0.1", wire.port())).await.expect("connects");
        assert_eq!(asked(&mut client).await.expect("an echo"), b'x');
        let stalled = async {
            client.write_all(b"y").await.expect("writes");
            client.read_u8().await
        };
        tokio::select! {
            biased;
            () = wire.stall(Duration::from_millis(200)) => {}
            echoed = stalled => panic!("a stalled wire carried {echoed:?}"),
        }
        assert_eq!(client.read_u8().await.expect("an echo"), b'y');
    }
}
