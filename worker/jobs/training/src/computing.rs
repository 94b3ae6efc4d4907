//! Work that computes for long, beside speech for which somebody waits.

use kiskadee_runner::JobError;
use rayon::ThreadPoolBuilder;
use tokio::task::spawn_blocking;

/// Runs work on so many threads of its own, to which the system gives what nobody else wants; it goes on to its end when nobody waits
/// for it any more. What is computed does not depend on the threads that other work of the process has.
///
/// # Errors
/// [`JobError::Retry`] when the work panics, or there are no threads.
pub(crate) async fn compute_behind<T: Send + 'static>(
    threads: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JobError> {
    let done = spawn_blocking(move || {
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .start_handler(|_| step_back())
            .build();
        pool.map(|pool| pool.install(work))
    });
    match done.await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(JobError::Retry(format!(
            "there are no threads to compute on: {error}"
        ))),
        Err(error) => Err(JobError::Retry(format!("the work broke down: {error}"))),
    }
}

/// Gives this thread the lowest priority. Linux has one for each thread; elsewhere it would be that of the whole process.
pub(crate) fn step_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, LEAST) {
        tracing::warn!(%error, "training has the same priority as speech");
    }
}

/// Beside a thread of the usual priority it gets one and a half per cent of a core (`sched(7)`).
#[cfg(target_os = "linux")]
const LEAST: i32 = 19;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_computes_behind_others() {
        let (threads, priority) = compute_behind(2, || {
            let own = rustix::process::getpriority_process(None);
            (rayon::current_num_threads(), own.unwrap())
        })
        .await
        .unwrap();
        assert_eq!(threads, 2);
        if cfg!(target_os = "linux") {
            assert_eq!(priority, 19);
            assert_eq!(rustix::process::getpriority_process(None).unwrap(), 0);
        }
    }

    #[tokio::test]
    async fn what_breaks_down_is_tried_again() {
        let broken = compute_behind(1, || panic!("on purpose")).await;
        assert!(matches!(broken, Err(JobError::Retry(why)) if why.contains("broke down")));
    }
}
