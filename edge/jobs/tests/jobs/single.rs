//! Single jobs: every state, cancelling, pages and events.

use kiskadee_edge_testing::{Database, Who};
use kiskadee_jobs_api::bodies::{Job, JobList, JobState};
use serde_json::Value;

use crate::JOBS;

/// A job of a single text, as an argument of a function.
async fn speech(database: &Database, who: Who) -> String {
    format!("'{}'", database.speech(who).await)
}

#[tokio::test]
async fn a_job_is_shown_in_every_state() {
    let database = Database::create(JOBS).await;
    let id = speech(&database, Who::Ann).await;
    let show = async || -> Job { database.ask(Who::Ann, "get_job", &id).await.body() };
    let queued = show().await;
    assert_eq!(
        (queued.status, queued.attempts, queued.kind.as_str()),
        (JobState::Queued, 0, "speech")
    );

    database
        .run("select test.work('speech:kiskadee', 1, 'error')")
        .await;
    assert_eq!(
        (show().await.status, show().await.attempts),
        (JobState::Queued, 1)
    );

    database.run("update queue.later set run_at = now(); select queue.promote(10); select test.work('speech:kiskadee', 1, 'completed')").await;
    let completed = show().await;
    assert_eq!(
        (completed.status, completed.progress, completed.attempts),
        (JobState::Completed, 100, 2)
    );
    let result = completed.result.expect("it has a result");
    assert_eq!(
        result["audio_url"],
        format!("/api/v1/jobs/{}/audio", completed.job_id)
    );
    assert!(result.get("key").is_none(), "{result}");
    assert!(completed.error.is_none() && completed.finished_at.is_some());
    database.drop().await;
}

#[tokio::test]
async fn a_failed_job_says_why() {
    let database = Database::create(JOBS).await;
    let id = speech(&database, Who::Ann).await;
    database
        .run("select test.work('speech:kiskadee', 1, 'failed')")
        .await;
    let job: Job = database.ask(Who::Ann, "get_job", &id).await.body();
    let error = job.error.expect("it has an error");
    assert_eq!(
        (job.status, error.attempts, error.message.as_str()),
        (JobState::Failed, 1, "the model said \"no\"")
    );
    assert_eq!(database.ask(Who::Ann, "job_audio", &id).await.status, 409);
    database.drop().await;
}

#[tokio::test]
async fn audio_is_there_once_the_job_is_done() {
    let database = Database::create(JOBS).await;
    let id = speech(&database, Who::Ann).await;
    let early = database.ask(Who::Ann, "job_audio", &id).await;
    assert_eq!((early.status, early.retry_after), (409, Some(1)));
    database
        .run("select test.work('speech:kiskadee', 1, 'completed')")
        .await;
    let object: Value = database.ask(Who::Ann, "job_audio", &id).await.body();
    assert!(
        object["key"]
            .as_str()
            .is_some_and(|key| key.starts_with("results/"))
    );
    assert_eq!(object["content_type"], "audio/wav");
    assert_eq!(database.ask(Who::Bob, "job_audio", &id).await.status, 404);
    database.drop().await;
}

#[tokio::test]
async fn a_job_is_cancelled_once_and_not_too_late() {
    let database = Database::create(JOBS).await;
    let waiting = speech(&database, Who::Ann).await;
    assert_eq!(
        database.ask(Who::Bob, "cancel_job", &waiting).await.status,
        404
    );
    for _ in 0..2 {
        let job: Job = database.ask(Who::Ann, "cancel_job", &waiting).await.body();
        assert_eq!(job.status, JobState::Cancelled);
    }
    let done = speech(&database, Who::Ann).await;
    database
        .run("select test.work('speech:kiskadee', 1, 'completed')")
        .await;
    assert_eq!(
        database.ask(Who::Ann, "cancel_job", &done).await.status,
        409
    );
    database.drop().await;
}

