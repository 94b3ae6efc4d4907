//! The guard for every address that a caller gives the product to call.
//!
//! A name is checked twice: its spelling here, when it is accepted; and each address it resolves to, with [`is_public`],
//! at every connection. The second check is what counts, for a name can change what it resolves to.

use std::net::IpAddr;

use url::{Host, Url};

use crate::{limits::WEBHOOK_URL_BYTES, network};

/// Why an address is refused. The sentence is for the caller who gave it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// More bytes than are kept.
    #[error("the address is longer than {WEBHOOK_URL_BYTES} bytes")]
    TooLong,
    /// Not an absolute address.
    #[error("this is not an absolute address: {0}")]
    Malformed(url::ParseError),
    /// Neither https nor, where it is allowed, http.
    #[error("the address must begin with https://")]
    Scheme,
    /// Neither http nor https, of a file that is to be fetched.
    #[error("the address must begin with http:// or https://")]
    NoWeb,
    /// A user name or password stands in the address.
    #[error("the address must not carry a user name or password")]
    UserInfo,
    /// A fragment is never sent, so it can only be a mistake.
    #[error("the address must not carry a fragment")]
    Fragment,
    /// A port of another well-known service.
    #[error("port {0} is not allowed: use 443, or one above 1023")]
    Port(u16),
    /// The name of a host that is not public by its spelling.
    #[error("`{0}` is not a name on the public internet")]
    PrivateName(String),
    /// A literal address that is not public.
    #[error("{0} is not an address on the public internet")]
    PrivateAddress(IpAddr),
}

const HTTPS_PORT: u16 = 443;
const FIRST_FREE_PORT: u16 = 1024;

/// Names that no public host has: RFC 6761, RFC 6762, RFC 8375, and what ICANN keeps for private use.
const PRIVATE_SUFFIXES: &[&str] = &[
    "localhost",
    "local",
    "internal",
    "home.arpa",
    "intranet",
    "lan",
    "onion",
];

/// Checks an address that the product shall send to. `allow_private` is for development and closed networks: it also takes
/// http, any port, and hosts that are not public.
pub fn check_webhook_url(text: &str, allow_private: bool) -> Result<Url, AddressError> {
    if text.len() > WEBHOOK_URL_BYTES {
        return Err(AddressError::TooLong);
    }
    let url = Url::parse(text).map_err(AddressError::Malformed)?;
    check_scheme(&url, allow_private)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(AddressError::UserInfo);
    }
    if url.fragment().is_some() {
        return Err(AddressError::Fragment);
    }
    check_port(&url, allow_private)?;
    check_host(&url, allow_private)?;
    Ok(url)
}

/// Checks the form of an address from which something is to be fetched, and takes its fragment away. The host is for
/// [`check_public_host`], and for [`is_public`] at every connection.
pub fn check_source_url(text: &str) -> Result<Url, AddressError> {
    if text.len() > WEBHOOK_URL_BYTES {
        return Err(AddressError::TooLong);
    }
    let mut url = Url::parse(text.trim()).map_err(AddressError::Malformed)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(AddressError::NoWeb);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(AddressError::UserInfo);
    }
    if let Some(port) = url.port()
        && !matches!(port, 80 | HTTPS_PORT | FIRST_FREE_PORT..)
    {
        return Err(AddressError::Port(port));
    }
    url.set_fragment(None);
    Ok(url)
}

/// Whether the host of an address is public by its spelling.
pub fn check_public_host(url: &Url) -> Result<(), AddressError> {
    check_host(url, false)
}

/// The address can belong to a service on the public internet: not private, loopback, link-local, carrier-grade NAT,
/// multicast, documentation or a cloud's metadata, nor an IPv6 form of such an IPv4 address.
pub fn is_public(address: IpAddr) -> bool {
    network::is_public(address)
}

fn check_scheme(url: &Url, allow_private: bool) -> Result<(), AddressError> {
    match url.scheme() {
        "https" => Ok(()),
        "http" if allow_private => Ok(()),
        _ => Err(AddressError::Scheme),
    }
}

fn check_port(url: &Url, allow_private: bool) -> Result<(), AddressError> {
    match url.port_or_known_default() {
        Some(0) => Err(AddressError::Port(0)),
        Some(port) if !allow_private && port != HTTPS_PORT && port < FIRST_FREE_PORT => {
            Err(AddressError::Port(port))
        }
        _ => Ok(()),
    }
}

fn check_host(url: &Url, allow_private: bool) -> Result<(), AddressError> {
    let address: IpAddr = match url.host() {
        None => return Err(AddressError::Malformed(url::ParseError::EmptyHost)),
        Some(_) if allow_private => return Ok(()),
        Some(Host::Domain(name)) => return check_name(name),
        Some(Host::Ipv4(address)) => address.into(),
        Some(Host::Ipv6(address)) => address.into(),
    };
    if is_public(address) {
        Ok(())
    } else {
        Err(AddressError::PrivateAddress(address))
    }
}

fn check_name(name: &str) -> Result<(), AddressError> {
    let bare = name.strip_suffix('.').unwrap_or(name);
    // A name of one label is completed by the machine's own search list.
    let private =
        !bare.contains('.') || PRIVATE_SUFFIXES.iter().any(|suffix| is_below(bare, suffix));
    if private {
        Err(AddressError::PrivateName(name.to_owned()))
    } else {
        Ok(())
    }
}

