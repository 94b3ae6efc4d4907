//! What a supervisor and its process say to each other over the process's standard input and output.
//!
//! A frame is one of these in JSON and a body of bytes. Both ends come from one program, so a version that differs is refused and
//! not translated.

use serde::{Deserialize, Serialize};

use super::Protocol;

/// To the process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Request<L, O> {
    /// The first one, and only the first one.
    Load { version: u32, load: L },
    /// The body belongs to the order.
    Order { id: u64, order: O },
    /// What was ordered is not wanted any more.
    Cancel { id: u64 },
}

/// From the process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reply<H, E> {
    /// The model is loaded.
    Hello { version: u32, hello: H },
    /// Work goes on, though there is nothing to show yet.
    Alive,
    /// The body is what follows the parts before.
    Part { id: u64 },
    /// The body belongs to the end.
    Finished { id: u64, end: E },
    Failed {
        id: u64,
        failure: Failure,
        message: String,
    },
}

pub(super) type RequestOf<P> = Request<<P as Protocol>::Load, <P as Protocol>::Order>;
pub(super) type ReplyOf<P> = Reply<<P as Protocol>::Hello, <P as Protocol>::End>;

/// Why an order has no result, by what is to be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// It would fail again.
    Reject,
    /// It has more than the model takes at once; halves of it may do.
    TooLong,
    Retry,
    /// This machine lacks what it needs.
    Unavailable,
}

impl<H, E> Reply<H, E> {
    /// Whose answer it is.
    pub(super) fn id(&self) -> Option<u64> {
        match self {
            Self::Hello { .. } | Self::Alive => None,
            Self::Part { id } | Self::Finished { id, .. } | Self::Failed { id, .. } => Some(*id),
        }
    }

    /// No more comes after it.
    pub(super) fn is_last(&self) -> bool {
        matches!(self, Self::Finished { .. } | Self::Failed { .. })
    }
}
