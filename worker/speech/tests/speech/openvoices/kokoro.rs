//! The engine `kokoro`.

use futures::{StreamExt as _, TryStreamExt as _, future::join_all};
use kiskadee_speech::{CommercialUse, Engine as _, SpeechError, SpeechRequest};

use super::{Studio, assert_timed, chunks, in_voice, joined, live, mixed, refusal, samples, start};

const TEXT: &str = "The ferry leaves at noon.";
const RATE: u32 = 24_000;

#[tokio::test]
async fn what_it_speaks_is_announced() {
    let studio = Studio::open("kokoro-info", 1);
    let kokoro = studio.kokoro().await.unwrap();
    let info = kokoro.info();
    assert_eq!((info.name.as_str(), info.sample_rate), ("kokoro", RATE));
    assert_eq!(info.languages, ["en-us", "en", "pt-br"]);
    let ids: Vec<&str> = info.voices.iter().map(|voice| voice.id.as_str()).collect();
    assert_eq!(ids, ["kokoro-af_one", "kokoro-am_two", "kokoro-pf_three"]);
    assert_eq!(info.voices[1].name, "Two: male, American English");
    assert!(info.voices.iter().all(|voice| {
        voice.licence.id == "Apache-2.0" && voice.licence.commercial == CommercialUse::Yes
    }));
    let voice = |language| {
        start(&kokoro, SpeechRequest::new(TEXT, language))
            .unwrap()
            .voice_id
    };
    assert_eq!(
        (voice("en-GB"), voice("pt")),
        ("kokoro-af_one".to_owned(), "kokoro-pf_three".to_owned())
    );
}

#[tokio::test]
async fn a_text_sounds_the_same_alone_among_others_and_to_a_listener() {
    let studio = Studio::open("kokoro-same", 3);
    let kokoro = studio.kokoro().await.unwrap();
    let texts = [TEXT, "It rains.", "Who knows? Nobody. Go on!", TEXT];
    let requests = texts.map(|text| SpeechRequest::new(text, "en")).to_vec();
    let streams = kokoro.speak(requests).into_iter().map(Result::unwrap);
    let spoken = streams.map(|utterance| utterance.audio.try_collect::<Vec<_>>());
    let together = join_all(spoken).await;
    let together: Vec<_> = together
        .into_iter()
        .map(|chunks| joined(chunks.unwrap()))
        .collect();
    assert!(together[0].len() > 1_000 && together[0] == together[3]);
    assert!(together.concat().iter().all(|sample| sample.abs() <= 1.0));
    for (text, together) in texts.iter().zip(&together) {
        let request = SpeechRequest::new(*text, "en");
        assert_eq!(&samples(&kokoro, request.clone()).await, together, "{text}");
        assert_eq!(&samples(&kokoro, live(request)).await, together, "{text}");
    }
}

#[tokio::test]
async fn words_are_timed_in_plain_text_and_ssml() {
    let studio = Studio::open("kokoro-words", 1);
    let kokoro = studio.kokoro().await.unwrap();
    let text = "Dogs, cats and birds. They ride free.";
    let heard = chunks(&kokoro, SpeechRequest::new(text, "en"))
        .await
        .unwrap();
    let words = ["Dogs", "cats", "and", "birds", "They", "ride", "free"];
    assert_timed(&heard, text, &words, RATE);
    assert!(
        heard
            .windows(2)
            .all(|pair| pair[0].spoken <= pair[1].spoken)
    );
    assert!((heard.last().unwrap().spoken - 1.0).abs() < 1e-6);
    let text = "<speak>Dogs <prosody rate=\"slow\" pitch=\"+2st\" volume=\"+3dB\">ride</prosody> <emphasis>free</emphasis>.</speak>";
    let slow = chunks(&kokoro, SpeechRequest::new(text, "en"))
        .await
        .unwrap();
    assert_timed(&slow, text, &["Dogs", "ride", "free"], RATE);
}

#[tokio::test]
async fn pauses_of_the_writer_are_silence_of_their_length() {
    let studio = Studio::open("kokoro-pauses", 1);
    let kokoro = studio.kokoro().await.unwrap();
    for text in [
        "<speak>One. <break time=\"700ms\"/> Two.</speak>",
        "<speak>One <break time=\"700ms\"/> two.</speak>",
    ] {
        let heard = samples(&kokoro, SpeechRequest::new(text, "en")).await;
        let silence = vec![0.0; 24_000 * 7 / 10];
        assert!(
            heard.windows(silence.len()).any(|window| window == silence),
            "{text}"
        );
    }
}

#[tokio::test]
async fn other_languages_are_spoken_by_espeak_ngs_phonemes() {
    let studio = Studio::open("kokoro-portuguese", 1);
    let kokoro = studio.kokoro().await.unwrap();
    let text = "Hoje de manhã choveu. São 2 gatos!";
    let heard = chunks(&kokoro, SpeechRequest::new(text, "pt-BR"))
        .await
        .unwrap();
    let words = ["Hoje", "de", "manhã", "choveu", "São", "2", "gatos"];
    assert_timed(&heard, text, &words, RATE);
}

