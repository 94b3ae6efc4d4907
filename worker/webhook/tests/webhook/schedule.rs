//! When a message is tried again, and when it is given up.

use time::{Duration, OffsetDateTime};

use crate::{
    fixture::{Delivery, Fixture, local},
    receiver::{Answer, Receiver},
};

const WAITS_S: [i64; 9] = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];

fn wait_of(delivery: &Delivery) -> Duration {
    delivery.next_at.unwrap() - OffsetDateTime::now_utc()
}

#[tokio::test]
async fn after_ten_attempts_over_three_days_a_message_is_parked() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::start().await;
    receiver.will_answer((0..10).map(|_| Answer::Status(503)));
    let message = fixture.emit(&receiver.url()).await;
    let sender = fixture.send(local()).await;
    for (made, wait_s) in WAITS_S.iter().enumerate() {
        let delivery = fixture.attempted(message, made + 1).await;
        assert_eq!(
            (delivery.status.as_str(), delivery.attempts as usize),
            ("pending", made + 1)
        );
        let wait = wait_of(&delivery).as_seconds_f64();
        let expected = *wait_s as f64;
        assert!(
            (expected * 0.9 - 2.0..expected * 1.1).contains(&wait),
            "{wait} after attempt {}",
            made + 1
        );
        fixture.make_due(message).await;
    }
    let delivery = fixture.attempted(message, 10).await;
    sender.stop().await;

    assert!(WAITS_S.iter().sum::<i64>() > 3 * 86_400);
    assert_eq!(
        (delivery.status.as_str(), delivery.next_at),
        ("parked", None)
    );
    assert_eq!(
        delivery.reason.as_deref(),
        Some("the receiver answered 503 Service Unavailable")
    );
    assert_eq!(receiver.received().len(), 10);
}

#[tokio::test]
async fn a_receiver_may_ask_for_more_time_but_not_for_less_or_for_ever() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::start().await;
    receiver.will_answer(
        ["600", "1", "99999999"].map(|wait| Answer::With(429, "retry-after", wait.to_owned())),
    );
    let message = fixture.emit(&receiver.url()).await;
    let sender = fixture.send(local()).await;
    // The schedule has 5 s, 5 min and 30 min here.
    for (made, expected_s) in [600, 300, 86_400].into_iter().enumerate() {
        let wait = wait_of(&fixture.attempted(message, made + 1).await).whole_seconds();
        assert!(
            (expected_s * 9 / 10 - 2..=expected_s * 11 / 10).contains(&wait),
            "{wait}"
        );
        fixture.make_due(message).await;
    }
    fixture.attempted(message, 4).await;
    sender.stop().await;
}

#[tokio::test]
async fn old_settled_messages_are_swept_and_pending_ones_stay() {
    let fixture = Fixture::new().await;
    fixture
        .run(
            "insert into webhook.message (id, owner, event, url, payload)
             select queue.uuid7(now() - interval '40 days'), '00000000-0000-0000-0000-000000000001', 'e', 'u', '{}'
             from generate_series(1, 2)",
        )
        .await;
    fixture
        .run(
            "insert into webhook.delivery (message_id, owner, host, status, next_at, finished_at)
             select id, owner, 'h', s.status, s.next_at, s.finished_at
             from (select id, owner, row_number() over (order by id) as place from webhook.message) m
             join (values (1, 'delivered', null::timestamptz, now() - interval '39 days'), (2, 'pending', now(), null))
               as s(place, status, next_at, finished_at) on s.place = m.place",
        )
        .await;
    let swept: i32 = sqlx::query_scalar("select webhook.sweep(interval '30 days', 100)")
        .fetch_one(&fixture.pool)
        .await
        .unwrap();
    let left: Vec<String> = sqlx::query_scalar("select status from webhook.delivery")
        .fetch_all(&fixture.pool)
        .await
        .unwrap();
    assert_eq!((swept, left), (1, vec!["pending".to_owned()]));
}
