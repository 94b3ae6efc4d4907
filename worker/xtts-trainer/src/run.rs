//! The training loop: steps, evaluations, checkpoints, and when to end.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use candle_core::Device;
use kiskadee_checkpoint::Weights;
use serde::{Deserialize, Serialize};

use crate::checkpoint::{Best, State, begin_with, list_checkpoints, load, path_of, peek, save};
use crate::data::{Dataset, Preparer, Sampler};
use crate::error::{Result, TrainError};
use crate::estimate::Estimate;
use crate::gpt::{Compute, Dropout, Gpt, Losses, Precision};
use crate::gradients::Gradients;
use crate::optimizer::AdamW;
use crate::parameters::Parameters;
use crate::recipe::Recipe;

/// A run on one machine.
#[derive(Debug, Clone)]
pub struct RunOptions {
    pub recipe: Recipe,
    /// Where checkpoints go.
    pub out: PathBuf,
    /// Go on from the latest checkpoint in `out`, if there is one.
    pub resume: bool,
    /// A checkpoint of another run, or a tuned voice, whose parameters are the first ones of this; those of the model if nothing is named.
    pub begin_with: Option<PathBuf>,
    /// Steps from one checkpoint to the next.
    pub checkpoint_every: u64,
    /// Checkpoints that stay, beside the best.
    pub keep: usize,
    /// Less memory for more time; the result is the same.
    pub recompute: bool,
    pub device: Device,
    /// Set to end amid a step, which is lost then: on a CPU one may take minutes.
    pub interrupt: Option<Arc<AtomicBool>>,
    /// How many of so many bytes can be had now. It is asked before each micro-batch on a CPU, where an allocation that fails ends the process.
    pub room: Option<fn(u64) -> u64>,
}

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// Steps done.
    pub step: u64,
    pub steps: u64,
    /// Means over the step's micro-batches.
    pub losses: Losses,
    /// Before it was clipped.
    pub gradient_norm: f64,
    pub learning_rate: f64,
    /// Of this step.
    pub seconds: f64,
}

/// What a run tells of itself.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    Step(&'a Progress),
    Evaluation {
        step: u64,
        losses: Losses,
        is_best: bool,
    },
    Checkpoint {
        path: &'a Path,
        state: &'a State,
    },
}

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// All steps are done.
    Finished,
    /// Evaluations did not get better any more.
    NoGain,
    /// It was told to; it can go on.
    Stopped,
}

/// How a run ended.
#[derive(Debug)]
pub struct Outcome {
    pub ended: Ended,
    /// As in the latest checkpoint.
    pub state: State,
    pub latest: PathBuf,
    /// The checkpoint of the best evaluation.
    pub best: Option<PathBuf>,
}

/// Trains the model in the file `model` to the recipe's last step, to the end of gains, or until `stop` is set: then the step at hand is
/// finished and a checkpoint kept.
pub fn train(
    model: &Path,
    preparer: &Preparer,
    dataset: &Dataset<'_>,
    options: &RunOptions,
    stop: &AtomicBool,
    observe: &mut dyn FnMut(Event<'_>),
) -> Result<Outcome> {
    options.recipe.check()?;
    if options.recipe.precision == Precision::Bf16 && options.device.is_cpu() {
        let reason = "bf16 is for GPUs: choose f32 on the CPU".to_owned();
        return Err(TrainError::Options(reason));
    }
    fs::create_dir_all(&options.out).map_err(TrainError::file(&options.out))?;
    let mut run = Run::open(model, preparer, dataset, options)?;
    run.go(stop, observe)
}

/// The losses of the latest checkpoint in `options.out` on the clips that are held out; nothing where there are none.
pub fn measure(
    model: &Path,
    preparer: &Preparer,
    dataset: &Dataset<'_>,
    options: &RunOptions,
) -> Result<Option<Losses>> {
    Run::open(model, preparer, dataset, options)?.measure()
}

struct Run<'a> {
    parameters: Parameters,
    gpt: Gpt,
    optimizer: AdamW,
    sampler: Sampler<'a>,
    state: State,
    options: &'a RunOptions,
    /// Bytes of the largest micro-batch.
    needed: u64,
}

