//! Takes voices from real files: decoded by the real ffmpeg, judged, and kept; with an engine that only measures.

use std::{path::Path, process::Command, sync::Arc};

use kiskadee_runner::{Attempt, JobError, Progress};
use kiskadee_speech::{
    Engine, EngineInfo, Engines, Recording, SpeechError, SpeechRequest, Utterance, VoiceMaker,
};
use kiskadee_speech_jobs::{
    CloneTask, Tools,
    args::{CloneArgs, CloneSource, RecordingArgs},
    clone_job,
};
use kiskadee_storage::Store;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const RATE: u32 = 16_000;
const KEY: &str = "recordings/1/audio";

/// Keeps the loudest sample of recordings, and finds no voice in silence.
struct Meter;

impl VoiceMaker for Meter {
    fn recording_rate(&self) -> u32 {
        RATE
    }

    fn condition(&self, recordings: &[Recording]) -> Result<Vec<u8>, SpeechError> {
        assert!(recordings.iter().all(|one| one.sample_rate == RATE));
        let peak = recordings
            .iter()
            .flat_map(|one| &one.samples)
            .fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        if peak < 0.01 {
            return Err(SpeechError::Reject("the recording is silent".to_owned()));
        }
        Ok(peak.to_le_bytes().to_vec())
    }
}

struct Metering(EngineInfo);

impl Engine for Metering {
    fn info(&self) -> &EngineInfo {
        &self.0
    }

    fn speak(&self, _: Vec<SpeechRequest>) -> Vec<Result<Utterance, SpeechError>> {
        Vec::new()
    }

    fn voice_maker(&self) -> Option<Arc<dyn VoiceMaker>> {
        Some(Arc::new(Meter))
    }
}

struct Bench {
    dir: TempDir,
    tools: Tools,
}

impl Bench {
    fn set_up() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let info = EngineInfo {
            name: "meter".to_owned(),
            description: String::new(),
            sample_rate: RATE,
            languages: vec!["en".to_owned()],
            quality_profiles: Vec::new(),
            voices: Vec::new(),
        };
        let engines = Engines::new([Arc::new(Metering(info)) as Arc<dyn Engine>]);
        let store = Store::open(dir.path().join("store").to_str().unwrap()).unwrap();
        let tools = Tools::new(engines, store, "ffmpeg", dir.path()).unwrap();
        Self { dir, tools }
    }

    /// A tone as ffmpeg makes it, in a format of the caller's.
    fn tone(&self, seconds: u32, volume: f32, options: &[&str], name: &str) -> Vec<u8> {
        let path = self.dir.path().join(name);
        let source =
            format!("sine=frequency=220:duration={seconds}:sample_rate=44100,volume={volume}");
        let made = Command::new("ffmpeg")
            .args(["-loglevel", "error", "-y", "-f", "lavfi", "-i", &source])
            .args(options)
            .arg(&path)
            .status();
        assert!(made.unwrap().success(), "{name}");
        std::fs::read(path).unwrap()
    }

    async fn clone(&self, recording: &[u8]) -> Result<f32, JobError> {
        self.tools
            .store
            .upload(KEY, "audio/wav", &mut &*recording)
            .await
            .unwrap();
        self.run("meter").await
    }

    /// Takes a voice from files of these names.
    async fn clone_several(&self, recordings: &[(&str, Vec<u8>)]) -> Result<f32, JobError> {
        let mut args = Vec::new();
        for (place, (name, content)) in recordings.iter().enumerate() {
            let key = format!("recordings/{place}/audio");
            let store = &self.tools.store;
            store
                .upload(&key, "audio/wav", &mut content.as_slice())
                .await
                .unwrap();
            args.push(RecordingArgs {
                key,
                filename: (*name).to_owned(),
            });
        }
        self.run_on("meter", CloneSource::Several { recordings: args })
            .await
    }

    async fn run(&self, engine: &str) -> Result<f32, JobError> {
        let recording_key = KEY.to_owned();
        self.run_on(engine, CloneSource::One { recording_key })
            .await
    }

    async fn run_on(&self, engine: &str, source: CloneSource) -> Result<f32, JobError> {
        let attempt = Attempt {
            job: Uuid::from_u128(1),
            token: 7,
            cancel: CancellationToken::new(),
            progress: Progress::default(),
            span: tracing::Span::none(),
        };
        let args = CloneArgs {
            voice_id: "voice_1".to_owned(),
            engine: engine.to_owned(),
            source,
        };
        let made = clone_job(&self.tools, CloneTask { attempt, args }).await?;
        assert_eq!(made.conditioning_key, "voices/voice_1/7/conditioning.bin");
        let kept =
            std::fs::read(self.dir.path().join("store").join(&made.conditioning_key)).unwrap();
        Ok(f32::from_le_bytes(kept.try_into().unwrap()))
    }
}

