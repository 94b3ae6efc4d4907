//! What the host tells about itself: counts for the fleet's metrics, its own metrics page, traces.

pub(crate) mod counts;
pub(crate) mod endpoint;
pub(crate) mod flush;
pub(crate) mod own;
mod page;
mod presence;
mod sizes;
pub mod traces;
