//! Where Redis is, and what it is: one server, a primary that Sentinels watch, or a cluster.

use std::str::FromStr;

use common::config::Env;
use redis::{ConnectionInfo, IntoConnectionInfo, RedisConnectionInfo};
use secrecy::{ExposeSecret, SecretString};

const REDIS_PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26379;

/// Where Redis is.
#[derive(Clone, Debug)]
pub struct RedisSettings {
    pub(crate) servers: Servers,
    /// What a server's certificate must lead to, as PEM, in the place of the machine's certificate authorities.
    pub(crate) authorities: Option<String>,
}

/// What a URL names.
#[derive(Clone, Debug)]
pub(crate) enum Servers {
    /// A server.
    One(ConnectionInfo),
    /// Sentinels, who know which server is the primary of this name now, and how to log in to that one.
    Sentinels { sentinels: Vec<ConnectionInfo>, primary: String, login: RedisConnectionInfo },
    /// Some nodes of a cluster, which know the others.
    Cluster(Vec<ConnectionInfo>),
}

impl RedisSettings {
    /// Reads `REDIS_URL`, `REDIS_SENTINEL_PASSWORD` and `REDIS_CA`.
    pub fn read(env: &mut Env) -> Option<Self> {
        let (url, authorities) = (env.secret("REDIS_URL", 1), env.optional::<String>("REDIS_CA"));
        let sentinel_password = env.secret_if_set("REDIS_SENTINEL_PASSWORD", 1);
        let mut settings: Self = match url?.expose_secret().parse() {
            Ok(settings) => settings,
            Err(fault) => return env.fault(format!("REDIS_URL is invalid: {fault}")),
        };
        settings.authorities = authorities?;
        if settings.authorities.is_some() && !settings.has_tls() {
            return env.fault("REDIS_CA is set, but REDIS_URL asks for no TLS");
        }
        match sentinel_password? {
            Some(password) => match settings.with_sentinel_password(&password) {
                Some(settings) => Some(settings),
                None => env.fault("REDIS_SENTINEL_PASSWORD is set, but REDIS_URL names no Sentinels"),
            },
            None => Some(settings),
        }
    }

    /// Has clients show the Sentinels a password; nothing where there are none.
    fn with_sentinel_password(mut self, password: &SecretString) -> Option<Self> {
        let Servers::Sentinels { sentinels, .. } = &mut self.servers else { return None };
        for sentinel in sentinels {
            let login = RedisConnectionInfo::default().set_password(password.expose_secret());
            *sentinel = sentinel.clone().set_redis_settings(login);
        }
        Some(self)
    }

    pub(crate) fn has_tls(&self) -> bool {
        let any = match &self.servers {
            Servers::One(server) => Some(server),
            Servers::Sentinels { sentinels: servers, .. } | Servers::Cluster(servers) => servers.first(),
        };
        any.is_some_and(|server| matches!(server.addr(), redis::ConnectionAddr::TcpTls { .. }))
    }
}

impl FromStr for RedisSettings {
    type Err = &'static str;

    /// Reads a URL. What is wrong with it is said without a word of it: it may hold a password.
    fn from_str(url: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = url.split_once("://").ok_or("is not a URL")?;
        if url.contains('#') {
            return Err("has a #, which a password holds as %23");
        }
        let (tls, kind) = match scheme.split_once('-') {
            Some(("redis", kind)) => ("redis", kind),
            Some(("rediss", kind)) => ("rediss", kind),
            None if matches!(scheme, "redis" | "rediss" | "unix") => (scheme, ""),
            _ => return Err("begins with none of redis, rediss, unix, redis-sentinel, redis-cluster"),
        };
        let servers = match kind {
            "" => Servers::One(url.into_connection_info().map_err(|_| "is not redis://:PASSWORD@HOST:PORT/DATABASE")?),
            "sentinel" => sentinels(tls, rest)?,
            "cluster" => cluster(tls, rest)?,
            _ => return Err("begins with none of redis, rediss, unix, redis-sentinel, redis-cluster"),
        };
        Ok(Self { servers, authorities: None })
    }
}

/// `:PASSWORD@HOST:PORT,HOST:PORT/PRIMARY/DATABASE`
fn sentinels(tls: &str, rest: &str) -> Result<Servers, &'static str> {
    const FORM: &str = "is not redis-sentinel://:PASSWORD@HOST:PORT,HOST:PORT/PRIMARY/DATABASE";
    let (authority, path) = rest.split_once('/').ok_or("does not say what the Sentinels call the primary")?;
    let (primary, database) = path.split_once('/').unwrap_or((path, ""));
    let database = if database.is_empty() { "0" } else { database };
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    if primary.is_empty() || !primary.bytes().all(is_name) || !database.bytes().all(|b| b.is_ascii_digit()) {
        return Err(FORM);
    }
    let sentinels = nodes(tls, authority, SENTINEL_PORT, database).ok_or(FORM)?;
    let login = sentinels.first().ok_or(FORM)?.redis_settings().clone();
    let without_login = |node: ConnectionInfo| node.set_redis_settings(RedisConnectionInfo::default());
    let sentinels = sentinels.into_iter().map(without_login).collect();
    Ok(Servers::Sentinels { sentinels, primary: primary.to_owned(), login })
}

