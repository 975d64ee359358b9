//! What answers HTTP: the front end, NGINX, and the certificates that NGINX shows.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

use anyhow::{Context, bail};
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::tls::TlsInfo;
use reqwest::{Client, ClientBuilder};
use url::Url;

use crate::probe::{Answer, Inner, PATIENCE, Verdict};
use crate::settings::Targets;

/// A certificate that ends within this time is to be renewed.
const SOON: TimeDelta = TimeDelta::days(14);

/// A host whose certificate is looked at: `name` or `name:port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateHost {
    name: String,
    port: u16,
}

impl FromStr for CertificateHost {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, port) = match text.rsplit_once(':') {
            Some((name, port)) => (name, port.parse().map_err(|_| "the port must be a number".to_owned())?),
            None => (text, 443),
        };
        let fits = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
        if fits { Ok(Self { name: name.to_owned(), port }) } else { Err("must be name or name:port".to_owned()) }
    }
}

impl fmt::Display for CertificateHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.port)
    }
}

fn builder() -> ClientBuilder {
    Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).timeout(PATIENCE)
}

/// What asks our own services.
pub fn client() -> reqwest::Result<Client> {
    builder().build()
}

/// What asks the edge. It looks at a certificate's dates and does not trust it: it sends nothing that is secret, and has to
/// see the certificate that browsers refuse, too.
pub fn client_of_edge(targets: &Targets) -> reqwest::Result<Client> {
    let mut client = builder().tls_danger_accept_invalid_certs(true).tls_info(true).pool_max_idle_per_host(0);
    for host in &targets.certificates {
        // RFC 6761, 6.3: such a name is the loopback address, whatever the resolver says.
        if host.name == "localhost" || host.name.ends_with(".localhost") {
            client = client.resolve(&host.name, SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), host.port));
        }
    }
    client.build()
}

impl Inner {
    pub(in crate::probe) async fn ask_console(&self) -> Answer {
        ask(&self.http, self.targets.console.as_ref()).await
    }

    pub(in crate::probe) async fn ask_edge(&self) -> Answer {
        ask(&self.edge, self.targets.edge.as_ref()).await
    }

    pub(in crate::probe) async fn ask_certificates(&self) -> Answer {
        let asked = self.targets.certificates.iter().map(async |host| (host, self.certificate_end(host).await));
        let mut worst = Verdict::healthy();
        for (host, end) in futures_util::future::join_all(asked).await {
            let verdict = match end {
                Err(error) => Verdict::unhealthy(format!("the certificate of {host} can't be read: {error:#}")),
                Ok(end) => {
                    self.with_state(|state| state.certificates.insert(host.to_string(), end));
                    match end - Utc::now() {
                        left if left <= TimeDelta::zero() => {
                            Verdict::unhealthy(format!("the certificate of {host} ended on {end}"))
                        }
                        left if left < SOON => Verdict::degraded(format!("the certificate of {host} ends on {end}")),
                        _ => Verdict::healthy(),
                    }
                }
            };
            if verdict.health > worst.health {
                worst = verdict;
            }
        }
        Ok(worst)
    }

    async fn certificate_end(&self, host: &CertificateHost) -> anyhow::Result<DateTime<Utc>> {
        let answer = self.edge.head(format!("https://{host}/")).send().await?;
        let shown = answer.extensions().get::<TlsInfo>().and_then(TlsInfo::peer_certificate);
        end_of(shown.context("it shows no certificate")?)
    }
}

/// Asks for a page: whatever the answer is, unless it is a fault of who gives it, somebody is there.
async fn ask(client: &Client, url: Option<&Url>) -> Answer {
    let Some(url) = url else { return Ok(Verdict::healthy()) };
    let status = client.get(url.clone()).send().await?.status();
    Ok(if status.is_server_error() { Verdict::unhealthy(format!("it answers {status}")) } else { Verdict::healthy() })
}

/// When a certificate (DER, RFC 5280) ends.
fn end_of(certificate: &[u8]) -> anyhow::Result<DateTime<Utc>> {
    let Ok((_, certificate)) = x509_parser::parse_x509_certificate(certificate) else {
        bail!("it shows no certificate that can be read")
    };
    let end = certificate.validity().not_after.timestamp();
    DateTime::from_timestamp(end, 0).context("its certificate ends at no time that there is")
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    /// Made by `openssl req -x509 -newkey ed25519 -days 3650 -subj /CN=example.com`.
    const CERTIFICATE: &str = "\
        MIIBQDCB86ADAgECAhRvRT8xLwkIstMLq+7FSRcea3MhQzAFBgMrZXAwFjEUMBIGA1UEAwwLZXhhbXBsZS5jb20wHhcNMjYxMTI1MDQ0MDA5\
        WhcNMzYxMTIyMDQ0MDA5WjAWMRQwEgYDVQQDDAtleGFtcGxlLmNvbTAqMAUGAytlcAMhAKQ5aIMw9iQ+DN8+DLU4lx10aNYamT9bPZM+GB/E\
        z0oco1MwUTAdBgNVHQ4EFgQU+0+1BdmrSBXyueFEUUg2z/favtkwHwYDVR0jBBgwFoAU+0+1BdmrSBXyueFEUUg2z/favtkwDwYDVR0TAQH/\
        BAUwAwEB/zAFBgMrZXADQQBPO9eE+I5Fsx2eAjsNOk2HvyQ1Kp50g8bO3MP/W1KG0deDYigEM+8EQkksjahV25Al88PrdXxl8+yJtR+ReCIN";

    #[test]
    fn the_end_of_a_certificate_is_read() {
        let certificate = STANDARD.decode(CERTIFICATE).expect("base64");
        let end = end_of(&certificate).expect("a certificate");
        assert_eq!(end.to_rfc3339(), "2036-11-22T04:40:09+00:00");
        assert!(end_of(&certificate[..100]).is_err());
    }
}
