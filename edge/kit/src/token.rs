//! Verifies the signed tokens that accounts issues: `EdDSA` only, with key, issuer, audience and times pinned (RFC 8725).
//!
//! A signature takes longer to check than everything else in a short request. That a token verified is a fact that does not
//! change, so an instance remembers the last ones; expiry is compared every time.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use jwt_simple::{
    JWTError, claims::JWTClaims, common::VerificationOptions, prelude::*, token::Token,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

const ALGORITHM: &str = "EdDSA";
/// Clocks of different machines may differ by this much in when a token was issued.
const CLOCK_SKEW_S: u64 = 10;
const REMEMBERED: usize = 256;

/// The claims beside the registered ones.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Extra {
    /// When the token was issued, in milliseconds by the database's clock: whole seconds are too coarse to tell a token from
    /// before a change of password from the one after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iat_ms: Option<i64>,
    /// The cell that knows the user; tokens of the first do not name it. For whoever leads requests to their cells: a cell does not know the
    /// users of others, so it needs no check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<u16>,
}

/// Who a token speaks for, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    pub user: Uuid,
    pub issued_at_ms: i64,
    expires_at_s: u64,
}

/// Why a token is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("the bearer token is neither an API key (`kk_…`) nor a token of `POST /auth/login`")]
    Malformed,
    #[error("the token is signed with `{0}`; only {ALGORITHM} is accepted")]
    Algorithm(String),
    #[error("the token names no key (`kid`)")]
    NoKey,
    #[error("the token is signed with an unknown key")]
    UnknownKey,
    #[error("the token's signature is not valid")]
    Signature,
    #[error("the token has expired; sign in again")]
    Expired,
    #[error("the token is not valid yet")]
    NotYet,
    #[error("the token comes from another issuer")]
    Issuer,
    #[error("the token is meant for another audience")]
    Audience,
    #[error("the token lacks the claim `{0}`")]
    Claim(&'static str),
}

/// Why a set of public keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeySetError {
    #[error("the keys are not a JWK set: {0}")]
    Json(#[from] serde_json::Error),
    #[error("key {0} of the set is not an Ed25519 key with a `kid`")]
    Key(usize),
    #[error("the set has no keys")]
    Empty,
}

/// Verifies tokens against a set of public keys.
#[derive(Debug)]
pub struct TokenVerifier {
    issuer: String,
    audience: String,
    public_jwks: String,
    keys: Vec<(String, Ed25519PublicKey)>,
    options: VerificationOptions,
    verified: Mutex<HashMap<[u8; 32], Session>>,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

impl TokenVerifier {
    /// Reads the keys from a JWK set (RFC 7517).
    pub fn new(jwks: &str, issuer: &str, audience: &str) -> Result<Self, KeySetError> {
        let set: KeySet = serde_json::from_str(jwks)?;
        if set.keys.is_empty() {
            return Err(KeySetError::Empty);
        }
        let keys = set.keys.iter().enumerate();
        Ok(Self {
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
            public_jwks:
                serde_json::json!({ "keys": set.keys.iter().map(published).collect::<Vec<_>>() })
                    .to_string(),
            keys: keys
                .map(|(index, jwk)| public_key(jwk).ok_or(KeySetError::Key(index)))
                .collect::<Result<_, _>>()?,
            options: VerificationOptions {
                allowed_issuers: Some(HashSet::from([issuer.to_owned()])),
                allowed_audiences: Some(HashSet::from([audience.to_owned()])),
                time_tolerance: Some(Duration::from_secs(CLOCK_SKEW_S)),
                ..VerificationOptions::default()
            },
            verified: Mutex::default(),
        })
    }

    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// The keys as everybody may know them.
    pub fn public_jwks(&self) -> &str {
        &self.public_jwks
    }

    /// The verifier has a key of this name.
    pub fn knows(&self, kid: &str) -> bool {
        self.keys.iter().any(|(known, _)| known == kid)
    }

    /// Who the token speaks for.
    pub fn verify(&self, token: &str) -> Result<Session, TokenError> {
        let fingerprint: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let session = match self.remembered(&fingerprint) {
            Some(session) => session,
            None => self.check(token)?,
        };
        if session.expires_at_s <= now_s() {
            return Err(TokenError::Expired);
        }
        self.remember(fingerprint, session);
        Ok(session)
    }

    fn check(&self, token: &str) -> Result<Session, TokenError> {
        let metadata = Token::decode_metadata(token).map_err(|_| TokenError::Malformed)?;
        if metadata.algorithm() != ALGORITHM {
            return Err(TokenError::Algorithm(
                metadata.algorithm().chars().take(16).collect(),
            ));
        }
        let kid = metadata.key_id().ok_or(TokenError::NoKey)?;
        let (_, key) = self
            .keys
            .iter()
            .find(|(known, _)| known == kid)
            .ok_or(TokenError::UnknownKey)?;
        let claims = key
            .verify_token::<Extra>(token, Some(self.options.clone()))
            .map_err(|error| refusal(&error))?;
        session(&claims)
    }

    fn remembered(&self, fingerprint: &[u8; 32]) -> Option<Session> {
        self.verified
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(fingerprint)
            .copied()
    }

    fn remember(&self, fingerprint: [u8; 32], session: Session) {
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if verified.len() >= REMEMBERED {
            verified.clear();
        }
        verified.insert(fingerprint, session);
    }
}

fn public_key(jwk: &serde_json::Value) -> Option<(String, Ed25519PublicKey)> {
    let kid = jwk.get("kid")?.as_str()?.to_owned();
    Some((kid, Ed25519PublicKey::from_jwk(&jwk.to_string()).ok()?))
}

/// Only the public members: an operator's slip must not publish a private key.
fn published(jwk: &serde_json::Value) -> serde_json::Value {
    serde_json::json!({
        "kty": "OKP", "crv": "Ed25519", "alg": ALGORITHM, "use": "sig", "kid": jwk["kid"], "x": jwk["x"],
    })
}

fn session(claims: &JWTClaims<Extra>) -> Result<Session, TokenError> {
    let issued_at_s = claims.issued_at.ok_or(TokenError::Claim("iat"))?.as_secs();
    let subject = claims.subject.as_deref().ok_or(TokenError::Claim("sub"))?;
    Ok(Session {
        user: Uuid::try_parse(subject).map_err(|_| TokenError::Claim("sub"))?,
        issued_at_ms: claims
            .custom
            .iat_ms
            .unwrap_or((issued_at_s * 1000).cast_signed()),
        expires_at_s: claims.expires_at.ok_or(TokenError::Claim("exp"))?.as_secs(),
    })
}

fn refusal(error: &jwt_simple::Error) -> TokenError {
    match error.downcast_ref::<JWTError>() {
        Some(JWTError::TokenHasExpired | JWTError::TokenIsTooOld) => TokenError::Expired,
        Some(JWTError::TokenNotValidYet | JWTError::ClockDrift) => TokenError::NotYet,
        Some(JWTError::RequiredIssuerMismatch) => TokenError::Issuer,
        Some(JWTError::RequiredIssuerMissing) => TokenError::Claim("iss"),
        Some(JWTError::RequiredAudienceMismatch) => TokenError::Audience,
        Some(JWTError::RequiredAudienceMissing) => TokenError::Claim("aud"),
        Some(JWTError::InvalidSignature) => TokenError::Signature,
        _ => TokenError::Malformed,
    }
}

fn now_s() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
