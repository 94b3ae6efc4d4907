//! Several messages, several senders, and their end.

use std::{collections::HashSet, time::Duration};

use uuid::Uuid;

use crate::{
    fixture::{Fixture, local},
    receiver::{Answer, Receiver},
};

#[tokio::test]
async fn two_senders_share_the_work_and_send_nothing_twice() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::start().await;
    let mut messages = Vec::new();
    for _ in 0..60 {
        messages.push(fixture.emit(&receiver.url()).await);
    }
    let senders = [fixture.send(local()).await, fixture.send(local()).await];
    for message in messages {
        assert_eq!(fixture.attempted(message, 1).await.status, "delivered");
    }
    for sender in senders {
        sender.stop().await;
    }
    let requests = receiver.received();
    let ids: HashSet<&str> = requests
        .iter()
        .map(|request| request.header("webhook-id"))
        .collect();
    assert_eq!((requests.len(), ids.len()), (60, 60));
}

/// A claim sees what was committed while it ran. What it takes of that must be sent, not held in vain until its lease is over.
#[tokio::test]
async fn a_message_that_comes_while_a_claim_runs_is_sent_at_once() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::start().await;
    let mut emitting = fixture.pool.begin().await.unwrap();
    let message = fixture.emit_in(&mut emitting, &receiver.url()).await;
    sqlx::query("lock table webhook.delivery in access exclusive mode")
        .execute(&mut *emitting)
        .await
        .unwrap();
    let sender = fixture.send(local()).await;
    while !fixture.awaits_lock().await {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    emitting.commit().await.unwrap();
    assert_eq!(fixture.attempted(message, 1).await.status, "delivered");
    sender.stop().await;
}

#[tokio::test]
async fn a_slow_host_does_not_hold_up_another() {
    let fixture = Fixture::new().await;
    let (slow, quick) = (Receiver::start().await, Receiver::start().await);
    slow.will_answer((0..5).map(|_| Answer::Never));
    for _ in 0..5 {
        fixture.emit(&slow.url()).await;
    }
    let message = fixture.emit(&quick.url()).await;
    let mut config = local();
    (config.concurrency, config.per_host, config.grace) = (3, 2, Duration::ZERO);
    let sender = fixture.send(config).await;
    assert_eq!(fixture.attempted(message, 1).await.status, "delivered");
    sender.stop().await;
    assert_eq!(slow.received().len(), 2);
}

#[tokio::test]
async fn a_sender_that_stops_lets_an_attempt_end() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::start().await;
    let messages: Vec<Uuid> = [fixture.emit(&receiver.url()).await].into();
    let sender = fixture.send(local()).await;
    while receiver.received().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    sender.stop().await;
    assert_eq!(fixture.delivery(messages[0]).await.status, "delivered");
}

#[tokio::test]
async fn what_does_not_end_within_the_grace_is_given_back_without_an_attempt() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::start().await;
    receiver.will_answer([Answer::Never]);
    let message = fixture.emit(&receiver.url()).await;
    let mut config = local();
    config.grace = Duration::from_millis(50);
    let sender = fixture.send(config).await;
    while receiver.received().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    sender.stop().await;

    let delivery = fixture.delivery(message).await;
    assert_eq!(
        (
            delivery.status.as_str(),
            delivery.attempts,
            delivery.lock_token
        ),
        ("pending", 0, None)
    );
    let sender = fixture.send(local()).await;
    assert_eq!(fixture.attempted(message, 1).await.status, "delivered");
    sender.stop().await;
}

#[tokio::test]
async fn an_attempt_of_a_lapsed_lease_counts_for_nothing() {
    let fixture = Fixture::new().await;
    let message = fixture.emit("https://hooks.example/").await;
    let claim = "select lock_token from webhook.claim_messages(10, 60000, 4, 4, '{}'::uuid[])";
    let first: i64 = sqlx::query_scalar(claim)
        .fetch_one(&fixture.pool)
        .await
        .unwrap();
    fixture.make_due(message).await;
    let second: i64 = sqlx::query_scalar(claim)
        .fetch_one(&fixture.pool)
        .await
        .unwrap();
    assert!(second > first);
    for (token, expected) in [(first, None), (second, Some("delivered")), (second, None)] {
        let status: Option<String> = sqlx::query_scalar(
            "select webhook.record_attempt($1, $2, 'delivered', 200, null, 5, null)",
        )
        .bind(message)
        .bind(token)
        .fetch_one(&fixture.pool)
        .await
        .unwrap();
        assert_eq!(status.as_deref(), expected);
    }
    assert_eq!(fixture.attempts(message).await.len(), 1);
}
