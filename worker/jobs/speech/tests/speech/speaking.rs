//! Job bodies: a batch of speech with the real espeak-ng, and with an engine that misbehaves on purpose.

use std::{sync::Arc, time::Duration};

use futures::{StreamExt, stream};
use kiskadee_runner::{Attempt, JobError, Progress};
use kiskadee_shared::{format::ResponseFormat, quality::QualityProfile, text_format::TextFormat};
use kiskadee_speech::{
    AudioChunk, Engine, EngineInfo, Engines, Espeak, EspeakConfig, SpeechError, SpeechRequest,
    Utterance,
};
use kiskadee_speech_jobs::{
    SpeechTask, Spoken, Tools,
    args::{SpeechArgs, SpeechResult},
    speak_jobs,
};
use kiskadee_storage::Store;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Does what its texts say.
struct Puppet(EngineInfo);

impl Puppet {
    fn new() -> Self {
        Self(EngineInfo {
            name: "puppet".to_owned(),
            description: String::new(),
            sample_rate: 16_000,
            languages: vec!["en".to_owned()],
            quality_profiles: Vec::new(),
            voices: Vec::new(),
        })
    }
}

impl Engine for Puppet {
    fn info(&self) -> &EngineInfo {
        &self.0
    }

    fn speak(&self, batch: Vec<SpeechRequest>) -> Vec<Result<Utterance, SpeechError>> {
        batch.iter().map(play).collect()
    }
}

fn play(request: &SpeechRequest) -> Result<Utterance, SpeechError> {
    let chunk = Ok(AudioChunk {
        samples: vec![0.25; 16_000],
        spoken: 1.0,
        ..AudioChunk::default()
    });
    let audio = match request.text.as_str() {
        "refuse" => return Err(SpeechError::Reject("refused".to_owned())),
        "break" => stream::iter([chunk, Err(SpeechError::Retry("broken".to_owned()))]).boxed(),
        "poison" => stream::iter([Err(SpeechError::Fatal("poisoned".to_owned()))]).boxed(),
        "panic" => stream::once(async { panic!("on purpose") }).boxed(),
        "hang" => stream::pending().boxed(),
        _ => stream::iter([chunk]).boxed(),
    };
    Ok(Utterance {
        voice_id: "puppet".to_owned(),
        sample_rate: 16_000,
        stretch: 1.0,
        audio,
    })
}

async fn tools() -> (TempDir, Arc<Tools>) {
    let dir = tempfile::tempdir().unwrap();
    let espeak = Espeak::start(EspeakConfig::default())
        .await
        .expect("espeak-ng must be installed for this test");
    let engines = Engines::new([Arc::new(espeak) as Arc<dyn Engine>, Arc::new(Puppet::new())]);
    let store = Store::open(dir.path().to_str().unwrap()).unwrap();
    let tools = Tools::new(engines, store, "ffmpeg", std::env::temp_dir()).unwrap();
    (dir, Arc::new(tools))
}

fn attempt(job: u128) -> Attempt {
    Attempt {
        job: Uuid::from_u128(job),
        token: 5,
        cancel: CancellationToken::new(),
        progress: Progress::default(),
        span: tracing::Span::none(),
    }
}

fn task(job: u128, engine: &str, text: &str, format: ResponseFormat) -> SpeechTask {
    let args = SpeechArgs {
        text: text.to_owned(),
        voice_id: "default".to_owned(),
        language: "en".to_owned(),
        engine: engine.to_owned(),
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
        attempt: attempt(job),
        args,
        listener: None,
    }
}

fn stored(spoken: Spoken) -> SpeechResult {
    match spoken {
        Spoken::Stored(result) => result,
        Spoken::Streamed(result) => panic!("nobody listened to {result:?}"),
    }
}

async fn run(
    tools: &Arc<Tools>,
    tasks: Vec<SpeechTask>,
) -> Vec<(u128, Result<SpeechResult, JobError>)> {
    let mut answers: Vec<_> = speak_jobs(Arc::clone(tools), tasks)
        .map(|(job, answer)| (job.as_u128(), answer.map(stored)))
        .collect()
        .await;
    answers.sort_by_key(|(job, _)| *job);
    answers
}

