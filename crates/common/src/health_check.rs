//! How a container asks the service in it whether it is ready: by the service's own program, since its image holds no
//! other.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::Context;

use crate::config::{Env, HttpSettings};

/// How long it may take to connect, to ask, and to answer: the service gives each part two seconds.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks the service that these settings start whether it is ready.
///
/// # Errors
///
/// It does not answer, or says that it is not ready, and why.
pub fn ask(env: Env, default_port: u16) -> anyhow::Result<()> {
    let settings = env.read(|env| HttpSettings::read(env, default_port))?;
    ask_at(reachable(settings.bind_address))
}

/// Where to ask one that listens on every address: at home.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

fn ask_at(address: SocketAddr) -> anyhow::Result<()> {
    let mut stream =
        TcpStream::connect_timeout(&address, PATIENCE).with_context(|| format!("{address} takes no connection"))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    // At once: written piece by piece, who answers the first piece and hangs up resets what is still on its way.
    let question = format!("GET /health/ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(question.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).with_context(|| format!("{address} does not answer"))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.lines().next().unwrap_or_default();
    anyhow::ensure!(status.starts_with("HTTP/1.1 200 "), "{address} is not ready: {status}: {body}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn told(answer: &'static str) -> anyhow::Result<()> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let answering = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("is asked");
            let mut asked = [0; 1024];
            let length = stream.read(&mut asked).expect("reads");
            stream.write_all(answer.as_bytes()).expect("answers");
            String::from_utf8_lossy(&asked[..length]).into_owned()
        });
        let found = ask_at(address);
        let asked = answering.join().expect("answered");
        assert!(asked.starts_with("GET /health/ready HTTP/1.1\r\n"), "{asked}");
        found
    }

    #[test]
    fn only_a_service_that_says_so_is_ready() {
        told("HTTP/1.1 200 OK\r\n\r\n{\"status\":\"ready\"}").expect("ready");
        let why = told("HTTP/1.1 503 Service Unavailable\r\n\r\nno database").expect_err("not ready").to_string();
        assert!(why.contains("503") && why.contains("no database"), "{why}");
        told("").expect_err("says nothing");
    }

    #[test]
    fn nobody_there_is_not_ready() {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port").local_addr().expect("an address");
        ask_at(free).expect_err("nobody listens");
    }

    #[test]
    fn one_that_listens_everywhere_is_asked_at_home() {
        for (bound, asked) in
            [("0.0.0.0:8001", "127.0.0.1:8001"), ("[::]:8001", "[::1]:8001"), ("10.0.0.7:1", "10.0.0.7:1")]
        {
            assert_eq!(reachable(bound.parse().expect("an address")), asked.parse().expect("an address"));
        }
    }
}
