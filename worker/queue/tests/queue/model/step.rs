//! What can happen to the queue. Numbers pick among what exists at that moment.

use kiskadee_queue::Outcome;
use proptest::{collection::vec, prelude::*};
use serde_json::json;
use std::time::Duration;

pub(crate) const OWNERS: usize = 3;
pub(crate) const WORKERS: usize = 3;
pub(crate) const LANES: [&str; 2] = ["speech:kiskadee", "speech:espeak"];

#[derive(Debug, Clone)]
pub(crate) enum Step {
    Enqueue {
        owner: usize,
        lane: usize,
        priority: i16,
        costs: Vec<i32>,
        max_attempts: i16,
    },
    EnqueueNamed {
        owner: usize,
        name: u8,
    },
    EnqueueBatch {
        owner: usize,
        lane: usize,
        costs: Vec<i32>,
        after: Vec<usize>,
    },
    /// Jobs behind others of the owner, ended ones among them.
    EnqueueAfter {
        owner: usize,
        costs: Vec<i32>,
        after: Vec<usize>,
        soft: bool,
    },
    Claim {
        worker: usize,
        max_jobs: i32,
        max_cost: i32,
    },
    Heartbeat {
        worker: usize,
    },
    /// Some of what the worker believes to hold, stale or not.
    Settle {
        worker: usize,
        picks: Vec<(usize, How)>,
    },
    /// The worker's registration runs out while it goes on believing in its leases.
    Expire {
        worker: usize,
    },
    Register {
        worker: usize,
    },
    /// The worker dies with what it has just claimed, and comes back.
    Crash {
        worker: usize,
    },
    Rescue,
    /// A running job reaches its hard deadline.
    Overrun {
        pick: usize,
    },
    /// The time of all that waits for its time has come.
    Promote,
    Cancel {
        pick: usize,
    },
    CancelBatch {
        pick: usize,
    },
    Pause {
        lane: usize,
        paused: bool,
    },
    Redrive {
        pick: usize,
    },
    Upkeep,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum How {
    Completed,
    Error,
    Failed,
    Snoozed,
    Released,
    Cancelled,
}

impl How {
    pub(crate) fn outcome(self) -> Outcome {
        match self {
            Self::Completed => Outcome::Completed(json!({"key": "results/x"})),
            Self::Error => Outcome::Error("it broke".to_owned()),
            Self::Failed => Outcome::Failed("it never works".to_owned()),
            Self::Snoozed => Outcome::Snoozed {
                reason: "storage is away".to_owned(),
                delay: Duration::from_mins(1),
            },
            Self::Released => Outcome::Released,
            Self::Cancelled => Outcome::Cancelled,
        }
    }
}

fn any_how() -> impl Strategy<Value = How> {
    prop_oneof![
        4 => Just(How::Completed),
        2 => Just(How::Error),
        1 => Just(How::Failed),
        1 => Just(How::Snoozed),
        1 => Just(How::Released),
        1 => Just(How::Cancelled),
    ]
}

fn any_costs() -> impl Strategy<Value = Vec<i32>> {
    vec(1..100, 1..5)
}

pub(crate) fn any_step() -> impl Strategy<Value = Step> {
    let worker = 0..WORKERS;
    let owner = 0..OWNERS;
    let lane = 0..LANES.len();
    prop_oneof![
        4 => (owner.clone(), lane.clone(), 0..3i16, any_costs(), 1..4i16).prop_map(
            |(owner, lane, priority, costs, max_attempts)|
                Step::Enqueue { owner, lane, priority, costs, max_attempts }),
        1 => (owner.clone(), 0..2u8).prop_map(|(owner, name)| Step::EnqueueNamed { owner, name }),
        3 => (owner.clone(), lane.clone(), any_costs(), vec(any::<usize>(), 0..2))
            .prop_map(|(owner, lane, costs, after)| Step::EnqueueBatch { owner, lane, costs, after }),
        6 => (owner, vec(1..100, 1..3), vec(any::<usize>(), 1..5), any::<bool>())
            .prop_map(|(owner, costs, after, soft)| Step::EnqueueAfter { owner, costs, after, soft }),
        8 => (worker.clone(), 1..5, 1..200)
            .prop_map(|(worker, max_jobs, max_cost)| Step::Claim { worker, max_jobs, max_cost }),
        2 => worker.clone().prop_map(|worker| Step::Heartbeat { worker }),
        8 => (worker.clone(), vec((any::<usize>(), any_how()), 1..5))
            .prop_map(|(worker, picks)| Step::Settle { worker, picks }),
        2 => worker.clone().prop_map(|worker| Step::Expire { worker }),
        2 => worker.clone().prop_map(|worker| Step::Register { worker }),
        4 => worker.prop_map(|worker| Step::Crash { worker }),
        3 => Just(Step::Rescue),
        1 => any::<usize>().prop_map(|pick| Step::Overrun { pick }),
        3 => Just(Step::Promote),
        2 => any::<usize>().prop_map(|pick| Step::Cancel { pick }),
        1 => any::<usize>().prop_map(|pick| Step::CancelBatch { pick }),
        1 => (lane, any::<bool>()).prop_map(|(lane, paused)| Step::Pause { lane, paused }),
        2 => any::<usize>().prop_map(|pick| Step::Redrive { pick }),
        1 => Just(Step::Upkeep),
    ]
}
