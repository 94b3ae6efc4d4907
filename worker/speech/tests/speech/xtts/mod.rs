//! The engine `xtts` through the public face, with a process of its own and a model that is small and untrained: it speaks
//! noise, but by all the rules.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

mod model;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    slice,
    sync::Arc,
};

use futures::{StreamExt, TryStreamExt, future::join_all};
use kiskadee_speech::{
    AudioChunk, Engine, EngineProgram, Recording, SpeechError, SpeechRequest, Utterance, VoicePart,
    Xtts, XttsConfig,
};

use self::model::Models;

const TEXT: &str = "The ferry leaves at noon.";
const RECORDING_RATE: u32 = 22_050;
/// Samples of the fade at the end of a passage.
const FADE: usize = 120;

struct Studio {
    engine: Xtts,
    name: &'static str,
    _models: Models,
}

impl Studio {
    /// An engine whose process bears the name of its test.
    async fn open(name: &'static str) -> Self {
        let models = Models::import();
        let engine = Xtts::start(config(&models.xtts(), name)).await.unwrap();
        Self {
            engine,
            name,
            _models: models,
        }
    }

    fn start(&self, request: SpeechRequest) -> Result<Utterance, SpeechError> {
        self.engine
            .speak(vec![request])
            .pop()
            .expect("one answer for one request")
    }

    async fn chunks(&self, request: SpeechRequest) -> Result<Vec<AudioChunk>, SpeechError> {
        self.start(request)?.audio.try_collect().await
    }

    async fn samples(&self, request: SpeechRequest) -> Vec<f32> {
        joined(self.chunks(request).await.unwrap())
    }

    fn refusal(&self, request: SpeechRequest) -> String {
        rejection(self.start(request).unwrap_err())
    }

    fn count(&self, name: &str) -> u64 {
        let counts = self.engine.counts().into_iter();
        counts
            .filter(|count| count.name == name)
            .map(|count| count.value)
            .sum()
    }

    /// The numbers of its processes.
    fn processes(&self) -> Vec<u32> {
        processes(self.name)
    }
}

fn program(name: &str) -> EngineProgram {
    EngineProgram {
        path: env!("CARGO_BIN_EXE_engine_process").into(),
        arguments: vec!["xtts".into(), name.into()],
    }
}

fn config(model: &Path, name: &str) -> XttsConfig {
    XttsConfig {
        program: program(name),
        device: "cpu".to_owned(),
        precision: "f32".to_owned(),
        threads: 1,
        ..XttsConfig::new(model)
    }
}

fn processes(name: &str) -> Vec<u32> {
    let pids = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| {
            let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
            let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
            let mut arguments = line.split(|byte| *byte == 0);
            let is_process =
                arguments.next()?.ends_with(b"engine_process") && arguments.next()? == b"xtts";
            (is_process && arguments.next()? == name.as_bytes()).then_some(pid)
        });
    pids.collect()
}

fn kill(pids: &[u32]) {
    for pid in pids {
        let killed = Command::new("kill")
            .args(["-KILL", &pid.to_string()])
            .status();
        assert!(killed.unwrap().success());
    }
}

fn joined(chunks: Vec<AudioChunk>) -> Vec<f32> {
    chunks.into_iter().flat_map(|chunk| chunk.samples).collect()
}

fn rejection(error: SpeechError) -> String {
    match error {
        SpeechError::Reject(why) => why,
        other => panic!("{other:?} is no rejection"),
    }
}

fn live(text: &str) -> SpeechRequest {
    SpeechRequest {
        live: true,
        ..SpeechRequest::new(text, "en")
    }
}

fn part(voice: &str, weight: f32, conditioning: Option<&Arc<[u8]>>) -> VoicePart {
    VoicePart {
        voice: voice.to_owned(),
        weight,
        conditioning: conditioning.cloned(),
        weights: None,
    }
}

fn recording(seconds: u32, loudness: f32) -> Recording {
    let samples = (0..seconds * RECORDING_RATE).map(|at| {
        let time = at as f32 / RECORDING_RATE as f32;
        loudness * (time * 900.0).sin() * (time * 7.0).sin()
    });
    Recording {
        samples: samples.collect(),
        sample_rate: RECORDING_RATE,
    }
}

#[tokio::test]
async fn a_text_is_spoken_the_same_each_time() {
    let studio = Studio::open("speaks").await;
    let info = studio.engine.info();
    assert_eq!((info.name.as_str(), info.sample_rate), ("xtts", 24_000));
    assert!(info.languages.contains(&"en".to_owned()) && studio.engine.rows() > Some(1));
    let utterance = studio.start(SpeechRequest::new(TEXT, "en-GB")).unwrap();
    assert_eq!(utterance.voice_id, info.voices[0].id);
    let chunks: Vec<AudioChunk> = utterance.audio.try_collect().await.unwrap();
    assert!((chunks.last().unwrap().spoken - 1.0).abs() < 1e-6);
    let samples = joined(chunks);
    assert!(samples.len() > 24_000 / 4);
    assert!(samples.iter().all(|sample| sample.abs() <= 1.0));
    assert!(samples[0].abs() < 1e-3 && samples.last().unwrap().abs() < 1e-3);
    assert_eq!(
        studio.samples(SpeechRequest::new(TEXT, "en")).await,
        samples
    );
}