impl<'a> Run<'a> {
    fn open(
        model: &Path,
        preparer: &'a Preparer,
        dataset: &'a Dataset<'a>,
        options: &'a RunOptions,
    ) -> Result<Self> {
        let recipe = &options.recipe;
        let version = dataset.version();
        let latest = list_checkpoints(&options.out)?.pop();
        if let Some(path) = &latest {
            if !options.resume {
                return Err(TrainError::Occupied(options.out.clone()));
            }
            peek(path)?.check_goes_on(recipe, &version)?;
        }
        let config = preparer.config();
        let weights = Weights::open(model, &options.device)?;
        let parameters = Parameters::load(&weights, config, preparer.tokens().text_tokens)?;
        let mut optimizer = AdamW::new(&parameters, recipe.optimizer)?;
        let state = match (latest, &options.begin_with) {
            (Some(path), _) => State {
                recipe: recipe.clone(),
                ..load(&path, &parameters, Some(&mut optimizer))?
            },
            (None, Some(path)) => {
                begin_with(path, &parameters)?;
                State::new(recipe, version)
            }
            (None, None) => State::new(recipe, version),
        };
        let compute = Compute {
            precision: recipe.precision,
            recompute: options.recompute,
        };
        let (tokens, longest) = (preparer.tokens().text_tokens, dataset.longest());
        let estimate = Estimate::new(config, tokens, recipe, longest, options.recompute);
        Ok(Self {
            needed: estimate.activations,
            gpt: Gpt::new(&parameters, config, &compute)?,
            parameters,
            optimizer,
            sampler: Sampler {
                dataset,
                log_mel: preparer.conditioning(),
                tokens: preparer.tokens(),
                seed: recipe.seed,
                clips: recipe.batch,
                masks: recipe.mask_conditioning,
            },
            state,
            options,
        })
    }

