//! Fairness between owners, the end of poisonous jobs, and claims by many at once.

use std::{collections::HashSet, time::Duration};

use kiskadee_queue::{
    ClaimRequest, Claimed, Error, Held, Outcome, Queue, Settlement,
    testing::{NewJob, TestDatabase, enqueue},
};
use serde_json::json;
use uuid::Uuid;

pub(crate) const LANE: &str = "speech:kiskadee";
const TTL: Duration = Duration::from_mins(10);
pub(crate) const CAP: i64 = 100_000_000;

pub(crate) async fn register(queue: &Queue) -> Uuid {
    let worker = Uuid::now_v7();
    queue.register(worker, &json!({}), TTL).await.unwrap();
    worker
}

pub(crate) async fn claim(queue: &Queue, worker: Uuid, max_jobs: i32) -> Vec<Claimed> {
    let lanes = [LANE.to_owned()];
    let request = ClaimRequest {
        worker,
        batch_keys: &lanes,
        resident: &lanes,
        max_jobs,
        max_cost: 1_000_000,
        load: Duration::from_secs(1),
    };
    queue.claim(&request).await.unwrap()
}

fn settlements(jobs: &[Claimed], outcome: &Outcome) -> Vec<Settlement> {
    let settle = |job: &Claimed| Settlement {
        job: job.job_id,
        token: job.token,
        outcome: outcome.clone(),
    };
    jobs.iter().map(settle).collect()
}

fn completed() -> Outcome {
    Outcome::Completed(json!({"key": "results/x"}))
}

pub(crate) async fn count(queue: &Queue, statement: &'static str) -> i64 {
    sqlx::query_scalar(statement)
        .fetch_one(queue.pool())
        .await
        .unwrap()
}

pub(crate) async fn execute(queue: &Queue, statement: &'static str) {
    sqlx::raw_sql(statement)
        .execute(queue.pool())
        .await
        .unwrap();
}

#[tokio::test]
async fn what_has_waited_long_gets_its_share_beside_more_urgent_work() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let worker = register(&queue).await;
    let owner = Uuid::now_v7();
    let urgent = NewJob {
        priority: 0,
        ..NewJob::speech(LANE, 100)
    };
    enqueue(&queue, owner, CAP, &vec![urgent; 200])
        .await
        .unwrap();
    let patient = enqueue(&queue, owner, CAP, &[NewJob::speech(LANE, 100)])
        .await
        .unwrap();
    let claimed = async |times| {
        for _ in 0..times {
            let jobs = claim(&queue, worker, 1).await;
            if jobs.iter().any(|job| patient.contains(&job.job_id)) {
                return true;
            }
        }
        false
    };
    assert!(!claimed(50).await, "it has not waited yet");
    execute(
        &queue,
        "update queue.ready set ready_at = now() - interval '11 s' where priority > 0",
    )
    .await;
    // One claim in five: none of a hundred would be once in five thousand million runs.
    assert!(claimed(100).await, "as long as anybody urgent comes");
}

#[tokio::test]
async fn the_whole_queue_is_bounded_where_nobody_leads() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    execute(&queue, "update queue.setting set cap_jobs = 150").await;
    let jobs = vec![NewJob::speech(LANE, 1); 100];
    enqueue(&queue, Uuid::now_v7(), CAP, &jobs).await.unwrap();
    let refused = enqueue(&queue, Uuid::now_v7(), CAP, &jobs).await;
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(count(&queue, "select count(*) from queue.ready").await, 100);
}

#[tokio::test]
async fn a_heartbeat_waits_for_nobody_who_settles() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let worker = register(&queue).await;
    let jobs = vec![NewJob::speech(LANE, 1); 2];
    enqueue(&queue, Uuid::now_v7(), CAP, &jobs).await.unwrap();
    let held: Vec<Held> = claim(&queue, worker, 2)
        .await
        .iter()
        .map(|job| Held {
            job: job.job_id,
            token: job.token,
            progress: 50,
            detail: None,
        })
        .collect();
    let mut settling = queue.pool().begin().await.unwrap();
    sqlx::query("select from queue.lease where job_id = $1 for update")
        .bind(held[0].job)
        .execute(&mut *settling)
        .await
        .unwrap();
    queue
        .heartbeat(worker, TTL, &json!({}), &held)
        .await
        .unwrap();
    settling.rollback().await.unwrap();
    let told = count(
        &queue,
        "select count(*) from queue.lease where progress = 50",
    )
    .await;
    assert_eq!(told, 1, "the other one is told");
}