#[tokio::test]
async fn a_batch_is_spoken_encoded_and_stored() {
    let (dir, tools) = tools().await;
    let tasks = vec![
        task(1, "espeak", "Good morning.", ResponseFormat::Wav),
        task(
            2,
            "espeak",
            "Good evening, and good night.",
            ResponseFormat::Mp3,
        ),
    ];
    let progress = tasks[0].attempt.progress.clone();
    let answers = run(&tools, tasks).await;
    let results: Vec<_> = answers
        .into_iter()
        .map(|(_, answer)| answer.unwrap())
        .collect();
    assert_eq!(
        results[0].key,
        "results/00000000000000000000000000000001/5/audio.wav"
    );
    assert_eq!(
        (results[0].sample_rate, results[0].voice_id.as_str()),
        (22_050, "espeak-en-us")
    );
    assert_eq!(results[1].content_type, "audio/mpeg");
    assert_eq!(progress.percent(), 100);
    for result in results {
        assert_eq!(
            std::fs::metadata(dir.path().join(&result.key))
                .unwrap()
                .len(),
            result.bytes
        );
        assert!((0.3..5.0).contains(&result.duration_seconds));
    }
}

#[tokio::test]
async fn one_that_fails_leaves_the_others_alone() {
    let (_dir, tools) = tools().await;
    let texts = ["fine", "refuse", "break", "poison", "panic", "fine too"];
    let tasks = texts
        .iter()
        .zip(1..)
        .map(|(text, job)| task(job, "puppet", text, ResponseFormat::Pcm))
        .collect();
    let answers: Vec<_> = run(&tools, tasks)
        .await
        .into_iter()
        .map(|(_, answer)| answer)
        .collect();
    assert!(answers[0].is_ok() && answers[5].is_ok());
    assert_eq!(answers[1], Err(JobError::Reject("refused".to_owned())));
    assert_eq!(answers[2], Err(JobError::Retry("broken".to_owned())));
    assert_eq!(answers[3], Err(JobError::Fatal("poisoned".to_owned())));
    assert!(matches!(&answers[4], Err(JobError::Retry(why)) if why.contains("broke down")));
}

#[tokio::test]
async fn a_cancelled_job_ends_at_once_and_alone() {
    let (_dir, tools) = tools().await;
    let hanging = task(1, "puppet", "hang", ResponseFormat::Wav);
    let cancel = hanging.attempt.cancel.clone();
    let mut answers = speak_jobs(
        Arc::clone(&tools),
        vec![hanging, task(2, "puppet", "fine", ResponseFormat::Wav)],
    );
    let (job, answer) = answers.next().await.unwrap();
    assert!(job.as_u128() == 2 && answer.is_ok());
    cancel.cancel();
    let (job, answer) = tokio::time::timeout(Duration::from_secs(5), answers.next())
        .await
        .unwrap()
        .unwrap();
    assert_eq!((job.as_u128(), answer), (1, Err(JobError::Cancelled)));
    assert!(answers.next().await.is_none());
}

#[tokio::test]
async fn storage_that_is_away_is_waited_for() {
    let (dir, tools) = tools().await;
    std::fs::write(
        dir.path().join("results"),
        "a file where the directory should be",
    )
    .unwrap();
    let answers = run(&tools, vec![task(1, "puppet", "fine", ResponseFormat::Wav)]).await;
    assert!(
        matches!(answers[0].1, Err(JobError::Snooze(_))),
        "{answers:?}"
    );
}

#[tokio::test]
async fn an_engine_that_is_not_here_is_named() {
    let (_dir, tools) = tools().await;
    let answers = run(&tools, vec![task(1, "xtts", "hello", ResponseFormat::Wav)]).await;
    assert!(
        matches!(&answers[0].1, Err(JobError::Retry(why)) if why.contains("`xtts`") && why.contains("espeak"))
    );
}
