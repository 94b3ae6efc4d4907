//! A voice from its published files to samples, and files that are not voices.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::{fs, ops::ControlFlow, path::Path};

use candle_core::Device;
use kiskadee_checkpoint::folder::Progress;
use kiskadee_piper::{Piper, Utterance, import::PublishedVoice};
use tempfile::TempDir;

/// A folder with the files of a golden voice, which may then be spoilt.
fn published(name: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    for file in ["voice.onnx", "voice.onnx.json"] {
        fs::copy(golden.join(file), folder.path().join(file)).unwrap();
    }
    folder
}

fn imported(name: &str) -> (TempDir, Piper) {
    let folder = published(name);
    let voice = PublishedVoice::open(folder.path()).unwrap();
    assert_eq!(voice.name(), "voice");
    let target = folder.path().join("models/voice");
    let licence = voice.licence(Some("CC0")).unwrap();
    let mut go_on = |_: Progress<'_>| ControlFlow::Continue(());
    let model = voice.import().unwrap();
    model
        .write(&target, "a test".to_owned(), licence, None, &mut go_on)
        .unwrap();
    let piper = Piper::load(&target, &Device::Cpu).unwrap();
    (folder, piper)
}

const IDS: [u32; 13] = [1, 0, 20, 0, 31, 0, 24, 0, 27, 0, 17, 0, 2];

#[test]
fn samples_follow_from_the_seed_and_not_from_the_number_of_threads() {
    let (_folder, voice) = imported("speakers");
    let speaker = voice.speaker(&[(1, 1.0)]).unwrap();
    let speak = |seed| {
        let speech = voice.speak(&Utterance::new(&IDS, &speaker, seed)).unwrap();
        let frames: u32 = speech.frames().iter().sum();
        let samples = speech.samples().unwrap();
        assert_eq!(samples.len(), frames as usize * voice.config().sizes.hop());
        samples
    };
    let one = speak(1);
    assert!(one == speak(1) && one != speak(2));
    let threads = rayon::ThreadPoolBuilder::new()
        .num_threads(3)
        .build()
        .unwrap();
    assert!(one == threads.install(|| speak(1)), "three threads");
}

#[test]
fn a_stream_begins_before_the_sentence_is_computed() {
    let (_folder, voice) = imported("high");
    let speaker = voice.default_speaker().unwrap();
    let ids: Vec<u32> = IDS.iter().copied().cycle().take(400).collect();
    let pieces: Vec<_> = voice
        .speak(&Utterance::new(&ids, &speaker, 3))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert!(pieces.len() > 5, "{} pieces", pieces.len());
    let whole: usize = pieces.iter().map(Vec::len).sum();
    assert!(pieces[0].len() * 4 < whole);
}

#[test]
fn speakers_mix_by_the_proportions_of_their_weights() {
    let (_folder, voice) = imported("speakers");
    let speak = |parts: &[(usize, f32)]| {
        let speaker = voice.speaker(parts).unwrap();
        voice
            .speak(&Utterance::new(&IDS, &speaker, 1))
            .unwrap()
            .samples()
            .unwrap()
    };
    let alone = speak(&[(0, 1.0)]);
    assert!(alone == speak(&[(0, 3.0), (2, 0.0)]) && alone != speak(&[(0, 1.0), (2, 1.0)]));
    for bad in [
        &[(3, 1.0)][..],
        &[(0, -1.0), (1, 2.0)],
        &[(0, 0.0)],
        &[(0, f32::NAN)],
        &[],
    ] {
        assert!(voice.speaker(bad).is_err(), "{bad:?}");
    }
    let (_folder, single) = imported("high");
    let error = single.speaker(&[(1, 1.0)]).err().unwrap().to_string();
    assert!(error.contains("one speaker"), "{error}");
}

#[test]
fn paces_stretch_the_ids_that_they_are_for() {
    let (_folder, voice) = imported("speakers");
    let speaker = voice.default_speaker().unwrap();
    let plain = Utterance::new(&IDS, &speaker, 1);
    let frames = |utterance: &Utterance<'_>| voice.speak(utterance).unwrap().frames().to_vec();
    let even = frames(&plain);
    let mut paces = [1.0; IDS.len()];
    paces[2..7].fill(0.1);
    let slowed = frames(&Utterance {
        paces: &paces,
        ..plain
    });
    assert!(slowed[..2] == even[..2] && slowed[7..] == even[7..]);
    let sum = |frames: &[u32]| frames[2..7].iter().sum::<u32>();
    assert!(sum(&slowed) > sum(&even), "{slowed:?} {even:?}");
    let total = |frames: Vec<u32>| frames.iter().sum::<u32>();
    assert!(
        total(frames(&Utterance {
            speed: 0.1,
            ..plain
        })) > total(even)
    );
}

