//! Work that goes as it should, or fails as it may.

use std::time::Duration;

use kiskadee_queue::testing::NewJob;
use tokio::time::{Instant, sleep};

use crate::fleet::{Fleet, job};

#[tokio::test]
async fn a_batch_is_spoken_packed_and_finished() {
    let fleet = Fleet::new().await;
    let worker = fleet.start();
    let texts = ["one", "two", "reject", "slow 100", "five"].map(job);
    fleet.enqueue_batch(&texts).await;
    fleet.until_places(&[("completed", 5), ("dead", 1)]).await;

    let status = fleet.text("select status from queue.batch_progress").await;
    assert_eq!(status.as_deref(), Some("completed_with_errors"));
    let reason = fleet.text("select reason from queue.dead").await;
    assert_eq!(reason.as_deref(), Some("it cannot be said"));
    let mut named: Vec<String> =
        sqlx::query_scalar("select result ->> 'key' from queue.done order by 1")
            .fetch_all(fleet.queue.pool())
            .await
            .unwrap();
    let mut stored = fleet.files();
    stored.sort();
    named.sort();
    assert_eq!(
        stored, named,
        "every accepted result is stored, and nothing else"
    );

    worker.drain().await.unwrap();
    assert_eq!(
        fleet.count("select count(*) from queue.worker").await,
        0,
        "it has signed off"
    );
    let spoken = fleet.count(
        "select coalesce(sum((select sum(c) from unnest(counts) c)), 0)::bigint from telemetry.current
         where name = 'audio_generation_duration_seconds' and labels ->> 'engine' = 'parrot'",
    );
    assert_eq!(spoken.await, 4);
}

#[tokio::test]
async fn what_the_worker_can_do_is_known_before_its_first_job() {
    let fleet = Fleet::new().await;
    let worker = fleet.start();
    let patience = Instant::now() + Duration::from_secs(10);
    let known = "select count(*) from speech.voice v join speech.engine e on e.name = v.engine, queue.throughput t
                 where v.id = 'parrot-polly' and t.batch_key = 'speech:parrot' and t.cost_per_second > 0";
    while fleet.count(known).await == 0 {
        assert!(Instant::now() < patience, "nothing was announced");
        sleep(Duration::from_millis(20)).await;
    }
    worker.drain().await.unwrap();
}

#[tokio::test]
async fn a_panic_is_the_failure_of_its_job_alone() {
    let fleet = Fleet::new().await;
    let worker = fleet.start();
    let last = |text| NewJob {
        max_attempts: Some(1),
        ..job(text)
    };
    fleet
        .enqueue(&[last("one"), last("panic"), last("three"), last("retry")])
        .await;
    fleet.until_places(&[("completed", 2), ("dead", 2)]).await;

    // A panic that takes the whole batch with it is an error of each, and the worker goes on.
    fleet.enqueue(&[last("panic at once")]).await;
    fleet.until_places(&[("completed", 2), ("dead", 3)]).await;
    fleet.enqueue(&[job("four")]).await;
    fleet.until_places(&[("completed", 3), ("dead", 3)]).await;
    assert_eq!(
        fleet
            .count("select count(*) from queue.failure where kind = 'error'")
            .await,
        3
    );
    worker.drain().await.unwrap();
}

#[tokio::test]
async fn a_running_job_heeds_a_cancellation_and_its_deadline() {
    let fleet = Fleet::new().await;
    let worker = fleet.start();
    let overrunning = NewJob {
        timeout_s: Some(1),
        max_attempts: Some(1),
        ..job("hang")
    };
    fleet.enqueue(&[overrunning, job("hang")]).await;
    fleet.until_places(&[("lease", 1), ("dead", 1)]).await;
    let reason = fleet.text("select reason from queue.dead").await;
    assert_eq!(
        reason.as_deref(),
        Some("the job ran past its deadline of 1 s")
    );

    fleet
        .execute("select queue.cancel_job(l.owner, l.job_id) from queue.lease l")
        .await;
    fleet.until_places(&[("cancelled", 1), ("dead", 1)]).await;
    worker.drain().await.unwrap();
}

#[tokio::test]
async fn a_job_that_must_run_alone_does() {
    let fleet = Fleet::new().await;
    let ids = fleet
        .enqueue(&["slow 300", "slow 300", "slow 300"].map(job))
        .await;
    sqlx::query("update queue.ready set isolate = true where job_id = $1")
        .bind(ids[1])
        .execute(fleet.queue.pool())
        .await
        .unwrap();
    let worker = fleet.start();
    fleet.until_places(&[("completed", 3)]).await;
    // Attempts overlap where one began before the other was over; the lone one waits in line, so its end tells.
    let alone: i64 = sqlx::query_scalar(
        "select count(*) from queue.done lone, queue.done other where lone.job_id = $1 and other.job_id <> $1
           and abs(extract(epoch from other.finished_at - lone.finished_at)) < 0.25",
    )
    .bind(ids[1])
    .fetch_one(fleet.queue.pool())
    .await
    .unwrap();
    assert_eq!(alone, 0, "something ran beside it");
    worker.drain().await.unwrap();
}

#[tokio::test]
async fn a_drain_lets_jobs_end_and_gives_back_the_rest() {
    let fleet = Fleet::new().await;
    let worker = fleet.start();
    fleet
        .enqueue(&["slow 1000", "hang", "hang", "hang", "hang"].map(job))
        .await;
    fleet.until_places(&[("lease", 5)]).await;
    let begun = Instant::now();
    worker.drain().await.unwrap();
    assert!(
        begun.elapsed() < Duration::from_secs(7),
        "it took {:?}",
        begun.elapsed()
    );
    fleet.until_places(&[("completed", 1), ("ready", 4)]).await;
    assert_eq!(
        fleet.count("select count(*) from queue.failure").await,
        0,
        "no attempt is burned"
    );
}

#[tokio::test]
async fn a_poisoned_process_ends_and_the_job_is_tried_elsewhere() {
    let fleet = Fleet::new().await;
    let worker = fleet.start();
    fleet.enqueue(&[job("fatal")]).await;
    let ended = worker.ended.await.unwrap();
    assert!(
        ended
            .unwrap_err()
            .to_string()
            .contains("the device is poisoned")
    );
    fleet.until_places(&[("later", 1)]).await;
}
