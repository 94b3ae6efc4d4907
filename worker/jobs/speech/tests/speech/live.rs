//! Speech to a listener: a real relay between the job's body and an HTTP client, with an engine that speaks when told.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::{StreamExt, stream};
use kiskadee_runner::{Attempt, JobError, Progress};
use kiskadee_shared::{
    format::ResponseFormat, quality::QualityProfile, relay::RelayTarget, text_format::TextFormat,
};
use kiskadee_speech::{
    AudioChunk, Engine, EngineInfo, Engines, SpeechError, SpeechRequest, Utterance,
};
use kiskadee_speech_jobs::{SpeechTask, Spoken, Tools, args::SpeechArgs, speak_jobs};
use kiskadee_storage::{
    Store,
    gateway::{
        Gateway, GatewayConfig,
        relay::{Peers, STREAM_SECRET, StreamFailure},
    },
};
use reqwest::{Client, Response, StatusCode};
use tempfile::TempDir;
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const TOKEN: &str = "a-token-for-tests";
const RATE: u32 = 16_000;

type Chunk = Result<AudioChunk, SpeechError>;

/// Says what the test hands it, when the test hands it.
struct Prompted {
    info: EngineInfo,
    lines: Mutex<Option<mpsc::Receiver<Chunk>>>,
}

impl Engine for Prompted {
    fn info(&self) -> &EngineInfo {
        &self.info
    }

    fn speak(&self, batch: Vec<SpeechRequest>) -> Vec<Result<Utterance, SpeechError>> {
        let mut lines = self.lines.lock().unwrap();
        let utter = |_| {
            let lines = lines.take().expect("one request");
            let audio = stream::unfold(lines, async |mut lines| {
                lines.recv().await.map(|line| (line, lines))
            });
            Ok(Utterance {
                voice_id: "prompted-1".to_owned(),
                sample_rate: RATE,
                stretch: 1.0,
                audio: audio.boxed(),
            })
        };
        batch.into_iter().map(utter).collect()
    }
}

/// A relay, a job that speaks to it, and what is needed to listen.
struct Stage {
    _dir: TempDir,
    gateway: Gateway,
    lines: mpsc::Sender<Chunk>,
    job: JoinHandle<Result<Spoken, JobError>>,
    cancel: CancellationToken,
}

impl Stage {
    async fn set(format: ResponseFormat) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path().to_str().unwrap()).unwrap();
        let gateway = Gateway::start(GatewayConfig {
            listen: "127.0.0.1:0".parse().unwrap(),
            store: store.clone(),
            token: TOKEN.into(),
            peers: Peers::default(),
        })
        .await
        .unwrap();
        let (lines, engine) = prompted();
        let engines = Engines::new([Arc::new(engine) as Arc<dyn Engine>]);
        let tools = Tools::new(engines, store, "ffmpeg", dir.path()).unwrap();
        let target = RelayTarget {
            url: format!("http://{}", gateway.local_addr()),
            stream: "s1".to_owned(),
            secret: "open sesame".to_owned(),
        };
        let cancel = CancellationToken::new();
        let task = task(format, target, cancel.clone());
        let job = tokio::spawn(async move {
            let mut answers = speak_jobs(Arc::new(tools), vec![task]);
            answers.next().await.unwrap().1
        });
        Self {
            _dir: dir,
            gateway,
            lines,
            job,
            cancel,
        }
    }

    async fn listen(&self) -> Response {
        let url = format!("http://{}/streams/s1", self.gateway.local_addr());
        let request = Client::new()
            .get(url)
            .bearer_auth(TOKEN)
            .header(STREAM_SECRET, "open sesame");
        request.send().await.unwrap()
    }

    async fn say(&self, samples: usize) {
        let chunk = AudioChunk {
            samples: vec![0.25; samples],
            spoken: 0.5,
            ..AudioChunk::default()
        };
        self.lines.send(Ok(chunk)).await.unwrap();
    }

    async fn end(self) -> Result<Spoken, JobError> {
        drop(self.lines);
        timeout(Duration::from_secs(20), self.job)
            .await
            .unwrap()
            .unwrap()
    }
}

fn prompted() -> (mpsc::Sender<Chunk>, Prompted) {
    let (lines, spoken) = mpsc::channel(1);
    let info = EngineInfo {
        name: "prompted".to_owned(),
        description: String::new(),
        sample_rate: RATE,
        languages: vec!["en".to_owned()],
        quality_profiles: Vec::new(),
        voices: Vec::new(),
    };
    (
        lines,
        Prompted {
            info,
            lines: Mutex::new(Some(spoken)),
        },
    )
}

fn task(format: ResponseFormat, target: RelayTarget, cancel: CancellationToken) -> SpeechTask {
    let attempt = Attempt {
        job: Uuid::from_u128(1),
        token: 5,
        cancel,
        progress: Progress::default(),
        span: tracing::Span::none(),
    };
    let args = SpeechArgs {
        text: "Hello.".to_owned(),
        voice_id: "default".to_owned(),
        language: "en".to_owned(),
        engine: "prompted".to_owned(),
        quality_profile: QualityProfile::Balanced,
        response_format: format,
        speed: 1.0,
        voice_parts: Vec::new(),
        timestamps: false,
        pronunciations: Vec::new(),
        text_format: TextFormat::default(),
        warnings: Vec::new(),
    };
    SpeechTask {
        attempt,
        args,
        listener: Some(target),
    }
}

