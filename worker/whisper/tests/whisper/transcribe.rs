//! What a model makes of recordings, on the small model in `golden`.

use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use kiskadee_whisper::{Options, Precision, Task, Whisper, WhisperError};

pub(crate) fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/whisper/golden")
}

fn model() -> Whisper {
    Whisper::open(&golden(), &Device::Cpu).unwrap()
}

fn samples() -> Vec<f32> {
    let tensors = candle_core::safetensors::load(golden().join("golden.safetensors"), &Device::Cpu);
    let samples: &Tensor = &tensors.unwrap()["samples"];
    let samples = samples.to_dtype(DType::F32).unwrap();
    samples.to_vec1().unwrap()
}

/// One try, whatever comes of it.
fn cold() -> Options {
    Options {
        temperatures: vec![0.0],
        most_no_speech: 1.0,
        ..Options::default()
    }
}

#[derive(serde::Deserialize)]
struct Told {
    transcribed: Vec<Transcribed>,
}

/// What the reference's `transcribe` made of the samples, repeated so many times.
#[derive(serde::Deserialize)]
struct Transcribed {
    repeats: usize,
    timestamps: bool,
    text: String,
    language: String,
    segments: Vec<(f64, f64, Vec<u32>)>,
    avg_logprob: f64,
}

#[test]
fn whole_recordings_are_the_references() {
    let told = std::fs::read_to_string(golden().join("golden.json")).unwrap();
    let told: Told = serde_json::from_str(&told).unwrap();
    assert!(told.transcribed.len() > 2);
    for expected in told.transcribed {
        let samples = samples().repeat(expected.repeats);
        let options = Options {
            timestamps: expected.timestamps,
            ..cold()
        };
        let found = model().transcribe(&samples, &options).unwrap();
        assert_eq!(found.text, expected.text);
        assert_eq!(found.language, expected.language);
        let segments = found.segments.iter();
        let hundredths = |seconds: f64| (seconds * 100.0).round() as i64;
        let segments: Vec<_> = segments
            .map(|one| {
                (
                    hundredths(one.start),
                    hundredths(one.end),
                    one.tokens.clone(),
                )
            })
            .collect();
        let expected_segments = expected.segments.into_iter();
        let expected_segments: Vec<_> = expected_segments
            .map(|(start, end, tokens)| (hundredths(start), hundredths(end), tokens))
            .collect();
        assert_eq!(segments, expected_segments);
        let off = found.segments[0].mean_log_probability - expected.avg_logprob;
        assert!(off.abs() < 1e-4, "{off}");
    }
}

#[test]
fn a_language_is_detected_or_given() {
    let model = model();
    let guesses = model.detect_language(&samples()).unwrap();
    assert_eq!(guesses.len(), model.languages().len());
    let sum: f32 = guesses.iter().map(|guess| guess.probability).sum();
    assert!((sum - 1.0).abs() < 1e-4);
    let found = model.transcribe(&samples(), &cold()).unwrap();
    assert_eq!(found.language, guesses[0].language);
    assert_eq!(found.language_probability, Some(guesses[0].probability));
    let options = Options {
        language: Some("de".to_owned()),
        ..cold()
    };
    let found = model.transcribe(&samples(), &options).unwrap();
    assert_eq!(
        (found.language.as_str(), found.language_probability),
        ("de", None)
    );
}

#[test]
fn chance_follows_its_seed() {
    let of = |seed| {
        let options = Options {
            temperatures: vec![1.0],
            most_no_speech: 1.0,
            seed,
            ..Options::default()
        };
        model().transcribe(&samples(), &options).unwrap()
    };
    assert_eq!(of(1), of(1));
    assert_ne!(of(1).text, of(2).text);
    assert!((of(1).temperature - 1.0).abs() < f32::EPSILON);
}

