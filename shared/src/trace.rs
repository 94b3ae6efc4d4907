//! The `traceparent` header of W3C Trace Context, level 1: what ties a request to the worker's log lines.

use std::{fmt, str::FromStr};

/// Why a text is not a `traceparent`. A bad one is dropped and a new trace begun, never answered with an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TraceParentError {
    /// Not the parts `version-trace-parent-flags` of 2, 32, 16 and 2 digits.
    #[error("a traceparent has the form 00-<32 hex digits>-<16 hex digits>-<2 hex digits>")]
    Shape,
    /// A character is not a lower-case hex digit.
    #[error("a traceparent consists of lower-case hex digits")]
    Digit,
    /// Version `ff` is forbidden.
    #[error("the version ff is forbidden")]
    Version,
    /// An id of only zeros names nothing.
    #[error("a trace id or parent id must not be zero")]
    Zero,
}

/// The position of a request in a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    trace_id: u128,
    parent_id: u64,
    flags: u8,
}

const SAMPLED: u8 = 1;

impl TraceParent {
    /// A new trace, from random numbers. A zero is not allowed and becomes 1.
    pub fn start(trace_id: u128, parent_id: u64) -> Self {
        Self {
            trace_id: trace_id.max(1),
            parent_id: parent_id.max(1),
            flags: SAMPLED,
        }
    }

    /// The same trace, seen from a span below this one.
    #[must_use]
    pub fn child(self, span_id: u64) -> Self {
        Self {
            parent_id: span_id.max(1),
            ..self
        }
    }

    /// The id that all spans of the trace share, 32 digits in hex.
    pub const fn trace_id(self) -> u128 {
        self.trace_id
    }

    /// The id of the span that sent this, 16 digits in hex.
    pub const fn parent_id(self) -> u64 {
        self.parent_id
    }

    /// The caller records this trace.
    pub const fn is_sampled(self) -> bool {
        self.flags & SAMPLED != 0
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "00-{:032x}-{:016x}-{:02x}",
            self.trace_id, self.parent_id, self.flags
        )
    }
}

impl FromStr for TraceParent {
    type Err = TraceParentError;

    fn from_str(text: &str) -> Result<Self, TraceParentError> {
        let mut parts = text.split('-');
        let mut part = |digits| hex_part(parts.next(), digits);
        let (version, trace_id, parent_id, flags) = (part(2)?, part(32)?, part(16)?, part(2)?);
        match version {
            0xff => return Err(TraceParentError::Version),
            // A later version may append parts; version 0 may not.
            0 if parts.next().is_some() => return Err(TraceParentError::Shape),
            _ => {}
        }
        if trace_id == 0 || parent_id == 0 {
            return Err(TraceParentError::Zero);
        }
        // Only the flag that version 0 defines is passed on.
        Ok(Self {
            trace_id,
            parent_id: parent_id as u64,
            flags: flags as u8 & SAMPLED,
        })
    }
}

fn hex_part(part: Option<&str>, digits: usize) -> Result<u128, TraceParentError> {
    let part = part
        .filter(|part| part.len() == digits)
        .ok_or(TraceParentError::Shape)?;
    if !part
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    {
        return Err(TraceParentError::Digit);
    }
    u128::from_str_radix(part, 16).map_err(|_| TraceParentError::Digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_parent_round_trips() {
        let parent: TraceParent = TEXT.parse().unwrap();
        assert_eq!(parent.to_string(), TEXT);
        assert!(parent.is_sampled());
        assert_eq!(
            parent.child(5).to_string(),
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000005-01"
        );
        assert_eq!(parent.child(5).trace_id(), parent.trace_id());
    }

    #[test]
    fn a_later_version_is_read_as_far_as_it_is_known() {
        let parent: TraceParent = format!("cc-{}-more", &TEXT[3..]).parse().unwrap();
        assert_eq!(parent.to_string(), TEXT);
    }

    #[test]
    fn what_is_malformed_is_refused() {
        let cases = [
            ("", TraceParentError::Shape),
            (
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
                TraceParentError::Shape,
            ),
            (
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
                TraceParentError::Shape,
            ),
            (
                "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
                TraceParentError::Shape,
            ),
            (
                "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                TraceParentError::Digit,
            ),
            (
                "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                TraceParentError::Digit,
            ),
            (
                "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                TraceParentError::Version,
            ),
            (
                "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                TraceParentError::Zero,
            ),
            (
                "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                TraceParentError::Zero,
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse::<TraceParent>(), Err(expected), "{text}");
        }
    }

    #[test]
    fn a_new_trace_never_has_a_zero_id() {
        let parent = TraceParent::start(0, 0);
        assert_eq!(parent.to_string().parse(), Ok(parent));
    }
}
