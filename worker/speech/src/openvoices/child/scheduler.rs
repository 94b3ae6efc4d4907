//! The threads of the process. The main one hears what is ordered and gives signs of life; each of the others speaks a line at
//! a time on a core of its own, so a line is as fast alone as among others.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, mpsc::RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use rayon::ThreadPoolBuilder;

use super::{
    models::Models,
    queue::{Queue, Stop, Task},
    speech::{Refusal, speak},
};
use crate::{
    openvoices::protocol::{Done, Hello, Load, OpenVoicesProtocol, Order},
    process::{self, Call, Calls, Ending, Failure},
};

pub(super) type Outbox = process::Outbox<OpenVoicesProtocol>;

/// While something is being spoken a sign of life is given so often.
const ALIVE_EVERY: Duration = Duration::from_secs(1);
/// The longest line takes a core half of it; a thread that needs more hangs, and a thread cannot be ended.
const LONGEST_TASK: Duration = Duration::from_mins(3);

pub(super) struct Scheduler {
    threads: usize,
    models: Arc<Models>,
}

impl process::Model<OpenVoicesProtocol> for Scheduler {
    fn load(load: Load) -> Result<(Self, Hello), Ending> {
        let threads = load.threads.max(1);
        let scheduler = Self {
            threads,
            models: Arc::new(Models::new(load.model_budget)),
        };
        Ok((scheduler, Hello { threads }))
    }

    fn work(self, calls: &Calls<OpenVoicesProtocol>, outbox: &Outbox) -> Result<(), Ending> {
        let queue = Arc::new(Queue::default());
        for number in 0..self.threads {
            let worker = Worker {
                queue: Arc::clone(&queue),
                models: Arc::clone(&self.models),
                outbox: outbox.clone(),
            };
            thread::Builder::new()
                .name(format!("speech-{number}"))
                .spawn(move || worker.run())
                .map_err(|error| Ending::of_device(&error))?;
        }
        let mut told = Instant::now();
        loop {
            match calls.recv_timeout(ALIVE_EVERY) {
                Ok(call) => hear(call?, &queue),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            let Some(longest) = queue.longest() else {
                continue;
            };
            if longest > LONGEST_TASK {
                let seconds = longest.as_secs();
                return Err(Ending::of_device(&format!("a line takes over {seconds} s")));
            }
            if told.elapsed() >= ALIVE_EVERY {
                outbox.alive()?;
                told = Instant::now();
            }
        }
    }
}

fn hear(call: Call<Order>, queue: &Queue) {
    match call {
        Call::Order { id, order, body } => queue.push(Task { id, order, body }),
        Call::Cancel(id) => queue.cancel(id),
    }
}

struct Worker {
    queue: Arc<Queue>,
    models: Arc<Models>,
    outbox: Outbox,
}

impl Worker {
    /// Until nobody reads what is said.
    fn run(self) {
        // This thread is its whole pool: what a kernel would share between cores stays on this one.
        let pool = ThreadPoolBuilder::new()
            .num_threads(1)
            .use_current_thread()
            .build();
        if let Err(error) = &pool {
            tracing::warn!(%error, "a thread shares its work with others");
        }
        loop {
            let (task, stop) = self.queue.take();
            let told = self.work(&task, &stop);
            self.queue.done(task.id);
            if told.is_err() {
                return;
            }
        }
    }

    fn work(&self, task: &Task, stop: &Stop) -> Result<(), Ending> {
        let done = catch_unwind(AssertUnwindSafe(|| self.perform(task, stop)));
        let done = done.unwrap_or_else(|_| {
            let message = "the speech process broke down over a line".to_owned();
            Ok(Err(Refusal {
                failure: Failure::Retry,
                message,
            }))
        });
        match done? {
            Ok(done) => self.outbox.finish(task.id, done, &[]),
            Err(Refusal { failure, message }) => self.outbox.fail(task.id, failure, message),
        }
    }

    fn perform(&self, task: &Task, stop: &Stop) -> Result<Result<Done, Refusal>, Ending> {
        match &task.order {
            Order::Prepare(model) => Ok(self.models.get(model).map(|_| Done::Prepared)),
            Order::Speak(order) => {
                let model = match self.models.get(&order.model) {
                    Ok(model) => model,
                    Err(refusal) => return Ok(Err(refusal)),
                };
                let mut tell = |part: Vec<u8>| self.outbox.part(task.id, &part);
                let spoken = speak(&model, order, &task.body, stop, &mut tell)?;
                Ok(spoken.map(|()| Done::Spoken))
            }
        }
    }
}