#[tokio::test]
async fn speech_is_the_same_alone_and_among_others() {
    let studio = Studio::open("together").await;
    let texts = [
        TEXT,
        "It rains.",
        "Dogs ride free, cats pay.",
        "Who knows?",
        "Go on.",
        TEXT,
    ];
    let requests = texts.map(|text| SpeechRequest::new(text, "en")).to_vec();
    let streams = studio.engine.speak(requests).into_iter();
    let spoken =
        join_all(streams.map(|utterance| async {
            joined(utterance.unwrap().audio.try_collect().await.unwrap())
        }))
        .await;
    assert_eq!(spoken[0], spoken[5]);
    for (text, together) in texts.iter().zip(&spoken) {
        let alone = studio.samples(SpeechRequest::new(*text, "en")).await;
        assert_eq!(alone.len(), together.len(), "{text}");
        let apart = alone.iter().zip(together).map(|(a, b)| (a - b).abs());
        assert!(apart.fold(0.0, f32::max) < 1e-4, "{text}");
    }
}

#[tokio::test]
async fn long_texts_are_spoken_in_passages() {
    let studio = Studio::open("passages").await;
    let text = "<speak>One sentence. <break time=\"700ms\"/> Another one.</speak>";
    let chunks = studio.chunks(SpeechRequest::new(text, "en")).await.unwrap();
    assert!(chunks.len() >= 2);
    assert!(
        chunks
            .windows(2)
            .all(|pair| pair[0].spoken <= pair[1].spoken)
    );
    let samples = joined(chunks);
    let silence = vec![0.0; 24_000 * 7 / 10];
    assert!(
        samples
            .windows(silence.len())
            .any(|window| window == silence)
    );
}

/// The untrained model seldom stops by itself, so most of what it says is cut at its end where nobody has heard it yet.
#[tokio::test]
async fn a_listener_hears_the_same_in_pieces() {
    let studio = Studio::open("live").await;
    let mut most_pieces = 0;
    for text in ["Go on.", "It rains.", "Who knows?", TEXT, "Dogs ride free."] {
        let whole = studio.samples(SpeechRequest::new(text, "en")).await;
        let chunks = studio.chunks(live(text)).await.unwrap();
        most_pieces = most_pieces.max(chunks.len());
        let heard = joined(chunks);
        let same = whole.len().min(heard.len()) - FADE;
        assert!(whole.len() <= heard.len() && same > 2_000, "{text}");
        let apart = heard.iter().zip(&whole[..same]).map(|(a, b)| (a - b).abs());
        assert!(apart.fold(0.0, f32::max) < 1e-5, "{text}");
    }
    assert!(most_pieces > 1);
}

