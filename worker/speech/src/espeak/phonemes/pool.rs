//! Which process answers for which voice and style, and how many there are.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Mutex as AsyncMutex;

use super::{PhonemeStyle, PhonemizerConfig, process::Slot};
use crate::SpeechError;

const LONGEST_VOICE: usize = 40;

/// A slot, and what it answers for.
type Entry = ((String, PhonemeStyle), Arc<AsyncMutex<Slot>>);

#[derive(Debug)]
pub(super) struct Pool {
    config: PhonemizerConfig,
    /// The one that was used last stands at the end.
    entries: Mutex<Vec<Entry>>,
}

impl Pool {
    pub(super) fn new(config: PhonemizerConfig) -> Self {
        Self {
            config,
            entries: Mutex::default(),
        }
    }

    /// The slot of a voice. Its process starts when it is first asked; that of the slot which was longest unused ends with
    /// the sentence that it is at.
    pub(super) fn slot(
        &self,
        voice: &str,
        style: PhonemeStyle,
    ) -> Result<Arc<AsyncMutex<Slot>>, SpeechError> {
        if !is_name(voice) {
            return Err(SpeechError::Reject(format!(
                "`{}` cannot be a voice of espeak-ng",
                voice.chars().take(LONGEST_VOICE).collect::<String>()
            )));
        }
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = |((name, kind), _): &Entry| name == voice && *kind == style;
        let entry = if let Some(index) = entries.iter().position(wanted) {
            entries.remove(index)
        } else {
            if entries.len() >= self.config.processes.max(1) {
                entries.remove(0);
            }
            let slot = Slot::new(self.config.clone(), voice, style);
            ((voice.to_owned(), style), Arc::new(AsyncMutex::new(slot)))
        };
        let slot = Arc::clone(&entry.1);
        entries.push(entry);
        Ok(slot)
    }
}

/// Voices come from files that somebody imported, and stand on a command line.
fn is_name(voice: &str) -> bool {
    voice.len() <= LONGEST_VOICE
        && voice.starts_with(|c: char| c.is_ascii_alphanumeric())
        && voice
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_be_options_or_paths() {
        for (voice, fits) in [
            ("en-us", true),
            ("en-us+f3", true),
            ("", false),
            ("-w", false),
            ("../x", false),
            ("a b", false),
            (&"x".repeat(41), false),
        ] {
            assert_eq!(is_name(voice), fits, "{voice}");
        }
    }

    #[test]
    fn the_slot_that_was_longest_unused_makes_room() {
        let pool = Pool::new(PhonemizerConfig {
            processes: 2,
            ..PhonemizerConfig::default()
        });
        let slot = |voice| pool.slot(voice, PhonemeStyle::Plain).unwrap();
        let (first, second) = (slot("a"), slot("b"));
        assert!(Arc::ptr_eq(&first, &slot("a")));
        slot("c");
        assert!(Arc::ptr_eq(&first, &slot("a")));
        assert!(!Arc::ptr_eq(&second, &slot("b")));
        let tied = pool.slot("b", PhonemeStyle::Tied).unwrap();
        assert!(!Arc::ptr_eq(&tied, &slot("b")));
    }
}
