//! Where a component may connect to: `allowed_outbound_hosts`, for HTTP and Postgres alike.

use std::net::IpAddr;

use tokio_postgres::{Config, config::Host as PostgresHost};
use url::Host;

/// The addresses that a component's manifest names.
#[derive(Debug, Default)]
pub(crate) struct AllowedHosts(Vec<AllowedHost>);

#[derive(Debug)]
struct AllowedHost {
    /// `None` is any.
    scheme: Option<String>,
    host: HostRule,
    port: PortRule,
}

#[derive(Debug)]
enum HostRule {
    Any,
    /// `*.example.org`, kept as `.example.org`.
    Subdomain(String),
    Exact(Host),
    Network(IpAddr, u8),
}

#[derive(Debug)]
enum PortRule {
    Any,
    Exact(u16),
    Range(u16, u16),
}

impl AllowedHosts {
    /// Reads rendered entries. An entry that a template left empty allows nothing and is no error.
    pub(crate) fn parse(entries: &[String]) -> Result<Self, String> {
        let named = entries
            .iter()
            .filter(|entry| !matches!(entry.as_str(), "" | "http://" | "https://"));
        named
            .map(|entry| AllowedHost::parse(entry))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    pub(crate) fn allows(&self, scheme: &str, host: &str, port: u16) -> bool {
        let Ok(host) = Host::parse(host) else {
            return false;
        };
        self.0
            .iter()
            .any(|allowed| allowed.allows(scheme, &host, port))
    }

    /// Checks every host of a connection string. The error never repeats the string, which holds a password.
    pub(crate) fn check_postgres(&self, address: &str) -> Result<(), String> {
        let config: Config = address
            .parse()
            .map_err(|error: tokio_postgres::Error| error.to_string())?;
        let ports = config.get_ports();
        for (index, host) in config.get_hosts().iter().enumerate() {
            let PostgresHost::Tcp(host) = host else {
                return Err("a component cannot use Unix sockets".to_owned());
            };
            let port = ports.get(index).or(ports.first()).copied().unwrap_or(5432);
            if !self.allows("postgres", host, port) {
                return Err(format!("address postgres://{host}:{port} is not permitted"));
            }
        }
        Ok(())
    }
}

impl AllowedHost {
    fn parse(entry: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("allowed outbound host `{entry}` {why}");
        let (scheme, rest) = entry
            .trim()
            .split_once("://")
            .ok_or_else(|| wrong("has no scheme"))?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = split_port(rest);
        let port = match port {
            Some(port) => PortRule::parse(port).ok_or_else(|| wrong("has no valid port"))?,
            None => PortRule::Exact(default_port(scheme).ok_or_else(|| wrong("needs a port"))?),
        };
        Ok(Self {
            scheme: (scheme != "*").then(|| scheme.to_owned()),
            host: HostRule::parse(host).ok_or_else(|| wrong("has no valid host"))?,
            port,
        })
    }

    fn allows(&self, scheme: &str, host: &Host, port: u16) -> bool {
        let port_fits = match self.port {
            PortRule::Any => true,
            PortRule::Exact(allowed) => allowed == port,
            PortRule::Range(first, end) => (first..end).contains(&port),
        };
        port_fits
            && self
                .scheme
                .as_deref()
                .is_none_or(|allowed| allowed == scheme)
            && self.host.allows(host)
    }
}

/// The host and the port, where a colon within brackets belongs to the host.
fn split_port(rest: &str) -> (&str, Option<&str>) {
    match rest.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (rest, None),
    }
}

impl PortRule {
    fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Any);
        }
        match text.split_once("..") {
            Some((first, end)) => Some(Self::Range(first.parse().ok()?, end.parse().ok()?)),
            None => text.parse().ok().map(Self::Exact),
        }
    }
}

