//! The import of a published voice: names and sizes from its graph.

mod graph;
mod sizes;

pub(crate) use self::graph::{Graph, Layer};
pub(crate) use self::sizes::sizes;