#[test]
fn what_cannot_be_spoken_is_refused() {
    let (_folder, voice) = imported("high");
    let speaker = voice.default_speaker().unwrap();
    let long = vec![3; kiskadee_piper::MOST_IDS + 1];
    let (unknown, none) = ([1, 0, 96, 0, 2], []);
    for (ids, reason) in [
        (&long[..], "divide it"),
        (&unknown, "no id 96"),
        (&none, "nothing to speak"),
    ] {
        let error = voice
            .speak(&Utterance::new(ids, &speaker, 1))
            .err()
            .unwrap()
            .to_string();
        assert!(error.contains(reason), "{error}");
    }
    for speed in [0.0, f32::NAN, 100.0] {
        let utterance = Utterance {
            speed,
            ..Utterance::new(&IDS, &speaker, 1)
        };
        assert!(voice.speak(&utterance).is_err(), "{speed}");
    }
}

/// Changes the JSON of a voice, and gives what the import says of it.
fn import_with(name: &str, change: impl FnOnce(&mut serde_json::Value)) -> String {
    let folder = published(name);
    let path = folder.path().join("voice.onnx.json");
    let mut config = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut config);
    fs::write(&path, config.to_string()).unwrap();
    fault(folder.path())
}

fn fault(folder: &Path) -> String {
    match PublishedVoice::open(folder) {
        Err(error) => error.to_string(),
        Ok(voice) => voice.import().err().unwrap().to_string(),
    }
}

#[test]
fn a_json_that_does_not_fit_names_the_entry() {
    use serde_json::json;
    let says = |message: String, part: &str| {
        assert!(
            message.contains("voice.onnx.json") && message.contains(part),
            "{message}"
        );
    };
    says(
        import_with("high", |c| c["phoneme_id_map"]["a"] = json!([96])),
        "`a` has the id 96, but the model's embedding has 96 rows",
    );
    says(
        import_with("high", |c| c["phoneme_id_map"]["a"] = json!([-1])),
        "`a` has the id -1",
    );
    says(
        import_with("high", |c| {
            drop(c["phoneme_id_map"].as_object_mut().unwrap().remove("^"));
        }),
        "has no `^`",
    );
    says(
        import_with("speakers", |c| {
            c["num_speakers"] = json!(2);
            c["speaker_id_map"] = json!({});
        }),
        "`num_speakers`",
    );
    says(
        import_with("high", |c| c["num_speakers"] = json!(4)),
        "`num_speakers`",
    );
    says(
        import_with("high", |c| c["phoneme_type"] = json!("pinyin")),
        "phonemizer `pinyin`",
    );
    says(
        import_with("high", |c| c["hop_length"] = json!(512)),
        "`hop_length`",
    );
    says(import_with("high", |c| c["audio"] = json!({})), "`audio`");
}

#[test]
fn files_that_are_no_voices_are_refused() {
    let folder = published("high");
    fs::remove_file(folder.path().join("voice.onnx.json")).unwrap();
    assert!(fault(folder.path()).contains("`.onnx.json` beside it"));
    let folder = published("high");
    let path = folder.path().join("voice.onnx");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 1000]).unwrap();
    let message = fault(folder.path());
    assert!(message.contains("voice.onnx"), "{message}");
    fs::remove_file(&path).unwrap();
    assert!(fault(folder.path()).contains("holds no `.onnx` file"));
}

#[test]
fn layers_that_are_missing_or_have_absurd_attributes_are_named() {
    let spoilt = |spoil: &dyn Fn(&mut Vec<u8>)| {
        let folder = published("high");
        let path = folder.path().join("voice.onnx");
        let mut bytes = fs::read(&path).unwrap();
        spoil(&mut bytes);
        fs::write(&path, &bytes).unwrap();
        fault(folder.path())
    };
    let find = |bytes: &[u8], what: &[u8]| {
        let mut windows = bytes.windows(what.len());
        windows.position(|part| part == what).unwrap()
    };
    let name = b"/dec/ups.1/ConvTranspose";
    let renamed = spoilt(&|bytes| {
        while bytes.windows(name.len()).any(|part| part == name) {
            let at = find(bytes, name);
            bytes[at + 9] = b'7';
        }
    });
    assert!(renamed.contains("`dec.ups`"), "{renamed}");
    let wide = spoilt(&|bytes| {
        let node = find(bytes, name);
        // The attribute's name and behind it its one number, field 8 of the message.
        let stride = node + find(&bytes[node..], b"strides") + 7;
        assert_eq!(bytes[stride], 0x40);
        bytes[stride + 1] = 127;
    });
    assert!(
        wide.contains("`dec.ups.1`") && wide.contains("127"),
        "{wide}"
    );
}
