//! What happens to a worker from outside: its registration lapses, its lease is another's, its connections break, its
//! storage goes.

use std::time::Duration;

use sqlx::Connection as _;
use tokio::time::{Instant, sleep};

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
