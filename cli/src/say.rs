//! `kiskadee say`: speaks without a server, by the same engine and encoder that a worker uses.

mod lines;

use futures::TryStreamExt as _;
use std::fs::File;
use std::io::Write as _;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::available_parallelism;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use kiskadee_media::{Encoded, Encoder, Encoding};
use kiskadee_shared::{format::ResponseFormat, text_format::TextFormat};
use kiskadee_speech::{DEFAULT_VOICE, Engine, EngineInfo, SpeechError, SpeechRequest, Utterance};
use kiskadee_speech_jobs::{ENGINES, EngineOptions, StartError, start_engine};

use crate::models::ModelsPlace;
use crate::parts::xtts::XttsArgs;
use crate::stop::Stop;

#[derive(Args)]
pub(crate) struct SayOptions {
    /// What to say; - reads it from standard input. One that begins like an option goes behind --
    #[arg(allow_hyphen_values = true)]
    text: String,
    /// The file to write; its extension names the format, and - is standard output
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Say each line of the text by itself: the output is a folder, and gets 000.wav, 001.wav, … (or another --format)
    #[arg(long)]
    lines: bool,
    /// wav, mp3, opus, aac, flac or pcm [default: by the file's extension, else wav]
    #[arg(long, value_name = "FORMAT")]
    format: Option<String>,
    /// A BCP 47 tag such as en or pt-BR
    #[arg(long, default_value = "en", value_name = "TAG")]
    language: String,
    /// A voice of the engine
    #[arg(long, default_value = "default", value_name = "VOICE")]
    voice: String,
    /// Which engine speaks: kokoro (seven languages), piper (those of its voices) or xtts (seventeen languages), once their
    /// models are imported, kiskadee (English and Brazilian Portuguese) or espeak (a hundred languages)
    /// [default: the first that has the voice, or the language]
    #[arg(long, value_name = "NAME")]
    engine: Option<String>,
    /// What the marks in the text are: auto (SSML where it begins as such, else marks of Markdown and HTML are left out), plain,
    /// markdown, html or ssml
    #[arg(long, default_value_t, value_name = "FORMAT")]
    text_format: TextFormat,
    /// From 0.25 to 4: twice as fast is 2
    #[arg(long, default_value_t = 1.0, value_name = "FACTOR")]
    speed: f32,
    #[command(flatten)]
    models: ModelsPlace,
    #[command(flatten)]
    xtts: XttsArgs,
}

pub(crate) async fn run(options: &SayOptions) -> Result<()> {
    let stop = Stop::on_signals()?;
    tokio::select! {
        outcome = speak(options) => outcome,
        () = stop.orderly.cancelled() => bail!("stopped before the end"),
    }
}

async fn speak(options: &SayOptions) -> Result<()> {
    ensure!(
        (0.25..=4.0).contains(&options.speed),
        "--speed must be from 0.25 to 4"
    );
    let format = options.response_format()?;
    let text = text(&options.text)?;
    if !options.lines {
        options.warn(&text)?;
    }
    let engine = match &options.engine {
        Some(name) => options.start(name).await?,
        None => first_that_suits(options).await?,
    };
    if options.lines {
        return lines::speak(engine.as_ref(), options, &text, format).await;
    }
    let utterance = engine
        .speak(vec![options.request(&text)])
        .pop()
        .context("the engine did not answer")??;
    let encoded = encode(utterance, format).await?;
    write(&options.output, encoded.file.path())
}

async fn encode(utterance: Utterance, format: ResponseFormat) -> Result<Encoded> {
    let encoding = Encoding {
        format,
        sample_rate: utterance.sample_rate,
        stretch: utterance.stretch,
    };
    let encoder = Encoder::new("ffmpeg", std::env::temp_dir());
    let audio = utterance.audio.map_ok(|chunk| chunk.samples);
    Ok(encoder.encode(encoding, audio).await?)
}

impl SayOptions {
    async fn start(&self, engine: &str) -> Result<Arc<dyn Engine>, StartError> {
        let threads = available_parallelism().map_or(1, NonZero::get);
        let models = Some(self.models.path());
        let options = EngineOptions::new(threads, models, self.xtts.options());
        start_engine(engine, &options).await
    }

