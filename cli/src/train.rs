//! `kiskadee train voice`: from nothing to the weights of the embedded voice.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result, bail};
use candle_core::Device;
use clap::{Args, Subcommand};
use kiskadee_text::Language;
use kiskadee_trainer::teacher::kokoro::KokoroTeacher;
use kiskadee_trainer::training::{Beginning, Recipe, RunOptions};
use kiskadee_trainer::voice::{Event, VoiceReport, VoiceTraining, train_voice};

use crate::stop::Stop;

#[derive(Subcommand)]
pub(crate) enum TrainCommand {
    /// Have Kokoro speak, train, measure and draw; without options, what is shipped
    Voice(VoiceOptions),
}

#[derive(Args)]
pub(crate) struct VoiceOptions {
    /// Where recordings, checkpoints, weights, figures and pictures go
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
    /// The folder of an imported Kokoro, whose voices teach; needed where `OUT/speech` lacks speech
    #[arg(long, value_name = "DIR")]
    teacher_model: Option<PathBuf>,
    /// Go on from the last checkpoint in the directory
    #[arg(long)]
    resume: bool,
    /// Languages to train: en, pt [default: both]
    #[arg(long, value_name = "TAGS", value_delimiter = ',')]
    languages: Vec<String>,
    /// At most so many sentences of each teacher
    #[arg(long, value_name = "N", default_value_t = 3000)]
    sentences: usize,
    /// Steps of the run [default: those of the shipped weights]
    #[arg(long, value_name = "N")]
    steps: Option<u64>,
    /// Sentences in a step
    #[arg(long, value_name = "N")]
    batch: Option<usize>,
    /// At its highest
    #[arg(long, value_name = "RATE")]
    learning_rate: Option<f32>,
    /// The same seed gives the same weights
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Begin with the parameters of this checkpoint of another run
    #[arg(long, value_name = "FILE", conflicts_with = "resume")]
    begin_with: Option<PathBuf>,
    /// Steps from one checkpoint to the next
    #[arg(long, value_name = "N", default_value_t = 500)]
    checkpoint_every: u64,
    /// cpu, or cuda:0 where the program was built with the feature `cuda`
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    device: String,
}

pub(crate) async fn run(TrainCommand::Voice(options): TrainCommand) -> Result<()> {
    let training = options.training()?;
    let teacher_model = options.teacher_model.clone();
    let stop = Stop::on_signals()?;
    let asked = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&asked);
    let training = tokio::task::spawn_blocking(move || {
        let teachers = KokoroTeacher {
            model: teacher_model,
            cache: training.run.out.join("speech"),
        };
        train_voice(&training, &teachers, &flag, &mut show)
    });
    tokio::pin!(training);
    let outcome = tokio::select! {
        outcome = &mut training => outcome,
        () = stop.orderly.cancelled() => {
            eprintln!("stopping after this step or recording; Ctrl-C again to stop at once");
            asked.store(true, Ordering::Relaxed);
            tokio::select! {
                outcome = &mut training => outcome,
                () = stop.quick.cancelled() => bail!("stopped; --resume goes on from the last checkpoint"),
            }
        }
    };
    tell(&outcome.context("the training broke down")??, &options.out);
    Ok(())
}

impl VoiceOptions {
    fn training(&self) -> Result<VoiceTraining> {
        let defaults = Recipe::default();
        let recipe = Recipe {
            steps: self.steps.unwrap_or(defaults.steps),
            batch: self.batch.unwrap_or(defaults.batch),
            learning_rate: self.learning_rate.unwrap_or(defaults.learning_rate),
            seed: self.seed.unwrap_or(defaults.seed),
            ..defaults
        };
        recipe.check()?;
        Ok(VoiceTraining {
            run: RunOptions {
                recipe,
                out: self.out.clone(),
                resume: self.resume,
                begin_with: self.begin_with.clone().map(Beginning::Checkpoint),
                checkpoint_every: self.checkpoint_every,
                report_every: 50,
                device: device(&self.device)?,
                room: None,
            },
            languages: languages(&self.languages)?,
            sentences: self.sentences,
        })
    }
}

fn languages(tags: &[String]) -> Result<Vec<Language>> {
    if tags.is_empty() {
        return Ok(vec![Language::English, Language::Portuguese]);
    }
    let known = |tag: &String| {
        Language::from_tag(tag)
            .with_context(|| format!("no language `{tag}` here; choose en or pt"))
    };
    tags.iter().map(known).collect()
}

fn device(name: &str) -> Result<Device> {
    let unknown = || format!("`{name}` is no device; choose cpu or cuda:0");
    match name.split_once(':') {
        None if name == "cpu" => Ok(Device::Cpu),
        Some(("cuda", number)) => {
            let number = number.parse().with_context(unknown)?;
            Device::new_cuda(number).with_context(|| {
                format!("{name} cannot be used; was the program built with --features cuda?")
            })
        }
        _ => bail!(unknown()),
    }
}

fn show(event: &Event) {
    match event {
        Event::Recorded {
            speaker,
            recordings,
            seconds,
        } => {
            eprintln!(
                "{speaker}: {recordings} recordings, {:.2} h",
                seconds / 3600.0
            );
        }
        Event::Trained(progress) => eprintln!("{progress}"),
        Event::Evaluated(evaluation) => eprintln!("{evaluation}"),
    }
}

fn tell(report: &VoiceReport, out: &std::path::Path) {
    match &report.weights {
        Some(weights) => println!("{}", weights.display()),
        None => println!(
            "stopped after step {}; go on with: kiskadee train voice --resume --out {}",
            report.step,
            out.display()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_and_languages_have_names() {
        assert!(matches!(device("cpu").unwrap(), Device::Cpu));
        for name in ["gpu", "cuda", "cuda:x", ""] {
            assert!(
                device(name)
                    .unwrap_err()
                    .to_string()
                    .contains("choose cpu or cuda:0"),
                "{name}"
            );
        }
        assert_eq!(
            languages(&["pt-BR".to_owned()]).unwrap(),
            [Language::Portuguese]
        );
        assert!(
            languages(&["fr".to_owned()])
                .unwrap_err()
                .to_string()
                .contains("choose en or pt")
        );
        assert_eq!(languages(&[]).unwrap().len(), 2);
    }
}
