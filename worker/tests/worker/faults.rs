//! What happens to a worker from outside: its registration lapses, its lease is another's, its connections break, its
//! storage goes.

use std::time::Duration;

use sqlx::Connection as _;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::fleet::{Fleet, job};

#[tokio::test]
async fn a_worker_that_lapsed_drops_its_work_and_comes_back_as_another() {
    let fleet = Fleet::new().await;
    let worker = fleet.start();
    fleet.enqueue(&["slow 2500", "slow 2500"].map(job)).await;
    fleet.until_places(&[("lease", 2)]).await;
    let before = fleet.text("select id::text from queue.worker").await;
    fleet
        .execute("update queue.worker set expires_at = '-infinity'")
        .await;

    fleet.until_places(&[("completed", 2)]).await;
    let after = fleet
        .text("select id::text from queue.worker where expires_at > clock_timestamp()")
        .await;
    assert_ne!(before, after);
    assert_eq!(
        fleet.files().len(),
        2,
        "the attempts that were dropped stored nothing"
    );
    worker.drain().await.unwrap();
}

#[tokio::test]
async fn a_late_completion_is_refused_and_its_upload_deleted() {
    let fleet = Fleet::new().await;
    let worker = fleet.start();
    fleet.enqueue(&["slow 700"].map(job)).await;
    fleet.until_places(&[("lease", 1)]).await;
    // As after a stop past the lease: the job is another's now, under a larger token.
    fleet
        .execute("update queue.lease set token = nextval('queue.token'), worker_id = queue.uuid7()")
        .await;
    let patience = Instant::now() + Duration::from_secs(10);
    while fleet.count("select count(*) from queue.done").await == 0 {
        assert!(Instant::now() < patience, "the job was not done again");
        sleep(Duration::from_millis(50)).await;
    }
    worker.drain().await.unwrap();
    let named = fleet
        .text("select result ->> 'key' from queue.done")
        .await
        .unwrap();
    assert_eq!(fleet.files(), [named]);
}

#[tokio::test]
async fn broken_connections_cost_nothing_but_time() {
    let fleet = Fleet::new().await;
    let worker = fleet.start();
    let jobs: Vec<_> = (0..60).map(|_| job("slow 50")).collect();
    fleet.enqueue(&jobs).await;
    for _ in 0..5 {
        fleet
            .execute(
                "select pg_terminate_backend(pid) from pg_stat_activity
                 where datname = current_database() and application_name like 'kiskadee-%' and pid <> pg_backend_pid()",
            )
            .await;
        sleep(Duration::from_millis(200)).await;
    }
    let patience = Instant::now() + Duration::from_mins(1);
    while fleet
        .count("select count(*) from queue.done where outcome = 'completed'")
        .await
        < 60
    {
        assert!(
            Instant::now() < patience,
            "found {:?}",
            fleet.places().await
        );
        sleep(Duration::from_millis(100)).await;
    }
    worker.drain().await.unwrap();
}

#[tokio::test]
async fn nothing_is_claimed_or_counted_while_the_storage_is_away() {
    let fleet = Fleet::new().await;
    let worker = fleet.start();
    fleet.enqueue(&["slow 1000"].map(job)).await;
    fleet.until_places(&[("lease", 1)]).await;
    let results = fleet.directory.path().join("results");
    std::fs::write(&results, b"in the way").unwrap();
    fleet.until_places(&[("later", 1)]).await;
    assert_eq!(fleet.count("select count(*) from queue.failure").await, 0);

    std::fs::remove_file(&results).unwrap();
    fleet
        .execute("update queue.later set run_at = '-infinity'")
        .await;
    fleet.until_places(&[("completed", 1)]).await;
    worker.drain().await.unwrap();
}

#[tokio::test]
async fn two_workers_share_the_work_and_do_each_job_once() {
    let fleet = Fleet::new().await;
    let workers = [fleet.start(), fleet.start()];
    let jobs: Vec<_> = (0..200).map(|_| job("slow 5")).collect();
    fleet.enqueue(&jobs).await;
    fleet.until_places(&[("completed", 200)]).await;
    assert_eq!(fleet.files().len(), 200);
    for worker in workers {
        worker.drain().await.unwrap();
    }
}

