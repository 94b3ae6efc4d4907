//! The engine `kiskadee` through the public face, with the model that the product ships.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

use std::{slice, sync::Arc};

use futures::{StreamExt, TryStreamExt, future::join_all};
use kiskadee_speech::{
    AudioChunk, Engine, Kiskadee, KiskadeeConfig, Recording, SpeechError, SpeechRequest, Utterance,
    VoicePart,
};
use kiskadee_text::{Dictionary, Entry};
use kiskadee_voice::{SAMPLE_RATE, loudness};

const TEXT: &str = "The ferry leaves at 7:45. It costs $3.50, and dogs ride free!";

async fn engine(threads: usize) -> Kiskadee {
    Kiskadee::start(KiskadeeConfig {
        threads,
        ..KiskadeeConfig::default()
    })
    .await
    .unwrap()
}

fn with_voice(text: &str, voice: &str) -> SpeechRequest {
    SpeechRequest {
        voice: voice.to_owned(),
        ..SpeechRequest::new(text, "en")
    }
}

fn part(voice: &str, weight: f32, conditioning: Option<Arc<[u8]>>) -> VoicePart {
    VoicePart {
        voice: voice.to_owned(),
        weight,
        conditioning,
        weights: None,
    }
}

fn start(engine: &Kiskadee, request: SpeechRequest) -> Result<Utterance, SpeechError> {
    engine
        .speak(vec![request])
        .pop()
        .expect("one answer for one request")
}

async fn chunks(engine: &Kiskadee, request: SpeechRequest) -> Result<Vec<AudioChunk>, SpeechError> {
    start(engine, request)?.audio.try_collect().await
}

async fn samples(engine: &Kiskadee, request: SpeechRequest) -> Vec<f32> {
    let chunks = chunks(engine, request).await.unwrap();
    chunks.into_iter().flat_map(|chunk| chunk.samples).collect()
}

fn rejection(error: SpeechError) -> String {
    match error {
        SpeechError::Reject(why) => why,
        other => panic!("{other:?} is no rejection"),
    }
}

#[tokio::test]
async fn a_text_is_spoken_sentence_by_sentence_with_the_times_of_its_words() {
    let engine = engine(1).await;
    let chunks = chunks(&engine, SpeechRequest::new(TEXT, "en-US"))
        .await
        .unwrap();
    assert_eq!(chunks.len(), 2);
    assert!((chunks[1].spoken - 1.0).abs() < 1e-6 && chunks[0].spoken < 1.0);
    let words: Vec<_> = chunks.iter().flat_map(|chunk| &chunk.words).collect();
    assert_eq!(&TEXT[words[0].source.clone()], "The");
    assert_eq!(&TEXT[words.last().unwrap().source.clone()], "free");
    assert!(
        words
            .windows(2)
            .all(|pair| pair[0].start < pair[1].start && pair[0].end <= pair[1].start + 1e-6)
    );
    let seconds = chunks
        .iter()
        .map(|chunk| chunk.samples.len())
        .sum::<usize>() as f64
        / f64::from(SAMPLE_RATE);
    assert!((3.0..9.0).contains(&seconds), "{seconds} s");
    assert!(words.last().unwrap().end < seconds);
}

#[tokio::test]
async fn every_voice_has_the_same_loudness_and_never_clips() {
    let engine = engine(2).await;
    let voices = engine.info().voices.clone();
    assert!(
        voices
            .iter()
            .filter(|voice| voice.languages == ["en"])
            .count()
            >= 3
    );
    for voice in voices {
        let text = match voice.languages[0].as_str() {
            "en" => {
                "She told us about the garden behind the old house, and we listened until it was dark."
            }
            _ => "Ela falou do jardim atrás da casa velha, e nós ouvimos até ficar escuro.",
        };
        let request = SpeechRequest {
            voice: voice.id.clone(),
            ..SpeechRequest::new(text, &voice.languages[0])
        };
        let samples = samples(&engine, request).await;
        let found = loudness::integrated(&samples, SAMPLE_RATE).unwrap();
        assert!(
            (found - loudness::TARGET).abs() < 2.0,
            "{}: {found} LUFS",
            voice.id
        );
        assert!(
            samples.iter().all(|sample| sample.abs() < 0.999),
            "{} clips",
            voice.id
        );
        let edge = samples[..80].iter().chain(&samples[samples.len() - 80..]);
        assert!(
            edge.clone().all(|sample| sample.abs() < 0.01),
            "{} does not begin and end in silence",
            voice.id
        );
    }
}

#[tokio::test]
async fn speech_is_the_same_alone_and_among_others() {
    let engine = engine(2).await;
    let alone = samples(&engine, SpeechRequest::new(TEXT, "en")).await;
    let voices = ["wren", "heron", "grouse", "swift", "default", "plover"];
    let batch = voices.map(|voice| with_voice(TEXT, voice)).to_vec();
    let streams = engine.speak(batch).into_iter().map(|utterance| async {
        let chunks: Vec<AudioChunk> = utterance.unwrap().audio.try_collect().await.unwrap();
        chunks
            .into_iter()
            .flat_map(|chunk| chunk.samples)
            .collect::<Vec<f32>>()
    });
    let spoken = join_all(streams).await;
    assert_eq!(spoken[4].len(), alone.len());
    let apart = spoken[4]
        .iter()
        .zip(&alone)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max);
    assert!(apart < 1e-3, "{apart}");
    assert_ne!(spoken[0].len(), spoken[1].len());
}

