//! A component's computing is counted in time of the processor: others that compute cost it nothing.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crate::support::Probe;

/// Keeps every processor busy with many others until it is dropped.
struct Crowd(Arc<AtomicBool>);

impl Crowd {
    fn gather() -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let processors = thread::available_parallelism().map_or(2, usize::from);
        for _ in 0..processors * 12 {
            let over = Arc::clone(&over);
            thread::spawn(move || while !over.load(Ordering::Relaxed) {});
        }
        Self(over)
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_machine_does_not_cut_honest_work() {
    const ROUNDS: usize = 200_000_000;
    let probe = Probe::with(|config| config.limits.compute = Duration::from_mins(1)).await;
    // The fastest of a few is what the work takes of a processor, about.
    let mut alone = Duration::MAX;
    for _ in 0..3 {
        let begun = Instant::now();
        assert_eq!(
            probe.get(&format!("/compute?rounds={ROUNDS}")).await.status,
            200
        );
        alone = alone.min(begun.elapsed());
    }
    let limit = alone.mul_f64(2.0) + Duration::from_millis(50);
    let probe = Probe::with(|config| config.limits.compute = limit).await;
    let crowd = Crowd::gather();
    let begun = Instant::now();
    let answer = probe.get(&format!("/compute?rounds={ROUNDS}")).await;
    let took = begun.elapsed();
    drop(crowd);
    assert_eq!(answer.status, 200, "after {took:?}, alone {alone:?}");
}
