//! Calls to the outside world, and only to it: private, loopback and link-local addresses are refused after name
//! resolution, so that a workflow can't reach what only our own machines should.

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use common::Traceparent;
use common::telemetry::traces::{Attribute, Kind, Span};
use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response, Url};

/// An HTTP client that keeps to the outside world.
#[derive(Clone)]
pub struct Outbound {
    client: Client,
    guard: Guard,
}

impl Outbound {
    /// Makes a client that may also call these private networks.
    pub fn new(allowed: &[IpNet]) -> anyhow::Result<Self> {
        let guard = Guard { allowed: allowed.into() };
        let client = Client::builder()
            .dns_resolver(Arc::new(guard.clone()))
            // A redirect could lead anywhere, and a proxy would resolve names where we can't see it.
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(Duration::from_secs(10))
            .user_agent(concat!("codex-dominion/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, guard })
    }

    /// The client, for a URL that it may call.
    pub fn client_for(&self, url: &Url) -> Result<&Client, String> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("{} is not a scheme that can be called: use http or https", url.scheme()));
        }
        // An address in the place of a name is not resolved, so the resolver never sees it.
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        match host.parse::<IpAddr>() {
            Ok(address) if !self.guard.permits(address) => Err(Refusal { host: host.to_owned() }.to_string()),
            _ => Ok(&self.client),
        }
    }
}

/// Why an address is not called.
#[derive(Debug)]
struct Refusal {
    host: String,
}

impl Error for Refusal {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = &self.host;
        write!(f, "{host} is a private address: allow its network in OUTBOUND_ALLOWLIST if workflows should call it")
    }
}

/// Whether a call failed because it would have gone to an address that is not called.
pub fn is_refusal(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.is::<Refusal>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// What led to a failed call, in one line.
pub fn causes(error: &reqwest::Error) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        message.push_str(": ");
        message.push_str(&error.to_string());
        cause = error.source();
    }
    message
}

/// Begins the span of a call. It says where it goes, but not to what there: that may hold what nobody else should know.
pub fn call_span(parent: impl Into<Option<Traceparent>>, method: &Method, url: &Url) -> Span {
    let mut span = Span::begin(Kind::Client, parent.into(), || method.to_string().into());
    span.says(|| {
        [
            Attribute::new("http.request.method", method.to_string()),
            Attribute::new("url.scheme", url.scheme().to_owned()),
            Attribute::new("server.address", url.host_str().unwrap_or_default().to_owned()),
            Attribute::new("server.port", i64::from(url.port_or_known_default().unwrap_or_default())),
        ]
    });
    span
}

/// Says how a call went.
pub fn tell(span: &mut Span, sent: &reqwest::Result<Response>) {
    match sent {
        Ok(response) => {
            let status = response.status();
            span.says(|| [Attribute::new("http.response.status_code", i64::from(status.as_u16()))]);
            if status.is_client_error() || status.is_server_error() {
                span.fails(status.as_str().to_owned());
            }
        }
        Err(error) if is_refusal(error) => span.fails("private_address"),
        Err(error) if error.is_timeout() => span.fails("timeout"),
        Err(error) if error.is_connect() => span.fails("connect"),
        Err(_) => span.fails("exchange"),
    }
}

#[derive(Clone)]
struct Guard {
    allowed: Arc<[IpNet]>,
}

impl Guard {
    fn permits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address) || self.allowed.iter().any(|network| network.contains(&address))
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let permitted: Vec<SocketAddr> = found.filter(|address| guard.permits(address.ip())).collect();
            if permitted.is_empty() {
                return Err(Refusal { host: name.as_str().to_owned() }.into());
            }
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is one of the public internet, by the IANA special-purpose registries (RFC 6890 and successors).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = a == 0
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || (a == 100 && (64..128).contains(&b)) // shared by carriers, RFC 6598
        || (a == 192 && b == 0 && c == 0) // protocol assignments, RFC 6890
        || (a == 192 && b == 88 && c == 99) // 6to4 relays, RFC 7526
        || (a == 198 && (b == 18 || b == 19)) // benchmarks, RFC 2544
        || a >= 240; // reserved and broadcast
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    // Only 2000::/3 is global unicast; of it, documentation, Teredo and 6to4 lead elsewhere.
    let global = segments[0] & 0xe000 == 0x2000;
    let special = (segments[0] == 0x2001 && (segments[1] < 0x200 || segments[1] == 0xdb8))
        || segments[0] == 0x2002
        || (segments[0] == 0x3fff && segments[1] < 0x1000);
    global && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may_call(url: &str, allowed: &[&str]) -> bool {
        let allowed: Vec<IpNet> = allowed.iter().map(|network| network.parse().expect("network")).collect();
        Outbound::new(&allowed).expect("a client").client_for(&url.parse().expect("url")).is_ok()
    }

    #[test]
    fn only_the_outside_world_and_what_is_allowed_can_be_called() {
        for url in ["http://93.184.216.34/", "https://[2606:4700::1111]/", "https://example.com/"] {
            assert!(may_call(url, &[]), "{url}");
        }
        for url in [
            "http://127.0.0.1/",
            "http://10.1.2.3/",
            "http://169.254.169.254/latest/meta-data",
            "http://[::1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://[fd00::1]/",
            "http://[fe80::1]/",
            "http://0.0.0.0/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://[64:ff9b::a00:1]/",
            "http://100.64.0.1/",
            "ftp://93.184.216.34/",
            "file:///etc/passwd",
        ] {
            assert!(!may_call(url, &[]), "{url}");
        }
        assert!(may_call("http://127.0.0.1:9000/", &["127.0.0.0/8"]));
        assert!(!may_call("http://10.1.2.3/", &["127.0.0.0/8"]));
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_refused_after_it_is_resolved() {
        let outbound = Outbound::new(&[]).expect("a client");
        let url: Url = "http://localhost:9/".parse().expect("url");
        let error = outbound.client_for(&url).expect("a name").get(url).send().await.expect_err("refused");
        assert!(is_refusal(&error) && causes(&error).contains("private address"), "{error:?}");
    }
}
