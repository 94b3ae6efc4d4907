//! Voices with weights of their own. Their files are made of the shipped one, so what they must sound like is known.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

use std::sync::Arc;

use futures::{TryStreamExt, future::join_all};
use kiskadee_speech::{
    AudioChunk, Engine, Kiskadee, KiskadeeConfig, SpeechError, SpeechRequest, VoicePart, audition,
    is_tuned,
};
use serde_json::Value;

const SHIPPED: &[u8] = include_bytes!("../../../voice/weights/kiskadee.safetensors");
const TEXT: &str = "The little boat went home. It was dark by then.";

/// The shipped file with another description and other values.
fn file(describe: impl FnOnce(&mut Value), change: impl FnOnce(&Value, &mut [u8])) -> Arc<[u8]> {
    let (length, rest) = SHIPPED.split_first_chunk::<8>().unwrap();
    let (header, values) = rest.split_at(u64::from_le_bytes(*length) as usize);
    let mut header: Value = serde_json::from_slice(header).unwrap();
    let document = header["__metadata__"]["kiskadee"].as_str().unwrap();
    let mut description: Value = serde_json::from_str(document).unwrap();
    describe(&mut description);
    header["__metadata__"]["kiskadee"] = Value::String(description.to_string());
    let mut values = values.to_vec();
    change(&header, &mut values);
    let mut header = header.to_string().into_bytes();
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header);
    bytes.extend(values);
    bytes.into()
}

fn keep(description: &mut Value, id: &str) {
    let voices = description["voices"].as_array_mut().unwrap();
    voices.retain(|voice| voice["id"] == id);
}

/// Sounds as the built-in voice `id`.
fn alike(id: &str) -> Arc<[u8]> {
    file(|description| keep(description, id), |_, _| {})
}

/// Sounds otherwise: its sounds move more.
fn livelier(id: &str) -> Arc<[u8]> {
    let describe = |description: &mut Value| {
        keep(description, id);
        description["liveliness"][1] = 1.4.into();
    };
    file(describe, |_, _| {})
}

/// All values of `tensor` are those of this half.
fn filled(tensor: &str, half: u16) -> Arc<[u8]> {
    file(
        |description| keep(description, "heron"),
        |header, values| {
            let offsets = &header[tensor]["data_offsets"];
            let at = |i: usize| offsets[i].as_u64().unwrap() as usize;
            for value in values[at(0)..at(1)].chunks_exact_mut(2) {
                value.copy_from_slice(&half.to_le_bytes());
            }
        },
    )
}

fn part(conditioning: &Arc<[u8]>) -> VoicePart {
    VoicePart {
        voice: "voice_mine".to_owned(),
        weight: 1.0,
        conditioning: Some(Arc::clone(conditioning)),
        weights: None,
    }
}

fn with_parts(parts: Vec<VoicePart>) -> SpeechRequest {
    SpeechRequest {
        voice: "voice_mine".to_owned(),
        parts,
        ..SpeechRequest::new(TEXT, "en")
    }
}

fn built_in(voice: &str) -> SpeechRequest {
    SpeechRequest {
        voice: voice.to_owned(),
        ..SpeechRequest::new(TEXT, "en")
    }
}

async fn speak(engine: &Kiskadee, batch: Vec<SpeechRequest>) -> Vec<Result<Vec<f32>, SpeechError>> {
    let streams = engine.speak(batch).into_iter().map(|utterance| async {
        let chunks: Vec<AudioChunk> = utterance?.audio.try_collect().await?;
        Ok(chunks.into_iter().flat_map(|chunk| chunk.samples).collect())
    });
    join_all(streams).await
}

async fn one(engine: &Kiskadee, request: SpeechRequest) -> Result<Vec<f32>, SpeechError> {
    speak(engine, vec![request]).await.remove(0)
}

async fn engine(model_budget: u64) -> Kiskadee {
    let threads = 1;
    Kiskadee::start(KiskadeeConfig {
        threads,
        model_budget,
    })
    .await
    .unwrap()
}

