//! How the edge meets its callers: the options that `kiskadee edge` and `kiskadee up` have in common.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use ipnet::IpNet;
use kiskadee_edge_host::{ForwardedHeader, Health, HostConfig, Proxies, Shares, TlsFiles};

use anyhow::Result;

use crate::certificates::CertificateArgs;
use crate::endpoints;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Header {
    XForwardedFor,
    Forwarded,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ServingArgs {
    /// Speak TLS with this certificate: a file in PEM, followed by those that lead to the root; taken anew when it changes
    #[arg(
        long,
        env = "KISKADEE_TLS_CERT",
        value_name = "FILE",
        requires = "tls_key"
    )]
    tls_cert: Option<PathBuf>,
    /// The private key of the certificate, in PEM
    #[arg(
        long,
        env = "KISKADEE_TLS_KEY",
        value_name = "FILE",
        requires = "tls_cert"
    )]
    tls_key: Option<PathBuf>,
    #[command(flatten)]
    certificates: CertificateArgs,
    /// Networks of the proxies that are believed when they say who the client is, with commas between
    #[arg(
        long,
        env = "KISKADEE_TRUSTED_PROXIES",
        value_name = "CIDR,…",
        value_delimiter = ','
    )]
    trusted_proxies: Vec<IpNet>,
    /// The header in which they say it; the other one is ignored, for it comes through them as a client wrote it
    #[arg(
        long,
        env = "KISKADEE_FORWARDED_HEADER",
        value_name = "HEADER",
        default_value = "x-forwarded-for"
    )]
    forwarded_header: Header,
    /// Connections come from the trusted proxies alone, and begin with a header of the PROXY protocol (version 1 or 2)
    #[arg(long, env = "KISKADEE_PROXY_PROTOCOL", requires = "trusted_proxies")]
    proxy_protocol: bool,
    /// Requests that run at once: of all, of one address, of one caller
    #[arg(
        long,
        env = "KISKADEE_MAX_REQUESTS",
        value_name = "ALL,ADDRESS,CALLER",
        default_value = "512,256,128",
        value_parser = shares
    )]
    max_requests: Shares,
    /// Event streams, live audio and long downloads at once: of all, of one address, of one caller
    #[arg(
        long,
        env = "KISKADEE_MAX_STREAMS",
        value_name = "ALL,ADDRESS,CALLER",
        default_value = "10000,1000,200",
        value_parser = shares
    )]
    max_streams: Shares,
    /// Connections at once: of all, of one address; fewer where the hard limit of open files is low
    #[arg(
        long,
        env = "KISKADEE_MAX_CONNECTIONS",
        value_name = "ALL,ADDRESS",
        default_value = "12000,1500",
        value_parser = shares
    )]
    max_connections: Shares,
    /// When asked to stop, answer for so long and ask to be asked no more, for balancers to notice [default: 5, with `up` 0]
    #[arg(long, env = "KISKADEE_DRAIN_DELAY", value_name = "SECONDS",
        value_parser = clap::value_parser!(u32).range(0..=3600))]
    drain_delay: Option<u32>,
}

impl ServingArgs {
    pub(crate) fn is_behind_a_proxy(&self) -> bool {
        !self.trusted_proxies.is_empty()
    }

    /// As it was said, or as this part of the product does.
    pub(crate) fn drain_delay(&self, otherwise: Duration) -> Duration {
        let seconds = self.drain_delay.map(u64::from);
        seconds.map_or(otherwise, Duration::from_secs)
    }

    fn tls(&self) -> Option<TlsFiles> {
        Some(TlsFiles {
            certificate: self.tls_cert.clone()?,
            key: self.tls_key.clone()?,
        })
    }

    /// What the edge's address begins with.
    pub(crate) fn scheme(&self) -> &'static str {
        if self.tls_cert.is_some() || self.certificates.is_asked_for() {
            "https"
        } else {
            "http"
        }
    }

    pub(crate) fn apply(&self, config: &mut HostConfig) -> Result<()> {
        config.proxies = Proxies {
            trusted: self.trusted_proxies.clone(),
            header: match self.forwarded_header {
                Header::XForwardedFor => ForwardedHeader::XForwardedFor,
                Header::Forwarded => ForwardedHeader::Forwarded,
            },
            proxy_protocol: self.proxy_protocol,
        };
        config.tls = self.tls();
        config.acme = self.certificates.acme(&config.cache_dir);
        config.redirect = self.certificates.redirect(config.listen);
        config.limits.requests = self.max_requests;
        // Live audio keeps its instance when it has left the requests.
        config.limits.instances = Shares {
            all: self.max_requests.all.saturating_mul(2),
            per_address: self.max_requests.per_address.saturating_mul(2),
            per_caller: self.max_requests.per_caller.saturating_mul(2),
        };
        config.limits.streams = self.max_streams;
        config.limits.connections = self.max_connections;
        config.health = Some(Health {
            path: "/health".to_owned(),
            service: "kiskadee".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        });
        let documented = endpoints::documented()?;
        config.endpoints = documented.paths;
        config.streams = documented.streams;
        config.events = documented.events;
        Ok(())
    }
}

/// Two or three numbers: of all, of an address, and of a caller, who has as much as an address where nothing is said.
fn shares(text: &str) -> Result<Shares, String> {
    let numbers = text.split(',').map(|word| word.trim().parse::<usize>());
    let numbers: Result<Vec<_>, _> = numbers.collect();
    let numbers = numbers.map_err(|error| error.to_string())?;
    let (all, per_address, per_caller) = match numbers[..] {
        [all, address] => (all, address, address),
        [all, address, caller] => (all, address, caller),
        _ => return Err("give two or three numbers with commas between".to_owned()),
    };
    if [all, per_address, per_caller].contains(&0) {
        return Err("0 would let nobody in".to_owned());
    }
    Ok(Shares {
        all,
        per_address,
        per_caller,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_numbers() {
        let all =
            |text| shares(text).map(|shares| (shares.all, shares.per_address, shares.per_caller));
        assert_eq!(all("8,4,2"), Ok((8, 4, 2)));
        assert_eq!(all("8, 4"), Ok((8, 4, 4)));
        for wrong in ["8", "8,4,2,1", "8,x", "8,0", ""] {
            assert!(all(wrong).is_err(), "{wrong}");
        }
    }
}
