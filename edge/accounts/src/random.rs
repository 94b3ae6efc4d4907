//! 256 bits from the host's random source, for keys and secrets.

use kiskadee_edge_kit::{Problem, log};

pub(crate) fn random_bytes() -> Result<[u8; 32], Problem> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| {
        log::error("the random source failed", &error);
        Problem::internal()
    })?;
    Ok(bytes)
}