#[tokio::test]
async fn the_beginning_is_heard_before_the_end_is_made() {
    let stage = Stage::set(ResponseFormat::Wav).await;
    let (mut heard, ()) = tokio::join!(stage.listen(), stage.say(RATE as usize / 10));
    assert_eq!(heard.status(), StatusCode::OK);
    assert_eq!(heard.headers()["content-type"], "audio/wav");
    assert_eq!(heard.headers()["kiskadee-voice"], "prompted-1");
    let mut bytes = heard.chunk().await.unwrap().unwrap().to_vec();
    assert_eq!(&bytes[..4], b"RIFF");
    stage.say(RATE as usize / 10).await;
    let spoken = stage.end().await.unwrap();
    while let Some(piece) = heard.chunk().await.unwrap() {
        bytes.extend(piece);
    }
    assert_eq!(bytes.len(), 44 + 2 * 2 * RATE as usize / 10);
    let Spoken::Streamed(result) = spoken else {
        panic!("{spoken:?}")
    };
    assert_eq!(result.bytes, bytes.len() as u64);
    assert!((result.duration_seconds - 0.2).abs() < 1e-9);
}

#[tokio::test]
async fn every_format_is_sent_while_it_is_made() {
    for format in ResponseFormat::ALL {
        let stage = Stage::set(*format).await;
        let (mut heard, ()) = tokio::join!(stage.listen(), stage.say(4 * RATE as usize));
        assert_eq!(
            heard.headers()["content-type"],
            format.content_type(),
            "{format}"
        );
        let mut bytes = heard.chunk().await.unwrap().unwrap().len();
        let spoken = stage.end().await.unwrap();
        while let Some(piece) = heard.chunk().await.unwrap() {
            bytes += piece.len();
        }
        let Spoken::Streamed(result) = spoken else {
            panic!("{spoken:?}")
        };
        assert_eq!(result.bytes, bytes as u64, "{format}");
        // Bare samples are sent at the rate that their readers assume.
        let expected = if *format == ResponseFormat::Pcm {
            4 * 2 * 24_000
        } else {
            1000
        };
        assert!(bytes >= expected, "{format}: {bytes}");
    }
}

#[tokio::test]
async fn a_listener_that_leaves_ends_the_work() {
    let stage = Stage::set(ResponseFormat::Wav).await;
    let (heard, ()) = tokio::join!(stage.listen(), stage.say(100));
    drop(heard);
    let ended = timeout(Duration::from_secs(10), stage.job)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(ended, Err(JobError::Abandoned));
}

#[tokio::test]
async fn nothing_is_spoken_to_nobody() {
    let stage = Stage::set(ResponseFormat::Wav).await;
    assert_eq!(stage.end().await, Err(JobError::Abandoned));
}

#[tokio::test]
async fn a_refusal_before_the_first_audio_is_told_in_words() {
    let stage = Stage::set(ResponseFormat::Mp3).await;
    let refused = Err(SpeechError::Reject("no such word".to_owned()));
    let (heard, sent) = tokio::join!(stage.listen(), stage.lines.send(refused));
    sent.unwrap();
    assert_eq!(heard.status(), StatusCode::BAD_GATEWAY);
    let failure: StreamFailure = heard.json().await.unwrap();
    assert_eq!(
        failure,
        StreamFailure {
            rejected: true,
            message: "no such word".to_owned()
        }
    );
    assert_eq!(
        stage.end().await,
        Err(JobError::Reject("no such word".to_owned()))
    );
}

#[tokio::test]
async fn what_breaks_off_does_not_look_whole() {
    let stage = Stage::set(ResponseFormat::Wav).await;
    let (mut heard, ()) = tokio::join!(stage.listen(), stage.say(100));
    heard.chunk().await.unwrap().unwrap();
    stage
        .lines
        .send(Err(SpeechError::Retry("the model broke".to_owned())))
        .await
        .unwrap();
    assert_eq!(
        stage.end().await,
        Err(JobError::Retry("the model broke".to_owned()))
    );
    assert!(heard.bytes().await.is_err());
}

#[tokio::test]
async fn a_cancelled_job_breaks_off() {
    let stage = Stage::set(ResponseFormat::Wav).await;
    let (heard, ()) = tokio::join!(stage.listen(), stage.say(100));
    stage.cancel.cancel();
    assert_eq!(stage.end().await, Err(JobError::Cancelled));
    assert!(heard.bytes().await.is_err());
}

#[tokio::test]
async fn the_relay_lets_nobody_in_without_token_or_secret() {
    let stage = Stage::set(ResponseFormat::Wav).await;
    let url = format!("http://{}/streams/s1", stage.gateway.local_addr());
    let client = Client::new();
    let listen = client.get(&url).header(STREAM_SECRET, "open sesame").send();
    assert_eq!(listen.await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let bring = client
        .put(&url)
        .header(STREAM_SECRET, "guess")
        .body("audio")
        .send();
    assert_eq!(bring.await.unwrap().status(), StatusCode::GONE);
}
