//! What is printed.

use std::time::Duration;

use super::Shape;
use super::cost::Cost;
use super::members::Tally;
use crate::claim_latency::percentile;

pub(super) fn print(
    shape: &Shape,
    took: Duration,
    tally: &Tally,
    spent: &Cost,
    (sessions, history): (i64, f64),
) {
    let (seconds, jobs) = (took.as_secs_f64(), tally.settled as f64);
    let second = |count: usize| count as f64 / seconds;
    println!(
        "{} workers, {} jobs at once, {} ms a job, {:.0} jobs/s asked, {seconds:.0} s",
        shape.workers,
        shape.slots,
        shape.work_ms,
        shape.rate(),
    );
    println!(
        "settled      {:>10} jobs, {:.0}/s",
        tally.settled,
        second(tally.settled)
    );
    let full = tally.claims.len() - tally.empty_claims;
    println!(
        "claims       {:>10.0}/s, and {:.0}/s that found nothing",
        second(full),
        second(tally.empty_claims),
    );
    println!("heartbeats   {:>10.0}/s", second(tally.heartbeats));
    for (what, times) in [("a claim", &tally.claims), ("the wait", &tally.waits)] {
        println!(
            "{what:12} p50 {:>6.1} ms, p99 {:.1} ms",
            percentile(times, 50),
            percentile(times, 99)
        );
    }
    println!("sessions     {sessions:>10} at most");
    if tally.settled > 0 {
        let wal = spent.wal as f64 / jobs;
        println!("WAL          {wal:>10.0} bytes a job");
        println!("history      {history:>10.0} bytes a job");
    }
    match spent.cpu {
        Some(cpu) if tally.settled > 0 => println!(
            "Postgres     {:>10.2} s of a core for 1,000 jobs, {:.2} cores",
            cpu * 1000.0 / jobs,
            cpu / seconds,
        ),
        Some(cpu) => println!("Postgres     {:>10.2} cores", cpu / seconds),
        None => println!("Postgres     runs elsewhere: its processor's time is not known"),
    }
}
