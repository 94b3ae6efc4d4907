//! What a caller has stored, and what follows when it is too much.

use kiskadee_edge_testing::{Answer, Database, SPEECH, Who};
use kiskadee_jobs_api::bodies::Usage;

use crate::JOBS;

async fn usage(database: &Database, who: Who) -> Usage {
    database.ask(who, "usage", "").await.body()
}

async fn speak(database: &Database, who: Who) -> Answer {
    let arguments = "test.items(1) -> 0, null, null, null, null";
    database
        .ask_by(SPEECH, who, "create_speech", arguments)
        .await
}

/// A database in which Ann has two results of 1000 bytes.
async fn with_results() -> Database {
    let database = Database::create(JOBS).await;
    for _ in 0..2 {
        database.speech(Who::Ann).await;
    }
    database
        .run("select test.work('speech:kiskadee', 2, 'completed'), storage.fold_results(10)")
        .await;
    database
}

#[tokio::test]
async fn results_and_files_are_told_to_their_owner() {
    let database = with_results().await;
    database
        .run(
            "insert into storage.object (key, family, owner, bytes)
             select 'recordings/x/audio', 'speech', id, 500 from account.\"user\" where username = 'ann'",
        )
        .await;
    let anns = usage(&database, Who::Ann).await;
    assert_eq!(
        (anns.result_bytes, anns.file_bytes, anns.stored_bytes),
        (2000, 500, 2500)
    );
    assert!(anns.quota_bytes.is_some());
    assert_eq!(usage(&database, Who::Bob).await.stored_bytes, 0);
    database.drop().await;
}

#[tokio::test]
async fn nothing_that_would_be_stored_is_taken_in_beyond_the_quota() {
    let database = with_results().await;
    database
        .run("update account.\"user\" set storage_quota = 2000")
        .await;
    let batch = "test.items(2), null, null, null, null";
    for (function, arguments) in [
        (
            "create_speech",
            "test.items(1) -> 0, null, null, null, null",
        ),
        ("create_batch", batch),
    ] {
        let answer = database.ask_by(SPEECH, Who::Ann, function, arguments).await;
        assert_eq!(
            (answer.status, answer.code.as_deref()),
            (429, Some("storage_full")),
            "{function}"
        );
    }
    assert_eq!(database.count("queue.job").await, 0);
    assert_eq!(speak(&database, Who::Bob).await.status, 202, "another's");
    for quota in ["2001", "null"] {
        let raise = format!("update account.\"user\" set storage_quota = {quota}");
        database.run(&raise).await;
        assert_eq!(speak(&database, Who::Ann).await.status, 202, "{quota}");
    }
    assert_eq!(usage(&database, Who::Ann).await.quota_bytes, None);
    database.drop().await;
}

#[tokio::test]
async fn a_count_that_was_spoilt_is_found_and_old_days_go() {
    let database = with_results().await;
    for spoil in [
        "update storage.result_bytes set bytes = 7",
        "update storage.result_bytes set day = day - 1",
        "insert into storage.result_delta select owner, day, 5 from storage.result_bytes",
    ] {
        database.run(spoil).await;
        database.run("select storage.recount_some()").await;
        database.run("select storage.fold_results(10)").await;
        assert_eq!(
            usage(&database, Who::Ann).await.result_bytes,
            2000,
            "{spoil}"
        );
    }
    database
        .run("update storage.result_bytes set day = day - 40; select storage.fold_results(10)")
        .await;
    assert_eq!(usage(&database, Who::Ann).await.result_bytes, 0);
    database.drop().await;
}

#[tokio::test]
async fn no_work_is_taken_in_while_no_worker_has_room_to_write() {
    let database = Database::create(JOBS).await;
    database
        .run("update queue.worker set storage_ok = false, load = '{\"storage\": {\"full\": true}}'")
        .await;
    let answer = speak(&database, Who::Ann).await;
    assert_eq!(
        (answer.status, answer.code.as_deref()),
        (503, Some("storage_full"))
    );
    assert!(answer.retry_after.is_some());
    database
        .run("select queue.register_worker(queue.uuid7(), '{\"engines\": [\"kiskadee\"]}', 60000)")
        .await;
    assert_eq!(speak(&database, Who::Ann).await.status, 202, "one has room");
    database
        .run("update queue.worker set storage_ok = false, load = '{}'")
        .await;
    let away = speak(&database, Who::Ann).await;
    assert_eq!(
        away.status, 202,
        "away is not full: work is kept until it is back"
    );
    database.drop().await;
}
