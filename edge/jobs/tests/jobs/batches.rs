//! Batches: their state, their archive, and who sees them.

use kiskadee_edge_testing::{Database, Who};
use kiskadee_jobs_api::bodies::{BatchList, BatchState, BatchStatus, JobState};
use serde_json::Value;

use crate::JOBS;

fn states(status: &BatchStatus) -> Vec<JobState> {
    status.items.iter().map(|item| item.status).collect()
}

#[tokio::test]
async fn a_batch_is_shown_from_its_beginning_to_its_archive() {
    let database = Database::create(JOBS).await;
    let batch = database.batch(Who::Ann, 3).await;
    let id = format!("'{batch}'");
    let status =
        async || -> BatchStatus { database.ask(Who::Ann, "batch_status", &id).await.body() };

    let queued = status().await;
    assert_eq!(
        (queued.status, queued.pending, queued.progress),
        (BatchState::Queued, 3, 0)
    );
    assert_eq!(states(&queued), [JobState::Queued; 3]);

    database.run("select queue.begin(array[c.job_id], array[c.token]) from queue.claim('00000000-0000-7000-8000-00000000000a', array['speech:kiskadee'], '{}', 1, 999, 1) c").await;
    let running = status().await;
    assert_eq!(running.status, BatchState::Processing);
    assert_eq!(running.items[0].attempts, 1);
    assert_eq!(
        states(&running),
        [JobState::Running, JobState::Queued, JobState::Queued]
    );

    database.run("select test.work('speech:kiskadee', 1, 'completed'), test.work('speech:kiskadee', 1, 'failed')").await;
    let partly = status().await;
    assert_eq!(
        (
            partly.completed,
            partly.failed,
            partly.pending,
            partly.progress
        ),
        (1, 1, 1, 66)
    );
    assert!(partly.items[1].audio_url.is_some() && partly.items[1].bytes == Some(1000));
    assert_eq!(
        partly.items[2].error.as_deref(),
        Some("the model said \"no\"")
    );
    assert_eq!(partly.items[2].attempts, 1);

    database.run("select queue.settle(worker_id, array[job_id], array[token], array['completed'], array['{}'::jsonb], array[null::text], array[null::int]) from queue.lease").await;
    assert_eq!(
        status().await.status,
        BatchState::Processing,
        "until the archive is there"
    );
    let early = database.ask(Who::Ann, "batch_download", &id).await;
    assert_eq!((early.status, early.retry_after), (409, Some(2)));

    database
        .run("select test.work('archive:zip', 1, 'completed')")
        .await;
    let ended = status().await;
    assert_eq!(
        (ended.status, ended.progress),
        (BatchState::CompletedWithErrors, 100)
    );
    assert!(ended.finished_at.is_some());
    let download: Value = database.ask(Who::Ann, "batch_download", &id).await.body();
    assert_eq!(download["filename"], format!("batch_{batch}.zip"));

    // Opened again, it has no archive until there is one with all that it holds then.
    database
        .run("select queue.redrive(job_id) from queue.dead")
        .await;
    let reopened = database.ask(Who::Ann, "batch_download", &id).await;
    assert_eq!(reopened.status, 409);
    database.drop().await;
}

#[tokio::test]
async fn only_the_owner_and_an_admin_see_a_batch() {
    let database = Database::create(JOBS).await;
    let id = format!("'{}'", database.batch(Who::Ann, 1).await);
    for function in ["batch_status", "batch_download", "batch_cancel"] {
        assert_eq!(
            database.ask(Who::Bob, function, &id).await.status,
            404,
            "{function}"
        );
    }
    assert_eq!(
        database.ask(Who::Root, "batch_status", &id).await.status,
        200
    );
    assert_eq!(database.count("queue.ready").await, 1);
    database.drop().await;
}

#[tokio::test]
async fn a_cancelled_batch_ends_and_says_so() {
    let database = Database::create(JOBS).await;
    let id = format!("'{}'", database.batch(Who::Ann, 2).await);
    let cancelled: BatchStatus = database.ask(Who::Ann, "batch_cancel", &id).await.body();
    assert_eq!(
        (cancelled.status, cancelled.cancelled),
        (BatchState::Cancelled, 2)
    );
    assert_eq!(states(&cancelled), [JobState::Cancelled; 2]);
    let again: BatchStatus = database.ask(Who::Ann, "batch_cancel", &id).await.body();
    assert_eq!(again.cancelled, 2);
    let download = database.ask(Who::Ann, "batch_download", &id).await;
    assert_eq!((download.status, download.retry_after), (409, None));
    database.drop().await;
}

