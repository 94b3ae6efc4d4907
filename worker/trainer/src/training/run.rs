//! A run from its first or last step to its end.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use candle_core::Tensor;
use kiskadee_voice::acoustic::{Network, WeightsFile};

use super::batch::{Part, Sampler};
use super::checkpoint::{self, State};
use super::loss::losses;
use super::memory;
use super::normalization::Normalization;
use super::optimizer::AdamW;
use super::options::{Beginning, RunOptions};
use super::parameters::Parameters;
use super::progress::{Log, Meter, Progress};
use super::sum::Sum;
use crate::TrainError;
use crate::corpus::Speaker;

const CLIP: f32 = 1.0;

/// What a run left in memory; its last checkpoint holds the same.
pub struct Trained {
    pub parameters: Parameters,
    pub network: Network,
    pub normalization: Normalization,
    /// Below the recipe's steps if the run was told to stop.
    pub step: u64,
}

/// Trains until the recipe's last step, or until `stop` is set: then the step at hand is finished and a checkpoint kept.
pub fn train(
    speakers: &[Speaker],
    options: &RunOptions,
    stop: &AtomicBool,
    observe: &mut dyn FnMut(&Progress),
) -> Result<Trained, TrainError> {
    options.recipe.check()?;
    if speakers.is_empty() {
        return Err(TrainError::Options(
            "there is no speaker to train with".into(),
        ));
    }
    fs::create_dir_all(&options.out).map_err(TrainError::file(&options.out))?;
    let mut run = Run::open(speakers, options)?;
    run.go(speakers, options, stop, observe)?;
    Ok(Trained {
        parameters: run.parameters,
        network: run.network,
        normalization: run.state.normalization,
        step: run.state.step,
    })
}

/// What the latest checkpoint in `options.out` holds.
pub fn load_trained(options: &RunOptions) -> Result<Trained, TrainError> {
    let Some(path) = checkpoint::list_checkpoints(&options.out)?.pop() else {
        return Err(TrainError::Options(format!(
            "{} has no checkpoint",
            options.out.display()
        )));
    };
    let recipe = checkpoint::peek(&path)?.recipe;
    let (parameters, network) = Parameters::create(&recipe.config, recipe.seed, &options.device)?;
    let state = checkpoint::load(&path, &parameters, &mut AdamW::new(&parameters))?;
    Ok(Trained {
        parameters,
        network,
        normalization: state.normalization,
        step: state.step,
    })
}

struct Run {
    parameters: Parameters,
    network: Network,
    optimizer: AdamW,
    state: State,
}

impl Run {
    fn open(speakers: &[Speaker], options: &RunOptions) -> Result<Self, TrainError> {
        let recipe = &options.recipe;
        let latest = checkpoint::list_checkpoints(&options.out)?.pop();
        if latest.is_none()
            && let Some(Beginning::Weights(weights)) = &options.begin_with
        {
            return Self::tune(weights, speakers, options);
        }
        let (parameters, network) =
            Parameters::create(&recipe.config, recipe.seed, &options.device)?;
        let mut optimizer = AdamW::new(&parameters);
        let state = match (latest, &options.begin_with) {
            (Some(path), _) if options.resume => {
                checkpoint::peek(&path)?.check_goes_on(recipe, speakers)?;
                let state = checkpoint::load(&path, &parameters, &mut optimizer)?;
                State {
                    recipe: recipe.clone(),
                    ..state
                }
            }
            (Some(_), _) => return Err(TrainError::Occupied(options.out.clone())),
            (None, Some(Beginning::Checkpoint(path))) => {
                let before = checkpoint::load(path, &parameters, &mut AdamW::new(&parameters))?;
                State::new(recipe, speakers, before.normalization)
            }
            (None, _) => State::new(recipe, speakers, Normalization::measure(speakers)),
        };
        Ok(Self {
            parameters,
            network,
            optimizer,
            state,
        })
    }

    /// From a model's weights, with moments of nothing.
    fn tune(
        weights: &[u8],
        speakers: &[Speaker],
        options: &RunOptions,
    ) -> Result<Self, TrainError> {
        let (file, description) = WeightsFile::open(weights, &options.device)?;
        if description.config != options.recipe.config {
            return Err(TrainError::Options(
                "the weights are those of a model of another size".into(),
            ));
        }
        let (parameters, network) = Parameters::load(&description.config, file, &options.device)?;
        let normalization = Normalization::of(&description);
        Ok(Self {
            optimizer: AdamW::new(&parameters),
            state: State::new(&options.recipe, speakers, normalization),
            parameters,
            network,
        })
    }

    fn go(
        &mut self,
        speakers: &[Speaker],
        options: &RunOptions,
        stop: &AtomicBool,
        observe: &mut dyn FnMut(&Progress),
    ) -> Result<(), TrainError> {
        let recipe = &options.recipe;
        let normalization = self.state.normalization.clone();
        let sampler = Sampler::new(speakers, &normalization, recipe.seed, recipe.together());
        let weights = normalization.loss_weights(&options.device)?;
        let mut log = Log::open(&options.out.join("log.jsonl"))?;
        let mut meter = Meter::new();
        while self.state.step < recipe.steps {
            let progress = self.step(&sampler, &weights, options)?;
            meter.add(&progress);
            let last = self.state.step == recipe.steps || stop.load(Ordering::Relaxed);
            if last || self.state.step.is_multiple_of(options.report_every.max(1)) {
                let report = meter.report();
                log.write(&report)?;
                observe(&report);
            }
            if last
                || self
                    .state
                    .step
                    .is_multiple_of(options.checkpoint_every.max(1))
            {
                checkpoint::save(&options.out, &self.state, &self.parameters, &self.optimizer)?;
            }
            if last {
                break;
            }
        }
        Ok(())
    }

    fn step(
        &mut self,
        sampler: &Sampler<'_>,
        weights: &Tensor,
        options: &RunOptions,
    ) -> Result<Progress, TrainError> {
        let recipe = &options.recipe;
        let parts = sampler.parts(self.state.step, recipe.batch);
        let rows: usize = parts.iter().map(Part::rows).sum();
        let learning_rate = recipe.rate(self.state.step);
        let mut sum = Sum::default();
        for part in &parts {
            make_room(part, options)?;
            let share = part.rows() as f32 / rows as f32;
            let losses = losses(&self.network, &part.assemble(&options.device)?, weights)?;
            if !losses.total.to_scalar::<f32>()?.is_finite() {
                return Err(TrainError::Diverged(self.state.step));
            }
            let gradients = losses.total.backward()?;
            sum.add(share, &losses, &self.parameters, &gradients)?;
        }
        let gradient_norm =
            self.optimizer
                .step(&self.parameters, &sum.gradients, learning_rate, CLIP)?;
        self.state.step += 1;
        self.state.loss = sum.losses.total;
        Ok(Progress {
            step: self.state.step,
            steps: recipe.steps,
            gradient_norm,
            learning_rate,
            ..sum.losses
        })
    }
}

fn make_room(part: &Part<'_>, options: &RunOptions) -> Result<(), TrainError> {
    let Some(room) = options.room else {
        return Ok(());
    };
    let needed = memory::bytes(&options.recipe.config, part.rows(), part.phones());
    let free = room(needed);
    if free < needed {
        return Err(TrainError::Memory { needed, free });
    }
    Ok(())
}
