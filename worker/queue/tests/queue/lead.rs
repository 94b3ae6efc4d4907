//! One worker leads, for no longer than it is registered, and the others know when to ask again.

use std::time::Duration;

use kiskadee_queue::{Lead, Queue, testing::TestDatabase};
use serde_json::json;
use tokio::task::JoinSet;
use uuid::Uuid;

const LONG: Duration = Duration::from_mins(10);
const SHORT: Duration = Duration::from_mins(1);

async fn register(queue: &Queue, ttl: Duration) -> Uuid {
    let worker = Uuid::now_v7();
    queue.register(worker, &json!({}), ttl).await.unwrap();
    worker
}

async fn free_in(queue: &Queue, worker: Uuid) -> Duration {
    match queue.lead(worker, LONG).await.unwrap() {
        Lead::Own => Duration::ZERO,
        Lead::Other { free_in } => free_in,
    }
}

#[tokio::test]
async fn a_lead_lasts_as_long_as_it_was_asked_for() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let (first, second) = (register(&queue, LONG).await, register(&queue, LONG).await);
    assert_eq!(queue.lead(first, SHORT).await.unwrap(), Lead::Own);
    let wait = free_in(&queue, second).await;
    assert!(wait > Duration::ZERO && wait <= SHORT, "{wait:?}");

    assert_eq!(queue.lead(first, Duration::ZERO).await.unwrap(), Lead::Own);
    assert_eq!(queue.lead(second, SHORT).await.unwrap(), Lead::Own);
    assert_ne!(free_in(&queue, first).await, Duration::ZERO);
}

#[tokio::test]
async fn a_lead_ends_with_the_registration() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let (first, second) = (register(&queue, SHORT).await, register(&queue, LONG).await);
    assert_eq!(queue.lead(first, LONG).await.unwrap(), Lead::Own);
    let wait = free_in(&queue, second).await;
    assert!(wait > Duration::ZERO && wait <= SHORT, "{wait:?}");

    let lapse = "update queue.worker set expires_at = clock_timestamp() where id = $1";
    sqlx::query(lapse)
        .bind(first)
        .execute(queue.pool())
        .await
        .unwrap();
    assert_eq!(queue.lead(second, LONG).await.unwrap(), Lead::Own);
    queue.retire(second).await.unwrap();
    let third = register(&queue, LONG).await;
    assert_eq!(queue.lead(third, LONG).await.unwrap(), Lead::Own);
}

#[tokio::test]
async fn of_many_who_ask_at_once_one_leads() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let mut asking = JoinSet::new();
    for _ in 0..8 {
        let worker = register(&queue, LONG).await;
        let queue = queue.clone();
        asking.spawn(async move { queue.lead(worker, LONG).await.unwrap() });
    }
    let answers = asking.join_all().await;
    let own = answers.iter().filter(|answer| **answer == Lead::Own);
    assert_eq!(own.count(), 1, "{answers:?}");
}
