//! Connections to the database that go dark in the middle of the sender's statements.

use std::{sync::Arc, time::Duration};

use kiskadee_queue::{ConnectOptions, Queue, testing::dark::DarkWay};
use kiskadee_webhook::SystemResolver;

use crate::{
    fixture::{Fixture, local, start},
    receiver::Receiver,
};

#[tokio::test]
async fn webhooks_go_out_though_connections_go_dark() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::start().await;
    let way = DarkWay::to(fixture.url()).await.unwrap();
    way.swallow(&["webhook.claim_traced(", "webhook.record_attempt("]);
    let queue = Queue::connect(&ConnectOptions {
        answer_within: Duration::from_millis(300),
        max_connections: 2,
        ..ConnectOptions::new(way.url())
    });
    let message = fixture.emit(&receiver.url()).await;
    let sender = start(queue.unwrap(), local(), Arc::new(SystemResolver));
    let dark = async {
        while !way.awaited().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let dark = tokio::time::timeout(Duration::from_mins(1), dark).await;
    assert!(dark.is_ok(), "never made: {:?}", way.awaited());
    // The record was lost, so it is sent again when its lease is over.
    fixture.make_due(message).await;
    assert_eq!(fixture.attempted(message, 1).await.status, "delivered");
    sender.stop().await;
}
