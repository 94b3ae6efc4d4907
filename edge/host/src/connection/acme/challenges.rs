//! What the authority looks for at this process: a certificate in a handshake, or a text over HTTP.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rcgen::{CertificateParams, CustomExtension, KeyPair};
use rustls::{
    crypto::ring::sign::any_supported_type,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    sign::CertifiedKey,
};

use super::AcmeError;

/// What a handshake is about that only asks for the answer to a challenge.
pub(crate) const PROTOCOL: &[u8] = b"acme-tls/1";

/// Answers for as long as an order lasts.
#[derive(Debug, Default)]
pub(crate) struct Challenges(Mutex<Answers>);

#[derive(Debug, Default)]
struct Answers {
    /// By host.
    certificates: HashMap<String, Arc<CertifiedKey>>,
    /// By token.
    texts: HashMap<String, String>,
}

impl Challenges {
    pub(crate) fn certificate(&self, host: &str) -> Option<Arc<CertifiedKey>> {
        let host = host.to_ascii_lowercase();
        self.answers().certificates.get(&host).cloned()
    }

    pub(crate) fn text(&self, token: &str) -> Option<String> {
        self.answers().texts.get(token).cloned()
    }

    /// Answers the challenge of RFC 8737: a certificate that nobody vouches for, with the digest in an extension of its own.
    pub(super) fn answer_in_handshakes(&self, host: &str, digest: &[u8]) -> Result<(), AcmeError> {
        let certificate = self_signed(host, |params| {
            params
                .custom_extensions
                .push(CustomExtension::new_acme_identifier(digest));
        })?;
        let certificates = &mut self.answers().certificates;
        certificates.insert(host.to_owned(), certificate);
        Ok(())
    }

    pub(in crate::connection) fn answer_by_text(&self, token: &str, text: &str) {
        let texts = &mut self.answers().texts;
        texts.insert(token.to_owned(), text.to_owned());
    }

    pub(super) fn forget(&self) {
        *self.answers() = Answers::default();
    }

    fn answers(&self) -> MutexGuard<'_, Answers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A certificate that serves until there is a better one.
pub(crate) fn placeholder(host: &str) -> Result<Arc<CertifiedKey>, AcmeError> {
    self_signed(host, |_| {})
}

fn self_signed(
    host: &str,
    change: impl FnOnce(&mut CertificateParams),
) -> Result<Arc<CertifiedKey>, AcmeError> {
    let failed = |error: &dyn std::fmt::Display| AcmeError::Challenge(error.to_string());
    let key = KeyPair::generate().map_err(|error| failed(&error))?;
    let params = CertificateParams::new([host.to_owned()]);
    let mut params = params.map_err(|error| failed(&error))?;
    change(&mut params);
    let certificate = params.self_signed(&key).map_err(|error| failed(&error))?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let chain = vec![certificate.der().clone()];
    let key = any_supported_type(&key).map_err(|error| failed(&error))?;
    // Not held against each other: the library does not know the extension, which must be critical.
    Ok(Arc::new(CertifiedKey::new(chain, key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_last_as_long_as_their_order() {
        let challenges = Challenges::default();
        challenges
            .answer_in_handshakes("tts.example.com", &[7; 32])
            .unwrap();
        challenges.answer_by_text("token", "text");
        assert!(challenges.certificate("TTS.example.com").is_some());
        assert!(challenges.certificate("example.com").is_none());
        assert_eq!(challenges.text("token").as_deref(), Some("text"));
        challenges.forget();
        assert!(challenges.certificate("tts.example.com").is_none());
        assert_eq!(challenges.text("token"), None);
    }

    #[test]
    fn the_digest_is_in_the_certificate() {
        let challenges = Challenges::default();
        challenges.answer_in_handshakes("h", &[0xa7; 32]).unwrap();
        let certified = challenges.certificate("h").unwrap();
        let held = |bytes: &[u8]| certified.cert[0].windows(bytes.len()).any(|at| at == bytes);
        // id-pe-acmeIdentifier, 1.3.6.1.5.5.7.1.31.
        assert!(held(&[6, 8, 0x2b, 6, 1, 5, 5, 7, 1, 31]));
        assert!(held(&[0xa7; 32]));
    }
}
