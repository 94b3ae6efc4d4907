//! Where claims begin, and what an owner has queued in all of its lanes.

use std::time::Duration;

use kiskadee_queue::{
    Claimed,
    testing::{NewJob, TestDatabase, enqueue},
};
use serde_json::json;
use uuid::Uuid;

use crate::claims::{CAP, LANE, claim, count, execute, register};

#[tokio::test]
async fn the_cap_of_an_owner_holds_for_all_of_its_lanes_together() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let (owner, cap) = (Uuid::now_v7(), 1000);
    let batch = vec![NewJob::speech(LANE, 100); 10];
    enqueue(&queue, owner, cap, &batch).await.unwrap();
    let urgent = NewJob {
        priority: 0,
        ..NewJob::speech(LANE, 100)
    };
    let elsewhere = NewJob::speech("speech:another", 100);
    for job in [&urgent, &elsewhere] {
        let refused = enqueue(&queue, owner, cap, std::slice::from_ref(job)).await;
        assert!(refused.is_err(), "{job:?}");
        enqueue(&queue, Uuid::now_v7(), cap, std::slice::from_ref(job))
            .await
            .unwrap();
    }
    let worker = register(&queue).await;
    while !claim(&queue, worker, 10).await.is_empty() {}
    enqueue(&queue, owner, cap, &[urgent, elsewhere])
        .await
        .unwrap();
}

#[tokio::test]
async fn what_was_committed_behind_the_last_claims_is_found_and_stays_in_sight() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let worker = register(&queue).await;
    let crowd = vec![NewJob::speech(LANE, 100); 80];
    enqueue(&queue, Uuid::now_v7(), CAP, &crowd).await.unwrap();
    let mut slow = queue.pool().begin().await.unwrap();
    sqlx::raw_sql(
        "select queue.enqueue(queue.uuid7(), 1, 1000000, array(select jsonb_populate_record(null::queue.new_job,
           '{\"kind\": \"speech\", \"batch_key\": \"speech:kiskadee\", \"priority\": 1, \"cost\": 1, \"args\": {\"late\": true}}')
         from generate_series(1, 20)))",
    )
    .execute(&mut *slow)
    .await
    .unwrap();
    for _ in 0..4 {
        assert_eq!(claim(&queue, worker, 8).await.len(), 8);
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    slow.commit().await.unwrap();
    let is_late = |job: &Claimed| job.args == json!({"late": true});
    assert!(!claim(&queue, worker, 8).await.iter().any(is_late));
    execute(
        &queue,
        "update queue.watermark set moved_at = now() - interval '2 s'",
    )
    .await;
    for jobs in [8, 8, 4] {
        let claimed = claim(&queue, worker, 8).await;
        assert_eq!(claimed.iter().filter(|job| is_late(job)).count(), jobs);
    }
}

#[tokio::test]
async fn notes_of_heads_are_forgotten_but_for_the_last() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let worker = register(&queue).await;
    let jobs = vec![NewJob::speech(LANE, 100); 30];
    enqueue(&queue, Uuid::now_v7(), CAP, &jobs).await.unwrap();
    for _ in 0..3 {
        claim(&queue, worker, 8).await;
        execute(
            &queue,
            "update queue.head set at = now() - interval '1 minute'",
        )
        .await;
    }
    assert_eq!(count(&queue, "select count(*) from queue.head").await, 3);
    queue.lower_watermarks().await.unwrap();
    let last = "select count(*) from queue.head where n = (select max(n) from queue.head)";
    assert_eq!(count(&queue, last).await, 1);
    assert_eq!(count(&queue, "select count(*) from queue.head").await, 1);
}