#[tokio::test]
async fn a_cancelled_request_ends_and_the_others_go_on() {
    let studio = Studio::open("cancel").await;
    let (first, second) = (
        live(&"This goes on and on. ".repeat(100)),
        SpeechRequest::new(TEXT, "en"),
    );
    let cancel = first.cancel.clone();
    let mut streams = studio
        .engine
        .speak(vec![first, second])
        .into_iter()
        .map(|utterance| utterance.unwrap().audio);
    let (mut cancelled, other) = (streams.next().unwrap(), streams.next().unwrap());
    assert!(cancelled.next().await.unwrap().is_ok());
    cancel.cancel();
    assert_eq!(cancelled.next().await, Some(Err(SpeechError::Cancelled)));
    assert!(cancelled.next().await.is_none());
    assert!(!other.try_collect::<Vec<_>>().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_death_of_the_process_costs_what_it_was_at_and_no_more() {
    let studio = Studio::open("killed").await;
    let before = studio.samples(SpeechRequest::new(TEXT, "en")).await;
    let mut stream = studio
        .start(live(&"This goes on and on. ".repeat(100)))
        .unwrap()
        .audio;
    assert!(stream.next().await.unwrap().is_ok());
    kill(&studio.processes());
    let error = loop {
        match stream.next().await.expect("it cannot end well") {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(
        matches!(&error, SpeechError::Retry(why) if why.contains("signal: 9")),
        "{error:?}"
    );
    assert!(stream.next().await.is_none());
    let maker = studio.engine.voice_maker().unwrap();
    let voice = tokio::task::spawn_blocking(move || maker.condition(&[recording(3, 0.3)]));
    assert_eq!(studio.samples(SpeechRequest::new(TEXT, "en")).await, before);
    assert!(!voice.await.unwrap().unwrap().is_empty());
    assert_eq!(studio.count("tts_engine_restarts_total"), 1);
}

#[tokio::test]
async fn a_listener_does_not_notice_a_death_before_the_first_sound() {
    let studio = Studio::open("killed-early").await;
    let whole = studio.start(live(TEXT)).unwrap().audio;
    let heard = tokio::spawn(whole.try_collect::<Vec<_>>());
    kill(&studio.processes());
    assert!(!joined(heard.await.unwrap().unwrap()).is_empty());
}

#[tokio::test]
async fn a_recording_becomes_a_voice_and_voices_can_be_mixed() {
    let studio = Studio::open("voices").await;
    let maker = studio.engine.voice_maker().unwrap();
    assert_eq!(maker.recording_rate(), RECORDING_RATE);
    let recordings = [recording(4, 0.3), recording(3, 0.2)];
    let mine: Arc<[u8]> = maker.condition(&recordings).unwrap().into();
    assert_eq!(*mine, maker.condition(&recordings).unwrap());
    let built_in = &studio.engine.info().voices[0].id;
    let with = |parts: Vec<VoicePart>| SpeechRequest {
        voice: "voice_mine".to_owned(),
        parts,
        ..SpeechRequest::new(TEXT, "en")
    };
    let cloned = with(vec![part("voice_mine", 1.0, Some(&mine))]);
    assert_eq!(studio.start(cloned.clone()).unwrap().voice_id, "voice_mine");
    let cloned = studio.samples(cloned).await;
    let mix = |weight| {
        let parts = vec![
            part(built_in, weight, None),
            part("voice_mine", 1.0, Some(&mine)),
        ];
        studio.samples(with(parts))
    };
    let mixed = mix(1.0).await;
    assert!(mixed != cloned && mixed != mix(3.0).await);
    assert_ne!(cloned, studio.samples(SpeechRequest::new(TEXT, "en")).await);
    let damaged: Arc<[u8]> = Arc::from(b"no voice".as_slice());
    let damaged = studio.chunks(with(vec![part("voice_mine", 1.0, Some(&damaged))]));
    assert!(rejection(damaged.await.unwrap_err()).contains("make it again"));
}

#[tokio::test]
async fn what_cannot_be_spoken_is_refused_with_a_reason() {
    let studio = Studio::open("refusals").await;
    let refused = |request| studio.refusal(request);
    assert!(studio.chunks(SpeechRequest::new("?!…", "en")).await.is_ok());
    assert!(refused(SpeechRequest::new(TEXT, "tlh")).contains("not `tlh`"));
    assert!(
        refused(SpeechRequest::new("<speak>a <b>c</speak>", "en")).contains("line 1, column 14")
    );
    let unknown = SpeechRequest {
        voice: "eagle".to_owned(),
        ..SpeechRequest::new(TEXT, "en")
    };
    assert!(refused(unknown).contains("no voice `eagle`; it has: xtts-"));
    for speed in [f32::NAN, 0.0, 5.0] {
        let request = SpeechRequest {
            speed,
            ..SpeechRequest::new(TEXT, "en")
        };
        assert!(refused(request).contains("speed"), "{speed}");
    }
    let maker = studio.engine.voice_maker().unwrap();
    let silence = recording(4, 0.0);
    maker.condition(slice::from_ref(&silence)).unwrap_err();
    let other = Recording {
        sample_rate: 16_000,
        ..recording(4, 0.3)
    };
    assert!(rejection(maker.condition(&[other]).unwrap_err()).contains("22050 Hz"));
}

#[tokio::test]
async fn a_speed_is_shared_between_the_model_and_the_caller() {
    let studio = Studio::open("speed").await;
    for (speed, stretch) in [(1.5, 1.0), (2.0, 1.0), (4.0, 2.0), (0.25, 0.5)] {
        let request = SpeechRequest {
            speed,
            ..SpeechRequest::new(TEXT, "en")
        };
        let found = studio.start(request).unwrap().stretch;
        assert!((found - stretch).abs() < 1e-6, "{speed}: {found}");
    }
}

#[tokio::test]
async fn a_model_that_is_not_there_is_told() {
    let error = Xtts::start(config(Path::new("/nowhere"), "missing"))
        .await
        .err()
        .unwrap();
    let SpeechError::Unavailable(why) = error else {
        panic!("{error:?}");
    };
    assert!(
        why.contains("the model cannot be loaded") && why.contains("/nowhere"),
        "{why}"
    );
    let program = EngineProgram {
        path: PathBuf::from("/no/such/program"),
        arguments: Vec::new(),
    };
    let config = XttsConfig {
        program,
        ..XttsConfig::new("/nowhere")
    };
    let error = Xtts::start(config).await.err().unwrap();
    assert!(
        error.to_string().contains("cannot start /no/such/program"),
        "{error}"
    );
}

#[tokio::test]
async fn the_process_ends_with_the_engine() {
    let studio = Studio::open("dropped").await;
    let pids = studio.processes();
    assert_eq!(pids.len(), 1);
    drop(studio);
    assert!(
        processes("dropped").is_empty(),
        "process {pids:?} still runs"
    );
}