impl HostRule {
    fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Any);
        }
        if let Some((network, bits)) = text.split_once('/') {
            let network: IpAddr = network.parse().ok()?;
            let bits: u8 = bits.parse().ok()?;
            let all = if network.is_ipv4() { 32 } else { 128 };
            return (bits <= all).then_some(Self::Network(network, bits));
        }
        match text.strip_prefix("*.") {
            Some(domain) if !domain.contains('*') => {
                Some(Self::Subdomain(format!(".{}", domain.to_ascii_lowercase())))
            }
            Some(_) => None,
            None => Host::parse(text).ok().map(Self::Exact),
        }
    }

    fn allows(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Any, _) => true,
            (Self::Subdomain(suffix), Host::Domain(domain)) => domain.ends_with(suffix.as_str()),
            (Self::Exact(exact), host) => exact == host,
            (Self::Network(network, bits), Host::Ipv4(ip)) => is_in((*ip).into(), *network, *bits),
            (Self::Network(network, bits), Host::Ipv6(ip)) => is_in((*ip).into(), *network, *bits),
            _ => false,
        }
    }
}

fn is_in(ip: IpAddr, network: IpAddr, bits: u8) -> bool {
    let same = |a: u128, b: u128, width: u32| {
        (a ^ b).checked_shr(width - u32::from(bits)).unwrap_or(0) == 0
    };
    match (ip, network) {
        (IpAddr::V4(ip), IpAddr::V4(network)) => {
            same(ip.to_bits().into(), network.to_bits().into(), 32)
        }
        (IpAddr::V6(ip), IpAddr::V6(network)) => same(ip.to_bits(), network.to_bits(), 128),
        _ => false,
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        "postgres" => Some(5432),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(entries: &[&str]) -> AllowedHosts {
        AllowedHosts::parse(
            &entries
                .iter()
                .map(|entry| (*entry).to_owned())
                .collect::<Vec<_>>(),
        )
        .unwrap()
    }

    #[test]
    fn scheme_host_and_port_must_all_fit() {
        let hosts = allowed(&["http://127.0.0.1:9000", "https://example.org"]);
        assert!(hosts.allows("http", "127.0.0.1", 9000));
        assert!(!hosts.allows("http", "127.0.0.1", 9001));
        assert!(!hosts.allows("https", "127.0.0.1", 9000));
        assert!(hosts.allows("https", "example.org", 443));
        assert!(!hosts.allows("https", "evil.example.org", 443));
    }

    #[test]
    fn wildcards_networks_and_ranges_work() {
        let hosts = allowed(&[
            "https://*.example.org",
            "http://10.0.0.0/8:8000..8010",
            "*://[::1]:*",
        ]);
        assert!(hosts.allows("https", "a.example.org", 443));
        assert!(!hosts.allows("https", "example.org", 443));
        assert!(!hosts.allows("https", "badexample.org", 443));
        assert!(hosts.allows("http", "10.1.2.3", 8009));
        assert!(!hosts.allows("http", "10.1.2.3", 8010));
        assert!(!hosts.allows("http", "11.1.2.3", 8000));
        assert!(hosts.allows("postgres", "[::1]", 1));
    }

    #[test]
    fn an_empty_template_allows_nothing() {
        assert!(!allowed(&["", "http://"]).allows("http", "example.org", 80));
        assert!(AllowedHosts::parse(&["example.org".to_owned()]).is_err());
        assert!(AllowedHosts::parse(&["ftp://example.org".to_owned()]).is_err());
    }

    #[test]
    fn every_host_of_a_postgres_address_is_checked() {
        let hosts = allowed(&["postgres://db:5432"]);
        assert!(hosts.check_postgres("postgres://u:p@db/x").is_ok());
        assert!(
            hosts
                .check_postgres("host=db,other port=5432 user=u")
                .is_err()
        );
        assert!(hosts.check_postgres("host=/tmp user=u").is_err());
        let error = hosts
            .check_postgres("postgres://u:secret@other/x")
            .unwrap_err();
        assert!(!error.contains("secret"));
    }
}