#[tokio::test]
async fn a_lone_job_does_not_wait_for_ten_thousand_of_another_owner() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let (crowd, alone) = (Uuid::now_v7(), Uuid::now_v7());
    let worker = register(&queue).await;
    let sentence = NewJob::speech(LANE, 100);
    for _ in 0..10 {
        let jobs = vec![sentence.clone(); 1000];
        enqueue(&queue, crowd, CAP, &jobs).await.unwrap();
    }
    // Some of the crowd's jobs have been claimed, so the lane's clock has moved on.
    let first = claim(&queue, worker, 8).await;
    assert!(first.iter().all(|job| job.owner == crowd));
    let wanted = enqueue(&queue, alone, CAP, &[sentence]).await.unwrap();

    let next = claim(&queue, worker, 8).await;
    assert!(
        next.iter().any(|job| job.job_id == wanted[0]),
        "the lone job is not among the next eight"
    );
}

#[tokio::test]
async fn interactive_work_goes_before_all_batches() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let worker = register(&queue).await;
    let owner = Uuid::now_v7();
    let batch = vec![NewJob::speech(LANE, 100); 500];
    enqueue(&queue, owner, CAP, &batch).await.unwrap();
    let interactive = NewJob {
        priority: 0,
        ..NewJob::speech(LANE, 5000)
    };
    let wanted = enqueue(&queue, owner, CAP, &[interactive]).await.unwrap();

    let next = claim(&queue, worker, 8).await;
    assert_eq!(
        next.iter().map(|job| job.job_id).collect::<Vec<_>>(),
        wanted
    );
}

#[tokio::test]
async fn too_much_queued_work_is_refused_but_the_queues_own_gets_in() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let owner = Uuid::now_v7();
    let jobs = vec![NewJob::speech(LANE, 100); 10];
    enqueue(&queue, owner, 1000, &jobs).await.unwrap();
    let refused = enqueue(&queue, owner, 1000, &jobs).await;
    assert_eq!(code(refused), "KQ429");
    enqueue(&queue, Uuid::now_v7(), 1000, &jobs).await.unwrap();

    execute(&queue, "update queue.setting set cap_jobs = 20").await;
    queue.measure_depth().await.unwrap();
    let refused = enqueue(&queue, Uuid::now_v7(), 1000, &jobs).await;
    assert_eq!(code(refused), "KQ503");

    // A batch ends while the queue is full: its archive is enqueued all the same.
    execute(&queue, "update queue.setting set cap_jobs = 21").await;
    let one = [NewJob {
        priority: 0,
        ..NewJob::speech(LANE, 10)
    }];
    kiskadee_queue::testing::enqueue_batch(&queue, Uuid::now_v7(), 1000, &one)
        .await
        .unwrap();
    execute(&queue, "update queue.setting set cap_jobs = 0").await;
    let worker = register(&queue).await;
    let jobs = claim(&queue, worker, 1).await;
    let accepted = queue
        .settle(worker, &settlements(&jobs, &completed()))
        .await
        .unwrap();
    assert_eq!(accepted.len(), 1);
    assert_eq!(
        count(
            &queue,
            "select count(*) from queue.job where kind = 'archive'"
        )
        .await,
        1
    );
}

fn code(refused: Result<Vec<Uuid>, Error>) -> String {
    let Err(Error::Fatal(sqlx::Error::Database(refusal))) = refused else {
        return format!("{refused:?}");
    };
    refusal.code().unwrap_or_default().into_owned()
}

#[tokio::test]
async fn a_job_that_kills_its_workers_ends_alone_in_dead() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let jobs = vec![NewJob::speech(LANE, 10); 4];
    let ids = enqueue(&queue, Uuid::now_v7(), CAP, &jobs).await.unwrap();
    let poison = ids[2];
    let mut crashes = 0;
    while count(&queue, "select count(*) from queue.ready").await > 0 {
        let worker = register(&queue).await;
        let batch = claim(&queue, worker, 8).await;
        assert_eq!(
            batch.len(),
            if crashes == 0 { 4 } else { 1 },
            "members are retried alone"
        );
        if batch.iter().any(|job| job.job_id == poison) {
            crashes += 1;
            execute(&queue, "update queue.worker set expires_at = '-infinity'").await;
            queue.rescue(100).await.unwrap();
        } else {
            queue
                .settle(worker, &settlements(&batch, &completed()))
                .await
                .unwrap();
        }
        assert!(crashes < 10, "it never ends");
    }
    assert_eq!(
        count(
            &queue,
            "select count(*) from queue.done where outcome = 'completed'"
        )
        .await,
        3
    );
    let chain = count(
        &queue,
        "select count(*) from queue.failure f join queue.dead d using (job_id) where f.kind = 'crash'",
    );
    assert_eq!(chain.await, crashes, "the error chain is kept");

    let redriven: bool = sqlx::query_scalar("select queue.redrive($1)")
        .bind(poison)
        .fetch_one(queue.pool())
        .await
        .unwrap();
    assert!(redriven);
    queue.promote(10).await.unwrap();
    let worker = register(&queue).await;
    let again = claim(&queue, worker, 8).await;
    assert_eq!(
        (again[0].job_id, again[0].attempt, again[0].isolate),
        (poison, 1, false)
    );
}

