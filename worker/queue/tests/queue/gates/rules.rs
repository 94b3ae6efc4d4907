//! Jobs that come after others: when they are let in, and how they end when those do not go well.
use std::time::{Duration, Instant};

use super::fixture::{LANE, after, count, enqueue_one, places, redrive, work};
use kiskadee_queue::{
    Error, Outcome,
    testing::{NewJob, TestDatabase, enqueue, enqueue_batch},
};
use serde_json::{Value, json};
use uuid::Uuid;

const CAP: i64 = 1_000_000;

fn completed() -> Outcome {
    Outcome::Completed(json!({"key": "results/x"}))
}

fn failed() -> Outcome {
    Outcome::Failed("it never works".to_owned())
}

fn code<T: std::fmt::Debug>(refused: Result<T, Error>) -> String {
    let Err(Error::Fatal(sqlx::Error::Database(refusal))) = refused else {
        return format!("{refused:?}");
    };
    refusal.code().unwrap_or_default().into_owned()
}

#[tokio::test]
async fn a_job_is_let_in_by_the_last_of_those_before_it() {
    let database = TestDatabase::create().await;
    let (queue, owner) = (database.queue(), Uuid::now_v7());
    let first = enqueue_one(&queue, owner, NewJob::speech(LANE, 10)).await;
    let second = enqueue_one(&queue, owner, NewJob::speech("other", 10)).await;
    let last = enqueue_one(&queue, owner, after(&[second, first], false)).await;
    assert_eq!(places(&queue, &[first, last]).await, ["ready", "waiting"]);
    work(&queue, LANE, 9, completed()).await;
    assert_eq!(
        places(&queue, &[first, last]).await,
        ["completed", "waiting"]
    );
    work(&queue, "other", 9, completed()).await;
    assert_eq!(places(&queue, &[last]).await, ["ready"]);

    let before = queue.results_before(last).await.unwrap();
    let told: Vec<_> = before
        .iter()
        .map(|job| (job.job_id, job.state.as_deref(), job.result.clone()))
        .collect();
    let result: Option<Value> = Some(json!({"key": "results/x"}));
    assert_eq!(
        told,
        [
            (second, Some("completed"), result.clone()),
            (first, Some("completed"), result)
        ]
    );
    let late = enqueue_one(&queue, owner, after(&[first, second], false)).await;
    assert_eq!(places(&queue, &[late]).await, ["ready"], "nothing is open");
}

#[tokio::test]
async fn a_dead_job_takes_those_behind_it_along_and_brings_them_back() {
    let database = TestDatabase::create().await;
    let (queue, owner) = (database.queue(), Uuid::now_v7());
    let root = enqueue_one(&queue, owner, NewJob::speech(LANE, 10)).await;
    let next = enqueue_one(&queue, owner, after(&[root], false)).await;
    let last = enqueue_one(&queue, owner, after(&[next], false)).await;
    let soft = enqueue_one(&queue, owner, after(&[root], true)).await;
    work(&queue, LANE, 1, failed()).await;
    let late = enqueue_one(&queue, owner, after(&[last], false)).await;
    let all = [root, next, last, soft, late];
    assert_eq!(
        places(&queue, &all).await,
        ["dead", "shut", "shut", "ready", "shut"]
    );
    let shown: Vec<(String, Option<String>)> = sqlx::query_as(
        "select status, error from queue.job_states($1) s where s.job_id <> $2 order by s.job_id",
    )
    .bind(&[next, last, late][..])
    .bind(root)
    .fetch_all(queue.pool())
    .await
    .unwrap();
    let reason = format!("the job job_{} failed", root.simple());
    assert_eq!(
        shown,
        vec![("cancelled".to_owned(), Some(reason)); 3],
        "to everybody else they were cancelled"
    );
    assert!(!redrive(&queue, next).await, "it did not fail itself");
    assert!(redrive(&queue, root).await);
    assert_eq!(
        places(&queue, &all).await,
        ["later", "waiting", "waiting", "ready", "waiting"]
    );
    queue.promote(10).await.unwrap();
    for _ in 0..4 {
        work(&queue, LANE, 9, completed()).await;
    }
    assert_eq!(places(&queue, &all).await, ["completed"; 5]);
    assert_eq!(count(&queue, "select count(*) from queue.edge").await, 0);
}