fn reason(answer: Result<f32, JobError>) -> String {
    match answer {
        Err(JobError::Reject(reason)) => reason,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn every_container_of_plain_audio_is_taken() {
    let bench = Bench::set_up();
    for (name, options) in [
        ("a.wav", &["-ac", "2"][..]),
        ("b.wav", &["-ar", "8000"]),
        ("c.flac", &[]),
        ("d.mp3", &[]),
        ("e.ogg", &["-c:a", "libvorbis"]),
        ("f.m4a", &[]),
        ("g.webm", &["-c:a", "libopus"]),
        ("h.aiff", &["-ac", "6"]),
    ] {
        let peak = bench
            .clone(&bench.tone(4, 4.0, options, name))
            .await
            .unwrap();
        assert!((0.3..=1.0).contains(&peak), "{name}: {peak}");
    }
}

#[tokio::test]
async fn the_length_and_the_sound_are_judged() {
    let bench = Bench::set_up();
    let short = bench.clone(&bench.tone(1, 1.0, &[], "short.wav")).await;
    assert!(reason(short).contains("sounds for 1.0 s"));
    let long = bench
        .clone(&bench.tone(600, 1.0, &["-ar", "8000"], "long.mp3"))
        .await;
    assert!(reason(long).contains("over 60 s"));
    let silent = bench.clone(&bench.tone(5, 0.0, &[], "silent.wav")).await;
    assert_eq!(reason(silent), "the recording is silent");
}

#[tokio::test]
async fn several_recordings_become_one_voice() {
    let bench = Bench::set_up();
    let quiet = bench.tone(4, 0.5, &[], "quiet.wav");
    let loud = bench.tone(4, 4.0, &[], "loud.ogg");
    let alone = bench.clone(&quiet).await.unwrap();
    let together = bench
        .clone_several(&[("quiet.wav", quiet), ("loud.ogg", loud)])
        .await
        .unwrap();
    assert!(together > 2.0 * alone, "{together} and {alone}");
}

#[tokio::test]
async fn the_one_of_several_that_is_not_usable_is_named() {
    let bench = Bench::set_up();
    let good = bench.tone(4, 1.0, &[], "good.wav");
    let long = bench.tone(70, 1.0, &["-ar", "8000"], "long.mp3");
    let with = async |name, content| {
        reason(
            bench
                .clone_several(&[("good.wav", good.clone()), (name, content)])
                .await,
        )
    };
    assert!(
        with("long.mp3", long)
            .await
            .starts_with("the recording `long.mp3` must sound for 3 to 60 s")
    );
    assert!(
        with("notes.txt", b"This is no audio at all.".repeat(50))
            .await
            .contains("`notes.txt` is text, which holds no recording; send wav")
    );
    let minute = bench.tone(59, 1.0, &["-ar", "8000"], "minute.mp3");
    let hours = vec![("minute.mp3", minute); 6];
    assert!(
        reason(bench.clone_several(&hours).await)
            .starts_with("the recordings together sound for over 300 s")
    );
}

#[test]
fn a_job_names_one_recording_or_several() {
    let read = |args: &str| serde_json::from_str::<CloneArgs>(args).unwrap().source;
    assert_eq!(
        read(r#"{"voice_id": "v", "engine": "e", "recording_key": "k"}"#),
        CloneSource::One {
            recording_key: "k".to_owned()
        }
    );
    let several = read(
        r#"{"voice_id": "v", "engine": "e", "recordings": [{"key": "k", "filename": "a.wav"}]}"#,
    );
    assert!(matches!(several, CloneSource::Several { recordings } if recordings[0].key == "k"));
}

#[tokio::test]
async fn what_is_no_audio_is_refused() {
    let bench = Bench::set_up();
    for (name, bytes) in [
        ("nothing", Vec::new()),
        ("text", b"This is no audio at all.".repeat(50)),
        (
            "a broken file",
            b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0".to_vec(),
        ),
        ("a playlist", b"#EXTM3U\n#EXTINF:5,\n/etc/passwd\n".to_vec()),
        (
            "a script of files",
            b"ffconcat version 1.0\nfile /etc/passwd\n".to_vec(),
        ),
    ] {
        let refused = reason(bench.clone(&bytes).await);
        assert!(
            [
                "is empty",
                "is text",
                "is a playlist",
                "begins as WAV and cannot be decoded"
            ]
            .iter()
            .any(|said| refused.starts_with(&format!("the recording {said}"))),
            "{name}: {refused}"
        );
    }
}

#[tokio::test]
async fn a_deleted_recording_and_an_engine_without_voices_are_told() {
    let bench = Bench::set_up();
    assert_eq!(
        reason(bench.run("meter").await),
        "the recording has been deleted"
    );
    assert!(matches!(bench.run("other").await, Err(JobError::Retry(why)) if why.contains("other")));
    assert!(!Path::new(&bench.dir.path().join("store/voices")).exists());
}
