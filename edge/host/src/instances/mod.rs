//! Instances of components: what belongs to one, and how it comes by its requests.
//!
//! An ordinary request has an instance for itself, so that what breaks it or fills its memory is nobody else's; it is used again
//! afterwards. Answers that are many, long, and begin with nothing to read (events, downloads) share instances of their own.

mod alone;
mod memory;
mod pool;
mod presence;
mod shared;
mod store;

pub(crate) use alone::Failure;
pub(crate) use pool::Pool;
pub(crate) use presence::Presence;
pub(crate) use shared::{Instances, NoFreeInstance};
pub(crate) use store::{Instance, Platform, PlatformView};
