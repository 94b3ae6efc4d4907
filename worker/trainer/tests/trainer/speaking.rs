//! What a model that was trained says, and how it obeys.

use std::sync::LazyLock;
use std::sync::atomic::AtomicBool;

use crate::synthetic;
use candle_core::Device;
use kiskadee_pronunciation::PhoneToken;
use kiskadee_text::Language;
use kiskadee_trainer::export::{VoiceRecipe, export};
use kiskadee_trainer::training::{Recipe, RunOptions, train};
use kiskadee_voice::VocoderFrames;
use kiskadee_voice::acoustic::{
    AcousticModel, Config, SentenceKind, Spoken, TokenControl, Utterance,
};
use kiskadee_voice::speaker::mix;

fn voice(id: &'static str) -> VoiceRecipe {
    VoiceRecipe {
        id,
        speaker: id,
        language: Language::English,
        description: "",
    }
}

static MODEL: LazyLock<AcousticModel> = LazyLock::new(train_model);

fn train_model() -> AcousticModel {
    let out = tempfile::tempdir().unwrap();
    let recipe = Recipe {
        config: Config::tiny(),
        steps: 150,
        batch: 4,
        accumulation: 1,
        learning_rate: 5e-3,
        seed: 9,
        warm_up: 100,
        halved_from: None,
    };
    let options = RunOptions {
        recipe,
        out: out.path().to_owned(),
        resume: false,
        begin_with: None,
        checkpoint_every: 1000,
        report_every: 50,
        device: Device::Cpu,
        room: None,
    };
    let speakers = synthetic::speakers();
    let trained = train(&speakers, &options, &AtomicBool::new(false), &mut |_| {}).unwrap();
    let voices = [voice("low"), voice("high")];
    let weights = export(&trained, &options.recipe, &speakers, &voices).unwrap();
    AcousticModel::load(&weights, &Device::Cpu).unwrap()
}

fn plain<'a>(model: &AcousticModel, tokens: &'a [PhoneToken]) -> Utterance<'a> {
    Utterance {
        tokens,
        language: Language::English,
        kind: SentenceKind::Statement,
        speaker: model.voice("low").unwrap().speaker().unwrap(),
        rate: 1.0,
        pitch_shift: 0.0,
        controls: &[],
    }
}

fn say(model: &AcousticModel, utterance: &Utterance<'_>) -> Spoken {
    let mut spoken = model.synthesize(std::slice::from_ref(utterance)).unwrap();
    spoken.remove(0)
}

fn median_pitch(spoken: Spoken) -> f32 {
    let mut f0: Vec<f32> = spoken.frames.f0;
    f0.retain(|f0| *f0 > 0.0);
    f0.sort_by(f32::total_cmp);
    f0[f0.len() / 2]
}

#[test]
fn an_utterance_sounds_the_same_alone_and_among_others() {
    let model = &*MODEL;
    let recordings: Vec<_> = (0..5).map(|n| synthetic::recording(n, 110.0)).collect();
    let lengths = [16, 3, 9, 1, 12];
    let utterances: Vec<_> = recordings
        .iter()
        .zip(lengths)
        .map(|(recording, length)| plain(model, &recording.tokens[..length]))
        .collect();
    let together = model.synthesize(&utterances).unwrap();
    for (utterance, among) in utterances.iter().zip(&together) {
        let alone = say(model, utterance);
        assert_eq!(alone.durations, among.durations);
        let frames: u32 = alone.durations.iter().sum();
        assert_eq!(alone.frames.len(), frames as usize);
        let (ours, theirs) = (&alone.frames.mel_cepstrum, &among.frames.mel_cepstrum);
        for (a, b) in ours.as_flattened().iter().zip(theirs.as_flattened()) {
            assert!((a - b).abs() < 1e-4, "{a} {b}");
        }
    }
}

#[test]
fn rate_pitch_and_pauses_are_obeyed() {
    let model = &*MODEL;
    let mut tokens = synthetic::recording(0, 110.0).tokens;
    let natural = say(model, &plain(model, &tokens));
    let fast = Utterance {
        rate: 2.0,
        ..plain(model, &tokens)
    };
    let ratio = say(model, &fast).frames.len() as f32 / natural.frames.len() as f32;
    assert!((ratio - 0.5).abs() < 0.05, "{ratio}");
    let high = Utterance {
        pitch_shift: 12.0,
        ..plain(model, &tokens)
    };
    let octave = median_pitch(say(model, &high)) / median_pitch(natural);
    assert!((octave - 2.0).abs() < 0.01, "{octave}");
    tokens[0].seconds = Some(1.5);
    assert_eq!(say(model, &plain(model, &tokens)).durations[0], 300);
}