fn is_below(name: &str, suffix: &str) -> bool {
    name.strip_suffix(suffix)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn private_name(name: &str) -> AddressError {
        AddressError::PrivateName(name.to_owned())
    }

    fn private_address(address: &str) -> AddressError {
        AddressError::PrivateAddress(address.parse().unwrap())
    }

    #[test]
    fn public_addresses_are_taken() {
        for text in [
            "https://example.com/hook",
            "https://example.com./hook?token=1",
            "https://hooks.example.co.uk:8443/a/b",
            "https://bücher.example/hook",
            "https://notlocalhost.example/hook",
            "https://8.8.8.8/hook",
            "https://[2606:4700:4700::1111]/hook",
        ] {
            assert!(check_webhook_url(text, false).is_ok(), "{text}");
        }
    }

    #[test]
    fn the_form_is_checked() {
        let cases = [
            ("http://example.com/", AddressError::Scheme),
            ("ftp://example.com/", AddressError::Scheme),
            ("file:///etc/passwd", AddressError::Scheme),
            ("javascript:alert(1)", AddressError::Scheme),
            (
                "example.com/hook",
                AddressError::Malformed(url::ParseError::RelativeUrlWithoutBase),
            ),
            (
                "https://",
                AddressError::Malformed(url::ParseError::EmptyHost),
            ),
            ("https://user@example.com/", AddressError::UserInfo),
            ("https://:word@example.com/", AddressError::UserInfo),
            ("https://example.com/#part", AddressError::Fragment),
            ("https://example.com:25/", AddressError::Port(25)),
            ("https://example.com:0/", AddressError::Port(0)),
        ];
        for (text, expected) in cases {
            assert_eq!(check_webhook_url(text, false), Err(expected), "{text}");
        }
        let long = format!("https://example.com/{}", "a".repeat(WEBHOOK_URL_BYTES));
        assert_eq!(check_webhook_url(&long, false), Err(AddressError::TooLong));
    }

    #[test]
    fn private_names_are_refused() {
        for name in [
            "localhost",
            "api.localhost",
            "localhost.",
            "metadata.google.internal",
            "printer.local",
            "postgres",
            "nas.home.arpa",
        ] {
            assert_eq!(
                check_webhook_url(&format!("https://{name}/"), false),
                Err(private_name(name))
            );
        }
        assert_eq!(
            check_webhook_url("https://LOCALHOST/", false),
            Err(private_name("localhost"))
        );
    }

    #[test]
    fn private_addresses_are_refused_however_they_are_written() {
        let cases = [
            ("127.0.0.1", "127.0.0.1"),
            ("2130706433", "127.0.0.1"),
            ("0x7f.1", "127.0.0.1"),
            ("0177.0.0.1", "127.0.0.1"),
            ("127.1", "127.0.0.1"),
            ("１２７.0.0.1", "127.0.0.1"),
            ("0", "0.0.0.0"),
            ("169.254.169.254", "169.254.169.254"),
            ("[::1]", "::1"),
            ("[::ffff:10.0.0.1]", "::ffff:10.0.0.1"),
            ("[64:ff9b::7f00:1]", "64:ff9b::7f00:1"),
            ("[2002:7f00:1::]", "2002:7f00:1::"),
            ("[fd00:ec2::254]", "fd00:ec2::254"),
        ];
        for (host, address) in cases {
            assert_eq!(
                check_webhook_url(&format!("https://{host}/"), false),
                Err(private_address(address)),
                "{host}"
            );
        }
    }

    #[test]
    fn files_come_by_the_web_alone() {
        for text in [
            "http://example.com/a.mp3",
            " https://example.com:8443/watch?v=1#t=3 ",
            "http://127.0.0.1:9000/",
        ] {
            let url = check_source_url(text).unwrap();
            assert_eq!(url.fragment(), None, "{text}");
        }
        let cases = [
            ("file:///etc/passwd", AddressError::NoWeb),
            ("ftp://example.com/a.mp3", AddressError::NoWeb),
            ("ytsearch:cats", AddressError::NoWeb),
            ("https://a:b@example.com/", AddressError::UserInfo),
            ("http://example.com:25/", AddressError::Port(25)),
            ("http://example.com:0/", AddressError::Port(0)),
        ];
        for (text, expected) in cases {
            assert_eq!(check_source_url(text), Err(expected), "{text}");
        }
        let local = check_source_url("http://printer.local/").unwrap();
        assert_eq!(
            check_public_host(&local),
            Err(private_name("printer.local"))
        );
    }

    #[test]
    fn a_closed_network_may_be_allowed() {
        for text in [
            "http://127.0.0.1:80/hook",
            "http://localhost:9000/",
            "http://[::1]/",
            "https://postgres:22/",
        ] {
            assert!(check_webhook_url(text, true).is_ok(), "{text}");
        }
        assert_eq!(
            check_webhook_url("gopher://127.0.0.1/", true),
            Err(AddressError::Scheme)
        );
        assert_eq!(
            check_webhook_url("http://a:b@127.0.0.1/", true),
            Err(AddressError::UserInfo)
        );
        assert_eq!(
            check_webhook_url("http://127.0.0.1:0/", true),
            Err(AddressError::Port(0))
        );
    }
}