#[tokio::test]
async fn errors_back_off_and_end_with_their_chain() {
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let worker = register(&queue).await;
    let job = NewJob {
        max_attempts: Some(3),
        ..NewJob::speech(LANE, 10)
    };
    enqueue(&queue, Uuid::now_v7(), CAP, &[job]).await.unwrap();
    for attempt in 1..=3 {
        let jobs = claim(&queue, worker, 8).await;
        assert_eq!(jobs[0].attempt, attempt);
        let error = Outcome::Error(format!("failure {attempt}\0"));
        queue
            .settle(worker, &settlements(&jobs, &error))
            .await
            .unwrap();
        let soon = "select count(*) from queue.later where run_at < clock_timestamp() + interval '1 second'";
        assert_eq!(count(&queue, soon).await, 0, "a retry waits");
        execute(&queue, "update queue.later set run_at = '-infinity'").await;
        queue.promote(10).await.unwrap();
    }
    let reason: String = sqlx::query_scalar("select reason from queue.dead")
        .fetch_one(queue.pool())
        .await
        .unwrap();
    assert_eq!(reason, "failure 3\u{fffd}");
    assert_eq!(count(&queue, "select count(*) from queue.failure").await, 3);
}

#[tokio::test]
async fn many_claimers_never_get_the_same_job() {
    const JOBS: usize = 4000;
    let database = TestDatabase::create().await;
    let queue = database.queue();
    let jobs = vec![NewJob::speech(LANE, 10); JOBS];
    enqueue(&queue, Uuid::now_v7(), CAP, &jobs).await.unwrap();
    let started = std::time::Instant::now();
    let claimers = (0..12).map(|_| {
        let queue = queue.clone();
        tokio::spawn(async move {
            let worker = register(&queue).await;
            let mut mine = Vec::new();
            loop {
                let batch = claim(&queue, worker, 8).await;
                if batch.is_empty() {
                    return mine;
                }
                let accepted = queue
                    .settle(worker, &settlements(&batch, &completed()))
                    .await
                    .unwrap();
                assert_eq!(accepted.len(), batch.len());
                mine.extend(batch.into_iter().map(|job| (job.job_id, job.token)));
            }
        })
    });
    let mut claimed = Vec::new();
    for claimer in claimers.collect::<Vec<_>>() {
        claimed.extend(claimer.await.unwrap());
    }
    let jobs: HashSet<_> = claimed.iter().map(|(job, _)| job).collect();
    let tokens: HashSet<_> = claimed.iter().map(|(_, token)| token).collect();
    assert_eq!(
        (claimed.len(), jobs.len(), tokens.len()),
        (JOBS, JOBS, JOBS)
    );
    let rate = JOBS as f64 / started.elapsed().as_secs_f64();
    eprintln!("{rate:.0} jobs/s claimed and settled by 12 claimers in batches of 8");
}

#[tokio::test]
async fn a_pooler_that_deals_out_connections_changes_nothing() {
    let database = TestDatabase::create().await;
    let queue = Queue::connect(&kiskadee_queue::ConnectOptions {
        behind_pooler: true,
        ..kiskadee_queue::ConnectOptions::new(database.url())
    })
    .unwrap();
    enqueue(&queue, Uuid::now_v7(), CAP, &[NewJob::speech(LANE, 10)])
        .await
        .unwrap();
    let worker = register(&queue).await;
    let jobs = claim(&queue, worker, 8).await;
    let accepted = queue
        .settle(worker, &settlements(&jobs, &completed()))
        .await
        .unwrap();
    assert_eq!(accepted.len(), 1);
    let kept: i64 =
        sqlx::query_scalar("select count(*) from pg_prepared_statements where name <> ''")
            .persistent(false)
            .fetch_one(queue.pool())
            .await
            .unwrap();
    assert_eq!(kept, 0);
    assert!(matches!(
        queue.heartbeat(Uuid::now_v7(), TTL, &json!({}), &[]).await,
        Err(Error::Fenced)
    ));
}

#[tokio::test]
async fn migrations_may_be_applied_by_several_at_once_and_again() {
    let database = TestDatabase::create().await;
    let url = database.url();
    let (first, second, third) = tokio::join!(
        kiskadee_queue::migrate(url),
        kiskadee_queue::migrate(url),
        kiskadee_queue::migrate(url)
    );
    first.and(second).and(third).unwrap();
}
