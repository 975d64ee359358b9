//! Failed logins by client address. Redis may forget them: the count begins anew, and the lock of each account, which is
//! in PostgreSQL, holds.

use std::net::IpAddr;
use std::time::Duration;

use redis::AsyncCommands;

use crate::{Queue, Result};

/// How many failures an address has before it must wait. People share addresses, so it is more than an account has.
const FREE: u32 = 20;
/// The first wait; each further failure doubles it.
const FIRST_WAIT: Duration = Duration::from_secs(30);
/// The longest wait, and how long failures are remembered.
const LONGEST_WAIT: Duration = Duration::from_mins(15);

impl Queue {
    /// How long an address has to wait before its next login.
    pub async fn login_wait(&self, address: IpAddr) -> Result<Option<Duration>> {
        let left: i64 = self.connection().await?.pttl(blocked(address)).await?;
        Ok(u64::try_from(left).ok().filter(|&left| left > 0).map(Duration::from_millis))
    }

    /// Counts a failed login.
    pub async fn count_login_failure(&self, address: IpAddr) -> Result<()> {
        let mut connection = self.connection().await?;
        let key = failures(address);
        let (count,): (u32,) = redis::pipe()
            .atomic()
            .incr(&key, 1)
            .expire(&key, LONGEST_WAIT.as_secs().cast_signed())
            .ignore()
            .query_async(&mut *connection)
            .await?;
        match wait_after(count) {
            None => Ok(()),
            Some(wait) => Ok(connection.set_ex(blocked(address), 1, wait.as_secs()).await?),
        }
    }
}

/// How long to wait after so many failures.
fn wait_after(failures: u32) -> Option<Duration> {
    let doublings = failures.checked_sub(FREE)?;
    Some(FIRST_WAIT.saturating_mul(2_u32.saturating_pow(doublings)).min(LONGEST_WAIT))
}

/// The network that counts as one client: an IPv6 client has a whole /64 to choose addresses from (RFC 6177).
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

fn failures(address: IpAddr) -> String {
    format!("codex:login:failures:{}", network(address))
}

fn blocked(address: IpAddr) -> String {
    format!("codex:login:blocked:{}", network(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_quarter_of_an_hour() {
        let seconds = |failures| wait_after(failures).map(|wait| wait.as_secs());
        assert_eq!(
            [1, 19, 20, 21, 24, 25, 1000].map(seconds),
            [None, None, Some(30), Some(60), Some(480), Some(900), Some(900)]
        );
    }

    #[test]
    fn an_ipv6_client_is_its_network_and_a_mapped_address_is_ipv4() {
        let name = |text: &str| network(text.parse().expect("an address"));
        assert_eq!(name("2001:db8:1:2:3:4:5:6"), name("2001:db8:1:2:ffff::1"));
        assert_ne!(name("2001:db8:1:2::1"), name("2001:db8:1:3::1"));
        assert_eq!(name("::ffff:192.0.2.1"), name("192.0.2.1"));
    }
}
