//! What is asked for, and what comes of it.

/// What is made of speech.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Task {
    /// Its own words.
    #[default]
    Transcribe,
    /// English, from any language.
    Translate,
}

/// A language that a recording is taken to be in.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    /// A code such as `en`.
    pub language: String,
    /// Probability from which another language is believed.
    pub least: f32,
}

/// How a recording is transcribed. The defaults are those of the reference, but that a window knows nothing of the one before.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// A code such as `en`; detected in the first 30 s where there is none.
    pub language: Option<String>,
    /// Where no language is given: the one that a recording is taken to be in unless another is likely. What is detected is then
    /// detected in what the words are heard in, which costs no second look at it.
    pub expected: Option<Expected>,
    pub task: Task,
    /// Whether the model says when each phrase begins and ends. It always does for recordings of more than 30 s, which are cut at them.
    pub timestamps: bool,
    /// Words that are spelt as they may come up, or what was said before.
    pub prompt: Option<String>,
    /// Whether a window is read with the text of those before; errors then go on too.
    pub condition_on_previous: bool,
    /// Tried one after the other while the text is not good enough; 0 takes the likeliest token.
    pub temperatures: Vec<f32>,
    /// Texts at each temperature above 0, of which the likeliest is taken.
    pub best_of: usize,
    /// Of chance: the same seed gives the same text.
    pub seed: u64,
    /// Ratio of a text to its zlib stream above which it repeats itself.
    pub most_compression: f64,
    /// Mean log probability of a token below which a text is not taken.
    pub least_log_probability: f64,
    /// Probability of no speech above which a text that would not be taken is silence.
    pub most_no_speech: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            language: None,
            expected: None,
            task: Task::Transcribe,
            timestamps: false,
            prompt: None,
            condition_on_previous: false,
            temperatures: vec![0.0, 0.2, 0.4, 0.6, 0.8, 1.0],
            best_of: 5,
            seed: 0,
            most_compression: 2.4,
            least_log_probability: -1.0,
            most_no_speech: 0.6,
        }
    }
}

/// What was said in a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Transcript {
    pub text: String,
    /// As it was given or detected.
    pub language: String,
    /// Its probability, where it was detected.
    pub language_probability: Option<f32>,
    pub segments: Vec<Segment>,
    /// Of a token, over all segments; 0 where nothing was said.
    pub mean_log_probability: f64,
    /// The probability that nobody speaks, of the window where it is lowest.
    pub no_speech: f64,
    /// The highest of all windows.
    pub temperature: f32,
    /// Of the whole text.
    pub compression_ratio: f64,
}

/// A phrase where times are said, a window otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// Seconds from the beginning of the recording.
    pub start: f64,
    /// Seconds from the beginning of the recording.
    pub end: f64,
    pub text: String,
    /// Times among them.
    pub tokens: Vec<u32>,
    /// Of the window.
    pub mean_log_probability: f64,
    /// Of the window.
    pub no_speech: f64,
    /// Of the window.
    pub temperature: f32,
    /// Of the window.
    pub compression_ratio: f64,
}
