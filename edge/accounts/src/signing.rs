//! Signs tokens. The key is the variable `jwt_signing_key`: the 32-byte Ed25519 seed in base64url, without padding.

use std::sync::OnceLock;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jwt_simple::prelude::*;
use kiskadee_edge_kit::{Context, Problem, log, settings, token::Extra};
use kiskadee_shared::cell::Cell;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::cell;

static SIGNER: OnceLock<Signer> = OnceLock::new();

const DEFAULT_LIFETIME_HOURS: u32 = 24;
/// A device that did not sign in for so long is as any other.
pub(crate) const DEVICE_LIFETIME_S: u64 = 180 * 24 * 3600;
/// PKCS #8 around an Ed25519 seed (RFC 8410, section 7).
const PKCS8_PREFIX: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// The signing side of the tokens that `kiskadee_edge_kit::token` verifies.
pub(crate) struct Signer {
    key: Ed25519KeyPair,
    issuer: String,
    audience: String,
    lifetime_s: u64,
    cell: Cell,
}

/// Why a text is not a signing key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum SeedError {
    #[error("the signing key is not base64url without padding")]
    Base64,
    #[error("the signing key has {0} bytes, not 32")]
    Length(usize),
    #[error("the seed is not an Ed25519 key")]
    Key,
    #[error("`jwt_public_keys` does not have the public half, `{0}`")]
    Unpublished(String),
}

impl Signer {
    /// The signer of this instance.
    pub(crate) async fn get(context: &Context) -> Result<&'static Self, Problem> {
        if let Some(signer) = SIGNER.get() {
            return Ok(signer);
        }
        let signer = Self::read(context).await?;
        Ok(SIGNER.get_or_init(|| signer))
    }

    async fn read(context: &Context) -> Result<Self, Problem> {
        let unusable = |error: SeedError| settings::misconfigured("jwt_signing_key", &error);
        let (key, kid) =
            key_pair(&settings::required("jwt_signing_key").await?).map_err(unusable)?;
        if !context.settings.tokens.knows(&kid) {
            return Err(unusable(SeedError::Unpublished(kid)));
        }
        let hours = settings::number("jwt_expiration_hours", DEFAULT_LIFETIME_HOURS).await?;
        Ok(Self {
            key,
            issuer: context.settings.tokens.issuer().to_owned(),
            audience: context.settings.tokens.audience().to_owned(),
            lifetime_s: u64::from(hours) * 3600,
            cell: cell::here().await?,
        })
    }

    /// A token for a user, issued at this instant of the database's clock.
    pub(crate) fn sign(&self, user: Uuid, issued_at_s: f64) -> Result<String, Problem> {
        self.sign_for(&self.audience, self.lifetime_s, user, issued_at_s)
    }

    /// What a device shows at its next sign-in. It opens nothing.
    pub(crate) fn sign_device(&self, user: Uuid, issued_at_s: f64) -> Result<String, Problem> {
        let audience = device_audience(&self.audience);
        self.sign_for(&audience, DEVICE_LIFETIME_S, user, issued_at_s)
    }

    fn sign_for(
        &self,
        audience: &str,
        lifetime_s: u64,
        user: Uuid,
        issued_at_s: f64,
    ) -> Result<String, Problem> {
        let extra = Extra {
            iat_ms: Some((issued_at_s * 1000.0).round() as i64),
            cell: Some(self.cell)
                .filter(|cell| *cell != Cell::FIRST)
                .map(Cell::number),
        };
        let claims = Claims::with_custom_claims(extra, Duration::from_secs(lifetime_s))
            .with_issuer(&self.issuer)
            .with_audience(audience)
            .with_subject(user)
            .with_jwt_id(Uuid::new_v4());
        self.key.sign(claims).map_err(|error| {
            log::error("a token cannot be signed", &error);
            Problem::internal()
        })
    }

    pub(crate) fn lifetime_s(&self) -> u64 {
        self.lifetime_s
    }
}

/// Whom the ids of devices are meant for: not the API, which must refuse them as tokens.
pub(crate) fn device_audience(audience: &str) -> String {
    format!("{audience}/device")
}

