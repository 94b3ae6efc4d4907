//! Server-sent events: how one is written, and streams that look at the database again and again until all is told.

mod clock;
mod format;
mod gathered;
mod stream;

pub use format::{last_id, write};
pub use gathered::Gathered;
pub use stream::{News, Watch, watch};
