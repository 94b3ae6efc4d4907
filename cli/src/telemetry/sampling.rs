//! Which requests are in the log: by their trace, so that all parts of the system decide alike without asking each other. A request is in
//! the log whole or not at all; what fails or takes long is, whatever its trace says.

use serde_json::Value;
use tracing::Level;

use super::fields::Fields;

/// The fields of a span that make it one that is sampled.
const IDS: [&str; 4] = ["trace_id", "request_id", "job_id", "message_id"];
/// An answer takes long from here, in milliseconds; jobs have longer work.
const SLOW_ANSWER_MS: f64 = 1000.0;
const SLOW_JOB_MS: f64 = 60_000.0;
/// Lines of one request that are held until it is known how it ends. More than any that goes well has.
const HELD: usize = 256;
/// The random part of a trace id: its last 56 bits (W3C Trace Context, level 2).
const RANDOM_DIGITS: usize = 14;

#[derive(Debug, Clone, Copy)]
pub(super) struct Sampling(f64);

/// What is known of a request that is under way.
#[derive(Debug, Default)]
pub(super) enum Verdict {
    #[default]
    Undecided,
    Written,
    /// Not written unless something happens that must be.
    Held(Vec<Vec<u8>>),
}

impl Sampling {
    pub(super) fn new(share: f64) -> Self {
        Self(share)
    }

    pub(super) fn writes_all(self) -> bool {
        self.0 >= 1.0
    }

    /// Whether a span with these fields is decided about.
    pub(super) fn concerns(fields: &tracing::field::FieldSet) -> bool {
        IDS.iter().any(|id| fields.field(id).is_some())
    }

    fn takes(self, fields: &Fields) -> bool {
        let id = IDS.iter().find_map(|id| fields.text(id));
        id.and_then(place).is_none_or(|place| place < self.0)
    }
}

/// From 0 to 1, by the end of an id. None for what has no such end: nobody else would place it alike.
fn place(id: &str) -> Option<f64> {
    let digits: String = id.chars().filter(|digit| *digit != '-').collect();
    let end = digits.get(digits.len().checked_sub(RANDOM_DIGITS)?..)?;
    let number = u64::from_str_radix(end, 16).ok()?;
    Some(number as f64 / (1_u64 << (4 * RANDOM_DIGITS)) as f64)
}

/// Whether a line must be in the log, and its request with it.
pub(super) fn must_be_told(level: Level, fields: &Fields) -> bool {
    let slower = |name, than| {
        let took = fields.get(name).and_then(Value::as_f64);
        took.is_some_and(|took| took >= than)
    };
    level <= Level::WARN || slower("ms", SLOW_ANSWER_MS) || slower("elapsed_ms", SLOW_JOB_MS)
}

impl Verdict {
    /// The lines to write now, of this one and those that were held before it.
    pub(super) fn lines(
        &mut self,
        line: Vec<u8>,
        (sampling, request): (Sampling, &Fields),
        must: bool,
    ) -> Vec<Vec<u8>> {
        if matches!(self, Self::Undecided) {
            *self = if sampling.takes(request) {
                Self::Written
            } else {
                Self::Held(Vec::new())
            };
        }
        match self {
            Self::Held(held) if must => {
                let mut lines = std::mem::take(held);
                *self = Self::Written;
                lines.push(line);
                lines
            }
            Self::Held(held) => {
                if held.len() < HELD {
                    held.push(line);
                }
                Vec::new()
            }
            Self::Undecided | Self::Written => vec![line],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_an_id_is_its_place() {
        assert_eq!(place("4bf92f3577b34da6a300000000000000"), Some(0.0));
        assert_eq!(place("4bf92f3577b34da6a380000000000000"), Some(0.5));
        assert_eq!(
            place("01a22d4f-628b-7669-9580-000000000000"),
            place("01a22d4f628b76699580000000000000")
        );
        for other in ["order-7", "", "zzzzzzzzzzzzzzzzzzzz"] {
            assert_eq!(place(other), None, "{other}");
        }
    }

    #[test]
    fn a_share_of_random_ids_is_taken() {
        let taken = (0..4000)
            .filter(|_| place(&uuid::Uuid::new_v4().simple().to_string()).unwrap() < 0.1)
            .count();
        assert!((250..=550).contains(&taken), "{taken}");
    }
}
