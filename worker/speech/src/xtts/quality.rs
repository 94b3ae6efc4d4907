//! Listens to what the model made of a passage: a model that draws its codes by chance may fall silent, stammer, or go on
//! after the text has ended. What is found here is rough on purpose, so that good speech is never found fault with.

use super::protocol::End;

/// Below this a passage counts as silent: −60 dBFS.
const SILENT: f32 = 0.001;
/// A window below this is a pause: −50 dBFS, over the vocoder's own noise.
const QUIET: f32 = 0.003_16;
const WINDOW_SECONDS: f32 = 0.02;
const LONGEST_PAUSE_SECONDS: f32 = 3.0;
/// Codes at the end that are one group of codes over and over: 1.5 s of it.
const LOOP_CODES: usize = 32;
const LOOP_TIMES: usize = 4;
/// The longest group that is looked for, about a second.
const LONGEST_GROUP: usize = 20;
/// What may be added to any text: a breath before it and a decay after it.
const ALLOWANCE_SECONDS: f32 = 1.5;
/// How many times as long as the longest good take a take may become.
const LIMIT: f32 = 1.25;

/// What is wrong with a take, the lesser fault first: of two takes the one with the lesser fault is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    /// Silence of over 3 s.
    Pause,
    /// Far more audio than the text can take.
    TooLong,
    /// The same codes over and over at the end.
    Repetition,
    /// The model did not stop by itself.
    Runaway,
    /// Far less audio than the text needs.
    TooShort,
    Silence,
}

impl Fault {
    pub(super) const ALL: [Self; 6] = [
        Self::Pause,
        Self::TooLong,
        Self::Repetition,
        Self::Runaway,
        Self::TooShort,
        Self::Silence,
    ];

    /// As the metrics name it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::TooLong => "too_long",
            Self::Repetition => "repetition",
            Self::Runaway => "runaway",
            Self::TooShort => "too_short",
            Self::Silence => "silence",
        }
    }
}

/// Seconds that a transcript takes at the voice's own pace. Wide: a slow reader is no fault.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pace {
    least: f32,
    usual: f32,
    most: f32,
}

impl Pace {
    /// By how much its characters say.
    pub(super) fn of(transcript: &str) -> Self {
        let still = Self {
            least: 0.0,
            usual: 0.0,
            most: 0.0,
        };
        transcript.chars().fold(still, |sum, c| {
            let (least, usual, most) = seconds_of(c);
            Self {
                least: sum.least + least,
                usual: sum.usual + usual,
                most: sum.most + most,
            }
        })
    }
}

impl Pace {
    /// Where generating ends at the latest: what is longer is too long by any measure.
    pub(super) fn limit_seconds(&self) -> f32 {
        (self.most + ALLOWANCE_SECONDS) * LIMIT
    }
}

fn seconds_of(c: char) -> (f32, f32, f32) {
    match c {
        // Ideographs: a syllable each, often a word.
        '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}' => (0.06, 0.22, 0.8),
        // Kana and Hangul.
        '\u{3040}'..='\u{30ff}' | '\u{ac00}'..='\u{d7af}' => (0.04, 0.15, 0.6),
        // Arabic does not write short vowels.
        '\u{0600}'..='\u{06ff}' => (0.025, 0.09, 0.4),
        _ => (0.02, 0.065, 0.3),
    }
}

/// One passage as it was spoken.
#[derive(Debug)]
pub(super) struct Take {
    pub(super) samples: Vec<f32>,
    pub(super) codes: Vec<u32>,
    pub(super) end: End,
}

/// What a take is measured by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measure {
    pub(super) pace: Pace,
    pub(super) speed: f32,
    /// Hz.
    pub(super) sample_rate: u32,
}

impl Measure {
    /// The worst that is wrong with a take.
    pub(super) fn fault(&self, take: &Take) -> Option<Fault> {
        let seconds = take.samples.len() as f32 / self.sample_rate as f32;
        let grave_faults = [
            (Fault::Silence, is_silent(&take.samples)),
            (Fault::TooShort, seconds < self.least_seconds()),
        ];
        let lesser_faults = [
            (Fault::TooLong, seconds > self.most_seconds()),
            (
                Fault::Pause,
                self.longest_pause(&take.samples) > LONGEST_PAUSE_SECONDS,
            ),
        ];
        let first = |faults: [(Fault, bool); 2]| {
            let mut faults = faults.into_iter();
            faults.find_map(|(fault, holds)| holds.then_some(fault))
        };
        first(grave_faults)
            .or_else(|| take.fault_of_codes())
            .or_else(|| first(lesser_faults))
    }