fn key_pair(text: &str) -> Result<(Ed25519KeyPair, String), SeedError> {
    let seed = URL_SAFE_NO_PAD
        .decode(text.trim())
        .map_err(|_| SeedError::Base64)?;
    if seed.len() != 32 {
        return Err(SeedError::Length(seed.len()));
    }
    let key = Ed25519KeyPair::from_der(&[&PKCS8_PREFIX, &seed[..]].concat())
        .map_err(|_| SeedError::Key)?;
    let kid = key_id(&key.public_key().to_bytes());
    Ok((key.with_key_id(&kid), kid))
}

/// The name of a key: the first 16 hex digits of the SHA-256 of its public half.
fn key_id(public_key: &[u8]) -> String {
    let digest: [u8; 32] = Sha256::digest(public_key).into();
    let head = digest.first_chunk().copied().unwrap_or_default();
    format!("{:016x}", u64::from_be_bytes(head))
}

#[cfg(test)]
mod tests {
    use kiskadee_edge_kit::token::TokenVerifier;

    use super::*;

    // RFC 8037, appendix A.
    const SEED: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
    const PUBLIC: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    fn signer() -> (Signer, TokenVerifier) {
        let (key, kid) = key_pair(SEED).unwrap();
        let jwks = format!(
            r#"{{"keys": [{{"kty": "OKP", "crv": "Ed25519", "kid": "{kid}", "x": "{PUBLIC}"}}]}}"#
        );
        let verifier = TokenVerifier::new(&jwks, "kiskadee", "kiskadee-api").unwrap();
        (
            Signer {
                key,
                issuer: "kiskadee".into(),
                audience: "kiskadee-api".into(),
                lifetime_s: 3600,
                cell: Cell::FIRST,
            },
            verifier,
        )
    }

    #[test]
    fn the_key_of_rfc_8037_has_its_public_half() {
        let (key, kid) = key_pair(SEED).unwrap();
        assert_eq!(URL_SAFE_NO_PAD.encode(key.public_key().to_bytes()), PUBLIC);
        assert_eq!(kid.len(), 16);
    }

    #[test]
    fn a_token_names_its_cell_unless_that_is_the_first() {
        let (mut signer, verifier) = signer();
        let user = Uuid::from_u128(7);
        let named = |token: &str| {
            let claims = token.split('.').nth(1).unwrap();
            let claims = URL_SAFE_NO_PAD.decode(claims).unwrap();
            serde_json::from_slice::<serde_json::Value>(&claims).unwrap()["cell"].clone()
        };
        assert!(named(&signer.sign(user, 1.0).unwrap()).is_null());
        signer.cell = Cell::new(62).unwrap();
        let token = signer.sign(user, 1.0).unwrap();
        assert_eq!(named(&token), 62);
        assert_eq!(verifier.verify(&token).unwrap().user, user);
    }

    #[test]
    fn what_is_signed_verifies() {
        let (signer, verifier) = signer();
        let user = Uuid::from_u128(0x0192_f0a1_b2c3_7d4e_8f90_a1b2_c3d4_e5f6);
        let session = verifier
            .verify(&signer.sign(user, 1_700_000_000.123_4).unwrap())
            .unwrap();
        assert_eq!(session.user, user);
        assert_eq!(session.issued_at_ms, 1_700_000_000_123);
    }

    #[test]
    fn a_device_is_no_token() {
        let (signer, verifier) = signer();
        let device = signer.sign_device(Uuid::nil(), 1_700_000_000.0).unwrap();
        assert_eq!(
            verifier.verify(&device).unwrap_err(),
            kiskadee_edge_kit::token::TokenError::Audience
        );
    }

    #[test]
    fn two_tokens_differ() {
        let (signer, _) = signer();
        let user = Uuid::nil();
        assert_ne!(
            signer.sign(user, 1.0).unwrap(),
            signer.sign(user, 1.0).unwrap()
        );
    }

    #[test]
    fn a_bad_seed_is_told() {
        assert_eq!(key_pair("not base64!").err(), Some(SeedError::Base64));
        assert_eq!(key_pair("c2hvcnQ").err(), Some(SeedError::Length(5)));
    }
}
