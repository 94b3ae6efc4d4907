//! Certificates from an authority that speaks ACME (RFC 8555), such as Let's Encrypt: asked for when there is none, and again when two
//! thirds of the life of the present one are over.
//!
//! What comes is written to one file, key and chain, which is then taken up as any other certificate whose file has changed.

mod challenges;
mod error;
mod file;
mod order;

use std::{path::PathBuf, sync::Arc, time::Duration};

use kiskadee_shared::causes;
use sha2::{Digest as _, Sha256};
use tokio::time::sleep;

pub(crate) use self::challenges::{Challenges, PROTOCOL, placeholder};
pub use self::error::AcmeError;
use super::tls::TlsFiles;

/// After a failure; authorities bear a few an hour.
const FIRST_PAUSE: Duration = Duration::from_mins(1);
const LONGEST_PAUSE: Duration = Duration::from_hours(2);

/// A clock that is set, or a machine that slept, is noticed within this.
const LONGEST_SLEEP: Duration = Duration::from_hours(1);

/// Which certificate to ask for, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acme {
    /// Names of hosts, of which the authority can reach each at this process.
    pub hosts: Vec<String>,
    /// The address of the authority's directory.
    pub directory: String,
    /// Where the authority writes to when something is wrong, as `mailto:` addresses.
    pub contact: Vec<String>,
    /// Where the account and the certificates are kept. Nobody else may read it.
    pub folder: PathBuf,
    /// A certificate in PEM of who vouches for the authority's own address, where none of the public ones does.
    pub ca: Option<PathBuf>,
    /// How it is shown that the hosts are ours.
    pub challenge: AcmeChallenge,
}

/// How it is shown that a host is ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AcmeChallenge {
    /// RFC 8737: on port 443 of each host, which must lead here with TLS as it is.
    TlsAlpn01,
    /// On port 80 of each host, which must lead to the listener of redirects.
    Http01,
}

impl Acme {
    /// The file of the certificate and its key.
    pub(crate) fn files(&self) -> TlsFiles {
        let file = self.path("pem", &self.hosts.join(" "));
        TlsFiles {
            certificate: file.clone(),
            key: file,
        }
    }

    fn account(&self) -> PathBuf {
        self.path("json", "account")
    }

    /// Another authority, or other hosts, have other files.
    fn path(&self, extension: &str, what: &str) -> PathBuf {
        let digest = Sha256::digest(format!("{}\n{what}", self.directory));
        let first = digest.into_iter().take(8);
        let name = first.fold(0_u64, |name, byte| (name << 8) | u64::from(byte));
        self.folder.join(format!("{name:016x}.{extension}"))
    }

    /// Makes the folder, readable by nobody else.
    pub(crate) fn make_room(&self) -> Result<(), AcmeError> {
        file::make_folder(&self.folder)
    }
}

/// Has a valid certificate at all times, until it is dropped.
pub(crate) async fn run(acme: Acme, challenges: Arc<Challenges>) {
    let path = acme.files().certificate;
    let mut pause = FIRST_PAUSE;
    loop {
        let left = file::until_renewal(&path).await;
        if !left.is_zero() {
            sleep(left.min(LONGEST_SLEEP)).await;
            continue;
        }
        match order::certificate(&acme, &challenges).await {
            Ok(()) => {
                tracing::info!(
                    hosts = acme.hosts.join(", "),
                    "the authority gave a certificate"
                );
                pause = FIRST_PAUSE;
            }
            Err(error) => {
                tracing::error!(error = %causes::chain(&error), again_in_s = pause.as_secs(), "the authority gave no certificate");
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acme(directory: &str, hosts: &[&str]) -> Acme {
        Acme {
            hosts: hosts.iter().map(|&host| host.to_owned()).collect(),
            directory: directory.to_owned(),
            contact: Vec::new(),
            folder: PathBuf::from("/f"),
            ca: None,
            challenge: AcmeChallenge::TlsAlpn01,
        }
    }

    #[test]
    fn each_authority_and_set_of_hosts_has_a_file() {
        let file = |directory, hosts| acme(directory, hosts).files().certificate;
        let one = file("a", &["h"]);
        assert_eq!(one, file("a", &["h"]));
        assert_ne!(one, file("b", &["h"]));
        assert_ne!(one, file("a", &["h", "i"]));
        assert_ne!(acme("a", &[]).account(), acme("b", &[]).account());
    }
}
