//! TLS of connections: a certificate and its key from two files, taken anew when they change.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, SystemTime},
};

use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio_rustls::TlsAcceptor;

use super::acme::{Acme, AcmeError, Challenges, PROTOCOL, placeholder};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(2);

/// What connections say of themselves, in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, and after it those that lead to the root.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    #[error("`{}` cannot be read: {reason}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// A file is not what it should be.
    #[error("`{}` is not {what} in PEM: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The two do not belong together.
    #[error("the key in `{}` is not that of the certificate in `{}`", files.key.display(), files.certificate.display())]
    Mismatch {
        /// Both.
        files: TlsFiles,
    },
    /// Without a certificate of an authority there is not even one of one's own.
    #[error(transparent)]
    Acme(#[from] AcmeError),
    /// Anything else that the library says.
    #[error("the certificate in `{}` cannot be used: {reason}", files.certificate.display())]
    Unusable {
        /// The files.
        files: TlsFiles,
        /// What it says.
        reason: rustls::Error,
    },
}

/// Accepts connections with the present certificate.
pub(crate) struct Tls {
    files: TlsFiles,
    /// As the files were before they were first read.
    first: Stamp,
    provider: Arc<CryptoProvider>,
    present: Arc<Present>,
    acceptor: TlsAcceptor,
}

/// Where the certificate comes from.
#[derive(Debug, Clone, Copy)]
enum Origin<'a> {
    Files,
    /// An authority, which may not have given one yet.
    Acme(&'a Acme),
}

impl Tls {
    pub(crate) fn load(files: &TlsFiles) -> Result<Self, TlsError> {
        Self::from(files, Origin::Files)
    }

    /// With the certificate that an authority gave, or one that nobody vouches for until it does.
    pub(crate) fn of_acme(acme: &Acme) -> Result<Self, TlsError> {
        Self::from(&acme.files(), Origin::Acme(acme))
    }

    /// What the authority looks for, where there is one.
    pub(crate) fn challenges(&self) -> Option<Arc<Challenges>> {
        self.present.challenges.clone()
    }

    fn from(files: &TlsFiles, origin: Origin<'_>) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let first = files.stamp();
        let (key, challenges) = match origin {
            Origin::Files => (files.read(&provider)?, None),
            Origin::Acme(acme) => {
                let host = acme.hosts.first().map_or("localhost", String::as_str);
                let kept = files.read(&provider).ok();
                let key = kept.map_or_else(|| placeholder(host), Ok)?;
                (key, Some(Arc::default()))
            }
        };
        let present = Arc::new(Present {
            key: RwLock::new(key),
            challenges,
        });
        let resolver = Arc::clone(&present) as Arc<dyn ResolvesServerCert>;
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map(|config| config.with_no_client_auth().with_cert_resolver(resolver));
        let mut config = config.map_err(|reason| files.unusable(reason))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        if present.challenges.is_some() {
            config.alpn_protocols.push(PROTOCOL.to_vec());
        }
        Ok(Self {
            files: files.clone(),
            first,
            provider,
            present,
            acceptor: TlsAcceptor::from(Arc::new(config)),
        })
    }

    pub(crate) fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }

    /// Takes files that have changed, until it is dropped. What cannot be used is told once, and the certificate of before stays.
    pub(crate) async fn watch(self: Arc<Self>) {
        let mut seen = self.first;
        loop {
            tokio::time::sleep(LOOK).await;
            let tls = Arc::clone(&self);
            let look = move || (tls.files.stamp() != seen).then(|| tls.renew());
            // A disk may be slow.
            if let Ok(Some(stamp)) = tokio::task::spawn_blocking(look).await {
                seen = stamp;
            }
        }
    }

    /// Returns the state of the files from before they were read: what changes meanwhile is seen the next time.
    fn renew(&self) -> Stamp {
        let stamp = self.files.stamp();
        match self.files.read(&self.provider) {
            Ok(key) => {
                *self
                    .present
                    .key
                    .write()
                    .unwrap_or_else(PoisonError::into_inner) = key;
                tracing::info!(certificate = %self.files.certificate.display(), "a new certificate is used");
            }
            Err(error) => {
                tracing::error!(%error, "the certificate of before stays in use");
            }
        }
        stamp
    }
}

/// The certificate of now, and those that answer challenges.
#[derive(Debug)]
struct Present {
    key: RwLock<Arc<CertifiedKey>>,
    challenges: Option<Arc<Challenges>>,
}

impl ResolvesServerCert for Present {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        if let Some(challenges) = &self.challenges
            && is_challenge(&hello)
        {
            return challenges.certificate(hello.server_name()?);
        }
        let present = self.key.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&present))
    }
}

/// RFC 8737 has no other protocol in such a handshake.
fn is_challenge(hello: &ClientHello<'_>) -> bool {
    hello
        .alpn()
        .is_some_and(|mut protocols| protocols.next() == Some(PROTOCOL))
}

/// By which a changed file is known, also one that a symbolic link now leads to.
type Stamp = [Option<(SystemTime, u64, u64)>; 2];

impl TlsFiles {
    fn read(&self, provider: &CryptoProvider) -> Result<Arc<CertifiedKey>, TlsError> {
        let what = "a certificate";
        let pem = contents(&self.certificate)?;
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        let chain = chain.map_err(|error| malformed(&self.certificate, what, &error))?;
        if chain.is_empty() {
            return Err(malformed(
                &self.certificate,
                what,
                &pem::Error::NoItemsFound,
            ));
        }
        let key = PrivateKeyDer::from_pem_slice(&contents(&self.key)?)
            .map_err(|error| malformed(&self.key, "a private key", &error))?;
        let key = CertifiedKey::from_der(chain, key, provider);
        key.map(Arc::new).map_err(|reason| self.unusable(reason))
    }

    fn unusable(&self, reason: rustls::Error) -> TlsError {
        let files = self.clone();
        match reason {
            rustls::Error::InconsistentKeys(_) => TlsError::Mismatch { files },
            reason => TlsError::Unusable { files, reason },
        }
    }

    fn stamp(&self) -> Stamp {
        use std::os::unix::fs::MetadataExt as _;
        [&self.certificate, &self.key].map(|path| {
            let file = fs::metadata(path).ok()?;
            Some((file.modified().ok()?, file.ino(), file.len()))
        })
    }
}

fn contents(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|reason| TlsError::Read {
        path: path.to_owned(),
        reason,
    })
}

fn malformed(path: &Path, what: &'static str, reason: &pem::Error) -> TlsError {
    TlsError::Malformed {
        path: path.to_owned(),
        what,
        reason: reason.to_string(),
    }
}
