//! People in a service for many: what keys may do, who is let in, who leaves.

use std::time::Duration;

use anyhow::{Context, Result};
use kiskadee_tests::{Client, Options, System, eventually};
use reqwest::Method;
use serde_json::{Value, json};

use crate::shared_system::{admin, everyday, log_in, new_user};

const KEYS: &str = "/api/v1/advanced/auth/api-key";

/// The answer to somebody who came with a token.
async fn by_token(
    client: &Client,
    method: Method,
    path: &str,
    token: &str,
    body: &Value,
) -> Result<kiskadee_tests::Answer> {
    let anonymous = client.anonymous();
    let request = anonymous.request(method, path).bearer_auth(token);
    anonymous.send(request.json(body)).await
}

#[tokio::test]
async fn an_everyday_key_works_and_does_nothing_else() -> Result<()> {
    let client = everyday();
    client.submit_batch(1).await?;
    client.get("/api/v1/voices").await?.expect(200)?;
    client.get("/api/v1/jobs").await?.expect(200)?;
    assert_eq!(
        client.get("/auth/me").await?.expect(200)?.json()?["role"],
        "user"
    );
    for (path, scope) in [
        ("/api/v1/webhooks/secret", "account:read"),
        (KEYS, "account:read"),
        ("/api/v1/admin/users", "admin:read"),
        ("/api/v1/admin/audit", "admin:read"),
        ("/monitoring/queue", "admin:read"),
    ] {
        let answer = client.get(path).await?;
        let challenge = answer.header("www-authenticate").to_owned();
        let problem = answer.problem(403)?;
        assert_eq!(
            problem["type"], "urn:kiskadee:problem:insufficient_scope",
            "{path}"
        );
        assert!(problem["detail"].to_string().contains(scope), "{problem}");
        assert!(challenge.contains("insufficient_scope"), "{challenge}");
    }
    admin().get("/monitoring/queue").await?.expect(200)?;
    assert_eq!(
        admin().get("/auth/me").await?.expect(200)?.json()?["role"],
        "admin"
    );
    Ok(())
}

#[tokio::test]
async fn a_key_has_the_scopes_that_it_was_made_with() -> Result<()> {
    let (client, _, token) = new_user().await?;
    let wanted = json!({"name": "reader", "scopes": ["speech:read", "jobs:read"]});
    let made = by_token(&client, Method::POST, KEYS, &token, &wanted)
        .await?
        .expect(201)?
        .json()?;
    assert_eq!(made["scopes"], json!(["jobs:read", "speech:read"]));
    let reader = client.with_key(made["api_key"].as_str().context("no key")?);
    reader.get("/api/v1/voices").await?.expect(200)?;
    let text = json!({"text": "Hello.", "voice_id": "default", "language": "en"});
    reader.post("/api/v1/speech", &text).await?.problem(403)?;
    reader.get("/api/v1/uploads").await?.problem(403)?;

    let wrong = json!({"name": "wrong", "scopes": ["speach:read", "admin:*"]});
    let problem = by_token(&client, Method::POST, KEYS, &token, &wrong)
        .await?
        .problem(422)?;
    assert_eq!(
        problem["errors"].as_array().map(Vec::len),
        Some(2),
        "{problem}"
    );
    let listed = by_token(&client, Method::GET, KEYS, &token, &json!({}))
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(listed["items"][1]["scopes"], json!(["work:*"]), "{listed}");
    Ok(())
}

