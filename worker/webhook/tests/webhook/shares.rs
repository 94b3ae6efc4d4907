//! What each owner and each host gets of a sender's attempts.

use std::{collections::HashSet, io, net::IpAddr, sync::Arc, time::Duration};

use futures::{FutureExt as _, future::BoxFuture};
use kiskadee_webhook::HostResolver;
use uuid::Uuid;

use crate::{
    fixture::{Fixture, local},
    receiver::Receiver,
};

/// Names that are never resolved: each is a slow host of its own.
struct Slow;

impl HostResolver for Slow {
    fn resolve(&self, _: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        std::future::pending().boxed()
    }
}

async fn claim(fixture: &Fixture, limit: i32, held: &[Uuid]) -> Vec<Uuid> {
    let claim = "select message_id from webhook.claim_messages($1, 60000, 8, 32, $2)";
    let claim = sqlx::query_scalar(claim).bind(limit).bind(held);
    claim.fetch_all(&fixture.pool).await.unwrap()
}

#[tokio::test]
async fn thousands_of_messages_of_one_owner_do_not_hide_anothers() {
    let fixture = Fixture::new().await;
    sqlx::query(
        "select webhook.emit($1, 'e', 'https://h' || n || '.example/', '{}') from generate_series(1, 5000) n",
    )
    .bind(fixture.owner)
    .execute(&fixture.pool)
    .await
    .unwrap();
    let other = fixture.add_user("ben").await;
    let message = fixture.emit_for(other, "https://last.example/").await;
    let first = claim(&fixture, 32, &[]).await;
    assert_eq!(first.len(), 32);
    assert!(first.contains(&message));
    let second = claim(&fixture, 32, &first).await;
    assert_eq!(second.len(), 1, "the owner of many has 32 at once");
    assert!(
        claim(&fixture, 32, &[first, second].concat())
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn owners_take_turns_at_one_host() {
    let fixture = Fixture::new().await;
    for _ in 0..20 {
        fixture.emit("https://shared.example/a").await;
    }
    let other = fixture.add_user("ben").await;
    let message = fixture.emit_for(other, "https://shared.example/b").await;
    let claimed = claim(&fixture, 32, &[]).await;
    assert_eq!(claimed.len(), 8, "no more go to one host");
    assert!(claimed.contains(&message));
}

#[tokio::test]
async fn every_owner_of_many_has_a_turn() {
    let fixture = Fixture::new().await;
    let mut messages = HashSet::new();
    for n in 0..40 {
        let owner = fixture.add_user(&format!("user{n}")).await;
        messages.insert(
            fixture
                .emit_for(owner, &format!("https://h{n}.example/"))
                .await,
        );
    }
    let first = claim(&fixture, 32, &[]).await;
    let second = claim(&fixture, 32, &first).await;
    let claimed: HashSet<Uuid> = [first, second].concat().into_iter().collect();
    assert_eq!(claimed, messages);
}

#[tokio::test]
async fn slow_hosts_of_one_owner_do_not_hold_up_another_owner() {
    let fixture = Fixture::new().await;
    let quick = Receiver::start().await;
    for n in 0..40 {
        fixture.emit(&format!("http://slow{n}.example/")).await;
    }
    let mut config = local();
    (config.concurrency, config.per_owner) = (8, 6);
    (config.timeout, config.grace) = (Duration::from_mins(1), Duration::ZERO);
    let sender = fixture.send_resolving(config, Arc::new(Slow)).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let other = fixture.add_user("ben").await;
    let message = fixture.emit_for(other, &quick.url()).await;
    // Without a secret there is nothing to sign with, which is an attempt as well.
    let delivery = fixture.attempted(message, 1).await;
    assert!(delivery.reason.is_none());
    sender.stop().await;
}
