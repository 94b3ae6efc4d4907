//! Certificates that the edge gets by itself, and the listener without TLS beside one with it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use kiskadee_edge_host::{Acme, AcmeChallenge, Redirect};

/// Of Let's Encrypt.
const DIRECTORY: &str = "https://acme-v02.api.letsencrypt.org/directory";

/// The longest name of a host in DNS.
const LONGEST_NAME: usize = 253;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Challenge {
    #[value(name = "tls-alpn-01")]
    TlsAlpn01,
    #[value(name = "http-01")]
    Http01,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct CertificateArgs {
    /// Speak TLS with a certificate for these hosts that an authority gives by ACME, and renew it; that agrees to the authority's terms
    #[arg(
        long,
        env = "KISKADEE_TLS_ACME",
        value_name = "HOST,…",
        value_delimiter = ',',
        value_parser = host,
        conflicts_with = "tls_cert"
    )]
    tls_acme: Vec<String>,
    /// The directory of the authority
    #[arg(
        long,
        env = "KISKADEE_ACME_DIRECTORY",
        value_name = "URL",
        default_value = DIRECTORY
    )]
    acme_directory: String,
    /// Whom the authority writes to when something is wrong
    #[arg(long, env = "KISKADEE_ACME_CONTACT", value_name = "MAIL")]
    acme_contact: Option<String>,
    /// Where its account and certificates are kept; nobody else may read there [default: acme in the cache's directory]
    #[arg(long, env = "KISKADEE_ACME_DIR", value_name = "DIR")]
    acme_dir: Option<PathBuf>,
    /// Who vouches for the authority's own address, where nobody public does: a certificate in PEM
    #[arg(long, env = "KISKADEE_ACME_CA", value_name = "FILE")]
    acme_ca: Option<PathBuf>,
    /// Where the authority looks whether a host is ours: at its port 443, which must lead to --listen, or at its port 80, which must lead to
    /// --redirect-listen
    #[arg(
        long,
        env = "KISKADEE_ACME_CHALLENGE",
        value_name = "CHALLENGE",
        default_value = "tls-alpn-01",
        requires_if("http-01", "redirect_listen")
    )]
    acme_challenge: Challenge,
    /// Send those who come without TLS, to here, to the same address with it
    #[arg(long, env = "KISKADEE_REDIRECT_LISTEN", value_name = "ADDRESS:PORT")]
    redirect_listen: Option<SocketAddr>,
    /// The port with TLS to which they are sent, as they see it [default: that of --listen]
    #[arg(
        long,
        env = "KISKADEE_REDIRECT_PORT",
        value_name = "PORT",
        requires = "redirect_listen"
    )]
    redirect_port: Option<u16>,
}

impl CertificateArgs {
    pub(crate) fn is_asked_for(&self) -> bool {
        !self.tls_acme.is_empty()
    }

    /// What is kept lies in `cache`, where nothing else is said.
    pub(crate) fn acme(&self, cache: &Path) -> Option<Acme> {
        if !self.is_asked_for() {
            return None;
        }
        let contact = self.acme_contact.iter();
        Some(Acme {
            hosts: self.tls_acme.clone(),
            directory: self.acme_directory.clone(),
            contact: contact.map(|mail| format!("mailto:{mail}")).collect(),
            folder: self.acme_dir.clone().unwrap_or_else(|| cache.join("acme")),
            ca: self.acme_ca.clone(),
            challenge: match self.acme_challenge {
                Challenge::TlsAlpn01 => AcmeChallenge::TlsAlpn01,
                Challenge::Http01 => AcmeChallenge::Http01,
            },
        })
    }

    pub(crate) fn redirect(&self, secured: SocketAddr) -> Option<Redirect> {
        Some(Redirect {
            listen: self.redirect_listen?,
            port: self.redirect_port.unwrap_or(secured.port()),
        })
    }
}

/// A name that an authority can look for: no address, and none with a `*`.
fn host(text: &str) -> Result<String, String> {
    let name = text.trim().to_ascii_lowercase();
    let is_label = |label: &str| {
        let letters = label.bytes();
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && letters
                .into_iter()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_number = name
        .rsplit('.')
        .next()
        .is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    if name.len() <= LONGEST_NAME && name.split('.').all(is_label) && !is_number {
        Ok(name)
    } else {
        Err("that is no name of a host".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_have_names() {
        assert_eq!(host("TTS.example.com").as_deref(), Ok("tts.example.com"));
        assert!(host("localhost").is_ok());
        for wrong in [
            "",
            "*.example.com",
            "192.0.2.1",
            "a..b",
            "-a.com",
            "a b",
            "::1",
        ] {
            assert!(host(wrong).is_err(), "{wrong}");
        }
    }
}