#[tokio::test]
async fn a_job_that_comes_back_is_shut_again_by_another_dead_one() {
    let database = TestDatabase::create().await;
    let (queue, owner) = (database.queue(), Uuid::now_v7());
    let first = enqueue_one(&queue, owner, NewJob::speech(LANE, 10)).await;
    let second = enqueue_one(&queue, owner, NewJob::speech(LANE, 10)).await;
    let next = enqueue_one(&queue, owner, after(&[first, second], false)).await;
    let last = enqueue_one(&queue, owner, after(&[next], false)).await;
    work(&queue, LANE, 2, failed()).await;
    for root in [first, second] {
        assert_eq!(places(&queue, &[next, last]).await, ["shut", "shut"]);
        assert!(redrive(&queue, root).await);
    }
    assert_eq!(places(&queue, &[next, last]).await, ["waiting", "waiting"]);
}

#[tokio::test]
async fn a_cancelled_job_ends_those_behind_it_for_good() {
    let database = TestDatabase::create().await;
    let (queue, owner) = (database.queue(), Uuid::now_v7());
    let root = enqueue_one(&queue, owner, NewJob::speech(LANE, 10)).await;
    let next = enqueue_one(&queue, owner, after(&[root], false)).await;
    let last = enqueue_one(&queue, owner, after(&[next], false)).await;
    let cancel = "select queue.cancel_job($1, $2)";
    let answer: Option<String> = sqlx::query_scalar(cancel)
        .bind(owner)
        .bind(next)
        .fetch_one(queue.pool())
        .await
        .unwrap();
    assert_eq!(answer.as_deref(), Some("cancelled"));
    assert_eq!(
        places(&queue, &[root, next, last]).await,
        ["ready", "cancelled", "cancelled"]
    );
    let reasons =
        "select string_agg(coalesce(reason, 'by wish'), '; ' order by job_id) from queue.done";
    let reasons: String = sqlx::query_scalar(reasons)
        .fetch_one(queue.pool())
        .await
        .unwrap();
    assert_eq!(
        reasons,
        format!("by wish; the job job_{} was cancelled", next.simple())
    );
}

#[tokio::test]
async fn only_own_jobs_that_are_there_can_be_waited_for_and_not_too_many() {
    let database = TestDatabase::create().await;
    let (queue, owner) = (database.queue(), Uuid::now_v7());
    let strange = enqueue_one(&queue, Uuid::now_v7(), NewJob::speech(LANE, 10)).await;
    for (before, refusal) in [
        (vec![strange], "KQ404"),
        (vec![Uuid::now_v7()], "KQ404"),
        (vec![strange; 10_001], "KQ413"),
    ] {
        let refused = enqueue(&queue, owner, CAP, &[after(&before, false)]).await;
        assert_eq!(code(refused), refusal);
    }
    assert_eq!(count(&queue, "select count(*) from queue.job").await, 1);
}

#[tokio::test]
async fn what_waits_counts_for_its_owner_and_is_not_in_the_depth() {
    let database = TestDatabase::create().await;
    let (queue, owner) = (database.queue(), Uuid::now_v7());
    let root = enqueue_one(&queue, owner, NewJob::speech(LANE, 10)).await;
    let large = |before| NewJob {
        cost: 60,
        ..after(&[before], false)
    };
    enqueue(&queue, owner, 100, &[large(root)]).await.unwrap();
    let refused = enqueue(&queue, owner, 100, &[large(root)]).await;
    assert_eq!(code(refused), "KQ429");
    queue.measure_depth().await.unwrap();
    let depth = "select coalesce(sum(jobs), 0)::bigint from queue.depth";
    assert_eq!(count(&queue, depth).await, 1);
}

#[tokio::test]
async fn operators_see_how_many_jobs_wait() {
    const GAUGE: &str = "select (s ->> 'value')::bigint
        from jsonb_array_elements(api.metrics()::jsonb) m, jsonb_array_elements(m -> 'samples') s
        where m ->> 'name' = 'queue_waiting_jobs'";
    let database = TestDatabase::create().await;
    let (queue, owner) = (database.queue(), Uuid::now_v7());
    assert_eq!(count(&queue, GAUGE).await, 0);
    let root = enqueue_one(&queue, owner, NewJob::speech(LANE, 10)).await;
    for _ in 0..3 {
        enqueue_one(&queue, owner, after(&[root], false)).await;
    }
    assert_eq!(count(&queue, GAUGE).await, 3);
    work(&queue, LANE, 1, completed()).await;
    assert_eq!(count(&queue, GAUGE).await, 0);
}