    /// How far the take's pace is from the usual one: 0 is the same, 1 is e times as fast or as slow.
    pub(super) fn oddity(&self, take: &Take) -> f32 {
        let usual = self.pace.usual / self.speed;
        let seconds = take.samples.len() as f32 / self.sample_rate as f32;
        (seconds.max(0.01) / usual.max(0.01)).ln().abs()
    }

    /// Ends a take that ran away at its last quiet place before it did; gives the samples that were cut off.
    pub(super) fn cut(&self, take: &mut Take) -> usize {
        let whole = take.samples.len();
        let per_code = whole / take.codes.len().max(1);
        let least = ((self.least_seconds() * self.sample_rate as f32) as usize).min(whole);
        let limit = loop_start(&take.codes).map_or(whole, |code| code * per_code);
        let limit = limit.clamp(least, whole);
        let end = self.last_quiet(&take.samples, least, limit);
        take.samples.truncate(end.unwrap_or(limit));
        whole - take.samples.len()
    }

    fn least_seconds(&self) -> f32 {
        self.pace.least / self.speed
    }

    fn most_seconds(&self) -> f32 {
        (self.pace.most + ALLOWANCE_SECONDS) / self.speed
    }

    fn window(&self) -> usize {
        ((self.sample_rate as f32 * WINDOW_SECONDS) as usize).max(1)
    }

    /// In seconds.
    fn longest_pause(&self, samples: &[f32]) -> f32 {
        let (mut longest, mut current) = (0_usize, 0_usize);
        for window in samples.chunks(self.window()) {
            current = if loudness(window) < QUIET {
                current + 1
            } else {
                0
            };
            longest = longest.max(current);
        }
        longest as f32 * WINDOW_SECONDS
    }

    /// The middle of the last window between two places that is far quieter than the whole, if there is one.
    fn last_quiet(&self, samples: &[f32], from: usize, to: usize) -> Option<usize> {
        let window = self.window();
        let floor = loudness(samples) / 10.0;
        let mut starts = (from..to.saturating_sub(window)).step_by(window).rev();
        let quiet = starts.find(|start| {
            samples
                .get(*start..start + window)
                .is_some_and(|window| loudness(window) < floor)
        });
        quiet.map(|start| start + window / 2)
    }
}

impl Take {
    /// What can be said of a take by its codes alone.
    pub(super) fn fault_of_codes(&self) -> Option<Fault> {
        let looped = || loop_start(&self.codes).map(|_| Fault::Repetition);
        (self.end == End::LengthLimit)
            .then_some(Fault::Runaway)
            .or_else(looped)
    }
}

pub(super) fn is_silent(samples: &[f32]) -> bool {
    let loudness = loudness(samples);
    // What is no number is no sound.
    loudness.is_nan() || loudness < SILENT
}

/// Root mean square.
fn loudness(samples: &[f32]) -> f32 {
    let energy: f64 = samples
        .iter()
        .map(|sample| f64::from(*sample) * f64::from(*sample))
        .sum();
    (energy / samples.len().max(1) as f64).sqrt() as f32
}

/// The code at which the codes begin to repeat themselves up to their end: the first of the second time.
fn loop_start(codes: &[u32]) -> Option<usize> {
    // A stop may stand behind the loop.
    let stopped = codes.split_last().map_or(codes, |(_, codes)| codes);
    loop_to_the_end(codes).or_else(|| loop_to_the_end(stopped))
}