/// `:PASSWORD@HOST:PORT,HOST:PORT`
fn cluster(tls: &str, rest: &str) -> Result<Servers, &'static str> {
    const FORM: &str = "is not redis-cluster://:PASSWORD@HOST:PORT,HOST:PORT";
    let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
    if !matches!(database, "" | "0") {
        return Err("names a database, and a cluster has but one");
    }
    nodes(tls, authority, REDIS_PORT, "0").map(Servers::Cluster).ok_or(FORM)
}

/// The servers of a list that have a login and a database in common.
fn nodes(scheme: &str, authority: &str, default_port: u16, database: &str) -> Option<Vec<ConnectionInfo>> {
    let (login, hosts) = authority.rsplit_once('@').map_or(("", authority), |(login, hosts)| (login, hosts));
    let at = if login.is_empty() { "" } else { "@" };
    let node = |host: &str| {
        // An IPv6 address has its colons in brackets.
        let has_port = host.rsplit_once(':').is_some_and(|(_, port)| !port.contains(']'));
        let port = if has_port { String::new() } else { format!(":{default_port}") };
        if host.is_empty() || host.contains(['?', '@']) || login.contains(['@', '?']) {
            return None;
        }
        format!("{scheme}://{login}{at}{host}{port}/{database}").into_connection_info().ok()
    };
    hosts.split(',').map(node).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<RedisSettings, Vec<String>> {
        let variables = [("APP_ENV", "development")].iter().chain(variables).copied();
        Env::of(variables).read(RedisSettings::read).map_err(|error| error.0)
    }

    fn addresses(nodes: &[ConnectionInfo]) -> Vec<String> {
        nodes.iter().map(|node| node.addr().to_string()).collect()
    }

    #[test]
    fn a_url_names_one_server() {
        let settings: RedisSettings = "redis://user:a%2Fb@cache.example:7000/3".parse().expect("a URL");
        let Servers::One(server) = settings.servers else { panic!("not one server") };
        assert_eq!(server.addr().to_string(), "cache.example:7000");
        let login = server.redis_settings();
        assert_eq!((login.username(), login.password(), login.db()), (Some("user"), Some("a/b"), 3));
    }

    #[test]
    fn a_url_names_sentinels_and_the_login_of_their_primary() {
        let url = "redis-sentinel://user:a%40b@one.example,[2001:db8::1],127.0.0.1:7000/my-primary/3";
        let settings = read(&[("REDIS_URL", url), ("REDIS_SENTINEL_PASSWORD", "theirs")]).expect("settings");
        let Servers::Sentinels { sentinels, primary, login } = settings.servers else { panic!("no Sentinels") };
        assert_eq!(addresses(&sentinels), ["one.example:26379", "2001:db8::1:26379", "127.0.0.1:7000"]);
        assert_eq!(primary, "my-primary");
        assert_eq!((login.username(), login.password(), login.db()), (Some("user"), Some("a@b"), 3));
        for sentinel in &sentinels {
            let login = sentinel.redis_settings();
            assert_eq!((login.username(), login.password(), login.db()), (None, Some("theirs"), 0));
        }
    }

    #[test]
    fn a_url_names_nodes_of_a_cluster() {
        let settings: RedisSettings = "rediss-cluster://:pw@one.example,two.example:7000".parse().expect("a URL");
        assert!(settings.has_tls());
        let Servers::Cluster(nodes) = settings.servers else { panic!("no cluster") };
        assert_eq!(addresses(&nodes), ["one.example:6379", "two.example:7000"]);
        assert!(nodes.iter().all(|node| node.redis_settings().password() == Some("pw")));
    }

    #[test]
    fn faults_and_settings_in_logs_tell_no_secret() {
        for url in [
            "hunter2",
            "http://:hunter2@host",
            "redis-ring://:hunter2@host",
            "redis-sentinel://:hunter2@host",
            "redis-sentinel://:hunter2@host/",
            "redis-sentinel://:hunter2@host/primary/first",
            "redis-sentinel://:hun/ter2@host/primary",
            "redis-sentinel://:hunter2@host,/primary",
            "redis-cluster://:hunter2@",
            "redis-cluster://:hunter2@host/1",
            "redis-cluster://:hunter2@host:port",
            "redis-cluster://:hunter2@host?a=b",
            "redis-cluster://:hun#ter2@host",
            "redis-cluster://:hun@ter2@host",
        ] {
            let faults = read(&[("REDIS_URL", url)]).expect_err(url);
            assert!(faults.len() == 1 && faults[0].starts_with("REDIS_URL is invalid: "), "{url}: {faults:?}");
            assert!(!faults[0].contains("hun") && !faults[0].contains("ter2"), "{faults:?}");
        }
        for url in ["redis://:hunter2@host", "redis-sentinel://:hunter2@host/primary", "redis-cluster://:hunter2@host"]
        {
            let settings = read(&[("REDIS_URL", url)]).expect("settings");
            assert!(!format!("{settings:?}").contains("hunter2"), "{settings:?}");
        }
    }

    #[test]
    fn what_would_have_no_effect_is_a_fault() {
        let url = ("REDIS_URL", "redis://host");
        assert_eq!(
            read(&[url, ("REDIS_SENTINEL_PASSWORD", "theirs")]).expect_err("refused"),
            ["REDIS_SENTINEL_PASSWORD is set, but REDIS_URL names no Sentinels"]
        );
        assert_eq!(
            read(&[url, ("REDIS_CA", "a certificate")]).expect_err("refused"),
            ["REDIS_CA is set, but REDIS_URL asks for no TLS"]
        );
    }
}