#[tokio::test]
async fn the_pace_follows_the_speed() {
    let engine = engine(1).await;
    let plain = samples(&engine, SpeechRequest::new(TEXT, "en")).await.len() as f64;
    for speed in [0.25, 0.5, 2.0, 4.0] {
        let request = SpeechRequest {
            speed,
            ..SpeechRequest::new(TEXT, "en")
        };
        let utterance = start(&engine, request.clone()).unwrap();
        assert!((utterance.stretch - 1.0).abs() < 1e-6);
        let found = plain / samples(&engine, request).await.len() as f64;
        assert!(
            (found / f64::from(speed) - 1.0).abs() < 0.12,
            "{speed}: {found}"
        );
    }
}

#[tokio::test]
async fn recordings_become_a_voice_and_voices_can_be_mixed() {
    let engine = engine(1).await;
    let maker = engine.voice_maker().unwrap();
    let text =
        "We walked along the river for an hour, and then we went home again to make some tea.";
    let recording = Recording {
        samples: samples(&engine, with_voice(text, "heron")).await,
        sample_rate: SAMPLE_RATE,
    };
    // The same voice twice, once from afar.
    let (near, far) = recording.samples.split_at(recording.samples.len() / 2);
    let halves = [
        near.to_vec(),
        far.iter().map(|sample| 0.1 * sample).collect(),
    ]
    .map(|samples| Recording {
        samples,
        sample_rate: SAMPLE_RATE,
    });
    let conditioning: Arc<[u8]> = maker.condition(&halves).unwrap().into();
    let speak = async |parts: Vec<VoicePart>| {
        let request = SpeechRequest {
            parts,
            ..with_voice("voice_mine", "voice_mine")
        };
        let request = SpeechRequest {
            text: text.to_owned(),
            ..request
        };
        assert_eq!(
            start(&engine, request.clone()).unwrap().voice_id,
            "voice_mine"
        );
        samples(&engine, request).await
    };
    let pitch = |samples: &[f32]| {
        let frames = kiskadee_voice::analysis::analyze(samples);
        let mut f0: Vec<f32> = frames.f0.into_iter().filter(|f0| *f0 > 0.0).collect();
        f0.sort_by(f32::total_cmp);
        f0[f0.len() / 2]
    };
    let matched = pitch(&speak(vec![part("voice_mine", 1.0, Some(conditioning.clone()))]).await);
    let heron = pitch(&recording.samples);
    assert!(
        (matched / heron - 1.0).abs() < 0.1,
        "{matched} Hz for {heron} Hz"
    );
    let wren = pitch(&samples(&engine, with_voice(text, "wren")).await);
    let mixed = pitch(
        &speak(vec![
            part("wren", 1.0, None),
            part("voice_mine", 1.0, Some(conditioning)),
        ])
        .await,
    );
    assert!(
        mixed > heron * 1.1 && mixed < wren * 0.95,
        "{mixed} Hz between {heron} and {wren}"
    );
}

#[tokio::test]
async fn a_text_without_a_word_is_silence() {
    let engine = engine(1).await;
    for (silent, seconds) in [
        ("?!… ---", 0.25),
        ("\u{1F600}\u{1F680}", 0.25),
        ("<speak><break time=\"2s\"/></speak>", 2.0),
    ] {
        let utterance = start(&engine, SpeechRequest::new(silent, "en")).unwrap();
        let rate = f64::from(utterance.sample_rate);
        let chunks: Vec<AudioChunk> = utterance.audio.try_collect().await.unwrap();
        let samples: Vec<f32> = chunks.into_iter().flat_map(|chunk| chunk.samples).collect();
        assert_eq!(samples.len(), (seconds * rate) as usize, "{silent:?}");
        assert!(samples.iter().all(|sample| *sample == 0.0));
    }
}

#[tokio::test]
async fn what_cannot_be_spoken_is_refused_with_a_reason() {
    let engine = engine(1).await;
    let refused = |request| rejection(start(&engine, request).unwrap_err());
    assert!(refused(with_voice("Hi.", "eagle")).contains("no voice `eagle`; it has: heron"));
    assert!(refused(SpeechRequest::new("Salut.", "fr")).contains("not `fr`"));
    assert!(
        refused(SpeechRequest {
            speed: f32::NAN,
            ..SpeechRequest::new("Hi.", "en")
        })
        .contains("speed")
    );
    let parts = vec![part("v", 1.0, Some(Arc::from(b"{}".as_slice())))];
    let broken = chunks(
        &engine,
        SpeechRequest {
            parts,
            ..with_voice("Hi.", "v")
        },
    )
    .await
    .unwrap_err();
    assert!(rejection(broken).contains("make it again"));
    let silence = Recording {
        samples: vec![0.0; 80_000],
        sample_rate: SAMPLE_RATE,
    };
    let maker = engine.voice_maker().unwrap();
    let refused = maker.condition(slice::from_ref(&silence)).unwrap_err();
    assert!(rejection(refused).starts_with("the recording is silent"));
    let speech = Recording {
        samples: samples(&engine, SpeechRequest::new(TEXT, "en")).await,
        sample_rate: SAMPLE_RATE,
    };
    let refused = maker.condition(&[speech, silence]).unwrap_err();
    assert!(rejection(refused).starts_with("recording 2 of 2: the recording is silent"));
}