#[tokio::test]
async fn a_user_is_found_disabled_and_let_in_again() -> Result<()> {
    let (client, name, _) = new_user().await?;
    let listed = admin()
        .get(&format!("/api/v1/admin/users?name={name}"))
        .await?
        .expect(200)?
        .json()?;
    let id = listed["items"][0]["id"]
        .as_str()
        .context("not listed")?
        .to_owned();
    let path = format!("/api/v1/admin/users/{id}");
    let change = |body: Value| admin().request(Method::PATCH, &path).json(&body);
    let problem = admin()
        .send(change(json!({"wieght": 2, "weight": -1})))
        .await?
        .problem(422)?;
    assert_eq!(problem["errors"][0]["field"], "wieght", "{problem}");
    let changed = admin()
        .send(change(json!({"disabled": true, "weight": 2})))
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(
        (&changed["status"], &changed["weight"]),
        (&json!("disabled"), &json!(2))
    );
    client.get("/auth/me").await?.problem(401)?;
    admin()
        .send(change(json!({"disabled": false})))
        .await?
        .expect(200)?;
    client.get("/auth/me").await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn whoever_leaves_takes_everything_along_and_leaves_nothing() -> Result<()> {
    let (client, name, token) = new_user().await?;
    let batch = client.submit_batch(2).await?;
    eventually("the batch", Duration::from_mins(1), || async {
        Ok((client.batch_status(&batch).await?["pending"] == 0).then_some(()))
    })
    .await?;
    let export = by_token(
        &client,
        Method::GET,
        "/auth/me/export?limit=100",
        &token,
        &json!({}),
    )
    .await?;
    let export = export.expect(200)?.json()?;
    let items = export["items"].as_array().context("no items")?;
    let audio: Vec<_> = items
        .iter()
        .filter_map(|item| item["data"]["result"]["audio_url"].as_str())
        .collect();
    assert_eq!(audio.len(), 2, "{export}");
    client.get(audio[0]).await?;

    let farewell = json!({"current_password": "wrong"});
    by_token(&client, Method::DELETE, "/auth/me", &token, &farewell)
        .await?
        .problem(422)?;
    let farewell = json!({"current_password": "correct horse"});
    client
        .send(client.request(Method::DELETE, "/auth/me").json(&farewell))
        .await?
        .problem(403)?;
    by_token(&client, Method::DELETE, "/auth/me", &token, &farewell)
        .await?
        .expect(202)?;
    client.get("/auth/me").await?.problem(401)?;
    eventually(
        "the account to be erased",
        Duration::from_mins(1),
        || async {
            let log = admin()
                .get("/api/v1/admin/audit?action=user.erased&limit=100")
                .await?
                .expect(200)?
                .json()?;
            let id = items[0]["data"]["id"].clone();
            let entries = log["items"].as_array().context("no items")?;
            Ok(entries
                .iter()
                .any(|entry| entry["subject"] == id)
                .then_some(()))
        },
    )
    .await?;
    // The name is free.
    let body = json!({"username": name, "email": format!("{name}@example.org"), "password": "correct horse"});
    client
        .anonymous()
        .post("/auth/register", &body)
        .await?
        .expect(201)?;
    Ok(())
}

#[tokio::test]
async fn a_link_sets_a_password_once() -> Result<()> {
    let (client, name, token) = new_user().await?;
    let listed = admin()
        .get(&format!("/api/v1/admin/users?name={name}"))
        .await?
        .expect(200)?
        .json()?;
    let id = listed["items"][0]["id"]
        .as_str()
        .context("not listed")?
        .to_owned();
    let path = format!("/api/v1/admin/users/{id}/password-reset");
    let offer = admin().post(&path, &json!({})).await?.expect(201)?.json()?;
    let reset = json!({"token": offer["token"], "password": "a new horse"});
    let anonymous = client.anonymous();
    anonymous
        .post("/auth/password-reset", &reset)
        .await?
        .expect(200)?;
    anonymous
        .post("/auth/password-reset", &reset)
        .await?
        .problem(410)?;
    by_token(&client, Method::GET, "/auth/me", &token, &json!({}))
        .await?
        .problem(401)?;
    client.get("/auth/me").await?.expect(200)?;
    let token = log_in(&name, "a new horse").await?;
    let ended = by_token(
        &client,
        Method::POST,
        "/auth/revoke-all",
        &token,
        &json!({"keys": true}),
    )
    .await?;
    assert_eq!(ended.expect(200)?.json()?["revoked_keys"], 1);
    client.get("/auth/me").await?.problem(401)?;
    Ok(())
}

/// On a system that limits rates: by addresses, of which a trusted proxy tells.
#[tokio::test]
async fn guessing_at_a_name_keeps_its_owner_out_nowhere_else() -> Result<()> {
    let options = Options::default()
        .with("--trusted-proxies", "127.0.0.1/32")
        .with("--api-rate-limit", "on");
    let system = System::start(options).await?;
    let client = system.client().anonymous();
    let password = system.credentials["password"]
        .as_str()
        .context("no password")?;
    let sign_in = async |address: &str, password: &str, device: &str| {
        let body = json!({"username": system.credentials["username"], "password": password});
        let request = client
            .request(Method::POST, "/auth/login")
            .header("x-forwarded-for", address);
        client
            .send(request.header("x-device-id", device).json(&body))
            .await
    };
    let first = sign_in("192.0.2.3", password, "").await?.expect(200)?;
    let cookie = first.header("set-cookie").to_owned();
    let device = first.json()?["device_id"]
        .as_str()
        .context("no device")?
        .to_owned();
    assert!(
        cookie.starts_with(&format!("kiskadee_device={device}; ")),
        "{cookie}"
    );
    let mut refused = 0;
    for _ in 0..30 {
        refused += i32::from(sign_in("192.0.2.2", "wrong", "").await?.status == 429);
    }
    assert!(refused >= 10, "{refused} of 30 were refused");
    sign_in("192.0.2.2", password, "").await?.problem(429)?;
    sign_in("192.0.2.3", password, "").await?.expect(200)?;
    sign_in("192.0.2.2", password, &device).await?.expect(200)?;
    let as_token = client.request(Method::GET, "/auth/me").bearer_auth(&device);
    client.send(as_token).await?.problem(401)?;
    Ok(())
}

#[tokio::test]
async fn nobody_registers_where_it_is_closed() -> Result<()> {
    let system = System::start(Options::default().with("--registration", "closed")).await?;
    let body =
        json!({"username": "stranger", "email": "s@example.org", "password": "correct horse"});
    let problem = system
        .client()
        .anonymous()
        .post("/auth/register", &body)
        .await?
        .problem(403)?;
    assert_eq!(problem["type"], "urn:kiskadee:problem:registration_closed");
    Ok(())
}
