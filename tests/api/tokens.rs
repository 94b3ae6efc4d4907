//! Tokens and keys that must be refused.

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use jwt_simple::prelude::*;
use reqwest::Method;

use crate::shared_system::{admin, new_user};

/// The answer to `GET /auth/me` with this bearer token must be a 401 problem.
async fn must_refuse(token: &str) -> Result<()> {
    let anonymous = admin().anonymous();
    let answer = anonymous
        .send(
            anonymous
                .request(Method::GET, "/auth/me")
                .bearer_auth(token),
        )
        .await?;
    assert!(
        answer.header("www-authenticate").starts_with("Bearer"),
        "{:?}",
        answer.headers
    );
    answer.problem(401)?;
    Ok(())
}

fn part(token: &str, index: usize) -> serde_json::Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&BASE64URL.decode(part).unwrap()).unwrap()
}

fn encode(value: &serde_json::Value) -> String {
    BASE64URL.encode(value.to_string())
}

#[tokio::test]
async fn a_token_that_says_alg_none_is_refused() -> Result<()> {
    let (_, _, token) = new_user().await?;
    let header = encode(&serde_json::json!({"alg": "none", "typ": "JWT"}));
    let claims = encode(&part(&token, 1));
    must_refuse(&format!("{header}.{claims}.")).await
}

#[tokio::test]
async fn a_token_with_changed_claims_is_refused() -> Result<()> {
    let (_, _, token) = new_user().await?;
    let mut claims = part(&token, 1);
    claims["sub"] = uuid::Uuid::now_v7().to_string().into();
    let parts: Vec<&str> = token.split('.').collect();
    must_refuse(&format!("{}.{}.{}", parts[0], encode(&claims), parts[2])).await
}

#[tokio::test]
async fn a_token_signed_by_another_key_is_refused() -> Result<()> {
    let (_, _, token) = new_user().await?;
    let (header, claims) = (part(&token, 0), part(&token, 1));
    let forger = Ed25519KeyPair::generate().with_key_id(header["kid"].as_str().unwrap());
    let claims = Claims::create(Duration::from_hours(1))
        .with_issuer(claims["iss"].as_str().unwrap())
        .with_audience(claims["aud"].as_str().unwrap())
        .with_subject(claims["sub"].as_str().unwrap());
    must_refuse(&forger.sign(claims).unwrap()).await
}

#[tokio::test]
async fn an_hmac_token_keyed_with_the_public_key_is_refused() -> Result<()> {
    let (_, _, token) = new_user().await?;
    let jwks = admin()
        .anonymous()
        .get("/.well-known/jwks.json")
        .await?
        .json()?;
    let public_key = BASE64URL.decode(jwks["keys"][0]["x"].as_str().unwrap())?;
    let claims = part(&token, 1);
    let confused = Claims::create(Duration::from_hours(1))
        .with_issuer(claims["iss"].as_str().unwrap())
        .with_audience(claims["aud"].as_str().unwrap())
        .with_subject(claims["sub"].as_str().unwrap());
    must_refuse(
        &HS256Key::from_bytes(&public_key)
            .authenticate(confused)
            .unwrap(),
    )
    .await
}

#[tokio::test]
async fn nonsense_is_refused() -> Result<()> {
    for token in ["x", "a.b.c", "....", "eyJhbGciOiJFZERTQSJ9.e30.AAAA"] {
        must_refuse(token).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_key_with_a_typo_and_no_key_at_all_are_refused() -> Result<()> {
    let key = crate::shared_system::system().credentials["api_key"]
        .as_str()
        .unwrap()
        .to_owned();
    let last = if key.ends_with('a') { "b" } else { "a" };
    let typo = format!("{}{last}", &key[..key.len() - 1]);
    admin()
        .with_key(&typo)
        .get("/auth/me")
        .await?
        .problem(401)?;
    admin().with_key("").get("/auth/me").await?.problem(401)?;
    admin().anonymous().get("/auth/me").await?.problem(401)?;
    Ok(())
}
