//! Webhooks, as their receiver sees them.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, Mac};
use kiskadee_tests::{Client, Received, Receiver, binary, eventually};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::shared_system::{admin, everyday, new_user, system};

/// The signature of Standard Webhooks, made here independently.
fn sign(secret: &str, id: &str, timestamp: &str, body: &str) -> String {
    let key = BASE64.decode(secret.trim_start_matches("whsec_")).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", BASE64.encode(mac.finalize().into_bytes()))
}

/// Whether the message bears a signature by `secret`.
fn is_signed(message: &Received, secret: &str) -> bool {
    let [id, timestamp, signatures] =
        ["webhook-id", "webhook-timestamp", "webhook-signature"].map(|name| header(message, name));
    let expected = sign(secret, id, timestamp, &message.body);
    signatures.split(' ').any(|signature| signature == expected)
}

fn header<'a>(message: &'a Received, name: &str) -> &'a str {
    let value = message.headers.get(name);
    value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

/// The first message of a batch of one text by `client`.
async fn first_message(client: &Client, receiver: &Receiver) -> Result<(Value, Received)> {
    let body = json!({"texts": ["Tell me."], "voice_id": "default", "language": "en", "webhook_url": receiver.url()});
    let batch = client
        .post("/api/v1/advanced/batch-tts", &body)
        .await?
        .expect(202)?
        .json()?;
    let message = eventually("the webhook", Duration::from_mins(1), || async {
        Ok(receiver.received().pop())
    })
    .await?;
    Ok((batch, message))
}

#[tokio::test]
async fn the_first_webhook_of_a_new_user_is_delivered_and_signed() -> Result<()> {
    let receiver = Receiver::start("127.0.0.1:0").await?;
    let (client, _, token) = new_user().await?;
    let (_, message) = first_message(&client, &receiver).await?;
    // Looked at only now: the secret must not come into being by being read.
    let request = client
        .anonymous()
        .request(Method::GET, "/api/v1/webhooks/secret")
        .bearer_auth(token);
    let secret = client.send(request).await?.expect(200)?.json()?;
    let secret = secret["secret"].as_str().context("no secret")?;
    assert!(is_signed(&message, secret), "{:?}", message.headers);
    Ok(())
}

#[tokio::test]
async fn so_is_that_of_a_user_whom_an_administrator_made() -> Result<()> {
    let receiver = Receiver::start("127.0.0.1:0").await?;
    let username = format!("user{}", uuid::Uuid::now_v7().simple());
    let email = format!("{username}@example.org");
    administer(&["create-user", &username, "--email", &email])?;
    let key = administer(&["create-key", &username])?;
    let client = admin().with_key(key.trim());
    let (_, message) = first_message(&client, &receiver).await?;
    assert!(!header(&message, "webhook-signature").is_empty());
    Ok(())
}

/// What `kiskadee admin …` prints.
fn administer(arguments: &[&str]) -> Result<String> {
    let output = Command::new(binary())
        .arg("admin")
        .args(arguments)
        .arg("--state-dir")
        .arg(&system().state_dir)
        .env_remove("KISKADEE_DATABASE_URL")
        .output()?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?)
}

#[tokio::test]
async fn the_end_of_a_batch_is_told_and_signed() -> Result<()> {
    let receiver = Receiver::start("127.0.0.1:0").await?;
    let (batch, message) = first_message(&everyday(), &receiver).await?;

    let event: Value = serde_json::from_str(&message.body)?;
    assert_eq!(event["type"], "batch.completed");
    assert_eq!(event["data"]["batch_id"], batch["batch_id"]);
    let secret = system().credentials["webhook_secret"]
        .as_str()
        .context("no webhook_secret")?;
    assert!(is_signed(&message, secret));

    let id = header(&message, "webhook-id").to_owned();
    let path = format!("/api/v1/webhooks/deliveries/{id}");
    let delivery = eventually(
        "the delivery to be noted",
        Duration::from_secs(10),
        || async {
            let delivery = everyday().get(&path).await?.expect(200)?.json()?;
            Ok((delivery["status"] == "delivered").then_some(delivery))
        },
    )
    .await?;
    assert_eq!(
        delivery["attempts"].as_array().map_or(1, Vec::len),
        1,
        "{delivery}"
    );

    let of_event = async |event: &str| -> Result<bool> {
        let list = format!("/api/v1/webhooks/deliveries?limit=100&event={event}");
        let page = everyday().get(&list).await?.expect(200)?.json()?;
        let items = page["items"].as_array().context("no items")?;
        ensure!(items.iter().all(|item| item["event"] == event), "{page}");
        Ok(items.iter().any(|item| item["id"] == *id))
    };
    assert!(of_event("batch.completed").await?);
    assert!(!of_event("batch.failed").await?);

    everyday()
        .post(&format!("{path}/replay"), &json!({}))
        .await?
        .expect(202)?;
    eventually("the replay", Duration::from_secs(30), || async {
        Ok((receiver.received().len() == 2).then_some(()))
    })
    .await
}