#[tokio::test]
async fn pages_hold_every_job_once_the_newest_first() {
    let database = Database::create(JOBS).await;
    database.batch(Who::Ann, 7).await;
    database.batch(Who::Bob, 2).await;
    database.run("select test.work('speech:kiskadee', 3, 'completed'), test.work('speech:kiskadee', 1, 'failed')").await;
    let (mut seen, mut before) = (Vec::new(), "null".to_owned());
    loop {
        let page: JobList = database
            .ask(Who::Ann, "list_jobs", &format!("2, {before}"))
            .await
            .body();
        assert!(page.items.len() <= 2);
        seen.extend(page.items.into_iter().map(|job| job.job_id));
        let Some(cursor) = page.next_cursor else {
            break;
        };
        before = format!("'{}'", cursor.trim_start_matches("job_"));
    }
    assert_eq!(seen.len(), 7);
    assert!(seen.is_sorted_by(|newer, older| newer > older));
    let all: JobList = database.ask(Who::Root, "list_jobs", "100").await.body();
    assert_eq!(all.items.len(), 9, "an admin sees everybody's");
    database.drop().await;
}

#[tokio::test]
async fn packing_an_archive_is_not_shown_as_a_job() {
    let database = Database::create(JOBS).await;
    database.batch(Who::Ann, 1).await;
    database
        .run("select test.work('speech:kiskadee', 1, 'completed')")
        .await;
    let archive = database
        .text("select id::text from queue.job where kind = 'archive'")
        .await;
    assert_eq!(
        database
            .ask(Who::Ann, "get_job", &format!("'{archive}'"))
            .await
            .status,
        404
    );
    let list: JobList = database.ask(Who::Ann, "list_jobs", "10").await.body();
    assert_eq!(list.items.len(), 1);
    database.drop().await;
}

#[tokio::test]
async fn events_tell_the_failures_after_a_token() {
    let database = Database::create(JOBS).await;
    let id = speech(&database, Who::Ann).await;
    database
        .run("select test.work('speech:kiskadee', 1, 'error')")
        .await;
    let first: Value = database.ask(Who::Ann, "job_events", &id).await.body();
    assert_eq!(first["failures"][0]["message"], "the model said \"no\"");
    assert_eq!(first["job"]["status"], "queued");
    let token = first["failures"][0]["token"]
        .as_i64()
        .expect("a failure has a token");
    let second: Value = database
        .ask(Who::Ann, "job_events", &format!("{id}, {token}, true"))
        .await
        .body();
    assert_eq!(second["failures"].as_array().map(Vec::len), Some(0));
    database.drop().await;
}

/// Streams that wait long look only where the mark is another.
#[tokio::test]
async fn a_mark_changes_with_all_that_events_tell() {
    let database = Database::create(JOBS).await;
    let (watched, other) = (
        database.speech(Who::Ann).await,
        database.speech(Who::Bob).await,
    );
    let ask = format!(
        r#"select api.job_marks('["{watched}", "{other}", "00000000-0000-7000-8000-0000000000ff"]')"#
    );
    let marks = async || -> Vec<i64> {
        database.run(&format!("set role {JOBS}")).await;
        let text = database.text(&ask).await;
        database.run("reset role").await;
        serde_json::from_str(&text).expect("numbers")
    };
    let mut seen = marks().await;
    assert_eq!(marks().await, seen, "nothing happened");
    let worker = "00000000-0000-7000-8000-00000000000a";
    for step in [
        format!("select queue.claim('{worker}', array['speech:kiskadee'], '{{}}', 1, 999, 1)"),
        "select queue.begin(array[l.job_id], array[l.token]) from queue.lease l".to_owned(),
        "update queue.lease set progress = 50".to_owned(),
        r#"update queue.lease set detail = '{"stage": "speaking"}'"#.to_owned(),
        format!(
            "select queue.settle('{worker}', array[l.job_id], array[l.token], array['error'], array[null::jsonb], \
             array['it broke'], array[null::int]) from queue.lease l"
        ),
        "update queue.later set run_at = now(); select queue.promote(10); \
         select test.work('speech:kiskadee', 1, 'completed')"
            .to_owned(),
    ] {
        database.run(&step).await;
        let now = marks().await;
        assert_eq!(now.len(), 3);
        assert_ne!(now[0], seen[0], "{step}");
        assert_eq!(now[1..], seen[1..], "{step}");
        seen = now;
    }
    database.drop().await;
}
