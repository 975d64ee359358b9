//! A service's real router on a real port, in the test's own process.

use std::net::{Ipv4Addr, TcpListener};

use common::config::{DEFAULT_CONCURRENCY, HttpSettings};
use common::server::Service;
use tokio_util::sync::CancellationToken;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::Client;

/// A service that serves until the value is dropped.
pub struct Served {
    url: String,
    stop: CancellationToken,
}

impl Served {
    /// Serves it on a free port of the loopback address.
    pub fn start<R>(service: Service<R>) -> Self
    where
        R: Fn(&mut ServiceConfig<'_>) + Clone + Send + Sync + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let stop = CancellationToken::new();
        tokio::spawn(service.serve(listener, stop.clone()).expect("serves"));
        Self { url, stop }
    }

    /// Runs a task of the service's for as long as it serves.
    #[must_use]
    pub fn beside<F>(self, task: impl FnOnce(CancellationToken) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        tokio::spawn(task(self.stop.clone()));
        self
    }

    /// How a service in a test listens.
    pub fn http_settings() -> HttpSettings {
        HttpSettings {
            bind_address: (Ipv4Addr::LOCALHOST, 0).into(),
            console_origin: Some("https://console.example.com".to_owned()),
            trusted_proxies: Vec::new(),
            workers: 1,
            concurrency: DEFAULT_CONCURRENCY,
        }
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// Somebody without a credential who asks it.
    pub fn client(&self) -> Client {
        Client::new(&self.url)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
