//! What an owner sees of its deliveries, and the replay.

use serde_json::Value;
use uuid::Uuid;

use crate::{
    fixture::{Fixture, local},
    receiver::{Answer, Receiver},
};

const GET: &str = "select a.status, a.body, a.code
  from api.get_delivery(row($1, now(), null, 0)::api.credentials, $2) a";
const REPLAY: &str = "select a.status, a.body, a.code
  from api.replay_delivery(row($1, now(), null, 0)::api.credentials, $2) a";
const FIRST_PAGE: &str = "select a.status, a.body, a.code
  from api.list_deliveries(row($1, now(), null, 0)::api.credentials, null, 2, null) a where $2 is not null";
const SECOND_PAGE: &str = "select a.status, a.body, a.code
  from api.list_deliveries(row($1, now(), null, 0)::api.credentials, null, 2, 'msg_' || replace(($2::uuid)::text, '-', '')) a";
const PARKED: &str = "select a.status, a.body, a.code
  from api.list_deliveries(row($1, now(), null, 0)::api.credentials, 'parked', 20, null) a where $2 is not null";
const BAD_STATUS: &str = "select a.status, a.body, a.code
  from api.list_deliveries(row($1, now(), null, 0)::api.credentials, 'lost', 20, null) a where $2 is not null";

fn ids(page: &Value) -> Vec<&str> {
    page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["id"].as_str().unwrap())
        .collect()
}

fn wire(message: Uuid) -> String {
    format!("msg_{}", message.simple())
}

#[tokio::test]
async fn a_parked_message_can_be_replayed_and_a_pending_one_cannot() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::start().await;
    receiver.will_answer([Answer::Status(410)]);
    let message = fixture.emit(&receiver.url()).await;
    let (status, _, code) = fixture.call(fixture.owner, REPLAY, message).await;
    assert_eq!((status, code.as_deref()), (409, Some("conflict")));

    let sender = fixture.send(local()).await;
    assert_eq!(fixture.attempted(message, 1).await.status, "parked");
    let (status, body, _) = fixture.call(fixture.owner, REPLAY, message).await;
    assert_eq!((status, &body["status"]), (202, &Value::from("pending")));
    let delivery = fixture.attempted(message, 2).await;
    sender.stop().await;
    assert_eq!(
        (delivery.status.as_str(), delivery.attempts),
        ("delivered", 1)
    );

    let (status, body, _) = fixture.call(fixture.owner, GET, message).await;
    assert_eq!(
        (status, body["id"].as_str()),
        (200, Some(wire(message).as_str()))
    );
    let codes: Vec<_> = body["attempt_log"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a["status_code"].clone())
        .collect();
    assert_eq!(codes, [410, 200]);
    assert_eq!(body["payload"]["type"], "job.completed");
    let [first, second] = receiver.received().try_into().ok().unwrap();
    assert_eq!(first.header("webhook-id"), second.header("webhook-id"));
}

#[tokio::test]
async fn a_stranger_finds_nothing_and_an_admin_everything() {
    let fixture = Fixture::new().await;
    let message = fixture.emit("https://hooks.example/").await;
    let stranger = fixture.add_user("eve").await;
    for function in [GET, REPLAY] {
        let (status, _, code) = fixture.call(stranger, function, message).await;
        assert_eq!((status, code.as_deref()), (404, Some("not_found")));
    }
    let (_, page, _) = fixture.call(stranger, FIRST_PAGE, message).await;
    assert!(ids(&page).is_empty());
    fixture
        .run("update account.\"user\" set role = 'admin' where username = 'eve'")
        .await;
    let (status, ..) = fixture.call(stranger, GET, message).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn deliveries_are_listed_newest_first_in_pages() {
    let fixture = Fixture::new().await;
    let mut messages = Vec::new();
    for _ in 0..3 {
        messages.push(fixture.emit("https://hooks.example/").await);
    }
    messages.sort_unstable();
    let (_, page, _) = fixture.call(fixture.owner, FIRST_PAGE, messages[0]).await;
    assert_eq!(ids(&page), [wire(messages[2]), wire(messages[1])]);
    assert_eq!(page["next_cursor"], wire(messages[1]));
    let (_, page, _) = fixture.call(fixture.owner, SECOND_PAGE, messages[1]).await;
    assert_eq!(ids(&page), [wire(messages[0])]);
    assert_eq!(page["next_cursor"], Value::Null);

    let (_, page, _) = fixture.call(fixture.owner, PARKED, messages[0]).await;
    assert!(ids(&page).is_empty());
    let (status, _, code) = fixture.call(fixture.owner, BAD_STATUS, messages[0]).await;
    assert_eq!((status, code.as_deref()), (422, Some("validation")));
}
