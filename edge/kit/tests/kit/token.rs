//! What the verifier takes and what it refuses, against tokens made by another implementation of the signing side.

use jwt_simple::{
    prelude::*,
    reexports::ct_codecs::{Base64UrlSafeNoPadding, Encoder},
};
use kiskadee_edge_kit::token::{Extra, TokenError, TokenVerifier};

const USER: &str = "0192f0a1-b2c3-7d4e-8f90-a1b2c3d4e5f6";
const ISSUER: &str = "kiskadee";
const AUDIENCE: &str = "kiskadee-api";

fn key() -> Ed25519KeyPair {
    Ed25519KeyPair::generate().with_key_id("k1")
}

fn verifier(key: &Ed25519KeyPair) -> TokenVerifier {
    let jwks = format!("{{\"keys\": [{}]}}", key.public_key().to_jwk());
    TokenVerifier::new(&jwks, ISSUER, AUDIENCE).unwrap()
}

fn claims(lifetime_s: u64) -> JWTClaims<Extra> {
    let extra = Extra {
        iat_ms: Some(1_700_000_000_123),
        cell: None,
    };
    Claims::with_custom_claims(extra, Duration::from_secs(lifetime_s))
        .with_subject(USER)
        .with_issuer(ISSUER)
        .with_audience(AUDIENCE)
}

fn unsigned(header: &str, token: &str) -> String {
    let header = Base64UrlSafeNoPadding::encode_to_string(header).unwrap();
    let claims = token.split('.').nth(1).unwrap();
    format!("{header}.{claims}.")
}

#[test]
fn a_good_token_names_its_user() {
    let key = key();
    let verifier = verifier(&key);
    let token = key.sign(claims(60)).unwrap();
    for _ in 0..2 {
        let session = verifier.verify(&token).unwrap();
        assert_eq!(session.user.to_string(), USER);
        assert_eq!(session.issued_at_ms, 1_700_000_000_123);
    }
}

#[test]
fn every_pinned_claim_is_checked() {
    let key = key();
    let verifier = verifier(&key);
    let mut without_subject = claims(60);
    without_subject.subject = None;
    let mut without_expiry = claims(60);
    without_expiry.expires_at = None;
    let cases = [
        (claims(60).with_audience("another"), TokenError::Audience),
        (claims(60).with_issuer("another"), TokenError::Issuer),
        (claims(60).with_subject("root"), TokenError::Claim("sub")),
        (without_subject, TokenError::Claim("sub")),
        (without_expiry, TokenError::Claim("exp")),
        (claims(0), TokenError::Expired),
    ];
    for (claims, expected) in cases {
        assert_eq!(verifier.verify(&key.sign(claims).unwrap()), Err(expected));
    }
}

#[test]
fn another_key_is_refused_under_any_name() {
    let key = key();
    let verifier = verifier(&key);
    let forged = Ed25519KeyPair::generate()
        .with_key_id("k1")
        .sign(claims(60))
        .unwrap();
    assert_eq!(verifier.verify(&forged), Err(TokenError::Signature));
    let unknown = Ed25519KeyPair::generate()
        .with_key_id("k2")
        .sign(claims(60))
        .unwrap();
    assert_eq!(verifier.verify(&unknown), Err(TokenError::UnknownKey));
    let nameless = Ed25519KeyPair::generate().sign(claims(60)).unwrap();
    assert_eq!(verifier.verify(&nameless), Err(TokenError::NoKey));
}

#[test]
fn other_algorithms_are_refused() {
    let key = key();
    let verifier = verifier(&key);
    let token = key.sign(claims(60)).unwrap();
    let none = unsigned(r#"{"alg":"none","typ":"JWT","kid":"k1"}"#, &token);
    assert_eq!(
        verifier.verify(&none),
        Err(TokenError::Algorithm("none".into()))
    );
    // The public key as a shared secret: the classic confusion of algorithms.
    let secret = HS256Key::from_bytes(&key.public_key().to_bytes()).with_key_id("k1");
    let confused = secret.authenticate(claims(60)).unwrap();
    assert_eq!(
        verifier.verify(&confused),
        Err(TokenError::Algorithm("HS256".into()))
    );
}

#[test]
fn a_changed_token_is_refused_even_after_the_good_one() {
    let key = key();
    let verifier = verifier(&key);
    let token = key.sign(claims(60)).unwrap();
    assert!(verifier.verify(&token).is_ok());
    let (signed, _) = token.rsplit_once('.').unwrap();
    let other = key.sign(claims(61)).unwrap();
    let (_, signature) = other.rsplit_once('.').unwrap();
    assert_eq!(
        verifier.verify(&format!("{signed}.{signature}")),
        Err(TokenError::Signature)
    );
}

#[test]
fn junk_is_malformed() {
    let verifier = verifier(&key());
    for junk in ["", ".", "..", "a.b.c", "eyJhbGciOiJFZERTQSJ9"] {
        assert!(verifier.verify(junk).is_err(), "{junk}");
    }
}

#[test]
fn only_public_members_are_published() {
    let key = key();
    let mut jwk: serde_json::Value = serde_json::from_str(&key.public_key().to_jwk()).unwrap();
    jwk["note"] = "private".into();
    let verifier = TokenVerifier::new(&format!("{{\"keys\": [{jwk}]}}"), ISSUER, AUDIENCE);
    if let Ok(verifier) = verifier {
        assert!(!verifier.public_jwks().contains("private"));
    }
    let published: serde_json::Value =
        serde_json::from_str(self::verifier(&key).public_jwks()).unwrap();
    assert_eq!(published["keys"][0]["kid"], "k1");
    assert_eq!(published["keys"][0]["alg"], "EdDSA");
}

#[test]
fn a_set_without_usable_keys_is_refused() {
    for jwks in [
        "",
        "{}",
        r#"{"keys": []}"#,
        r#"{"keys": [{"kty": "RSA", "kid": "k1"}]}"#,
    ] {
        assert!(
            TokenVerifier::new(jwks, ISSUER, AUDIENCE).is_err(),
            "{jwks}"
        );
    }
}
