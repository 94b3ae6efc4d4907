//! The queue against a simple model: random sequences of everything that can happen, and after each step the database
//! and the model must agree on where every job is.
//!
//! Held throughout: a job is in exactly one place; a stale token changes nothing; at most one completion of a job is
//! accepted; no job is lost, and none runs before those it comes after; the counters of a batch agree with its jobs; it has one
//! archive, and another one only when a redrive reopens it.

mod check;
mod owners;
mod run;
mod state;
mod step;
mod workers;

use kiskadee_queue::testing::TestDatabase;
use proptest::{
    collection::vec,
    test_runner::{Config, TestCaseError, TestRunner},
};

use self::{run::Run, step::any_step};

#[test]
fn the_queue_behaves_like_the_model() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let database = runtime.block_on(TestDatabase::create());
    let queue = {
        let _entered = runtime.enter();
        database.queue()
    };
    let config = Config {
        cases: 48,
        failure_persistence: None,
        max_shrink_iters: 200,
        ..Config::default()
    };
    let outcome = TestRunner::new(config).run(&vec(any_step(), 1..100), |steps| {
        runtime.block_on(async {
            let mut run = Run::start(&queue).await;
            for step in &steps {
                run.take(step)
                    .await
                    .map_err(|reason| TestCaseError::fail(format!("{step:?}: {reason}")))?;
            }
            run.drain().await.map_err(TestCaseError::fail)
        })
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}
