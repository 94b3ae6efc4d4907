//! 256 bits from the host's random source, for keys and secrets.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kiskadee_edge_kit::{Problem, log};

/// The same as text that may stand in an address.
pub(crate) fn random_text() -> Result<String, Problem> {
    Ok(URL_SAFE_NO_PAD.encode(random_bytes()?))
}

pub(crate) fn random_bytes() -> Result<[u8; 32], Problem> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| {
        log::error("the random source failed", &error);
        Problem::internal()
    })?;
    Ok(bytes)
}