#[tokio::test]
async fn a_job_is_younger_than_those_before_it_whatever_the_clock_says() {
    let database = TestDatabase::create().await;
    let (queue, owner) = (database.queue(), Uuid::now_v7());
    let root = enqueue_one(&queue, owner, NewJob::speech(LANE, 10)).await;
    let moved = "with moved as (update queue.job set id = queue.uuid7(clock_timestamp() + interval '1 hour') returning id)
        , placed as (update queue.ready r set job_id = m.id from moved m) select id from moved";
    let root_later: Uuid = sqlx::query_scalar(moved)
        .fetch_one(queue.pool())
        .await
        .unwrap();
    let next = enqueue_one(&queue, owner, after(&[root_later], false)).await;
    assert!(root < root_later && root_later < next);
}

#[tokio::test]
async fn a_job_with_a_time_of_its_own_waits_for_both() {
    let database = TestDatabase::create().await;
    let (queue, owner) = (database.queue(), Uuid::now_v7());
    let root = enqueue_one(&queue, owner, NewJob::speech(LANE, 10)).await;
    let later = NewJob {
        run_at: Some(time::OffsetDateTime::now_utc() + Duration::from_hours(1)),
        ..after(&[root], false)
    };
    let next = enqueue_one(&queue, owner, later).await;
    work(&queue, LANE, 1, completed()).await;
    assert_eq!(places(&queue, &[root, next]).await, ["completed", "later"]);
}

#[tokio::test]
async fn wide_and_deep_graphs_end_in_moments() {
    let database = TestDatabase::create().await;
    let (queue, owner) = (database.queue(), Uuid::now_v7());
    let root = enqueue_one(&queue, owner, NewJob::speech(LANE, 10)).await;
    let mut chain = root;
    for _ in 0..200 {
        chain = enqueue_one(&queue, owner, after(&[chain], false)).await;
    }
    let wide = vec![after(&[root], false); 5000];
    enqueue(&queue, owner, CAP, &wide).await.unwrap();
    let start = Instant::now();
    work(&queue, LANE, 1, failed()).await;
    let ended = "select count(*) from queue.dead where cause is not null";
    assert_eq!(count(&queue, ended).await, 5200);
    assert!(redrive(&queue, root).await);
    let waiting = "select count(*) from queue.waiting";
    assert_eq!(count(&queue, waiting).await, 5200);
    println!("5,200 jobs ended and came back in {:?}", start.elapsed());
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn a_batch_behind_a_dead_job_ends_without_an_archive() {
    let database = TestDatabase::create().await;
    let (queue, owner) = (database.queue(), Uuid::now_v7());
    let root = enqueue_one(&queue, owner, NewJob::speech(LANE, 10)).await;
    let behind = [after(&[root], false), after(&[root], false)];
    enqueue_batch(&queue, owner, CAP, &behind).await.unwrap();
    work(&queue, LANE, 1, failed()).await;
    enqueue_batch(&queue, owner, CAP, &behind).await.unwrap();
    let both = "select count(*) from queue.batch_progress
        where status = 'cancelled' and cancelled = 2 and pending = 0 and finished_at is not null";
    assert_eq!(count(&queue, both).await, 2);
    let live = "select count(*) from queue.job j where j.kind = 'archive'";
    assert_eq!(count(&queue, live).await, 0);

    assert!(redrive(&queue, root).await);
    queue.promote(10).await.unwrap();
    for _ in 0..3 {
        work(&queue, LANE, 9, completed()).await;
    }
    work(&queue, "archive:zip", 9, completed()).await;
    let both = "select count(*) from queue.batch_progress where status = 'completed' and archive_key is not null";
    assert_eq!(count(&queue, both).await, 2);
}

#[tokio::test]
async fn a_group_is_closed_as_its_kind_says() {
    let database = TestDatabase::create().await;
    let (queue, owner) = (database.queue(), Uuid::now_v7());
    sqlx::raw_sql(
        "insert into queue.group_kind values
           ('film', 'films', 'cut', 'films:cut', 5, 'film', '/films/{batch}'), ('heap', 'films', null, null, 1, 'heap', null)",
    )
    .execute(queue.pool())
    .await
    .unwrap();
    let make = "select queue.enqueue_batch($1, 1, 1000, array[jsonb_populate_record(null::queue.new_job,
        '{\"kind\": \"scene\", \"batch_key\": \"lane\", \"priority\": 1, \"cost\": 3, \"args\": {}}')], 'https://example.com/', null, $2)";
    for kind in ["film", "heap"] {
        sqlx::query(make)
            .bind(owner)
            .bind(kind)
            .execute(queue.pool())
            .await
            .unwrap();
    }
    work(&queue, LANE, 9, completed()).await;
    work(&queue, "films:cut", 9, completed()).await;
    let told: Vec<(String, Option<String>)> = sqlx::query_as(
        "select event, regexp_replace(payload::jsonb -> 'data' ->> 'download_url', '_.*', '') from webhook.message order by event",
    )
    .fetch_all(queue.pool())
    .await
    .unwrap();
    assert_eq!(
        told,
        [
            ("film.completed".to_owned(), Some("/films/batch".to_owned())),
            ("heap.completed".to_owned(), None)
        ]
    );
}