#[test]
fn what_is_not_good_enough_is_tried_hotter() {
    let strict = |least, temperatures| Options {
        least_log_probability: least,
        temperatures,
        ..cold()
    };
    let found = model().transcribe(&samples(), &strict(1.0, vec![0.0, 0.2, 0.4]));
    assert!((found.unwrap().temperature - 0.4).abs() < 1e-6);
    let lenient = Options {
        most_compression: 1e9,
        ..strict(-1e9, vec![0.0, 0.2, 0.4])
    };
    let found = model().transcribe(&samples(), &lenient).unwrap();
    assert!(found.temperature.abs() < 1e-6);
}

#[test]
fn silence_has_no_text() {
    let options = Options {
        // Any text is too unsure, and anything is silence.
        least_log_probability: 1.0,
        most_no_speech: -1.0,
        ..cold()
    };
    let found = model().transcribe(&samples(), &options).unwrap();
    assert_eq!(found.text, "");
    assert!(found.segments.is_empty());
    assert!(found.mean_log_probability.abs() < f64::EPSILON);
    let nothing = model().transcribe(&[], &Options::default()).unwrap();
    assert_eq!((nothing.text.as_str(), nothing.segments.len()), ("", 0));
}

#[test]
fn a_prompt_changes_what_is_said_and_finds_its_place() {
    let model = model();
    let plain = model.transcribe(&samples(), &cold()).unwrap();
    let prompt = "a word or two ".repeat(400);
    let prompted = Options {
        prompt: Some(prompt),
        ..cold()
    };
    let found = model.transcribe(&samples(), &prompted).unwrap();
    assert_ne!(plain.segments[0].tokens, found.segments[0].tokens);
    let blank = Options {
        prompt: Some("  ".to_owned()),
        ..cold()
    };
    assert_eq!(plain, model.transcribe(&samples(), &blank).unwrap());
}

#[test]
fn what_cannot_be_done_is_refused() {
    let model = model();
    let refused = |samples: &[f32], options: &Options| {
        matches!(
            model.transcribe(samples, options),
            Err(WhisperError::Input(_))
        )
    };
    assert!(refused(&[f32::NAN; 400], &cold()));
    let unknown = Options {
        language: Some("xx".to_owned()),
        ..cold()
    };
    assert!(refused(&samples(), &unknown));
    for temperatures in [vec![], vec![-1.0], vec![f32::NAN]] {
        let options = Options {
            temperatures,
            ..cold()
        };
        assert!(refused(&samples(), &options));
    }
    let translated = Options {
        task: Task::Translate,
        ..cold()
    };
    assert!(!refused(&samples(), &translated));
}

#[test]
fn eight_bits_hear_nearly_the_same() {
    let model = Whisper::open_with(&golden(), &Device::Cpu, Precision::EightBits).unwrap();
    let found = model.detect_language(&samples()).unwrap();
    let expected = self::model().detect_language(&samples()).unwrap();
    assert_eq!(found[0].language, expected[0].language);
    let off = (found[0].probability - expected[0].probability).abs();
    assert!(off < 0.1 && off > 0.0, "{off}");
}

#[test]
fn faults_of_a_folder_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let fault = || {
        let opened = Whisper::open(folder.path(), &Device::Cpu);
        opened.err().unwrap().to_string()
    };
    assert!(fault().contains("config.json"));
    let copy = |name: &str| std::fs::copy(golden().join(name), folder.path().join(name)).unwrap();
    copy("config.json");
    assert!(fault().contains("tokenizer.json"));
    copy("tokenizer.json");
    assert!(fault().contains("model.safetensors"));
    copy("model.safetensors");
    assert!(Whisper::open(folder.path(), &Device::Cpu).is_ok());
    let config = std::fs::read_to_string(golden().join("config.json")).unwrap();
    let wider = config.replace("\"d_model\": 16", "\"d_model\": 20");
    assert_ne!(wider, config);
    std::fs::write(folder.path().join("config.json"), wider).unwrap();
    assert!(fault().contains("has the shape"), "{}", fault());
}