fn loop_to_the_end(codes: &[u32]) -> Option<usize> {
    (1..=LONGEST_GROUP).find_map(|group| {
        let later = codes.iter().rev();
        let earlier = codes.get(..codes.len().checked_sub(group)?)?.iter().rev();
        let same = later.zip(earlier).take_while(|(a, b)| a == b).count();
        let looped = same + group;
        let enough = looped >= LOOP_CODES && looped >= group * LOOP_TIMES;
        enough.then(|| codes.len() - same)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 24_000;

    fn measure(chars: usize) -> Measure {
        Measure {
            pace: Pace::of(&"a".repeat(chars)),
            speed: 1.0,
            sample_rate: RATE,
        }
    }

    fn tone(seconds: f32) -> Vec<f32> {
        let samples = (seconds * RATE as f32) as usize;
        (0..samples)
            .map(|at| 0.3 * (at as f32 * 0.05).sin())
            .collect()
    }

    /// Codes that do not repeat, one for each 1,115 samples.
    fn take(samples: Vec<f32>) -> Take {
        let codes = (0..samples.len() / 1115).map(|code| (code * code) as u32);
        Take {
            codes: codes.collect(),
            samples,
            end: End::Stop,
        }
    }

    #[test]
    fn good_speech_has_no_fault() {
        for (chars, seconds) in [(3, 0.4), (3, 2.0), (60, 4.0), (60, 8.0), (250, 14.0)] {
            let fault = measure(chars).fault(&take(tone(seconds)));
            assert_eq!(fault, None, "{chars} characters in {seconds} s");
        }
    }

    #[test]
    fn silence_is_found() {
        let fault = |samples: Vec<f32>| measure(60).fault(&take(samples));
        assert_eq!(fault(vec![0.0; 100_000]), Some(Fault::Silence));
        assert_eq!(fault(vec![f32::NAN; 100_000]), Some(Fault::Silence));
        assert_eq!(fault(Vec::new()), Some(Fault::Silence));
        let gap = |seconds: f32| {
            let pause = vec![0.0; (seconds * RATE as f32) as usize];
            [tone(2.0), pause, tone(2.0)].concat()
        };
        assert_eq!(fault(gap(2.9)), None);
        assert_eq!(fault(gap(3.2)), Some(Fault::Pause));
    }

    #[test]
    fn lengths_far_off_are_found() {
        let fault = |chars, seconds| measure(chars).fault(&take(tone(seconds)));
        assert_eq!(fault(200, 2.0), Some(Fault::TooShort));
        assert_eq!(fault(5, 5.0), Some(Fault::TooLong));
        let fast = Measure {
            speed: 2.0,
            ..measure(200)
        };
        assert_eq!(fast.fault(&take(tone(2.5))), None);
        let chinese = Measure {
            pace: Pace::of(&"\u{5b57}".repeat(20)),
            ..measure(20)
        };
        assert_eq!(chinese.fault(&take(tone(5.0))), None);
    }

    #[test]
    fn loops_are_found_where_they_begin() {
        let lead: Vec<u32> = (0..40).collect();
        let looped = |group: &[u32], times: usize| [lead.clone(), group.repeat(times)].concat();
        assert_eq!(loop_start(&looped(&[900], 31)), None);
        assert_eq!(loop_start(&looped(&[900], 33)), Some(41));
        assert_eq!(loop_start(&looped(&[900, 901, 902], 12)), Some(43));
        let stopped = [looped(&[900, 901, 902], 12), vec![1025]].concat();
        assert_eq!(loop_start(&stopped), Some(43));
        let long: Vec<u32> = (900..915).collect();
        assert_eq!(loop_start(&looped(&long, 3)), None);
        assert_eq!(loop_start(&looped(&long, 4)), Some(55));
        assert_eq!(loop_start(&[]), None);
        assert_eq!(loop_start(&lead), None);
    }

    #[test]
    fn what_ran_away_is_cut_at_its_last_quiet_place() {
        let pause = vec![0.0; RATE as usize / 5];
        let mut ran_away = Take {
            end: End::LengthLimit,
            ..take([tone(3.0), pause.clone(), tone(2.0), pause, tone(4.0)].concat())
        };
        assert_eq!(measure(40).fault(&ran_away), Some(Fault::Runaway));
        let cut = measure(40).cut(&mut ran_away);
        let kept = ran_away.samples.len() as f32 / RATE as f32;
        assert!((5.2..5.4).contains(&kept), "{kept} s");
        assert!((3.9..4.3).contains(&(cut as f32 / RATE as f32)));
    }

    #[test]
    fn a_loop_is_cut_before_it_repeats() {
        let samples = tone(8.0);
        let mut looped = take(samples);
        let codes = looped.codes.len();
        looped.codes.truncate(codes - 60);
        looped.codes.extend([900, 901, 902].repeat(20));
        assert_eq!(measure(100).fault(&looped), Some(Fault::Repetition));
        measure(100).cut(&mut looped);
        let kept = looped.samples.len() / 1115;
        assert!(kept.abs_diff(codes - 60) < 6, "{kept} of {codes} codes");
    }
}
