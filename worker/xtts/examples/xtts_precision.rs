//! What 8-bit weights cost in quality: `xtts_precision FOLDER [CODES]`, where FOLDER is an imported model. Compares the scores of the GPT in 8 bits
//! with those in f32 along the same codes, and the codes that each draws by itself when the best is always taken.

use std::{path::Path, process::ExitCode, sync::Arc};

use kiskadee_xtts::{
    Batch, DeviceChoice, Event, LoadOptions, Order, Precision, PreparedVoice, Sampling, Xtts,
};

type Failure = Box<dyn std::error::Error>;

const TEXTS: [&str; 4] = [
    "the ferry leaves at a quarter to eight.",
    "nobody had seen the letter before, and nobody asked.",
    "is this the road to the old mill?",
    "it rained all night; in the morning the garden was under water.",
];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments
        .next()
        .ok_or("usage: xtts_precision FOLDER [CODES]")?;
    let codes: usize = arguments.next().map_or(Ok(100), |codes| codes.parse())?;
    let exact = Subject::load(Path::new(&folder), Precision::F32)?;
    let coarse = Subject::load(Path::new(&folder), Precision::Q8)?;
    let mut all = Figures::default();
    for text in TEXTS {
        let figures = compare(&exact, &coarse, text, codes)?;
        println!("{text}\n  {figures}");
        all.add(&figures);
    }
    println!("all\n  {all}");
    Ok(())
}

struct Subject {
    model: Arc<Xtts>,
    voice: PreparedVoice,
}

impl Subject {
    fn load(folder: &Path, precision: Precision) -> Result<Self, Failure> {
        let options = LoadOptions {
            device: DeviceChoice::Cpu,
            precision,
            threads: 0,
        };
        let model = Arc::new(Xtts::load(folder, &options)?);
        let speaker = model.speakers().first();
        let (_, voice) = speaker.ok_or("the model has no speakers of its own")?;
        let voice = model.prepare(voice)?;
        Ok(Self { model, voice })
    }

    fn tokens(&self, text: &str) -> Result<Vec<u32>, Failure> {
        Ok(self.model.tokenize(text, "en")?)
    }

    /// The codes that have the best scores, with the checkpoint's penalty for repetition.
    fn greedy(&self, tokens: &[u32], codes: usize) -> Result<Vec<u32>, Failure> {
        let order = Order {
            tokens: tokens.to_vec(),
            voice: self.voice.clone(),
            sampling: Sampling {
                top_k: 1,
                max_codes: codes,
                ignore_stop: true,
                ..Sampling::of(self.model.config())
            },
            speed: 1.0,
            stream: false,
        };
        let mut batch = Batch::of_codes(Arc::clone(&self.model), 1)?;
        batch.join(0, order)?;
        while !batch.is_empty() {
            for (_, event) in batch.step()? {
                if let Event::Finished(outcome) = event {
                    return Ok(outcome.codes);
                }
            }
        }
        Err("the model drew nothing".into())
    }
}

#[derive(Default)]
struct Figures {
    scores: usize,
    squared_error: f64,
    squared_spread: f64,
    divergence: f64,
    steps: usize,
    same_best: usize,
    drawn: usize,
    same_drawn: usize,
}

impl Figures {
    fn add(&mut self, other: &Self) {
        self.scores += other.scores;
        self.squared_error += other.squared_error;
        self.squared_spread += other.squared_spread;
        self.divergence += other.divergence;
        self.steps += other.steps;
        self.same_best += other.same_best;
        self.drawn += other.drawn;
        self.same_drawn += other.same_drawn;
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let error = (self.squared_error / self.squared_spread).sqrt();
        let share = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
        write!(
            f,
            "error of the scores {:.2} % of their spread, divergence {:.5} nats, same best code {:.1} %, same codes before the first other one {:.1} %",
            100.0 * error,
            self.divergence / self.steps as f64,
            share(self.same_best, self.steps),
            share(self.same_drawn, self.drawn)
        )
    }
}

fn compare(
    exact: &Subject,
    coarse: &Subject,
    text: &str,
    codes: usize,
) -> Result<Figures, Failure> {
    let tokens = exact.tokens(text)?;
    let drawn = exact.greedy(&tokens, codes)?;
    let other = coarse.greedy(&tokens, codes)?;
    let mut figures = Figures {
        drawn: drawn.len(),
        same_drawn: drawn.iter().zip(&other).take_while(|(a, b)| a == b).count(),
        ..Figures::default()
    };
    let right = exact.model.scores(&exact.voice, &tokens, &drawn)?;
    let found = coarse.model.scores(&coarse.voice, &tokens, &drawn)?;
    for (right, found) in right.iter().zip(&found) {
        let mean = right.iter().sum::<f32>() / right.len() as f32;
        let pairs = || right.iter().zip(found);
        figures.scores += right.len();
        figures.squared_error += pairs().map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>();
        figures.squared_spread += right
            .iter()
            .map(|a| f64::from(a - mean).powi(2))
            .sum::<f64>();
        figures.divergence += divergence(right, found);
        figures.steps += 1;
        figures.same_best += usize::from(best(right) == best(found));
    }
    Ok(figures)
}

/// Of Kullback and Leibler, in nats.
fn divergence(right: &[f32], found: &[f32]) -> f64 {
    let (right, found) = (log_softmax(right), log_softmax(found));
    right
        .iter()
        .zip(&found)
        .map(|(p, q)| p.exp() * (p - q))
        .sum()
}

fn log_softmax(scores: &[f32]) -> Vec<f64> {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let total: f64 = scores
        .iter()
        .map(|score| f64::from(score - most).exp())
        .sum();
    scores
        .iter()
        .map(|score| f64::from(score - most) - total.ln())
        .collect()
}

fn best(scores: &[f32]) -> Option<usize> {
    let ranked = scores.iter().enumerate();
    ranked
        .max_by(|a, b| a.1.total_cmp(b.1))
        .map(|(code, _)| code)
}
