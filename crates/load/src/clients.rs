//! Many clients on one machine, each with an address of its own.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::Context;
use reqwest::{Certificate, Client};
use testing::runtime::Runtime;

/// How long a request may take before its client gives up.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Clients that reach the API through NGINX. All of 127.0.0.0/8 is this machine, so each sends from an address that NGINX
/// counts for itself.
pub fn clients(runtime: &Runtime, count: u8) -> anyhow::Result<Vec<Client>> {
    let host = runtime.api.host_str().context("API_URL has no host")?;
    let port = runtime.api.port_or_known_default().context("API_URL has no port")?;
    let edge = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    (0..count)
        .map(|number| {
            let address = Ipv4Addr::new(127, 7, 0, number + 1);
            let client = Client::builder()
                .local_address(IpAddr::V4(address))
                .resolve(host, edge)
                .tls_certs_only([Certificate::from_pem(&runtime.authority)?])
                .no_proxy();
            Ok(client.build()?)
        })
        .collect()
}
