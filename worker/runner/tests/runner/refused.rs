//! Settlements that the database refuses.

use kiskadee_queue::testing::NewJob;

use crate::{
    fleet::Fleet,
    toys::{Toys, broken, quick},
};

/// No failure of a job can be noted but that its time is over.
const REFUSE: &str = "
    create function queue.refuse() returns trigger language plpgsql as $$
    begin
      raise exception 'no failures today';
    end $$;
    create trigger refuse before insert on queue.failure
      for each row when (new.kind = 'error') execute function queue.refuse();";

#[tokio::test]
async fn an_end_that_is_refused_holds_up_nobody_and_is_over_with_the_deadline() {
    let fleet = Fleet::new().await;
    fleet.execute(REFUSE).await;
    let runner = fleet.start(Toys::new());
    let refused = NewJob {
        timeout_s: Some(1),
        ..broken()
    };
    fleet.enqueue(&vec![refused; 6]).await;
    fleet.enqueue(&vec![quick(); 6]).await;
    let done = "select count(*) from queue.done where kind = 'quick'";
    fleet.until(done, 6).await;
    let timeouts = "select count(distinct job_id) from queue.failure where kind = 'timeout'";
    fleet.until(timeouts, 6).await;
    runner.drain().await;
}
