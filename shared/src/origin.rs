//! Where work comes from: the request that asked for it, by its place in a trace and its id.

use std::{fmt, str::FromStr};

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::{
    limits::REQUEST_ID_BYTES,
    trace::{TraceParent, TraceParentError},
};

/// Goes with a job from the edge to the worker's lines and the webhook. As text: the `traceparent`, and after a space the id of the
/// request where it is known; releases of before wrote the first alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The place in the trace.
    pub trace: TraceParent,
    /// What the caller, a proxy or the edge called the request.
    pub request_id: Option<String>,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.trace.fmt(f)?;
        match &self.request_id {
            Some(id) => write!(f, " {id}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Origin {
    type Err = TraceParentError;

    /// An id that is none is left out: the trace alone is worth having.
    fn from_str(text: &str) -> Result<Self, TraceParentError> {
        let (trace, id) = text.split_once(' ').unwrap_or((text, ""));
        Ok(Self {
            trace: trace.parse()?,
            request_id: is_request_id(id).then(|| id.to_owned()),
        })
    }
}

/// Whether a text may name a request: ASCII letters, digits and `-_.`, as many as the limits allow.
pub fn is_request_id(text: &str) -> bool {
    REQUEST_ID_BYTES.contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// By what log lines tell owners apart without naming them: 16 hex digits of a SHA-256. Who has the ids can find the owner of a line; who
/// has the lines alone cannot, for ids are random.
pub fn owner_hash(owner: Uuid) -> String {
    let mut hash = Sha256::new_with_prefix(b"kiskadee owner ");
    hash.update(owner.as_bytes());
    let first = hash.finalize().into_iter().take(8);
    let number = first.fold(0_u64, |number, byte| (number << 8) | u64::from(byte));
    format!("{number:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_request_keeps_its_name() {
        let text = format!("{TRACE} order-7.retry_2");
        let origin: Origin = text.parse().unwrap();
        assert_eq!(origin.request_id.as_deref(), Some("order-7.retry_2"));
        assert_eq!(origin.to_string(), text);
    }

    #[test]
    fn a_trace_alone_is_enough() {
        for text in [
            TRACE.to_owned(),
            format!("{TRACE} "),
            format!("{TRACE} a\nb"),
            format!("{TRACE} {}", "x".repeat(129)),
        ] {
            let origin: Origin = text.parse().unwrap();
            assert_eq!(origin.to_string(), TRACE, "{text}");
        }
        assert!("order-7".parse::<Origin>().is_err());
    }

    #[test]
    fn owners_are_told_apart() {
        let (one, other) = (
            owner_hash(Uuid::from_u128(1)),
            owner_hash(Uuid::from_u128(2)),
        );
        assert_ne!(one, other);
        assert_eq!(one.len(), 16);
        assert_eq!(one, owner_hash(Uuid::from_u128(1)));
    }
}