#[tokio::test]
async fn odd_texts_are_spoken_within_bounds() {
    let engine = engine(2).await;
    let texts = [
        "a".repeat(5_000),
        "Привет, 世界! olá مرحبا ok".to_owned(),
        "tab\tbell\u{7} and \u{200d}joiner 😀 done".to_owned(),
    ];
    for text in texts {
        let spoken = samples(&engine, SpeechRequest::new(&text, "en")).await;
        let seconds = spoken.len() as f64 / f64::from(SAMPLE_RATE);
        assert!(
            (0.3..3_600.0).contains(&seconds),
            "{seconds} s for {:?}…",
            text.get(..20)
        );
        assert!(
            spoken
                .iter()
                .all(|sample| sample.is_finite() && sample.abs() <= 1.0)
        );
    }
}

#[tokio::test]
async fn a_cancelled_request_ends_and_the_others_go_on() {
    let engine = engine(1).await;
    let (first, second) = (
        SpeechRequest::new(TEXT.repeat(20), "en"),
        SpeechRequest::new(TEXT, "en"),
    );
    let cancel = first.cancel.clone();
    let mut streams = engine
        .speak(vec![first, second])
        .into_iter()
        .map(|utterance| utterance.unwrap().audio);
    let (mut cancelled, other) = (streams.next().unwrap(), streams.next().unwrap());
    assert!(cancelled.next().await.unwrap().is_ok());
    cancel.cancel();
    assert_eq!(cancelled.next().await, Some(Err(SpeechError::Cancelled)));
    assert!(cancelled.next().await.is_none());
    assert_eq!(other.try_collect::<Vec<_>>().await.unwrap().len(), 2);
    let stats = engine.cache_stats().unwrap();
    assert_eq!((stats.misses, stats.resident.len()), (1, 1));
    assert!(stats.hits >= 2);
}

#[tokio::test]
async fn ssml_changes_pauses_pace_and_loudness() {
    let engine = engine(1).await;
    let spoken = async |text: &str| samples(&engine, SpeechRequest::new(text, "en")).await;
    let plain = spoken("<speak>The boat went home.</speak>").await;
    assert_eq!(plain, spoken("The boat went home.").await);
    let second = SAMPLE_RATE as usize;
    let paused =
        spoken("<speak><break time=\"2s\"/>The boat went home.<break time=\"1s\"/></speak>").await;
    assert_eq!(paused.len(), plain.len() + 3 * second);
    assert!(paused[..2 * second].iter().all(|sample| *sample == 0.0));
    let slow = spoken("<speak><prosody rate=\"50%\">The boat went home.</prosody></speak>").await;
    assert!(slow.len() as f64 > 1.5 * plain.len() as f64);
    let loud =
        spoken("<speak><prosody volume=\"-12dB\">The boat went home.</prosody></speak>").await;
    let energy = |samples: &[f32]| samples.iter().map(|sample| sample * sample).sum::<f32>();
    let fall = 10.0 * (energy(&loud) / energy(&plain)).log10();
    assert!((-14.0..-9.0).contains(&fall), "{fall} dB");
    let error = start(&engine, SpeechRequest::new("<speak>a <b>c</speak>", "en")).unwrap_err();
    assert!(rejection(error).contains("line 1, column 14"));
}

#[tokio::test]
async fn a_dictionary_says_how_words_are_said() {
    let engine = engine(1).await;
    let entries = [
        ("heron".to_owned(), Entry::Alias("boat".to_owned())),
        ("wren".to_owned(), Entry::Pronounced("b ow1 t".to_owned())),
        (
            "boat".to_owned(),
            Entry::Pronounced("no such phones".to_owned()),
        ),
    ];
    let dictionary = Arc::new(Dictionary::new(entries));
    let spoken = async |text: &str| {
        let request = SpeechRequest {
            dictionary: Arc::clone(&dictionary),
            ..SpeechRequest::new(text, "en")
        };
        samples(&engine, request).await
    };
    let boat = spoken("The boat went home.").await;
    assert_eq!(spoken("The heron went home.").await, boat);
    assert_eq!(spoken("The wren went home.").await, boat);
}

#[tokio::test]
async fn a_text_without_an_end_is_spoken_in_pieces() {
    let engine = engine(1).await;
    // One such character is four words.
    for text in ["\u{fdfa}".repeat(3000), "no ".repeat(1600)] {
        let utterance = start(&engine, SpeechRequest::new(&text, "en"));
        let first = utterance.unwrap().audio.next().await.unwrap();
        assert!(first.unwrap().spoken < 0.5);
    }
}
