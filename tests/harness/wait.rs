//! Waiting for what must become true.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// Asks again and again until the answer is `Some`, for at most `limit`.
///
/// # Errors
/// When the time is over, with `what` was waited for; or the error of the question itself.
pub async fn eventually<T, F, Fut>(what: &str, limit: Duration, mut question: F) -> Result<T>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<Option<T>>>,
{
    let start = Instant::now();
    while start.elapsed() < limit {
        if let Some(answer) = question().await? {
            return Ok(answer);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bail!("waited {} s in vain for: {what}", limit.as_secs());
}