#[tokio::test]
async fn a_batch_of_the_release_before_gets_its_closing_job_at_its_end() {
    let database = TestDatabase::create().await;
    let (queue, owner) = (database.queue(), Uuid::now_v7());
    let jobs = [NewJob::speech(LANE, 10), NewJob::speech(LANE, 10)];
    enqueue_batch(&queue, owner, CAP, &jobs).await.unwrap();
    sqlx::raw_sql(
        "update queue.batch_progress set archive_job = null; delete from queue.waiting; delete from queue.edge;
         delete from queue.job where kind = 'archive'",
    )
    .execute(queue.pool())
    .await
    .unwrap();
    work(&queue, LANE, 9, completed()).await;
    work(&queue, "archive:zip", 9, completed()).await;
    let ended = "select count(*) from queue.batch_progress where status = 'completed' and archive_key is not null";
    assert_eq!(count(&queue, ended).await, 1);
}

#[tokio::test]
async fn a_job_comes_after_a_whole_batch_and_reads_what_it_made() {
    let database = TestDatabase::create().await;
    let (queue, owner) = (database.queue(), Uuid::now_v7());
    let jobs = [NewJob::speech(LANE, 10), NewJob::speech(LANE, 10)];
    let batch = enqueue_batch(&queue, owner, CAP, &jobs).await.unwrap();
    let next = enqueue_one(&queue, owner, after(&[batch], false)).await;
    work(&queue, LANE, 1, failed()).await;
    assert_eq!(places(&queue, &[next]).await, ["waiting"]);
    work(&queue, LANE, 1, completed()).await;
    assert_eq!(places(&queue, &[next]).await, ["ready"]);
    let before = queue.results_before(next).await.unwrap();
    let items = queue.batch_items(batch).await.unwrap();
    let told: Vec<_> = before
        .iter()
        .map(|job| (job.job_id, job.state.as_deref()))
        .collect();
    let listed: Vec<_> = items
        .iter()
        .map(|item| (item.job_id, item.state.as_deref()))
        .collect();
    assert_eq!(told, listed);
    assert_eq!(told[0].1, Some("failed"));
}

#[tokio::test]
async fn what_ended_because_of_another_is_listed_as_it_is_shown() {
    let database = TestDatabase::create().await;
    let (queue, owner) = (database.queue(), Uuid::now_v7());
    let root = enqueue_one(&queue, owner, NewJob::speech(LANE, 10)).await;
    let next = enqueue_one(&queue, owner, after(&[root], false)).await;
    work(&queue, LANE, 1, failed()).await;
    let listed = async |status: &str| -> Vec<Uuid> {
        sqlx::query_scalar(
            "select coalesce(queue.page_of_jobs($1, null, 9, row(null, $2, null, null, null)::queue.job_filter), '{}')",
        )
        .bind(owner)
        .bind(status)
        .fetch_one(queue.pool())
        .await
        .unwrap()
    };
    assert_eq!(listed("failed").await, [root]);
    assert_eq!(listed("cancelled").await, [next]);
}
