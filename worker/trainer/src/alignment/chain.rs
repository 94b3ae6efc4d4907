//! The states of an utterance in their order, and the best path through them.

use kiskadee_pronunciation::{Phone, PhoneToken, Stress};

use super::{features::Features, gaussians::Gaussians};

/// States of a phone.
const STATES: usize = 3;
/// A silence between two words that is shorter belongs to the word, in frames.
const LEAST_SILENCE: u32 = 8;

/// Which part of which phone.
pub(super) type State = (Phone, u8);

/// A phone of the utterance, or a silence that may be there.
#[derive(Debug, Clone, Copy)]
struct Link {
    token: PhoneToken,
    may_be_left_out: bool,
    /// A silence that the text has not.
    is_added: bool,
}

/// The states of an utterance.
#[derive(Debug)]
pub(super) struct Chain {
    links: Vec<Link>,
}

/// How a path came to a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Stay,
    Next,
    /// Over a silence.
    Skip,
}

impl Chain {
    pub(super) fn of(tokens: &[PhoneToken]) -> Self {
        let mut links: Vec<Link> = Vec::with_capacity(2 * tokens.len());
        for token in tokens {
            let is_silence = token.phone.is_silence();
            if let Some(last) = links.last()
                && !is_silence
                && !last.token.phone.is_silence()
                && last.token.word != token.word
            {
                links.push(silence());
            }
            links.push(Link {
                token: *token,
                may_be_left_out: is_silence,
                is_added: false,
            });
        }
        Self { links }
    }

    fn states(&self) -> usize {
        self.links.len() * STATES
    }

    pub(super) fn state(&self, place: u32) -> State {
        let place = place as usize;
        (
            self.links[place / STATES].token.phone,
            (place % STATES) as u8,
        )
    }

    /// The path of known durations, a link for each token, as no silence was added there; each phone's states take equal parts.
    pub(super) fn path_of(&self, durations: &[u32]) -> Vec<u32> {
        let mut durations = durations.iter();
        let mut path = Vec::new();
        for (index, link) in self.links.iter().enumerate() {
            if link.is_added {
                continue;
            }
            let frames = durations.next().copied().unwrap_or(0) as usize;
            let states = (0..frames).map(|frame| frame * STATES / frames);
            path.extend(states.map(|state| (index * STATES + state) as u32));
        }
        path
    }

    /// The likeliest state of each frame; none if there are too few frames.
    pub(super) fn best_path(&self, features: &Features, model: &Gaussians) -> Option<Vec<u32>> {
        let states = self.states();
        let sounds: Vec<_> = (0..states)
            .map(|state| model.of(self.state(state as u32)))
            .collect();
        let mut scores = vec![f32::NEG_INFINITY; states];
        let mut steps = Vec::with_capacity(features.len() * states);
        for (time, frame) in features.iter().enumerate() {
            let before = scores.clone();
            for (state, score) in scores.iter_mut().enumerate() {
                let (best, step) = if time == 0 {
                    (self.start(state), Step::Stay)
                } else {
                    self.arrive(state, &before)
                };
                steps.push(step);
                *score = best;
                if best > f32::NEG_INFINITY {
                    *score += sounds[state].likelihood(frame);
                }
            }
        }
        self.trace(&scores, &steps)
    }

    fn start(&self, state: usize) -> f32 {
        let is_first = state == 0;
        let is_second = state == STATES && self.links.first().is_some_and(|l| l.may_be_left_out);
        if is_first || is_second {
            0.0
        } else {
            f32::NEG_INFINITY
        }
    }

    fn arrive(&self, state: usize, before: &[f32]) -> (f32, Step) {
        let mut best = (before[state], Step::Stay);
        if state > 0 && before[state - 1] > best.0 {
            best = (before[state - 1], Step::Next);
        }
        if let Some(from) = self.skips_from(state)
            && before[from] > best.0
        {
            best = (before[from], Step::Skip);
        }
        best
    }

    /// The last state before a silence, if this is the first behind it.
    fn skips_from(&self, state: usize) -> Option<usize> {
        let link = state / STATES;
        let is_first = state.is_multiple_of(STATES) && link >= 2;
        (is_first && self.links[link - 1].may_be_left_out).then(|| (link - 1) * STATES - 1)
    }

    fn trace(&self, scores: &[f32], steps: &[Step]) -> Option<Vec<u32>> {
        let states = self.states();
        let last = states.checked_sub(1)?;
        let mut ends = vec![last];
        if self.links.last().is_some_and(|link| link.may_be_left_out) && self.links.len() > 1 {
            ends.push(last - STATES);
        }
        let mut state = ends
            .into_iter()
            .max_by(|a, b| scores[*a].total_cmp(&scores[*b]))
            .filter(|end| scores[*end] > f32::NEG_INFINITY)?;
        let mut path = vec![0; steps.len() / states];
        for (time, place) in path.iter_mut().enumerate().rev() {
            *place = state as u32;
            state = match steps[time * states + state] {
                Step::Stay => state,
                Step::Next => state - 1,
                Step::Skip => self.skips_from(state)?,
            };
        }
        Some(path)
    }

    /// The tokens that were heard with their frames. Short silences between words are given to the phone before.
    pub(super) fn durations(
        &self,
        tokens: &[PhoneToken],
        path: &[u32],
    ) -> (Vec<PhoneToken>, Vec<u32>) {
        let mut frames = vec![0_u32; self.links.len()];
        for place in path {
            frames[*place as usize / STATES] += 1;
        }
        let (mut heard, mut durations): (Vec<PhoneToken>, Vec<u32>) = Default::default();
        let last = self.links.len() - 1;
        for (index, (link, frames)) in self.links.iter().zip(frames).enumerate() {
            let is_end = (index == 0 || index == last) && tokens.len() > 1;
            let is_short = link.may_be_left_out && frames < LEAST_SILENCE && !is_end;
            if is_short {
                if let Some(before) = durations.last_mut() {
                    *before += frames;
                }
                continue;
            }
            heard.push(PhoneToken {
                seconds: None,
                ..link.token
            });
            durations.push(frames);
        }
        (heard, durations)
    }

    /// The mean over the frames of phones of how far below the likeliest state the path lies.
    pub(super) fn score(&self, path: &[u32], features: &Features, model: &Gaussians) -> f32 {
        let heard = path.iter().zip(features);
        let spoken = heard.filter(|(place, _)| !self.state(**place).0.is_silence());
        let (mut sum, mut count) = (0.0, 0.0);
        for (place, frame) in spoken {
            sum += model.of(self.state(*place)).likelihood(frame) - model.best(frame);
            count += 1.0;
        }
        if count > 0.0 {
            sum / count
        } else {
            f32::NEG_INFINITY
        }
    }
}

fn silence() -> Link {
    Link {
        token: PhoneToken {
            phone: Phone::SILENCE,
            stress: Stress::None,
            word: None,
            seconds: None,
        },
        may_be_left_out: true,
        is_added: true,
    }
}