fn rejection(answer: Result<impl std::fmt::Debug, SpeechError>) -> String {
    match answer.unwrap_err() {
        SpeechError::Reject(why) => why,
        other => panic!("{other:?} is no rejection"),
    }
}

#[tokio::test]
async fn a_tuned_voice_speaks_with_its_own_weights_alone_and_among_others() {
    let engine = engine(256 << 20).await;
    let (heron, livelier) = (alike("heron"), livelier("heron"));
    assert!(is_tuned(&heron));
    let before = one(&engine, built_in("heron")).await.unwrap();
    assert!(before == one(&engine, with_parts(vec![part(&heron)])).await.unwrap());
    let other = one(&engine, with_parts(vec![part(&livelier)]))
        .await
        .unwrap();
    assert!(other != before);
    let batch = vec![
        with_parts(vec![part(&livelier)]),
        built_in("heron"),
        with_parts(vec![part(&heron)]),
        with_parts(vec![part(&livelier)]),
        built_in("wren"),
    ];
    let spoken = speak(&engine, batch).await;
    let spoken: Vec<Vec<f32>> = spoken.into_iter().map(Result::unwrap).collect();
    assert!(spoken[0] == other && spoken[3] == other);
    assert!(spoken[1] == before && spoken[2] == before);
    assert!(spoken[4] == one(&engine, built_in("wren")).await.unwrap());
    assert_eq!(engine.cache_stats().unwrap().resident.len(), 3);
}

#[tokio::test]
async fn tuned_models_take_turns_within_the_budget() {
    let engine = engine(40 << 20).await;
    let (heron, livelier) = (alike("heron"), livelier("heron"));
    let first = one(&engine, with_parts(vec![part(&heron)])).await.unwrap();
    for _ in 0..2 {
        one(&engine, with_parts(vec![part(&livelier)]))
            .await
            .unwrap();
        assert!(first == one(&engine, with_parts(vec![part(&heron)])).await.unwrap());
    }
    let stats = engine.cache_stats().unwrap();
    assert!(stats.bytes <= 40 << 20 && stats.evictions >= 3, "{stats:?}");
}

#[tokio::test]
async fn a_tuned_voice_is_not_mixed() {
    let engine = engine(256 << 20).await;
    let wren = VoicePart {
        voice: "wren".to_owned(),
        weight: 1.0,
        conditioning: None,
        weights: None,
    };
    let mixed = with_parts(vec![part(&alike("heron")), wren]);
    let why = rejection(engine.speak(vec![mixed]).remove(0));
    assert!(why.contains("cannot be mixed"), "{why}");
}

#[tokio::test]
async fn a_damaged_file_is_refused_and_harms_nobody() {
    let engine = engine(256 << 20).await;
    let whole = alike("heron");
    let cut: Arc<[u8]> = whole[..whole.len() / 2].into();
    let many = file(|_| {}, |_, _| {});
    let broken = filled("frame.output", 0x7e00);
    for (weights, reason) in [
        (cut, "the weights cannot be read"),
        (many, "7 voices, not of one"),
        (broken, "not finite"),
    ] {
        assert!(rejection(audition(&weights)).contains(reason));
        let spoken = one(&engine, with_parts(vec![part(&weights)])).await;
        let why = rejection(spoken);
        assert!(
            why.contains("make it again") && why.contains(reason),
            "{why}"
        );
    }
    assert!(one(&engine, built_in("heron")).await.is_ok());
}

#[test]
fn an_audition_tells_speech_from_none() {
    let heard = audition(&alike("tico")).unwrap();
    assert_eq!((heard.language.as_str(), heard.sha256.len()), ("pt-br", 64));
    assert!((3.0..12.0).contains(&heard.seconds), "{heard:?}");
    assert!((80.0..200.0).contains(&heard.pitch), "{heard:?}");
    // Ever the same sound, and with it no voice.
    let why = rejection(audition(&filled("frame.output", 0)));
    assert!(why.contains("voiced"), "{why}");
}