#[test]
fn emphasis_makes_a_word_longer_higher_and_louder() {
    let model = &*MODEL;
    let tokens = synthetic::recording(0, 110.0).tokens;
    let mut controls = vec![TokenControl::default(); tokens.len()];
    controls[5] = TokenControl::emphasis(1.0);
    let natural = say(model, &plain(model, &tokens));
    let emphatic = say(
        model,
        &Utterance {
            controls: &controls,
            ..plain(model, &tokens)
        },
    );
    assert!(emphatic.durations[5] > natural.durations[5]);
    let middle = |spoken: &Spoken| {
        let start: u32 = spoken.durations[..5].iter().sum();
        let frame = (start + spoken.durations[5] / 2) as usize;
        (
            spoken.frames.f0[frame],
            spoken.frames.mel_cepstrum[frame][0],
        )
    };
    let (before, after) = (middle(&natural), middle(&emphatic));
    assert!(
        after.0 > before.0 && after.1 > before.1,
        "{before:?} {after:?}"
    );
}

#[test]
fn a_mix_lies_between_its_speakers() {
    let model = &*MODEL;
    let speaker = |id| model.voice(id).unwrap().speaker().unwrap();
    let half = mix(&[speaker("low"), speaker("high")], &[1.0, 1.0]).unwrap();
    let tokens = synthetic::recording(1, 110.0).tokens;
    let pitch = |speaker| {
        median_pitch(say(
            model,
            &Utterance {
                speaker,
                ..plain(model, &tokens)
            },
        ))
    };
    let (low, mixed, high) = (pitch(speaker("low")), pitch(half), pitch(speaker("high")));
    assert!(low < mixed && mixed < high, "{low} {mixed} {high}");
}

#[test]
fn a_recording_is_matched_by_its_pitch_and_its_nearest_timbre() {
    let model = &*MODEL;
    let frames = synthetic::recording(3, 200.0).frames;
    let matched = model.match_recording(&frames).unwrap();
    assert!(
        (matched.pitch / 200.0 - 1.0).abs() < 0.15,
        "{}",
        matched.pitch
    );
    let distance = |id| {
        let voice = model.voice(id).unwrap().speaker().unwrap();
        let pairs = voice.vector.0.iter().zip(matched.vector.0);
        pairs.map(|(a, b)| (a - b).powi(2)).sum::<f32>()
    };
    assert!(distance("high") < distance("low"));
    assert!(model.match_recording(&VocoderFrames::default()).is_err());
}

#[test]
fn what_cannot_be_said_is_refused() {
    let model = &*MODEL;
    let tokens = synthetic::recording(0, 110.0).tokens;
    let refused = |utterance: Utterance<'_>| {
        let error = model.synthesize(&[utterance]).unwrap_err();
        error.to_string()
    };
    let plain = plain(model, &tokens);
    let controls = vec![TokenControl::default(); 15];
    let error = refused(Utterance {
        rate: f32::NAN,
        ..plain.clone()
    });
    assert!(error.contains("the rate is NaN"), "{error}");
    let error = refused(Utterance {
        controls: &controls,
        ..plain.clone()
    });
    assert!(error.contains("15 controls for 16 tokens"), "{error}");
    let error = refused(Utterance {
        tokens: &[],
        ..plain.clone()
    });
    assert!(error.contains("no phones"), "{error}");
    let many = vec![tokens[0]; 5000];
    let error = refused(Utterance {
        tokens: &many,
        ..plain
    });
    assert!(error.contains("5000"), "{error}");
    let endless = PhoneToken {
        seconds: Some(1e9),
        ..tokens[0]
    };
    let error = refused(Utterance {
        tokens: &[endless],
        ..self::plain(model, &tokens)
    });
    assert!(error.contains("duration"), "{error}");
    assert!(model.voice("nobody").is_err());
}
