//! The engine `espeak` through the public face, with the real program.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

use std::{
    os::unix::fs::PermissionsExt,
    path::Path,
    time::{Duration, Instant},
};

use futures::{StreamExt, TryStreamExt};
use kiskadee_speech::{
    AudioChunk, Engine, Engines, Espeak, EspeakConfig, SpeechError, SpeechRequest, Utterance,
};

async fn espeak() -> Espeak {
    Espeak::start(EspeakConfig::default())
        .await
        .expect("espeak-ng must be installed for this test")
}

fn request(text: &str) -> SpeechRequest {
    SpeechRequest::new(text, "en-US")
}

fn speak(engine: &dyn Engine, request: SpeechRequest) -> Result<Utterance, SpeechError> {
    engine
        .speak(vec![request])
        .pop()
        .expect("one answer for one request")
}

async fn audio(engine: &dyn Engine, request: SpeechRequest) -> Result<Vec<f32>, SpeechError> {
    let chunks: Vec<AudioChunk> = speak(engine, request)?.audio.try_collect().await?;
    Ok(chunks.into_iter().flat_map(|chunk| chunk.samples).collect())
}

/// A program that stands in for espeak-ng: it lists one voice, and speaks as `script` says.
fn stand_in(dir: &Path, script: &str) -> EspeakConfig {
    let path = dir.join("espeak-stand-in");
    let text = format!(
        "#!/bin/sh\nif [ \"$1\" = --voices ]; then printf 'Pty\\n 2 en-us --/M English x/en\\n'; exit; fi\n{script}\n"
    );
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    EspeakConfig {
        program: path.to_str().unwrap().to_owned(),
        processes: 1,
        ..EspeakConfig::default()
    }
}

#[tokio::test]
async fn a_sentence_is_spoken_by_the_voice_of_its_language() {
    let engine = espeak().await;
    let mut brazilian = request("Bom dia, tudo bem com você?");
    brazilian.language = "pt-BR".to_owned();
    let utterance = speak(&engine, brazilian).unwrap();
    assert_eq!(
        (utterance.voice_id.as_str(), utterance.sample_rate),
        ("espeak-pt-br", 22_050)
    );

    let samples = audio(&engine, request("Hello there, this is a test."))
        .await
        .unwrap();
    let seconds = samples.len() as f32 / 22_050.0;
    assert!((1.0..4.0).contains(&seconds), "{seconds} s");
    assert!(samples.iter().all(|sample| sample.abs() <= 1.0));
    assert!(
        samples.iter().any(|sample| sample.abs() > 0.1),
        "the audio must be heard"
    );
}

#[tokio::test]
async fn a_batch_streams_each_request_on_its_own() {
    let engine = espeak().await;
    let mut unknown = request("Hello.");
    unknown.voice = "espeak-xx".to_owned();
    let answers = engine.speak(vec![
        request("One sentence. Another sentence."),
        unknown,
        request("..."),
    ]);
    let [good, refused, silent]: [_; 3] = answers.try_into().unwrap();

    let chunks: Vec<AudioChunk> = good.unwrap().audio.try_collect().await.unwrap();
    assert_eq!(chunks.len(), 2);
    assert!(chunks[0].spoken < 1.0 && (chunks[1].spoken - 1.0).abs() < 1e-6);
    assert!(matches!(refused, Err(SpeechError::Reject(why)) if why.contains("espeak-xx")));
    let silence: Vec<AudioChunk> = silent.unwrap().audio.try_collect().await.unwrap();
    assert!(silence[0].samples.iter().all(|sample| *sample == 0.0) && silence.len() == 1);
}

#[tokio::test]
async fn joins_are_no_rougher_than_speech() {
    let engine = espeak().await;
    let text = "The first sentence ends here. A second one follows at once, it is short! And why not a third?";
    let chunks: Vec<AudioChunk> = speak(&engine, request(text))
        .unwrap()
        .audio
        .try_collect()
        .await
        .unwrap();
    assert_eq!(chunks.len(), 3);
    let step = |pair: &[f32]| (pair[1] - pair[0]).abs();
    let inside = chunks
        .iter()
        .flat_map(|chunk| chunk.samples.windows(2))
        .map(step)
        .fold(0.0, f32::max);
    for pair in chunks.windows(2) {
        let (last, first) = (*pair[0].samples.last().unwrap(), pair[1].samples[0]);
        assert!(
            (first - last).abs() < 0.01 * inside,
            "a jump from {last} to {first}; within speech {inside}"
        );
    }
}

#[tokio::test]
async fn faster_speech_is_shorter_and_the_rest_is_left_to_the_caller() {
    let engine = espeak().await;
    let at = |speed| SpeechRequest {
        speed,
        ..request("The quick brown fox jumps over the lazy dog.")
    };
    let normal = audio(&engine, at(1.0)).await.unwrap().len() as f32;
    let fast = audio(&engine, at(2.0)).await.unwrap().len() as f32;
    assert!((0.4..0.65).contains(&(fast / normal)), "{}", fast / normal);
    let fastest = speak(&engine, at(4.0)).unwrap();
    assert!((fastest.stretch - 4.0 * 175.0 / 450.0).abs() < 1e-3);
    assert!(matches!(
        speak(&engine, at(0.0)),
        Err(SpeechError::Reject(_))
    ));
    assert!(matches!(
        speak(&engine, at(f32::NAN)),
        Err(SpeechError::Reject(_))
    ));
}

