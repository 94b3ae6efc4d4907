//! The stages of the model beside what the reference implementation made of them.

mod golden;

use std::path::Path;

use candle_core::{Device, Tensor};
pub use kiskadee_nn::parity::{Comparison, Comparisons, Difference};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use self::golden::{Golden, Greedy};
use crate::decoding::{Prompted, Room, Rules};
use crate::error::Result;
use crate::mel::SAMPLE_RATE;
use crate::model::{Heard, Trace};

const MEL_THRESHOLD: f64 = 1e-5;
const THRESHOLD: f64 = 1e-4;

/// Compares the model in a folder with the golden files beside it, and shows each result as it is made. Fails only where the folder
/// cannot be used.
pub fn compare(folder: &Path, device: &Device, show: &mut dyn FnMut(&Comparison)) -> Result<()> {
    let golden = Golden::open(folder, device)?;
    let tensors = golden.tensors()?;
    let mut comparisons = Comparisons::new(&tensors, show);
    golden.compare_vocabulary(&mut comparisons)?;
    let heard = golden.compare_hearing(&mut comparisons)?;
    golden.compare_scores(&heard, &mut comparisons)?;
    golden.compare_languages(&heard, &mut comparisons)?;
    for name in ["timestamps", "plain"] {
        golden.compare_greedy(name, &heard, &mut comparisons)?;
    }
    Ok(())
}

impl Golden {
    fn compare_vocabulary(&self, comparisons: &mut Comparisons<'_>) -> Result<()> {
        let Some(vocabulary) = &self.model.vocabulary else {
            return Ok(());
        };
        let expected = &self.model.config.suppress_tokens;
        comparisons.exact("suppressed", &self.model.suppressed, expected);
        for greedy in [&self.told.plain, &self.told.timestamps] {
            if let Some(text) = &greedy.text {
                let found = vocabulary.decode(&greedy.tokens, &self.model.tokens)?;
                let letters = |text: &str| text.chars().map(u32::from).collect::<Vec<_>>();
                comparisons.exact("text", &letters(found.trim()), &letters(text));
            }
        }
        Ok(())
    }

    /// From samples to the encoder's output.
    fn compare_hearing(&self, comparisons: &mut Comparisons<'_>) -> Result<Heard> {
        let bands = self.model.config.num_mel_bins;
        let bank = kiskadee_dsp::Filterbank::slaney(201, SAMPLE_RATE, bands);
        let unit = |bin| {
            let mut power = vec![0.0; 201];
            power[bin] = 1.0;
            bank.apply(&power).collect::<Vec<_>>()
        };
        let filters: Vec<f32> = (0..201).flat_map(unit).collect();
        let filters = Tensor::from_vec(filters, (201, bands), &Device::Cpu)?;
        comparisons.tensor("mel_filters", &filters.t()?, MEL_THRESHOLD)?;
        let samples = self.floats("samples")?;
        let mel = self.model.mel.window(&samples)?;
        self.beginning("mel", &mel, MEL_THRESHOLD, comparisons)?;
        let unpadded = self.model.mel.compute(&samples, 0)?;
        self.beginning("mel_unpadded", &unpadded, MEL_THRESHOLD, comparisons)?;
        let mut stages = Vec::new();
        let mut keep = |name: &str, stage: &Tensor| stages.push((name.to_owned(), stage.clone()));
        let network = &self.model.network;
        let frames = network.encoder.forward(&mel, &mut Trace::to(&mut keep))?;
        for (name, stage) in stages {
            self.beginning(&name, &stage, THRESHOLD, comparisons)?;
        }
        network.decoder.hear(&frames)
    }

    fn compare_scores(&self, heard: &Heard, comparisons: &mut Comparisons<'_>) -> Result<()> {
        let (decoder, prompt) = (&self.model.network.decoder, &self.told.fixed_prompt);
        let mut said = decoder.begin(1, prompt.len())?;
        let states = decoder.forward(prompt, heard, &mut said)?;
        let count = prompt.len().min(3);
        let scores = decoder.scores(&states.narrow(0, prompt.len() - count, count)?)?;
        Ok(comparisons.tensor("dec.logits_last3", &scores, THRESHOLD)?)
    }

    fn compare_languages(&self, heard: &Heard, comparisons: &mut Comparisons<'_>) -> Result<()> {
        let guesses = self.model.guess(heard)?;
        let guesses = &guesses[..guesses.len().min(self.told.languages.len())];
        let ids = guesses.iter();
        let ids = ids.filter_map(|guess| self.model.tokens.language_id(&guess.language));
        let expected: Vec<u32> = self.told.languages.iter().map(|(id, _)| *id).collect();
        comparisons.exact("languages", &ids.collect::<Vec<_>>(), &expected);
        let found: Vec<f32> = guesses.iter().map(|guess| guess.probability).collect();
        Ok(comparisons.values("language probabilities", &found, THRESHOLD)?)
    }

    /// The scores of each step before and behind the rules, and what was said.
    fn compare_greedy(
        &self,
        name: &str,
        heard: &Heard,
        comparisons: &mut Comparisons<'_>,
    ) -> Result<()> {
        let greedy: &Greedy = match name {
            "plain" => &self.told.plain,
            _ => &self.told.timestamps,
        };
        let (model, initial) = (&self.model, &greedy.initial);
        let room = Room {
            answer: self.told.steps,
            all: model.config.max_target_positions,
        };
        let sot = (0, model.tokens.no_speech);
        let prompted = Prompted::new(&model.network.decoder, heard, initial, sot, room)?;
        let rules = Rules {
            tokens: &model.tokens,
            blank: &model.blank,
            suppressed: &model.suppressed,
            timestamps: name == "timestamps",
        };
        let (mut raw, mut filtered) = (Vec::new(), Vec::new());
        let mut keep = |before: &[f32], behind: &[f32]| {
            raw.push(Tensor::from_slice(before, before.len(), &Device::Cpu));
            filtered.push(behind.to_vec());
        };
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let answer = prompted.answer(&rules, (0.0, 1), room, &mut rng, &mut keep)?;
        let raw = Tensor::stack(
            &raw.into_iter().collect::<candle_core::Result<Vec<_>>>()?,
            0,
        )?;
        self.beginning(&format!("greedy.{name}.raw"), &raw, THRESHOLD, comparisons)?;
        for (step, scores) in filtered.iter().enumerate() {
            comparisons.values(&format!("greedy.{name}.filtered.{step}"), scores, THRESHOLD)?;
        }
        comparisons.exact(&format!("{name} tokens"), &answer.tokens, &greedy.tokens);
        let sure = [answer.mean_log_probability as f32];
        comparisons.values(&format!("{name} log probability"), &sure, THRESHOLD)?;
        let silent = [prompted.no_speech as f32];
        Ok(comparisons.values(&format!("{name} no speech"), &silent, THRESHOLD)?)
    }
}
