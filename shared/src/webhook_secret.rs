//! The secrets that sign webhooks: `whsec_` and the base64 of the key's bytes, as Standard Webhooks 1.0 writes them.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::limits::WEBHOOK_SECRET_BYTES;

/// What every secret begins with.
pub const PREFIX: &str = "whsec_";

/// Why a text is not a webhook secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookSecretError {
    /// It does not begin with `whsec_`.
    #[error("a webhook secret begins with `{PREFIX}`")]
    Prefix,
    /// What follows is not base64 with its padding.
    #[error("what follows `{PREFIX}` is not standard base64")]
    Base64,
    /// The key inside is too short or too long.
    #[error("the key must have {} to {} bytes, found {found}", WEBHOOK_SECRET_BYTES.start(), WEBHOOK_SECRET_BYTES.end())]
    Length {
        /// How many bytes were found.
        found: usize,
    },
}

/// A webhook secret. Its `Debug` form shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(Vec<u8>);

impl WebhookSecret {
    /// The secret of 32 bytes from a cryptographic random source.
    pub fn generate(random: [u8; 32]) -> Self {
        Self(random.to_vec())
    }

    /// Takes a secret in its written form.
    pub fn parse(text: &str) -> Result<Self, WebhookSecretError> {
        let encoded = text
            .strip_prefix(PREFIX)
            .ok_or(WebhookSecretError::Prefix)?;
        let key = STANDARD
            .decode(encoded)
            .map_err(|_| WebhookSecretError::Base64)?;
        if WEBHOOK_SECRET_BYTES.contains(&key.len()) {
            Ok(Self(key))
        } else {
            Err(WebhookSecretError::Length { found: key.len() })
        }
    }

    /// The key of the HMAC.
    pub fn key(&self) -> &[u8] {
        &self.0
    }

    /// The written form, for its owner.
    pub fn expose(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_secret_parses() {
        let secret = WebhookSecret::generate([7; 32]);
        assert_eq!(WebhookSecret::parse(&secret.expose()), Ok(secret));
    }

    #[test]
    fn the_example_of_the_specification_parses() {
        let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        assert_eq!(secret.key().len(), 24);
        assert_eq!(format!("{secret:?}"), "WebhookSecret(…)");
    }

    #[test]
    fn what_is_wrong_is_told() {
        let cases = [
            (
                "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                WebhookSecretError::Prefix,
            ),
            ("whsec_not base64", WebhookSecretError::Base64),
            ("whsec_c2hvcnQ=", WebhookSecretError::Length { found: 5 }),
            ("whsec_c2hvcnQ", WebhookSecretError::Base64),
        ];
        for (text, expected) in cases {
            assert_eq!(WebhookSecret::parse(text), Err(expected), "{text}");
        }
    }
}
