//! Stored objects: the gateway through which they are reached, and their way to the caller, whole, in ranges or by a redirect.

mod asked;
mod delivery;
mod gateway;
mod incoming;
mod responses;

pub use asked::Asked;
pub use delivery::{Disposition, deliver};
pub use gateway::Gateway;
pub use incoming::{CONTENT_DIGEST, Stored};
pub use responses::WithObject;
