//! Registration, profile, API keys and their ends.

use anyhow::Result;
use reqwest::Method;
use serde_json::json;

use crate::shared_system::{admin, log_in, new_user};

#[tokio::test]
async fn a_user_registers_logs_in_and_sees_the_profile() -> Result<()> {
    let (client, username, token) = new_user().await?;
    let by_key = client.get("/auth/me").await?.expect(200)?.json()?;
    assert_eq!(by_key["username"], username);
    assert_eq!(by_key["role"], "user");
    let anonymous = client.anonymous();
    let request = anonymous
        .request(Method::GET, "/auth/me")
        .bearer_auth(&token);
    assert_eq!(
        anonymous.send(request).await?.expect(200)?.json()?["id"],
        by_key["id"]
    );
    Ok(())
}

#[tokio::test]
async fn the_oauth2_password_form_logs_in_too() -> Result<()> {
    let (client, username, _) = new_user().await?;
    let anonymous = client.anonymous();
    let form = [
        ("grant_type", "password"),
        ("username", username.as_str()),
        ("password", "correct horse"),
    ];
    let answer = anonymous
        .send(anonymous.request(Method::POST, "/auth/login").form(&form))
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(answer["token_type"], "bearer");
    assert_eq!(answer["expires_in"], 86_400);
    let body = json!({"username": username, "password": "correct horse"});
    anonymous
        .post("/api/v1/advanced/auth/token", &body)
        .await?
        .expect(200)?;
    Ok(())
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_look_alike() -> Result<()> {
    let (client, username, _) = new_user().await?;
    let wrong = json!({"username": username, "password": "wrong password"});
    let unknown = json!({"username": "nobody-at-all", "password": "wrong password"});
    let first = client
        .anonymous()
        .post("/auth/login", &wrong)
        .await?
        .problem(401)?;
    let second = client
        .anonymous()
        .post("/auth/login", &unknown)
        .await?
        .problem(401)?;
    assert_eq!(first["detail"], second["detail"]);
    Ok(())
}

#[tokio::test]
async fn a_taken_username_is_a_conflict() -> Result<()> {
    let (client, username, _) = new_user().await?;
    let body =
        json!({"username": username, "email": "other@example.org", "password": "correct horse"});
    client
        .anonymous()
        .post("/auth/register", &body)
        .await?
        .problem(409)?;
    Ok(())
}

#[tokio::test]
async fn changing_the_password_needs_the_current_one_and_ends_older_tokens() -> Result<()> {
    let (client, username, token) = new_user().await?;
    let anonymous = client.anonymous();
    let put = |body: serde_json::Value| {
        let request = anonymous.request(Method::PUT, "/auth/profile");
        request.bearer_auth(&token).json(&body)
    };
    client
        .send(put(json!({"password": "another horse"})))
        .await?
        .problem(422)?;
    // Tokens are dated in whole seconds.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let right = json!({"password": "another horse", "current_password": "correct horse"});
    client.send(put(right)).await?.expect(200)?;
    anonymous
        .send(
            anonymous
                .request(Method::GET, "/auth/me")
                .bearer_auth(&token),
        )
        .await?
        .problem(401)?;
    log_in(&username, "another horse").await?;
    Ok(())
}

#[tokio::test]
async fn a_revoked_key_is_refused_and_others_keys_are_not_found() -> Result<()> {
    let (client, _, token) = new_user().await?;
    let anonymous = client.anonymous();
    let request = anonymous
        .request(Method::GET, "/api/v1/advanced/auth/api-key")
        .bearer_auth(&token);
    let keys = anonymous.send(request).await?.expect(200)?.json()?;
    let id = keys["items"][0]["id"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    assert!(
        keys["items"][0].get("api_key").is_none(),
        "a key is shown only once: {keys}"
    );

    let (_, _, stranger) = new_user().await?;
    let path = format!("/api/v1/advanced/auth/api-key/{id}");
    let revoke = |token: &str| {
        anonymous
            .request(Method::DELETE, &path)
            .bearer_auth(token.to_owned())
    };
    anonymous.send(revoke(&stranger)).await?.problem(404)?;
    anonymous.send(revoke(&token)).await?.expect(204)?;
    let refused = client.get("/auth/me").await?.problem(401)?;
    assert!(
        refused["detail"]
            .as_str()
            .unwrap_or_default()
            .contains("revoked"),
        "{refused}"
    );
    Ok(())
}

#[tokio::test]
async fn the_keys_that_verify_tokens_are_public() -> Result<()> {
    let jwks = admin()
        .anonymous()
        .get("/.well-known/jwks.json")
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(jwks["keys"][0]["crv"], "Ed25519");
    assert!(
        jwks["keys"][0].get("d").is_none(),
        "the private key must not leave: {jwks}"
    );
    Ok(())
}
