//! What may be said next.

use super::choice::{highest, log_sum};
use crate::tokens::Tokens;

/// Steps of time before which the first words begin: 1 s.
const LATEST_BEGINNING: u32 = 50;

/// What is never said, what is not said first, and the order of times.
pub(crate) struct Rules<'a> {
    pub(crate) tokens: &'a Tokens,
    /// What no text begins with, beside its end.
    pub(crate) blank: &'a [u32],
    pub(crate) suppressed: &'a [u32],
    /// Whether times are said.
    pub(crate) timestamps: bool,
}

impl Rules<'_> {
    /// Takes every chance from what may not follow on `said`.
    pub(crate) fn apply(&self, scores: &mut [f32], said: &[u32]) {
        if said.is_empty() {
            forbid(scores, self.blank.iter().chain([&self.tokens.eot]));
        }
        forbid(scores, self.suppressed);
        forbid(scores, &self.tokens.never_said());
        if self.timestamps {
            self.order_times(scores, said);
            self.prefer_times(scores);
        }
    }

    fn order_times(&self, scores: &mut [f32], said: &[u32]) {
        let first = self.tokens.timestamp_begin as usize;
        forbid(scores, [&self.tokens.no_timestamps]);
        let is_time = |back: usize| {
            let place = said.len().checked_sub(back);
            place.map(|place| self.tokens.is_time(said[place]))
        };
        let after_time = is_time(1).unwrap_or(false);
        // At the beginning there is no word that a single time could end.
        let after_pair = after_time && is_time(2).unwrap_or(true);
        if after_pair {
            clear(scores, first..usize::MAX);
        } else if after_time {
            clear(scores, 0..self.tokens.eot as usize);
        }
        let latest = said.iter().rev().find(|id| self.tokens.is_time(**id));
        if let Some(latest) = latest {
            // Words last for a while; the next phrase may begin where one ended.
            let earliest = *latest as usize + usize::from(!after_time || after_pair);
            clear(scores, first..earliest);
        }
        if said.is_empty() {
            clear(scores, 0..first);
            clear(scores, first + LATEST_BEGINNING as usize + 1..usize::MAX);
        }
    }

    /// Where all times together are likelier than any single word, one of them is said.
    fn prefer_times(&self, scores: &mut [f32]) {
        let first = (self.tokens.timestamp_begin as usize).min(scores.len());
        let (words, times) = scores.split_at_mut(first);
        if log_sum(times) > f64::from(highest(words)) {
            words.fill(f32::NEG_INFINITY);
        }
    }
}

fn forbid<'a>(scores: &mut [f32], ids: impl IntoIterator<Item = &'a u32>) {
    for id in ids {
        if let Some(score) = scores.get_mut(*id as usize) {
            *score = f32::NEG_INFINITY;
        }
    }
}

fn clear(scores: &mut [f32], range: std::ops::Range<usize>) {
    let end = range.end.min(scores.len());
    if let Some(part) = scores.get_mut(range.start..end) {
        part.fill(f32::NEG_INFINITY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten words, the end, and what is special.
    fn tokens() -> Tokens {
        Tokens::laid_out(10, 2)
    }

    /// Ids that may follow.
    fn allowed(timestamps: bool, said: &[u32], scores: &[(u32, f32)]) -> Vec<u32> {
        let tokens = tokens();
        let rules = Rules {
            tokens: &tokens,
            blank: &[3],
            suppressed: &[4],
            timestamps,
        };
        let mut all = vec![0.0; tokens.timestamp_begin as usize + 200];
        for (id, score) in scores {
            all[*id as usize] = *score;
        }
        rules.apply(&mut all, said);
        let ids = (0..all.len() as u32).filter(|id| all[*id as usize] > f32::NEG_INFINITY);
        ids.collect()
    }

    #[test]
    fn a_text_begins_with_a_word() {
        let found = allowed(false, &[], &[]);
        assert!(!found.contains(&3) && !found.contains(&10) && !found.contains(&4));
        let found = allowed(false, &[0], &[]);
        assert!(found.contains(&3) && found.contains(&10) && !found.contains(&4));
    }

    #[test]
    fn the_first_time_is_within_a_second() {
        let begin = tokens().timestamp_begin;
        let found = allowed(true, &[], &[]);
        assert_eq!(found, (begin..=begin + 50).collect::<Vec<_>>());
    }

    #[test]
    fn times_come_in_pairs_that_do_not_go_back() {
        let begin = tokens().timestamp_begin;
        let words = |found: &[u32]| found.iter().any(|id| *id < 10);
        // Behind the first time there are words, if likely or not.
        let found = allowed(true, &[begin + 5], &[]);
        assert!(
            words(&found) && found.iter().all(|id| *id < begin),
            "{found:?}"
        );
        // Behind a time that ends words comes another, not before it, or the end.
        let found = allowed(true, &[begin, 1, begin + 30], &[]);
        assert!(!words(&found));
        assert_eq!(found[0], begin + 30, "times are likelier than the end");
        let found = allowed(true, &[begin, 1, begin + 30], &[(10, 9.0)]);
        assert_eq!(found[0], 10);
        // Behind words a time is later than the last one.
        let found = allowed(true, &[begin, 1, begin + 30, begin + 40, 2], &[(1, 9.0)]);
        assert!(words(&found));
        let first = found.iter().find(|id| **id >= begin);
        assert_eq!(first, Some(&(begin + 41)));
    }

    #[test]
    fn times_are_said_where_all_together_are_likelier() {
        let begin = tokens().timestamp_begin;
        let said = [begin, 1];
        assert!(allowed(true, &said, &[(2, 5.0)])[0] >= begin);
        assert!(allowed(true, &said, &[(2, 6.0)]).contains(&2));
    }
}