    fn request(&self, text: &str) -> SpeechRequest {
        SpeechRequest {
            voice: self.voice.clone(),
            text_format: self.text_format,
            speed: self.speed,
            ..SpeechRequest::new(text, &self.language)
        }
    }

    /// Says on standard error what of the text means nothing, or is not to be read.
    fn warn(&self, text: &str) -> Result<()> {
        let document = kiskadee_text::document(text, self.text_format, &self.language)?;
        for warning in document.warnings_for(&self.voice) {
            let place = warning.line.zip(warning.column);
            let place = place.map(|(line, column)| format!("line {line}, column {column}: "));
            eprintln!("warning: {}{}", place.unwrap_or_default(), warning.message);
        }
        Ok(())
    }

    /// A folder's extension names nothing.
    fn response_format(&self) -> Result<ResponseFormat> {
        let extension = self
            .output
            .extension()
            .filter(|_| !self.lines)
            .and_then(|extension| extension.to_str());
        let Some(name) = self.format.as_deref().or(extension) else {
            return Ok(ResponseFormat::Wav);
        };
        name.parse().ok().with_context(|| {
            format!(
                "`{name}` is not a format; choose with --format: {}",
                ResponseFormat::NAMES.join(", ")
            )
        })
    }
}

async fn first_that_suits(options: &SayOptions) -> Result<Arc<dyn Engine>> {
    for name in ENGINES {
        let engine = match options.start(name).await {
            // Its turn comes when its model does.
            Err(StartError::NoModel { .. }) => continue,
            Err(StartError::Speech(SpeechError::Unavailable(why))) => {
                eprintln!("warning: the engine {name} is left out: {why}");
                continue;
            }
            engine => engine?,
        };
        if suits(engine.info(), &options.voice, &options.language) {
            return Ok(engine);
        }
    }
    let what = match options.voice.as_str() {
        DEFAULT_VOICE => format!("speaks `{}`", options.language),
        voice => format!("has the voice `{voice}`"),
    };
    bail!("no engine here {what}; there is: {}", ENGINES.join(", "))
}

/// A voice belongs to its engine; for the default one the language decides, whatever its region.
fn suits(engine: &EngineInfo, voice: &str, language: &str) -> bool {
    let primary = |tag: &str| {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        primary.to_ascii_lowercase()
    };
    if voice == DEFAULT_VOICE {
        let spoken = |tag: &String| primary(tag) == primary(language);
        engine.languages.iter().any(spoken)
    } else {
        engine.voices.iter().any(|known| known.id == voice)
    }
}

pub(crate) fn text(argument: &str) -> Result<String> {
    let text = match argument {
        "-" => std::io::read_to_string(std::io::stdin())
            .context("cannot read the text from standard input")?,
        given => given.to_owned(),
    };
    ensure!(!text.trim().is_empty(), "there is nothing to say");
    Ok(text)
}

fn write(output: &Path, file: &Path) -> Result<()> {
    if output == Path::new("-") {
        let audio = std::fs::read(file)?;
        return std::io::stdout()
            .write_all(&audio)
            .context("cannot write to standard output");
    }
    copy(file, output).with_context(|| format!("cannot write {}", output.display()))
}

/// Copies the contents alone: the permissions are those that the user's new files have, not those of a temporary one.
fn copy(file: &Path, output: &Path) -> std::io::Result<()> {
    std::io::copy(&mut File::open(file)?, &mut File::create(output)?).map(drop)
}

#[cfg(test)]
mod tests {
    use kiskadee_speech_jobs::XttsOptions;

    use super::*;

    #[tokio::test]
    async fn the_voice_or_the_language_decides_on_the_engine() {
        let options = EngineOptions::new(1, None, XttsOptions::default());
        let kiskadee = start_engine("kiskadee", &options).await.unwrap();
        let suits = |voice, language| suits(kiskadee.info(), voice, language);
        assert!(suits("default", "en-GB") && suits("default", "pt") && suits("sabia", "de"));
        assert!(!suits("default", "de") && !suits("espeak-de", "en"));
    }
}