#[tokio::test]
async fn texts_cannot_pass_options_or_commands() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("made-by-text");
    let engine = espeak().await;
    for text in [
        format!("-w {}", target.display()),
        "--version".to_owned(),
        "; ls | cat > x `id` $(id)".to_owned(),
        "<speak>a</speak>".to_owned(),
    ] {
        assert!(
            !audio(&engine, request(&text)).await.unwrap().is_empty(),
            "{text}"
        );
    }
    assert!(!target.exists());
    let mut voice = request("Hello.");
    voice.voice = "--version".to_owned();
    assert!(matches!(speak(&engine, voice), Err(SpeechError::Reject(_))));
    let mut language = request("Hello.");
    language.language = "../../etc/passwd".to_owned();
    assert!(matches!(
        speak(&engine, language),
        Err(SpeechError::Reject(_))
    ));
}

#[tokio::test]
async fn a_missing_program_says_how_to_install_it() {
    let config = EspeakConfig {
        program: "espeak-that-is-not-there".to_owned(),
        ..EspeakConfig::default()
    };
    let error = Espeak::start(config).await.err().unwrap();
    assert!(
        matches!(&error, SpeechError::Unavailable(why) if why.contains("apt-get install espeak-ng")),
        "{error}"
    );
}

#[tokio::test]
async fn cancelling_kills_the_process_and_frees_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let pid_file = dir.path().join("pid");
    let config = stand_in(
        dir.path(),
        &format!("echo $$ > {}; exec sleep 60", pid_file.display()),
    );
    let engine = Espeak::start(config).await.unwrap();
    let hanging = request("Hello.");
    let cancel = hanging.cancel.clone();
    let mut stream = speak(&engine, hanging).unwrap().audio;
    let reader = tokio::spawn(async move { stream.next().await });
    let pid = wait_for_pid(&pid_file).await;
    cancel.cancel();
    assert_eq!(reader.await.unwrap(), Some(Err(SpeechError::Cancelled)));
    wait_until_gone(pid).await;
}

#[tokio::test]
async fn dropping_the_stream_kills_the_process() {
    let dir = tempfile::tempdir().unwrap();
    let pid_file = dir.path().join("pid");
    let config = stand_in(
        dir.path(),
        &format!("echo $$ > {}; exec sleep 60", pid_file.display()),
    );
    let engine = Espeak::start(config).await.unwrap();
    let mut stream = speak(&engine, request("Hello.")).unwrap().audio;
    let reader = tokio::spawn(async move { stream.next().await });
    let pid = wait_for_pid(&pid_file).await;
    reader.abort();
    wait_until_gone(pid).await;
}

#[tokio::test]
async fn a_process_that_hangs_or_fails_is_an_error_to_retry() {
    let dir = tempfile::tempdir().unwrap();
    let hanging = EspeakConfig {
        timeout: Duration::from_millis(300),
        ..stand_in(dir.path(), "exec sleep 60")
    };
    let engine = Espeak::start(hanging).await.unwrap();
    let started = Instant::now();
    assert!(matches!(
        audio(&engine, request("Hello.")).await,
        Err(SpeechError::Retry(_))
    ));
    assert!(started.elapsed() < Duration::from_secs(10));

    let failing = stand_in(dir.path(), "echo it broke >&2; exit 3");
    let engine = Espeak::start(failing).await.unwrap();
    let error = audio(&engine, request("Hello.")).await.unwrap_err();
    assert!(error.to_string().contains("it broke"), "{error}");
}

#[tokio::test]
async fn engines_are_found_by_name() {
    let engines = Engines::new([std::sync::Arc::new(espeak().await) as _]);
    assert_eq!(engines.names().collect::<Vec<_>>(), ["espeak"]);
    let info = engines.infos().next().unwrap();
    assert!(
        info.languages.len() > 50 && info.voices.iter().any(|voice| voice.id == "espeak-en-us")
    );
    let error = engines.get("xtts").err().unwrap();
    assert!(error.to_string().contains("espeak"), "{error}");
}

async fn wait_for_pid(file: &Path) -> u32 {
    for _ in 0..500 {
        if let Some(pid) = std::fs::read_to_string(file)
            .ok()
            .and_then(|text| text.trim().parse().ok())
        {
            return pid;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the stand-in never started");
}

async fn wait_until_gone(pid: u32) {
    for _ in 0..500 {
        // A killed child that has not been waited for yet is a zombie: no command line any more.
        if std::fs::read(format!("/proc/{pid}/cmdline"))
            .unwrap_or_default()
            .is_empty()
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("process {pid} still runs");
}
