//! The Ed25519 keys of the tokens: one that signs, and older ones whose tokens are still accepted.
//!
//! Outside they are texts: the seed in base64url for `jwt_signing_key`, a JWKS document for `jwt_public_keys`.

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_compact::{KeyPair, Seed};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::random::{hex, random_bytes};

/// Older keys beyond these are forgotten; tokens live a day, and nobody rotates that often.
const KEPT: usize = 4;

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SigningKeys {
    /// base64url of the 32-byte seed of the key that signs.
    seed: String,
    /// base64url of the public keys before it, newest first.
    previous: Vec<String>,
}

impl std::fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKeys").finish_non_exhaustive()
    }
}

impl SigningKeys {
    pub(crate) fn generate() -> Result<Self> {
        Ok(Self {
            seed: URL_SAFE_NO_PAD.encode(random_bytes::<32>()?),
            previous: Vec::new(),
        })
    }

    /// A new key signs from now; what the old one signed stays valid.
    pub(crate) fn rotate(&mut self) -> Result<()> {
        let retired = URL_SAFE_NO_PAD.encode(self.public_key()?);
        self.seed = Self::generate()?.seed;
        self.previous.insert(0, retired);
        self.previous.truncate(KEPT);
        Ok(())
    }

    pub(crate) fn seed(&self) -> &str {
        &self.seed
    }

    /// The JWKS text: the current key first.
    pub(crate) fn public_keys(&self) -> Result<String> {
        let mut keys = vec![public_jwk(&self.public_key()?)];
        for key in &self.previous {
            keys.push(public_jwk(&decode(key)?));
        }
        Ok(json!({ "keys": keys }).to_string())
    }

    fn public_key(&self) -> Result<[u8; 32]> {
        Ok(*KeyPair::from_seed(Seed::new(decode(&self.seed)?)).pk)
    }
}

fn decode(text: &str) -> Result<[u8; 32]> {
    let bytes = URL_SAFE_NO_PAD
        .decode(text)
        .context("a signing key is not base64url")?;
    bytes
        .try_into()
        .ok()
        .context("a signing key does not have 32 bytes")
}

fn public_jwk(key: &[u8; 32]) -> Value {
    json!({
        "kty": "OKP",
        "crv": "Ed25519",
        "alg": "EdDSA",
        "use": "sig",
        "kid": hex(Sha256::digest(key).get(..8).unwrap_or_default()),
        "x": URL_SAFE_NO_PAD.encode(key),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_rfc_8037_has_its_public_half() {
        // Appendix A.1 and A.2.
        let keys = SigningKeys {
            seed: "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A".to_owned(),
            previous: vec![],
        };
        let jwks: Value = serde_json::from_str(&keys.public_keys().unwrap()).unwrap();
        assert_eq!(
            jwks["keys"][0]["x"],
            "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
        );
        assert_eq!(jwks["keys"][0]["kid"].as_str().unwrap().len(), 16);
    }

    #[test]
    fn a_rotated_key_is_still_published() {
        let mut keys = SigningKeys::generate().unwrap();
        let old: Value = serde_json::from_str(&keys.public_keys().unwrap()).unwrap();
        keys.rotate().unwrap();
        let new: Value = serde_json::from_str(&keys.public_keys().unwrap()).unwrap();
        assert_ne!(new["keys"][0], old["keys"][0]);
        assert_eq!(new["keys"][1], old["keys"][0]);
    }
}