#[tokio::test]
async fn a_database_that_is_away_for_longer_than_a_lease_fences_the_worker_off() {
    let fleet = Fleet::new().await;
    let worker = fleet.start();
    fleet.enqueue(&["slow 2000", "slow 2000"].map(job)).await;
    fleet.until_places(&[("lease", 2)]).await;
    let before = fleet.text("select id::text from queue.worker").await;

    let mut connection = sqlx::PgConnection::connect(fleet.url()).await.unwrap();
    let away = "update pg_database set datallowconn = false where datname = current_database();
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()";
    sqlx::raw_sql(away).execute(&mut connection).await.unwrap();
    sleep(Duration::from_secs(4)).await;
    let held: i64 = sqlx::query_scalar("select count(*) from queue.lease")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(held, 2, "nothing was settled meanwhile");
    let back = "update pg_database set datallowconn = true where datname = current_database()";
    sqlx::raw_sql(back).execute(&mut connection).await.unwrap();

    fleet.until_places(&[("completed", 2)]).await;
    let after = fleet
        .text("select id::text from queue.worker where expires_at > clock_timestamp()")
        .await;
    assert_ne!(before, after);
    assert_eq!(
        fleet.count("select count(*) from queue.failure").await,
        0,
        "it was nobody's crash"
    );
    worker.drain().await.unwrap();
}

#[tokio::test]
async fn the_jobs_of_a_dead_leader_wait_for_no_other_time_than_its_registration() {
    let fleet = Fleet::new().await;
    fleet.enqueue(&["a", "b"].map(job)).await;
    // Its lead would last for an hour, its registration for a moment.
    fleet
        .execute(
            "select queue.register_worker('00000000-0000-7000-8000-000000000001', '{}', 500);
             select queue.lead('00000000-0000-7000-8000-000000000001', 3600000);
             select queue.claim('00000000-0000-7000-8000-000000000001', '{speech:parrot}', '{}', 2, 1000, 0)",
        )
        .await;
    fleet.until_places(&[("lease", 2)]).await;

    let worker = fleet.start();
    fleet.until_places(&[("completed", 2)]).await;
    assert_eq!(
        fleet
            .count("select count(*) from queue.failure where kind = 'crash'")
            .await,
        2
    );
    worker.drain().await.unwrap();
}

#[tokio::test]
async fn what_a_claim_leased_whose_answer_was_lost_is_given_back() {
    let fleet = Fleet::new().await;
    // One thing is under way all the time, so the search must tell it from what was lost.
    let worker = fleet.start();
    let held = fleet.enqueue(&["hang"].map(job)).await;
    fleet.until_places(&[("lease", 1)]).await;

    // A claim of the worker waits, and its connection breaks; meanwhile it is carried out, and nobody hears the answer.
    let mut transaction = fleet.queue.pool().begin().await.unwrap();
    sqlx::raw_sql("lock table queue.pause in access exclusive mode")
        .execute(&mut *transaction)
        .await
        .unwrap();
    let lost = fleet.enqueue(&["a", "b", "c"].map(job)).await;
    until_a_claim_is_broken(&fleet).await;
    sqlx::raw_sql(
        "select queue.claim(w.id, '{speech:parrot}', '{}', 10, 1000, 0) from queue.worker w",
    )
    .execute(&mut *transaction)
    .await
    .unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(fleet.places().await.get("lease"), Some(&4));

    fleet.until_places(&[("lease", 1), ("completed", 3)]).await;
    let still: Uuid = sqlx::query_scalar("select job_id from queue.lease")
        .fetch_one(fleet.queue.pool())
        .await
        .unwrap();
    assert_eq!(still, held[0], "what it runs stays with it");
    let attempts = fleet
        .count("select max(attempts)::bigint from queue.done")
        .await;
    assert_eq!((lost.len(), attempts), (3, 1), "a lost claim burns none");
    fleet
        .execute("update queue.lease set cancel_requested = true")
        .await;
    fleet
        .until_places(&[("cancelled", 1), ("completed", 3)])
        .await;
    worker.drain().await.unwrap();
}

/// Waits for a claim that waits for a lock, and ends its connection.
async fn until_a_claim_is_broken(fleet: &Fleet) {
    let patience = Instant::now() + Duration::from_secs(20);
    while fleet
        .count(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity
             where datname = current_database() and wait_event_type = 'Lock' and query like '%queue.claim(%'",
        )
        .await
        == 0
    {
        assert!(Instant::now() < patience, "the worker claims nothing");
        sleep(Duration::from_millis(20)).await;
    }
}
