//! How much of an owner's work runs at once.

use std::time::Duration;

use kiskadee_queue::{
    ClaimRequest, Claimed, Outcome, Queue, Settlement,
    testing::{NewJob, TestDatabase, enqueue},
};
use serde_json::json;
use uuid::Uuid;

const LANE: &str = "speech:kiskadee";
const BACKLOG: i64 = 100_000_000;

struct Fleet {
    _database: TestDatabase,
    queue: Queue,
    worker: Uuid,
}

impl Fleet {
    async fn new() -> Self {
        let database = TestDatabase::create().await;
        let queue = database.queue();
        let worker = Uuid::now_v7();
        let ttl = Duration::from_mins(10);
        queue.register(worker, &json!({}), ttl).await.unwrap();
        Self {
            _database: database,
            queue,
            worker,
        }
    }

    /// An owner with this many jobs that cost 100 each.
    async fn owner(&self, jobs: usize) -> Uuid {
        let owner = Uuid::now_v7();
        let jobs = vec![NewJob::speech(LANE, 100); jobs];
        enqueue(&self.queue, owner, BACKLOG, &jobs).await.unwrap();
        owner
    }

    async fn cap(&self, owner: Uuid, in_flight: Option<i64>) {
        sqlx::query("select queue.cap_owner($1, $2)")
            .bind(owner)
            .bind(in_flight)
            .execute(self.queue.pool())
            .await
            .unwrap();
    }

    async fn claim(&self, max_jobs: i32) -> Vec<Claimed> {
        let lanes = [LANE.to_owned()];
        let request = ClaimRequest {
            worker: self.worker,
            batch_keys: &lanes,
            resident: &lanes,
            max_jobs,
            max_cost: 1_000_000,
            load: Duration::from_secs(1),
        };
        self.queue.claim(&request).await.unwrap()
    }

    async fn complete(&self, jobs: &[Claimed]) {
        let settle = |job: &Claimed| Settlement {
            job: job.job_id,
            token: job.token,
            outcome: Outcome::Completed(json!({"key": "results/x"})),
        };
        let settlements: Vec<_> = jobs.iter().map(settle).collect();
        let accepted = self.queue.settle(self.worker, &settlements).await.unwrap();
        assert_eq!(accepted.len(), jobs.len());
    }
}

fn of(owner: Uuid, jobs: &[Claimed]) -> usize {
    jobs.iter().filter(|job| job.owner == owner).count()
}

#[tokio::test]
async fn a_capped_owner_starts_no_more_than_its_room_and_others_pass() {
    let fleet = Fleet::new().await;
    let (capped, free) = (fleet.owner(50).await, fleet.owner(50).await);
    // The third job begins below the cap and goes beyond it.
    fleet.cap(capped, Some(250)).await;
    let mut running = Vec::new();
    for _ in 0..12 {
        running.extend(fleet.claim(10).await);
    }
    assert_eq!((of(capped, &running), of(free, &running)), (3, 50));
    assert!(fleet.claim(10).await.is_empty());

    let (ended, still): (Vec<_>, Vec<_>) = running.into_iter().partition(|job| job.owner == capped);
    fleet.complete(&ended).await;
    assert_eq!(of(capped, &fleet.claim(10).await), 3);
    fleet.complete(&still).await;
}

#[tokio::test]
async fn a_job_larger_than_the_cap_runs_when_nothing_else_does() {
    let fleet = Fleet::new().await;
    let owner = fleet.owner(3).await;
    fleet.cap(owner, Some(1)).await;
    for _ in 0..3 {
        let one = fleet.claim(10).await;
        assert_eq!(one.len(), 1);
        assert!(fleet.claim(10).await.is_empty());
        fleet.complete(&one).await;
    }
}

#[tokio::test]
async fn a_job_that_runs_alone_does_not_hold_up_others_while_its_owner_has_no_room() {
    let fleet = Fleet::new().await;
    let capped = fleet.owner(2).await;
    fleet.cap(capped, Some(100)).await;
    let first = fleet.claim(1).await;
    sqlx::raw_sql("update queue.ready set isolate = true")
        .execute(fleet.queue.pool())
        .await
        .unwrap();
    let free = fleet.owner(1).await;
    assert_eq!(of(free, &fleet.claim(10).await), 1);
    fleet.complete(&first).await;
    assert!(
        fleet
            .claim(10)
            .await
            .iter()
            .all(|job| job.isolate && job.owner == capped)
    );
}

#[tokio::test]
async fn claims_at_once_keep_to_the_cap_together() {
    let fleet = Fleet::new().await;
    let owner = fleet.owner(200).await;
    fleet.cap(owner, Some(1000)).await;
    let claims = (0..8).map(|_| fleet.claim(4));
    let running: Vec<Claimed> = futures::future::join_all(claims).await.concat();
    assert_eq!(running.len(), 10);

    fleet.cap(owner, None).await;
    assert_eq!(fleet.claim(20).await.len(), 20);
}
