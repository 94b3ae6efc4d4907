//! What a passphrase does: it signs manifests (HMAC-SHA-256) and seals secrets (AES-256-GCM), by two keys that Argon2id derives from it.

use aes_gcm::aead::Aead as _;
use aes_gcm::{Aes256Gcm, KeyInit as _};
use anyhow::{Context, Result, anyhow, bail};
use argon2::Argon2;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::random::{hex, random_bytes};

const NONCE_BYTES: usize = 12;

/// The keys of a passphrase, for one backup.
pub(super) struct Keys {
    signing: [u8; 32],
    sealing: [u8; 32],
}

/// Makes the keys of two backups under one passphrase differ.
pub(super) fn new_salt() -> Result<String> {
    Ok(hex(&random_bytes::<16>()?))
}

impl Keys {
    /// With Argon2's defaults: 19 MiB, two passes.
    pub(super) fn derive(passphrase: &str, salt: &str) -> Result<Self> {
        let mut both = [0; 64];
        Argon2::default()
            .hash_password_into(passphrase.as_bytes(), salt.as_bytes(), &mut both)
            .map_err(|error| anyhow!("argon2: {error}"))?;
        let [mut signing, mut sealing] = [[0; 32]; 2];
        signing.copy_from_slice(&both[..32]);
        sealing.copy_from_slice(&both[32..]);
        Ok(Self { signing, sealing })
    }

    pub(super) fn sign(&self, text: &[u8]) -> Result<String> {
        Ok(hex(&self.mac(text)?.finalize().into_bytes()))
    }

    /// Whether the text was signed with this passphrase.
    pub(super) fn check(&self, text: &[u8], signature: &str) -> Result<bool> {
        // Both sides are hashed once more, so that nothing is told by how long the comparison takes.
        let (found, wanted) = (self.sign(text)?, signature);
        Ok(self.sign(found.as_bytes())? == self.sign(wanted.as_bytes())?)
    }

    pub(super) fn seal(&self, plain: &[u8]) -> Result<Vec<u8>> {
        let nonce = random_bytes::<NONCE_BYTES>()?;
        let sealed = self.cipher()?.encrypt(&nonce.into(), plain);
        let sealed = sealed.map_err(|_| anyhow!("cannot seal the secrets"))?;
        Ok([&nonce[..], &sealed].concat())
    }

    pub(super) fn open(&self, sealed: &[u8]) -> Result<Vec<u8>> {
        let Some((nonce, sealed)) = sealed.split_first_chunk::<NONCE_BYTES>() else {
            bail!("the sealed secrets are damaged");
        };
        let opened = self.cipher()?.decrypt(&(*nonce).into(), sealed);
        opened.map_err(|_| {
            anyhow!("the secrets cannot be opened: another passphrase, or they are damaged")
        })
    }

    fn cipher(&self) -> Result<Aes256Gcm> {
        Aes256Gcm::new_from_slice(&self.sealing).map_err(|error| anyhow!("{error}"))
    }

    fn mac(&self, text: &[u8]) -> Result<Hmac<Sha256>> {
        let mac = <Hmac<Sha256> as hmac::Mac>::new_from_slice(&self.signing);
        Ok(mac.context("a key of 32 bytes")?.chain_update(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_is_opened_by_its_passphrase_alone() {
        let salt = new_salt().unwrap();
        let keys = Keys::derive("correct horse battery", &salt).unwrap();
        let other = Keys::derive("correct horse batterz", &salt).unwrap();
        let sealed = keys.seal(b"secret").unwrap();
        assert_eq!(keys.open(&sealed).unwrap(), b"secret");
        assert!(other.open(&sealed).is_err() && keys.open(&sealed[..20]).is_err());
        let signature = keys.sign(b"text").unwrap();
        assert!(keys.check(b"text", &signature).unwrap());
        assert!(!keys.check(b"texts", &signature).unwrap());
        assert!(!other.check(b"text", &signature).unwrap());
    }
}