#[tokio::test]
async fn without_espeak_ng_it_speaks_english_and_says_what_to_install() {
    let studio = Studio::with_espeak("kokoro-alone", 1, "/nowhere/espeak-ng");
    let kokoro = studio.kokoro().await.unwrap();
    assert_eq!(kokoro.info().languages, ["en-us", "en"]);
    assert!(
        !samples(&kokoro, SpeechRequest::new(TEXT, "en"))
            .await
            .is_empty()
    );
    let error = start(&kokoro, SpeechRequest::new("Olá.", "pt-BR")).unwrap_err();
    assert!(
        matches!(&error, SpeechError::Unavailable(why) if why.contains("apt-get install espeak-ng")),
        "{error:?}"
    );
    let error = studio.piper().await.err().unwrap();
    assert!(
        matches!(&error, SpeechError::Unavailable(why) if why.contains("apt-get install espeak-ng")),
        "{error:?}"
    );
}

#[tokio::test]
async fn voices_are_mixed_by_their_weights() {
    let studio = Studio::open("kokoro-mix", 2);
    let kokoro = studio.kokoro().await.unwrap();
    let (one, two) = ("kokoro-af_one", "kokoro-am_two");
    let utterance = start(&kokoro, mixed(&[(one, 1.0), (two, 3.0)], TEXT)).unwrap();
    assert_eq!(utterance.voice_id, "voice_mixed");
    let mix = samples(&kokoro, mixed(&[(one, 1.0), (two, 3.0)], TEXT)).await;
    assert_eq!(
        samples(&kokoro, mixed(&[(one, 2.0), (two, 6.0)], TEXT)).await,
        mix
    );
    assert_ne!(
        samples(&kokoro, mixed(&[(one, 3.0), (two, 1.0)], TEXT)).await,
        mix
    );
    assert_ne!(samples(&kokoro, in_voice(one, TEXT, "en")).await, mix);
    for (parts, told) in [
        ([(one, 0.0), (two, 1.0)], "above 0"),
        ([(one, f32::NAN), (two, 1.0)], "above 0"),
        (
            [(one, 1.0), ("kokoro-af_gone", 1.0)],
            "has no voice `kokoro-af_gone`",
        ),
    ] {
        let why = refusal(&kokoro, mixed(&parts, TEXT));
        assert!(why.contains(told), "{why}");
    }
}

#[tokio::test]
async fn what_cannot_be_spoken_is_refused_with_the_reason() {
    let studio = Studio::open("kokoro-refused", 1);
    let kokoro = studio.kokoro().await.unwrap();
    let with_speed = |speed| SpeechRequest {
        speed,
        ..SpeechRequest::new(TEXT, "en")
    };
    for (request, told) in [
        (
            SpeechRequest::new(TEXT, "ja"),
            "speaks en-us, en, pt-br, not `ja`",
        ),
        (
            in_voice("kokoro-af_gone", TEXT, "en"),
            "it has: kokoro-af_one",
        ),
        (SpeechRequest::new("<speak>Hi", "en"), "SSML"),
        (
            SpeechRequest::new("<speak><phoneme ph=\"%%\">x</phoneme></speak>", "en"),
            "`%%`",
        ),
        (with_speed(0.1), "speed"),
        (with_speed(f32::NAN), "speed"),
    ] {
        let why = refusal(&kokoro, request);
        assert!(why.contains(told), "{why}");
    }
    let stretched = |speed| start(&kokoro, with_speed(speed)).unwrap().stretch;
    assert_eq!(
        (stretched(1.5), stretched(4.0), stretched(0.25)),
        (1.0, 2.0, 0.5)
    );
}

#[tokio::test]
async fn five_thousand_characters_without_a_mark_are_spoken() {
    let studio = Studio::open("kokoro-endless", 2);
    let kokoro = studio.kokoro().await.unwrap();
    for text in ["la ".repeat(400), "a".repeat(5000)] {
        let heard = chunks(&kokoro, SpeechRequest::new(text, "en"))
            .await
            .unwrap();
        assert!(heard.len() > 5);
    }
}

#[tokio::test]
async fn a_cancelled_request_ends_and_the_others_go_on() {
    let studio = Studio::open("kokoro-cancel", 1);
    let kokoro = studio.kokoro().await.unwrap();
    let first = live(SpeechRequest::new(
        "This goes on and on. ".repeat(100),
        "en",
    ));
    let cancel = first.cancel.clone();
    let requests = vec![first, SpeechRequest::new(TEXT, "en")];
    let mut streams = kokoro
        .speak(requests)
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
async fn nobody_hears_that_the_process_dies() {
    let studio = Studio::open("kokoro-killed", 1);
    let kokoro = studio.kokoro().await.unwrap();
    let text = "One sentence. And another one. And a third.";
    let whole = samples(&kokoro, SpeechRequest::new(text, "en")).await;
    let mut stream = start(&kokoro, SpeechRequest::new(text, "en"))
        .unwrap()
        .audio;
    let mut heard = stream.next().await.unwrap().unwrap().samples;
    studio.kill();
    heard.extend(joined(stream.try_collect().await.unwrap()));
    assert_eq!(heard, whole);
    let restarts = kokoro.counts().iter().map(|count| count.value).sum::<u64>();
    assert_eq!(restarts, 1);
}

#[tokio::test]
async fn a_model_that_was_imported_anew_is_another_one() {
    let studio = Studio::open("kokoro-anew", 1);
    let kokoro = studio.kokoro().await.unwrap();
    studio.kill();
    let manifest = studio.models.folder("kokoro").join("model.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let mut manifest_text: serde_json::Value = serde_json::from_str(&text).unwrap();
    manifest_text["files"]["model.safetensors"]["sha256"] = "0".repeat(64).into();
    std::fs::write(&manifest, manifest_text.to_string()).unwrap();
    let error = chunks(&kokoro, SpeechRequest::new(TEXT, "en"))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, SpeechError::Unavailable(why) if why.contains("restart the worker")),
        "{error:?}"
    );
}