#[tokio::test]
async fn items_stay_apart_from_other_batches_of_the_same_moment() {
    let database = Database::create(JOBS).await;
    database.run("begin").await;
    let mine = database.batch(Who::Ann, 5).await;
    database.batch(Who::Bob, 5).await;
    database
        .run("commit; select test.work('speech:kiskadee', 10, 'completed')")
        .await;
    let status: BatchStatus = database
        .ask(Who::Ann, "batch_status", &format!("'{mine}'"))
        .await
        .body();
    assert_eq!(states(&status), [JobState::Completed; 5]);
    assert_eq!(
        status
            .items
            .iter()
            .map(|item| item.index)
            .collect::<Vec<_>>(),
        [0, 1, 2, 3, 4]
    );
    database.drop().await;
}

#[tokio::test]
async fn batches_are_listed_by_status_in_pages() {
    let database = Database::create(JOBS).await;
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(format!("batch_{}", database.batch(Who::Ann, 1).await));
    }
    database.batch(Who::Bob, 1).await;
    database
        .run("select test.work('speech:kiskadee', 1, 'completed'), test.work('archive:zip', 1, 'completed')")
        .await;
    let list = async |who: Who, arguments: &str| -> BatchList {
        database.ask(who, "find_batches", arguments).await.body()
    };
    let ids = |list: &BatchList| -> Vec<String> {
        let items = list.items.iter();
        items.map(|batch| batch.batch_id.clone()).collect()
    };
    let first = list(Who::Ann, "2").await;
    assert_eq!(ids(&first), [made[2].clone(), made[1].clone()]);
    let cursor = first.next_cursor.expect("there is a second page");
    assert_eq!(cursor, made[1]);
    let before = format!("2, '{}'", cursor.trim_start_matches("batch_"));
    let second = list(Who::Ann, &before).await;
    assert_eq!(
        (ids(&second), second.next_cursor),
        (vec![made[0].clone()], None)
    );

    let completed = list(Who::Ann, "10, null, 'completed'").await;
    assert_eq!(ids(&completed), [made[0].clone()]);
    assert_eq!(completed.items[0].status, BatchState::Completed);
    assert!(completed.items[0].finished_at.is_some());
    assert_eq!(list(Who::Ann, "10, null, 'queued'").await.items.len(), 2);
    database
        .run("select queue.begin(array[c.job_id], array[c.token]) from queue.claim('00000000-0000-7000-8000-00000000000a', array['speech:kiskadee'], '{}', 1, 999, 1) c")
        .await;
    let processing = list(Who::Root, "10, null, 'processing'").await;
    assert_eq!(processing.items.len(), 1, "as soon as its first job runs");
    assert_eq!(processing.items[0].status, BatchState::Processing);
    assert_eq!(
        list(Who::Root, "10").await.items.len(),
        4,
        "an admin sees all"
    );
    // As edges of the release before ask.
    let before: BatchList = database.ask(Who::Ann, "list_batches", "10").await.body();
    assert_eq!(before.items.len(), 3);

    let created = "update queue.batch b set created_at = clock_timestamp() - interval '1 second' where id <> ";
    let created = format!("{created}'{}'", made[2].trim_start_matches("batch_"));
    database.run(&created).await;
    let time = "clock_timestamp() - interval '500 milliseconds'";
    let after = list(Who::Ann, &format!("10, null, null, {time}, null")).await;
    assert!(ids(&after).iter().all(|id| *id == made[2]));
    let until = list(Who::Ann, &format!("1, null, null, null, {time}")).await;
    assert_eq!(ids(&until), [made[1].clone()]);
    let next = until.next_cursor.expect("there is a second page");
    let next = next.trim_start_matches("batch_");
    let until = list(Who::Ann, &format!("1, '{next}', null, null, {time}")).await;
    assert_eq!(
        (ids(&until), until.next_cursor),
        (vec![made[0].clone()], None)
    );
    database.drop().await;
}
