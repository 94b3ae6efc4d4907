//! Webhooks, as their receiver sees them.

use std::time::Duration;

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, Mac};
use kiskadee_tests::{Receiver, eventually};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::shared_system::{admin, system};

/// The signature of Standard Webhooks, made here independently.
fn sign(secret: &str, id: &str, timestamp: &str, body: &str) -> String {
    let key = BASE64.decode(secret.trim_start_matches("whsec_")).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", BASE64.encode(mac.finalize().into_bytes()))
}

#[tokio::test]
async fn the_end_of_a_batch_is_told_and_signed() -> Result<()> {
    let receiver = Receiver::start("127.0.0.1:0").await?;
    let body = json!({"texts": ["Tell me."], "voice_id": "default", "language": "en", "webhook_url": receiver.url()});
    let batch = admin()
        .post("/api/v1/advanced/batch-tts", &body)
        .await?
        .expect(202)?
        .json()?;
    let message = eventually("the webhook", Duration::from_mins(1), || async {
        Ok(receiver.received().pop())
    })
    .await?;

    let event: Value = serde_json::from_str(&message.body)?;
    assert_eq!(event["type"], "batch.completed");
    assert_eq!(event["data"]["batch_id"], batch["batch_id"]);
    let header = |name: &str| {
        message
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let secret = system().credentials["webhook_secret"]
        .as_str()
        .context("no webhook_secret")?;
    let expected = sign(
        secret,
        header("webhook-id"),
        header("webhook-timestamp"),
        &message.body,
    );
    assert!(
        header("webhook-signature")
            .split(' ')
            .any(|signature| signature == expected)
    );

    let id = header("webhook-id").to_owned();
    let path = format!("/api/v1/webhooks/deliveries/{id}");
    let delivery = eventually(
        "the delivery to be noted",
        Duration::from_secs(10),
        || async {
            let delivery = admin().get(&path).await?.expect(200)?.json()?;
            Ok((delivery["status"] == "delivered").then_some(delivery))
        },
    )
    .await?;
    assert_eq!(
        delivery["attempts"].as_array().map_or(1, Vec::len),
        1,
        "{delivery}"
    );

    admin()
        .post(&format!("{path}/replay"), &json!({}))
        .await?
        .expect(202)?;
    eventually("the replay", Duration::from_secs(30), || async {
        Ok((receiver.received().len() == 2).then_some(()))
    })
    .await
}
