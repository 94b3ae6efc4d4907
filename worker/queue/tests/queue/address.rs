//! The address of the database changes while a pool lives on it.

use kiskadee_queue::{ConnectOptions, DatabaseAddress, Doorbell, Queue, testing::TestDatabase};

fn as_role(url: &str, role: &str) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}options[role]={role}")
}

/// Whom several connections at once speak for.
async fn roles(queue: &Queue) -> Vec<String> {
    let mut connections = Vec::new();
    for _ in 0..3 {
        connections.push(queue.pool().acquire().await.unwrap());
    }
    let mut roles = Vec::new();
    for connection in &mut connections {
        let role = sqlx::query_scalar("select current_user::text");
        roles.push(role.fetch_one(&mut **connection).await.unwrap());
    }
    roles
}

#[tokio::test]
async fn every_connection_follows_an_address_with_which_one_can_log_in() {
    let database = TestDatabase::create().await;
    let address = DatabaseAddress::new(as_role(database.url(), "kiskadee_ops"));
    let queue = Queue::connect(&ConnectOptions::new(address.clone())).unwrap();
    assert_eq!(roles(&queue).await, ["kiskadee_ops"; 3]);

    let nobody = as_role(database.url(), "kiskadee_nobody_at_all");
    address.replace(&nobody).await.unwrap_err();
    address.replace("no address").await.unwrap_err();
    assert_eq!(roles(&queue).await, ["kiskadee_ops"; 3]);

    let mut lent = queue.pool().acquire().await.unwrap();
    address
        .replace(&as_role(database.url(), "kiskadee_worker"))
        .await
        .unwrap();
    assert_eq!(roles(&queue).await, ["kiskadee_worker"; 3]);
    let role = sqlx::query_scalar("select current_user::text");
    let role: String = role.fetch_one(&mut *lent).await.unwrap();
    assert_eq!(role, "kiskadee_ops", "what is lent is used to its end");
    drop(lent);
    assert_eq!(roles(&queue).await, ["kiskadee_worker"; 3]);
    Doorbell::listen(&address).await.unwrap();
}
