//! Which addresses may be called.

use std::{net::IpAddr, str::FromStr};

use ipnet::IpNet;
use kiskadee_shared::address::{AddressError, check_public_host, is_public};
use url::{Host, Url};

/// Which addresses may be called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Reach {
    /// Those of the public internet.
    #[default]
    Public,
    /// These too. For tests and closed networks.
    PublicAnd(Vec<IpNet>),
    /// All. For development and closed networks.
    Everything,
}

impl Reach {
    pub fn allows(&self, address: IpAddr) -> bool {
        match self {
            Self::Public => is_public(address),
            Self::PublicAnd(networks) => {
                is_public(address) || networks.iter().any(|network| network.contains(&address))
            }
            Self::Everything => true,
        }
    }

    /// What can be said of an address before its name is resolved.
    pub fn check(&self, url: &Url) -> Result<(), AddressError> {
        let literal: Option<IpAddr> = match url.host() {
            Some(Host::Ipv4(address)) => Some(address.into()),
            Some(Host::Ipv6(address)) => Some(address.into()),
            _ => None,
        };
        let is_allowed = literal.is_some_and(|address| self.allows(address));
        if is_allowed || *self == Self::Everything {
            return Ok(());
        }
        check_public_host(url)
    }
}

/// A network that is none.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no network: write it as 10.0.0.0/8")]
pub struct ReachError(String);

/// Networks with commas between, beside the public internet.
impl FromStr for Reach {
    type Err = ReachError;

    fn from_str(text: &str) -> Result<Self, ReachError> {
        let parts = text.split(',').map(str::trim);
        let networks = parts
            .filter(|part| !part.is_empty())
            .map(|part| part.parse().map_err(|_| ReachError(part.to_owned())));
        let networks = networks.collect::<Result<Vec<_>, _>>()?;
        Ok(if networks.is_empty() {
            Self::Public
        } else {
            Self::PublicAnd(networks)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_written_with_commas() {
        let networks: Reach = "10.0.0.0/8, fd00::/8".parse().unwrap();
        assert!(networks.allows("10.1.2.3".parse().unwrap()));
        assert!(!networks.allows("192.168.0.1".parse().unwrap()));
        assert_eq!("".parse::<Reach>().unwrap(), Reach::Public);
        assert!("10.0.0.0".parse::<Reach>().is_err());
    }

    fn check(reach: &Reach, url: &str) -> bool {
        reach.check(&Url::parse(url).unwrap()).is_ok()
    }

    #[test]
    fn what_is_private_is_refused_unless_its_network_is_named() {
        let own = Reach::PublicAnd(vec!["127.0.0.1/32".parse().unwrap()]);
        for (url, public, named) in [
            ("https://example.com/a", true, true),
            ("http://8.8.8.8/", true, true),
            ("http://127.0.0.1:8080/", false, true),
            ("http://2130706433/", false, true),
            ("http://127.0.0.2/", false, false),
            ("http://[::1]/", false, false),
            ("http://localhost/", false, false),
            ("http://169.254.169.254/", false, false),
        ] {
            assert_eq!(check(&Reach::Public, url), public, "{url}");
            assert_eq!(check(&own, url), named, "{url}");
            assert!(check(&Reach::Everything, url), "{url}");
        }
    }
}