    fn go(&mut self, stop: &AtomicBool, observe: &mut dyn FnMut(Event<'_>)) -> Result<Outcome> {
        let recipe = &self.options.recipe;
        if self.state.step == 0 {
            self.evaluate(observe)?;
        }
        loop {
            if let Some(ended) = self.end() {
                return self.outcome(ended, observe);
            }
            let Some(progress) = self.step()? else {
                return self.outcome(Ended::Stopped, observe);
            };
            observe(Event::Step(&progress));
            let done = self.state.step;
            let is_last = done == recipe.steps;
            let mut is_due = done.is_multiple_of(self.options.checkpoint_every.max(1));
            if is_last || done.is_multiple_of(recipe.evaluate_every) {
                is_due |= self.evaluate(observe)?;
            }
            if is_due && !is_last {
                self.save(observe)?;
            }
            if !is_last && stop.load(Ordering::Relaxed) {
                return self.outcome(Ended::Stopped, observe);
            }
        }
    }

    /// Whether there is nothing left to do.
    fn end(&self) -> Option<Ended> {
        let recipe = &self.options.recipe;
        let is_stale = |patience: u32| self.state.without_gain >= patience;
        if self.state.step >= recipe.steps {
            Some(Ended::Finished)
        } else if recipe.patience.is_some_and(is_stale) {
            Some(Ended::NoGain)
        } else {
            None
        }
    }

    /// Nothing if it was interrupted: then all is as before it.
    fn step(&mut self) -> Result<Option<Progress>> {
        let began = Instant::now();
        let recipe = &self.options.recipe;
        let step = self.state.step;
        let micro_batches = recipe.accumulation as u64;
        let learning_rate = recipe.rate(step);
        let diverged = || TrainError::Diverged {
            step,
            rate: learning_rate,
        };
        let mut sums = Gradients::new(self.parameters.iter().len());
        let mut losses = Losses::default();
        for micro_batch in 0..micro_batches {
            if self.is_interrupted() {
                return Ok(None);
            }
            self.make_room()?;
            let batch = self.sampler.draw(step * micro_batches + micro_batch)?;
            let dropout = Dropout {
                rate: recipe.dropout,
                seed: recipe.seed,
                step,
                micro_batch,
            };
            let scale = 1.0 / micro_batches as f64;
            let found = self.gpt.learn(&batch, scale, Some(&dropout), &mut sums)?;
            if !found.total().is_finite() {
                return Err(diverged());
            }
            losses.text += found.text / micro_batches as f32;
            losses.mel += found.mel / micro_batches as f32;
        }
        let gradient_norm =
            self.optimizer
                .step(&self.parameters, sums, learning_rate, recipe.clip)?;
        if !gradient_norm.is_finite() {
            return Err(diverged());
        }
        self.state.step += 1;
        self.state.loss = losses.total();
        Ok(Some(Progress {
            step: self.state.step,
            steps: recipe.steps,
            losses,
            gradient_norm,
            learning_rate,
            seconds: began.elapsed().as_secs_f64(),
        }))
    }

    fn make_room(&self) -> Result<()> {
        let Some(room) = self.options.room.filter(|_| self.options.device.is_cpu()) else {
            return Ok(());
        };
        let (needed, free) = (self.needed, room(self.needed));
        if free < needed {
            return Err(TrainError::NoRoom { needed, free });
        }
        Ok(())
    }

    fn is_interrupted(&self) -> bool {
        let flag = self.options.interrupt.as_ref();
        flag.is_some_and(|flag| flag.load(Ordering::Relaxed))
    }

    /// Whether this is the best so far.
    fn evaluate(&mut self, observe: &mut dyn FnMut(Event<'_>)) -> Result<bool> {
        let Some(losses) = self.measure()? else {
            return Ok(false);
        };
        let step = self.state.step;
        let is_best = self.note(losses.mel);
        observe(Event::Evaluation {
            step,
            losses,
            is_best,
        });
        Ok(is_best)
    }

    /// Of the clips that are held out, which count alike, however they are put together; nothing where there are none.
    fn measure(&self) -> Result<Option<Losses>> {
        let (mut losses, mut clips) = (Losses::default(), 0.0);
        for batch in self.sampler.evaluation() {
            self.make_room()?;
            let batch = batch?;
            let (found, count) = (self.gpt.losses(&batch)?, batch.clips() as f32);
            losses.text += count * found.text;
            losses.mel += count * found.mel;
            clips += count;
        }
        if clips == 0.0 {
            return Ok(None);
        }
        losses.text /= clips;
        losses.mel /= clips;
        let step = self.state.step;
        if !losses.total().is_finite() {
            let rate = self.options.recipe.rate(step);
            return Err(TrainError::Diverged { step, rate });
        }
        Ok(Some(losses))
    }

    fn note(&mut self, loss: f32) -> bool {
        let state = &mut self.state;
        state.evaluation = Some(loss);
        let least = state.best.map_or(f32::INFINITY, |best| best.loss);
        let gain = self.options.recipe.least_gain;
        let is_gain = loss < least * (1.0 - gain);
        state.without_gain = if is_gain { 0 } else { state.without_gain + 1 };
        let is_best = loss < least;
        if is_best {
            let step = state.step;
            state.best = Some(Best { step, loss });
        }
        is_best
    }

    /// Writes a checkpoint, and removes the oldest.
    fn save(&self, observe: &mut dyn FnMut(Event<'_>)) -> Result<PathBuf> {
        let out = &self.options.out;
        let path = save(out, &self.state, &self.parameters, &self.optimizer)?;
        let best = self.state.best.map(|best| path_of(out, best.step));
        let mut paths = list_checkpoints(out)?;
        paths.truncate(paths.len().saturating_sub(self.options.keep.max(1)));
        for old in paths {
            if Some(&old) != best.as_ref() {
                fs::remove_file(&old).map_err(TrainError::file(&old))?;
            }
        }
        observe(Event::Checkpoint {
            path: &path,
            state: &self.state,
        });
        Ok(path)
    }

    fn outcome(&self, ended: Ended, observe: &mut dyn FnMut(Event<'_>)) -> Result<Outcome> {
        let out = &self.options.out;
        let mut latest = path_of(out, self.state.step);
        let is_kept = latest.is_file() && peek(&latest)? == self.state;
        if !is_kept {
            latest = self.save(observe)?;
        }
        let best = self.state.best.map(|best| path_of(out, best.step));
        Ok(Outcome {
            ended,
            state: self.state.clone(),
            latest,
            best: best.filter(|path| path.is_file()),
        })
    }
}
