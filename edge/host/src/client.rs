//! Who is at the other end: the address of the connection, or the one that proxies of our own say is behind them.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The header in which the proxies say whom they forward for. Only the one that they set themselves is read: the other would
/// come through them as the client wrote it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For: 192.0.2.1, 198.51.100.7`
    #[default]
    XForwardedFor,
    /// RFC 7239: `Forwarded: for=192.0.2.1, for="[2001:db8::1]:4711"`
    Forwarded,
}

/// The proxies that are believed. Without any, every client is the other end of its connection.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    /// Their networks.
    pub trusted: Vec<IpNet>,
    /// The header that they set.
    pub header: ForwardedHeader,
    /// Connections from them begin with a header of the PROXY protocol, version 1 or 2; those of others are refused.
    pub proxy_protocol: bool,
}

impl Proxies {
    pub(crate) fn trusts(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.trusted.iter().any(|network| network.contains(&ip))
    }

    /// The client of a request that came from `peer`: the last address in the header that is not a trusted proxy's, for
    /// whatever stands before it is the client's own word.
    pub(crate) fn client(&self, peer: SocketAddr, headers: &HeaderMap) -> SocketAddr {
        if !self.trusts(peer.ip()) {
            return peer;
        }
        let mut client = peer;
        for hop in self.hops(headers).iter().rev() {
            let Some(address) = address(hop) else {
                break;
            };
            client = address;
            if !self.trusts(address.ip()) {
                break;
            }
        }
        client
    }

    /// What the proxies said, the nearest last.
    fn hops(&self, headers: &HeaderMap) -> Vec<String> {
        let name = match self.header {
            ForwardedHeader::XForwardedFor => X_FORWARDED_FOR,
            ForwardedHeader::Forwarded => header::FORWARDED,
        };
        let lines = headers.get_all(name).iter();
        lines
            // A line that is no text says nothing, but has its place.
            .flat_map(|line| line.to_str().unwrap_or("?").split(','))
            .map(|hop| match self.header {
                ForwardedHeader::XForwardedFor => hop.trim().to_owned(),
                ForwardedHeader::Forwarded => forwarded_for(hop),
            })
            .collect()
    }
}

/// What proxies tell a host is not for components, which could take it for the truth.
pub(crate) fn strip(headers: &mut HeaderMap) {
    for name in [
        X_FORWARDED_FOR,
        header::FORWARDED,
        HeaderName::from_static("x-real-ip"),
    ] {
        headers.remove(name);
    }
}

/// The `for` of one element.
fn forwarded_for(element: &str) -> String {
    let pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let mut values = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
    let value = values.next().map_or("", |(_, value)| value.trim());
    value.trim_matches('"').to_owned()
}

/// An address with or without a port, IPv6 with or without brackets.
fn address(text: &str) -> Option<SocketAddr> {
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(address);
    }
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    Some(SocketAddr::new(bare.parse().ok()?, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(header: ForwardedHeader, peer: &str, lines: &[(&'static str, &str)]) -> String {
        let proxies = Proxies {
            trusted: ["10.0.0.0/8", "2001:db8:ff::/48"]
                .map(|network| network.parse().unwrap())
                .to_vec(),
            header,
            proxy_protocol: false,
        };
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        let peer = SocketAddr::new(peer.parse().unwrap(), 9);
        proxies.client(peer, &headers).ip().to_string()
    }

    #[test]
    fn the_last_address_that_is_no_proxy_is_the_client() {
        let client = |peer, line| {
            let lines = [("x-forwarded-for", line)];
            client(ForwardedHeader::XForwardedFor, peer, &lines)
        };
        assert_eq!(client("10.0.0.1", "192.0.2.7"), "192.0.2.7");
        assert_eq!(client("10.0.0.1", "203.0.113.1, 192.0.2.7"), "192.0.2.7");
        assert_eq!(client("10.0.0.1", "192.0.2.7, 10.3.3.3"), "192.0.2.7");
        assert_eq!(client("10.0.0.1", "192.0.2.7:55, 10.3.3.3:1"), "192.0.2.7");
        assert_eq!(client("10.0.0.1", "203.0.113.1, nonsense"), "10.0.0.1");
        assert_eq!(client("::ffff:10.0.0.1", "[2001:db8::1]:4"), "2001:db8::1");
        // Nobody else is believed.
        assert_eq!(client("192.0.2.1", "203.0.113.1"), "192.0.2.1");
    }

    #[test]
    fn several_proxies_are_passed_over_and_nothing_that_stands_before_them_counts() {
        let client = |peer, line| {
            let lines = [("x-forwarded-for", line)];
            client(ForwardedHeader::XForwardedFor, peer, &lines)
        };
        // A cloud's balancer, a proxy of ours by IPv6, and one that names its port.
        let line = "10.9.9.9, 198.51.100.4, 192.0.2.7, [2001:db8:ff::2]:443, 10.0.0.2:8080";
        assert_eq!(client("2001:db8:ff::1", line), "192.0.2.7");
        let line = "203.0.113.9, 2001:db8::7, 2001:db8:ff::2";
        assert_eq!(client("10.0.0.1", line), "2001:db8::7");
        // Mapped addresses are the same as those that they stand for.
        assert_eq!(
            client("10.0.0.1", "192.0.2.7, ::ffff:10.0.0.2"),
            "192.0.2.7"
        );
        // All are proxies: the one that is farthest away.
        assert_eq!(client("10.0.0.1", "10.0.0.3, 10.0.0.2"), "10.0.0.3");
        // What is no address ends what can be believed.
        for nothing in ["", " ", "unknown", "_hidden", "192.0.2.7, unknown"] {
            assert_eq!(client("10.0.0.1", nothing), "10.0.0.1", "{nothing:?}");
        }
        assert_eq!(
            client("10.0.0.1", "192.0.2.7, _hidden, 10.0.0.2"),
            "10.0.0.2"
        );
    }

    #[test]
    fn lines_are_read_as_one_list() {
        let lines = [
            ("x-forwarded-for", "203.0.113.1"),
            ("x-forwarded-for", "192.0.2.7, 10.1.1.1"),
        ];
        let found = client(ForwardedHeader::XForwardedFor, "10.0.0.1", &lines);
        assert_eq!(found, "192.0.2.7");
    }

    #[test]
    fn only_the_header_that_the_proxies_set_is_read() {
        let lines = [
            ("x-forwarded-for", "203.0.113.1"),
            (
                "forwarded",
                "for=198.51.100.1, For=\"[2001:db8::7]:80\";proto=https",
            ),
        ];
        let found = |header| client(header, "10.0.0.1", &lines);
        assert_eq!(found(ForwardedHeader::XForwardedFor), "203.0.113.1");
        assert_eq!(found(ForwardedHeader::Forwarded), "2001:db8::7");
    }
}
