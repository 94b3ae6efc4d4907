//! The toy family end to end: on a system of the product with the toy's component beside its own, its tables in the same database,
//! and its worker beside the product's.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod counted;
mod counts;
mod documented;
mod refused;
mod roles;
mod system;
mod waiting;
mod watched;

use anyhow::{Context as _, Result};

use self::system::ToySystem;

/// One system for all, since each start takes seconds; what needs that no worker of the family runs comes first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_family_of_its_own_runs_beside_the_products() -> Result<()> {
    let toy = ToySystem::start().await?;
    let waiting = waiting::while_speech_speaks(&toy).await.context("wait")?;
    let worker = toy.start_worker()?;
    waiting::until_a_worker_comes(&toy, &waiting)
        .await
        .context("come")?;
    counted::and_shown(&toy).await.context("count")?;
    watched::to_the_end(&toy).await.context("watch")?;
    watched::and_cancelled(&toy).await.context("cancel")?;
    refused::to_others(&toy).await.context("others")?;
    refused::for_bad_input(&toy).await.context("bad input")?;
    roles::may_do_their_own_alone(&toy).await.context("roles")?;
    documented::by_a_page(&toy).await.context("page")?;
    drop(worker);
    Ok(())
}
