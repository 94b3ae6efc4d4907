//! The Postgres queue as a typed crate.
//!
//! The rules live in SQL functions (`shared/functions`); here each is one method of [`Queue`] with types for what goes in
//! and comes out, and errors by what the caller can do. At-least-once running, exactly one accepted completion for each
//! job: a token from a sequence fences off whoever held the job before. Jobs may come after others: they are claimed when those
//! have ended, and [`Queue::results_before`] gives what those made.

mod address;
mod batch;
mod chores;
mod claim;
mod connect;
mod doorbell;
mod error;
mod fleet;
mod gates;
mod lent;
mod migrate;
mod objects;
mod settle;
#[cfg(feature = "testing")]
pub mod testing;
mod worker;

pub use address::DatabaseAddress;
pub use batch::BatchItem;
pub use chores::{Lead, SecurityEvent};
pub use claim::{ClaimRequest, Claimed};
pub use connect::{ConnectOptions, Queue};
pub use doorbell::Doorbell;
pub use error::{Error, Result};
pub use gates::Predecessor;
pub use migrate::{
    Changes, FunctionChanges, Holder, Living, MigrationError, Newer, Options as MigrationOptions,
    Patience, PendingMigration, Phase, Reading, Release, Source, migrate, migrate_with, plan,
    plan_with, reading, reading_of,
};
pub use objects::AttemptId;
pub use settle::{Outcome, Settlement};
pub use worker::{Held, Verdict, Warning};
