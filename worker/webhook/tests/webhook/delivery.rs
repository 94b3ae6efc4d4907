//! What a receiver gets, and what follows from its answer.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use serde_json::Value;
use sha2::Sha256;
use time::OffsetDateTime;

use crate::{
    fixture::{Fixture, SECRET, local},
    receiver::{Answer, Received, Receiver},
};

const OTHER_SECRET: &str = "whsec_c2Vjb25kIHNlY3JldCBvZiB0aGUgcm90YXRpb24h";

/// What a receiver does with its own copy of the secret.
fn is_signed_with(secret: &str, request: &Received) -> bool {
    let key = STANDARD
        .decode(secret.strip_prefix("whsec_").unwrap())
        .unwrap();
    let signed = [
        request.header("webhook-id"),
        request.header("webhook-timestamp"),
        &request.body,
    ]
    .join(".");
    let expected = Hmac::<Sha256>::new_from_slice(&key)
        .unwrap()
        .chain_update(signed)
        .finalize();
    let expected = format!("v1,{}", STANDARD.encode(expected.into_bytes()));
    request
        .header("webhook-signature")
        .split(' ')
        .any(|signature| signature == expected)
}

#[tokio::test]
async fn a_message_arrives_signed_and_once() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::start().await;
    let message = fixture.emit(&receiver.url()).await;
    let sender = fixture.send(local()).await;
    let delivery = fixture.attempted(message, 1).await;
    sender.stop().await;

    assert_eq!(
        (delivery.status.as_str(), delivery.attempts),
        ("delivered", 1)
    );
    let [request] = receiver.received().try_into().ok().unwrap();
    assert_eq!(
        request.header("webhook-id"),
        format!("msg_{}", message.simple())
    );
    assert_eq!(request.header("content-type"), "application/json");
    let age = OffsetDateTime::now_utc().unix_timestamp()
        - request.header("webhook-timestamp").parse::<i64>().unwrap();
    assert!((0..10).contains(&age));
    assert!(is_signed_with(SECRET, &request));
    assert!(!is_signed_with(OTHER_SECRET, &request));
    let body: Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!(body["type"], "job.completed");
    assert_eq!(body["data"]["word"], "olá");
    assert!(body["timestamp"].as_str().unwrap().ends_with('Z'));
}

#[tokio::test]
async fn during_a_rotation_both_secrets_sign() {
    let fixture = Fixture::new().await;
    fixture
        .run("update account.webhook_secret set expires_at = now() + interval '1 day'")
        .await;
    fixture.add_secret(OTHER_SECRET).await;
    let receiver = Receiver::start().await;
    let sender = fixture.send(local()).await;
    let during = fixture.emit(&receiver.url()).await;
    fixture.attempted(during, 1).await;
    fixture
        .run("update account.webhook_secret set expires_at = now() where expires_at is not null")
        .await;
    let after = fixture.emit(&receiver.url()).await;
    fixture.attempted(after, 1).await;
    sender.stop().await;

    let [during, after] = receiver.received().try_into().ok().unwrap();
    assert_eq!(during.header("webhook-signature").split(' ').count(), 2);
    assert!(is_signed_with(SECRET, &during) && is_signed_with(OTHER_SECRET, &during));
    assert_eq!(after.header("webhook-signature").split(' ').count(), 1);
    assert!(is_signed_with(OTHER_SECRET, &after));
}

#[tokio::test]
async fn a_receiver_that_was_down_gets_the_same_message_later() {
    let fixture = Fixture::new().await;
    let address = Receiver::start().await.address;
    let message = fixture.emit(&format!("http://{address}/hook")).await;
    let sender = fixture.send(local()).await;
    let down = fixture.attempted(message, 1).await;
    assert_eq!((down.status.as_str(), down.attempts), ("pending", 1));

    let receiver = Receiver::start_at(address).await;
    receiver.will_answer([Answer::Status(500)]);
    fixture.make_due(message).await;
    fixture.attempted(message, 2).await;
    fixture.make_due(message).await;
    let up = fixture.attempted(message, 3).await;
    sender.stop().await;

    assert_eq!((up.status.as_str(), up.attempts), ("delivered", 3));
    let attempts = fixture.attempts(message).await;
    let codes: Vec<_> = attempts.iter().map(|attempt| attempt.status_code).collect();
    assert_eq!(codes, [None, Some(500), Some(200)]);
    assert!(
        attempts[0]
            .error
            .as_deref()
            .unwrap()
            .starts_with("could not connect to the receiver")
    );
    let [first, second] = receiver.received().try_into().ok().unwrap();
    assert_eq!(first.body, second.body);
    assert_eq!(first.header("webhook-id"), second.header("webhook-id"));
    assert!(is_signed_with(SECRET, &second));
}

#[tokio::test]
async fn a_redirect_is_a_failure() {
    let fixture = Fixture::new().await;
    let (receiver, elsewhere) = (Receiver::start().await, Receiver::start().await);
    receiver.will_answer([Answer::With(307, "location", elsewhere.url())]);
    let message = fixture.emit(&receiver.url()).await;
    let sender = fixture.send(local()).await;
    let delivery = fixture.attempted(message, 1).await;
    sender.stop().await;

    assert_eq!(delivery.status, "pending");
    assert_eq!(fixture.attempts(message).await[0].status_code, Some(307));
    assert_eq!(
        (receiver.received().len(), elsewhere.received().len()),
        (1, 0)
    );
}

#[tokio::test]
async fn a_receiver_that_does_not_answer_is_given_up() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::start().await;
    receiver.will_answer([Answer::Never]);
    let message = fixture.emit(&receiver.url()).await;
    let mut config = local();
    config.timeout = Duration::from_millis(200);
    let sender = fixture.send(config).await;
    let delivery = fixture.attempted(message, 1).await;
    sender.stop().await;

    assert_eq!(
        (delivery.status.as_str(), delivery.attempts),
        ("pending", 1)
    );
    let error = fixture.attempts(message).await.remove(0).error;
    assert_eq!(
        error.as_deref(),
        Some("the receiver did not answer in time")
    );
}

#[tokio::test]
async fn gone_parks_at_once() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::start().await;
    receiver.will_answer([Answer::Status(410)]);
    let message = fixture.emit(&receiver.url()).await;
    let sender = fixture.send(local()).await;
    let delivery = fixture.attempted(message, 1).await;
    sender.stop().await;

    assert_eq!(
        (delivery.status.as_str(), delivery.next_at),
        ("parked", None)
    );
    assert!(delivery.reason.unwrap().contains("410 Gone"));
}

#[tokio::test]
async fn without_a_secret_nothing_is_sent() {
    let fixture = Fixture::new().await;
    fixture
        .run("update account.webhook_secret set expires_at = now()")
        .await;
    let receiver = Receiver::start().await;
    let message = fixture.emit(&receiver.url()).await;
    let sender = fixture.send(local()).await;
    let delivery = fixture.attempted(message, 1).await;
    sender.stop().await;

    assert_eq!(delivery.status, "pending");
    assert!(receiver.received().is_empty());
}
