//! The engine `piper`.

use futures::{StreamExt as _, TryStreamExt as _};
use kiskadee_speech::{Engine as _, SpeechError, SpeechRequest};

use super::{Studio, assert_timed, chunks, in_voice, joined, live, mixed, refusal, samples, start};

const TEXT: &str = "The ferry leaves at noon.";
const RATE: u32 = 22_050;
const TINY: &str = "piper-en_us-tiny-high";
const THREE: &str = "piper-en_us-three-low";

#[tokio::test]
async fn voices_and_their_speakers_are_announced() {
    let studio = Studio::open("piper-info", 1);
    let piper = studio.piper().await.unwrap();
    let info = piper.info();
    assert_eq!(
        (info.name.as_str(), info.languages.as_slice()),
        ("piper", ["en-us".to_owned()].as_slice())
    );
    let ids: Vec<&str> = info.voices.iter().map(|voice| voice.id.as_str()).collect();
    let speakers = [0, 1, 2].map(|number| format!("{THREE}-speaker-{number}"));
    assert_eq!(ids, [THREE, &speakers[0], &speakers[1], &speakers[2], TINY]);
    assert_eq!(
        start(&piper, SpeechRequest::new(TEXT, "en"))
            .unwrap()
            .voice_id,
        THREE
    );
}

#[tokio::test]
async fn a_listener_hears_the_same_in_pieces_inside_a_sentence() {
    let studio = Studio::open("piper-live", 2);
    let piper = studio.piper().await.unwrap();
    let text = "The ferry leaves at noon and comes back in the evening with everybody who went to the island.";
    for voice in [TINY, THREE] {
        let whole = samples(&piper, in_voice(voice, text, "en")).await;
        let heard = chunks(&piper, live(in_voice(voice, text, "en")))
            .await
            .unwrap();
        assert!(heard.len() > 1, "{voice}");
        assert_timed(
            &heard,
            text,
            &text.trim_end_matches('.').split(' ').collect::<Vec<_>>(),
            RATE,
        );
        assert_eq!(joined(heard), whole, "{voice}");
    }
}

#[tokio::test]
async fn speakers_are_mixed_inside_their_voice_only() {
    let studio = Studio::open("piper-mix", 1);
    let piper = studio.piper().await.unwrap();
    let [first, second] = [0, 2].map(|number| format!("{THREE}-speaker-{number}"));
    let mix = samples(&piper, mixed(&[(&first, 1.0), (&second, 1.0)], TEXT)).await;
    assert_eq!(
        samples(&piper, mixed(&[(&first, 2.0), (&second, 2.0)], TEXT)).await,
        mix
    );
    assert_ne!(samples(&piper, in_voice(&first, TEXT, "en")).await, mix);
    let why = refusal(&piper, mixed(&[(&first, 1.0), (TINY, 1.0)], TEXT));
    assert!(
        why.contains("speakers of one voice only") && why.contains(TINY),
        "{why}"
    );
}

#[tokio::test]
async fn what_cannot_be_spoken_is_refused_with_the_reason() {
    let studio = Studio::open("piper-refused", 1);
    let piper = studio.piper().await.unwrap();
    for (request, told) in [
        (SpeechRequest::new(TEXT, "de"), "speaks en-us, not `de`"),
        (in_voice(TINY, TEXT, "pt-br"), "speaks en-us, not `pt-br`"),
        (
            in_voice("piper-gone", TEXT, "en"),
            "has no voice `piper-gone`",
        ),
    ] {
        let why = refusal(&piper, request);
        assert!(why.contains(told), "{why}");
    }
    let long = chunks(&piper, SpeechRequest::new("a".repeat(5000), "en")).await;
    assert!(!long.unwrap().is_empty());
}

#[tokio::test]
async fn a_damaged_voice_is_left_out() {
    let studio = Studio::open("piper-damaged", 1);
    let weights = studio.models.folder(TINY).join("model.safetensors");
    std::fs::write(weights, b"short").unwrap();
    let piper = studio.piper().await.unwrap();
    assert!(piper.info().voices.iter().all(|voice| voice.id != TINY));
}

#[tokio::test]
async fn nobody_hears_that_the_process_dies_inside_a_sentence() {
    let studio = Studio::open("piper-killed", 1);
    let piper = studio.piper().await.unwrap();
    let text = "The ferry leaves at noon and comes back in the evening, with everybody who went to the island in the morning.";
    let whole = samples(&piper, in_voice(TINY, text, "en")).await;
    let mut stream = start(&piper, live(in_voice(TINY, text, "en")))
        .unwrap()
        .audio;
    let mut heard = stream.next().await.unwrap().unwrap().samples;
    studio.kill();
    heard.extend(joined(stream.try_collect().await.unwrap()));
    assert_eq!(heard, whole);
}

#[tokio::test]
async fn both_engines_share_one_process_and_end_it() {
    let studio = Studio::open("piper-shared", 1);
    let (kokoro, piper) = (
        studio.kokoro().await.unwrap(),
        studio.piper().await.unwrap(),
    );
    assert!(
        !samples(&kokoro, SpeechRequest::new(TEXT, "en"))
            .await
            .is_empty()
    );
    assert!(
        !samples(&piper, SpeechRequest::new(TEXT, "en"))
            .await
            .is_empty()
    );
    assert_eq!(studio.processes().len(), 1);
    let cancel = SpeechRequest::new(TEXT, "en");
    cancel.cancel.cancel();
    assert_eq!(chunks(&piper, cancel).await, Err(SpeechError::Cancelled));
}
