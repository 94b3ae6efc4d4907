//! The filters of the list of jobs, alone and together.

use kiskadee_edge_testing::{Database, Who};
use kiskadee_jobs_api::bodies::{JobList, JobState};

use crate::JOBS;

async fn list(database: &Database, who: Who, arguments: &str) -> JobList {
    database.ask(who, "list_jobs", arguments).await.body()
}

fn states(list: &JobList) -> Vec<JobState> {
    list.items.iter().map(|job| job.status).collect()
}

/// Six jobs of Ann's, one in each state, and their ids by the order in which they were taken in.
async fn one_in_each_state(database: &Database) -> Vec<String> {
    let mut ids = Vec::new();
    for _ in 0..6 {
        ids.push(database.speech(Who::Ann).await);
    }
    database
        .run("select test.work('speech:kiskadee', 1, 'completed'), test.work('speech:kiskadee', 1, 'failed')")
        .await;
    let cancel = format!("'{}'", ids[4]);
    database.ask(Who::Ann, "cancel_job", &cancel).await;
    database
        .run(&format!(
            "insert into queue.start_limit values ('{}', now()); select queue.expire(10)",
            ids[5]
        ))
        .await;
    database
        .run("select queue.begin(array[c.job_id], array[c.token]) from queue.claim('00000000-0000-7000-8000-00000000000a', array['speech:kiskadee'], '{}', 1, 999, 1) c")
        .await;
    ids
}

#[tokio::test]
async fn a_status_lists_what_stands_so() {
    let database = Database::create(JOBS).await;
    one_in_each_state(&database).await;
    for (name, state) in [
        ("queued", JobState::Queued),
        ("running", JobState::Running),
        ("completed", JobState::Completed),
        ("failed", JobState::Failed),
        ("cancelled", JobState::Cancelled),
        ("expired", JobState::Expired),
    ] {
        let found = list(&database, Who::Ann, &format!("10, null, null, '{name}'")).await;
        assert_eq!(states(&found), [state], "{name}");
        let found = list(
            &database,
            Who::Root,
            &format!("10, null, 'speech', '{name}'"),
        )
        .await;
        assert_eq!(states(&found), [state], "{name} as an admin");
        let found = list(&database, Who::Bob, &format!("10, null, null, '{name}'")).await;
        assert!(found.items.is_empty(), "{name} of another");
    }
    database.drop().await;
}

#[tokio::test]
async fn a_kind_lists_only_its_own() {
    let database = Database::create(JOBS).await;
    one_in_each_state(&database).await;
    database
        .run("update queue.done set kind = 'forecast', result = '{\"score\": 1, \"key\": \"a\", \"model_key\": \"b\"}' where outcome = 'completed'")
        .await;
    assert_eq!(
        list(&database, Who::Ann, "10, null, 'speech'")
            .await
            .items
            .len(),
        5
    );
    let forecasts = list(&database, Who::Ann, "10, null, 'forecast'").await;
    assert_eq!(states(&forecasts), [JobState::Completed]);
    assert_eq!(
        forecasts.items[0].result,
        Some(serde_json::json!({"score": 1})),
        "where files lie is not told"
    );
    for kind in ["clone", "archive"] {
        let found = list(&database, Who::Ann, &format!("10, null, '{kind}'")).await;
        assert!(found.items.is_empty(), "{kind}");
    }
    database.drop().await;
}

#[tokio::test]
async fn a_batch_lists_its_jobs_in_pages() {
    let database = Database::create(JOBS).await;
    let batch = database.batch(Who::Ann, 3).await;
    database.batch(Who::Ann, 2).await;
    database
        .run("select test.work('speech:kiskadee', 1, 'completed')")
        .await;
    let first = list(
        &database,
        Who::Ann,
        &format!("2, null, null, null, '{batch}'"),
    )
    .await;
    assert_eq!(first.items.len(), 2);
    let cursor = first.next_cursor.expect("there is a second page");
    let cursor = cursor.trim_start_matches("job_");
    let second = list(
        &database,
        Who::Ann,
        &format!("2, '{cursor}', null, null, '{batch}'"),
    )
    .await;
    assert_eq!(states(&second), [JobState::Completed]);
    assert_eq!(second.items[0].batch_id, Some(format!("batch_{batch}")));
    let queued = list(
        &database,
        Who::Ann,
        &format!("9, null, null, 'queued', '{batch}'"),
    )
    .await;
    assert_eq!(queued.items.len(), 2);
    for (who, batch) in [
        (Who::Bob, batch.as_str()),
        (Who::Ann, "00000000-0000-7000-8000-000000000000"),
    ] {
        let found = list(&database, who, &format!("9, null, null, null, '{batch}'")).await;
        assert!(found.items.is_empty(), "{who:?}");
    }
    database.drop().await;
}

#[tokio::test]
async fn times_are_compared_as_they_are_shown() {
    let database = Database::create(JOBS).await;
    one_in_each_state(&database).await;
    let all = list(&database, Who::Ann, "10").await;
    let middle = &all.items[2].created_at;
    let later = list(
        &database,
        Who::Ann,
        &format!("9, null, null, null, null, '{middle}'"),
    )
    .await;
    let earlier = format!("9, null, null, null, null, null, '{middle}'");
    let earlier = list(&database, Who::Ann, &earlier).await;
    assert!(later.items.iter().all(|job| job.created_at > *middle));
    assert!(earlier.items.iter().all(|job| job.created_at < *middle));
    let same = all.items.iter().filter(|job| job.created_at == *middle);
    assert_eq!(later.items.len() + earlier.items.len() + same.count(), 6);
    for (after, before) in [("'-infinity'", "'1969-01-01'"), ("'9999-12-31'", "null")] {
        let never = format!("9, null, null, null, null, {after}, {before}");
        assert!(list(&database, Who::Ann, &never).await.items.is_empty());
    }
    database.drop().await;
}
