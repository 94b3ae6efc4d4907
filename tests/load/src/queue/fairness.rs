//! The wait of a lone job behind another owner's many, counted in claims and compared with first in, first out.

use anyhow::{Context, Result};
use kiskadee_queue::testing::{NewJob, enqueue};
use uuid::Uuid;

use crate::server::{LANE, Server};
use crate::throughput::request;

pub(crate) async fn measure(server: &Server, jobs: usize) -> Result<()> {
    let (queue, worker, _) = server.queue("load_fairness").await?;
    let (busy, lone) = (Uuid::now_v7(), Uuid::now_v7());
    for _ in 0..jobs / 100 {
        enqueue(&queue, busy, i64::MAX, &vec![NewJob::speech(LANE, 20); 100]).await?;
    }
    let job = enqueue(&queue, lone, i64::MAX, &[NewJob::speech(LANE, 20)]).await?;
    let job = job.first().context("nothing was enqueued")?;
    let lanes = [LANE.to_owned()];
    let mut before = 0;
    loop {
        let claimed = queue.claim(&request(worker, &lanes, 8)).await?;
        if let Some(place) = claimed.iter().position(|claimed| claimed.job_id == *job) {
            before += place;
            break;
        }
        before += claimed.len();
    }
    println!(
        "a lone job behind {jobs} of another owner: {before} jobs were claimed before it (first in, first out: {jobs})"
    );
    Ok(())
}
