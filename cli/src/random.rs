//! Secrets from the operating system's random source.

use anyhow::{Context, Result};

pub(crate) fn random_bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).context("cannot read the system's random source")?;
    Ok(bytes)
}

/// 32 random bytes in hexadecimal: safe in a URL, in SQL and on a command line.
pub(crate) fn random_token() -> Result<String> {
    Ok(hex(&random_bytes::<32>()?))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_and_differ() {
        let (one, two) = (random_token().unwrap(), random_token().unwrap());
        assert_eq!(one.len(), 64);
        assert_ne!(one, two);
        assert_eq!(hex(&[0, 255, 16]), "00ff10");
    }
}
