//! A model in a process of its own, so that a device that breaks, or memory that runs out, ends that process and not the worker.
//!
//! `supervisor` keeps the process alive and hands it what is ordered, `child` is what such a process consists of beside its
//! model, and [`Protocol`] says what a kind of process is told and tells. Knows nothing of speech.

mod child;
mod frame;
mod messages;
mod numbers;
mod supervisor;

use std::fmt::Debug;

use serde::{Serialize, de::DeserializeOwned};

pub use self::{
    child::{Call, Calls, Ending, Model, Outbox, serve},
    messages::Failure,
    numbers::{from_floats, from_integers, split, to_floats, to_integers},
    supervisor::{Answer, EngineProgram, OrderError, Supervisor, Ticket},
};

/// What may stand in the header of a frame.
pub trait Message: Serialize + DeserializeOwned + Debug + Send + 'static {}

impl<T: Serialize + DeserializeOwned + Debug + Send + 'static> Message for T {}

/// What one kind of process is told and tells. Each order has any number of parts as its answer, which are bytes, and an end.
pub trait Protocol: 'static {
    /// The engine's name, which its threads bear.
    const NAME: &'static str;
    /// Grows with every change of the types below and of what the bodies beside them mean.
    const VERSION: u32;
    /// Which model, and how it is to be run.
    type Load: Message + Clone;
    /// What the model is, once it is loaded.
    type Hello: Message;
    type Order: Message;
    /// How an order was done.
    type End: Message;

    /// Tells the log what was loaded.
    fn log(hello: &Self::Hello);
}
