//! Every shape of a checkpoint, from files that torch wrote (`reference/checkpoints.py`).

use std::ops::ControlFlow;

use super::*;
use crate::writer::{TensorToWrite, write};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/checkpoints")
        .join(name)
}

fn opened(name: &str) -> Checkpoint {
    Checkpoint::open(&fixture(name)).unwrap()
}

fn refused(path: &Path) -> String {
    Checkpoint::open(path).err().unwrap().to_string()
}

type Content = Vec<(String, &'static str, Vec<usize>, Vec<u8>)>;

/// Name, type, shape and bytes of each tensor that can be read, as the model calls it.
fn content(file: &Checkpoint) -> Content {
    let read = |(name, found): (&str, &Found)| {
        let stored = found.as_ref().ok()?;
        let mut bytes = Vec::new();
        file.copy(stored, &mut bytes).unwrap();
        let name = name.strip_prefix("xtts.").unwrap_or(name).to_owned();
        Some((name, stored.number.name(), stored.shape.clone(), bytes))
    };
    let state = file.state_dict().into_iter();
    let of_model =
        state.filter(|(name, _)| !name.starts_with("dvae.") && !name.starts_with("torch_mel"));
    of_model.filter_map(read).collect()
}

fn floats(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

fn expected() -> Content {
    let half: Vec<u8> = (0_u8..6)
        .flat_map(|value| half::f16::from(value).to_le_bytes())
        .collect();
    let brain: Vec<u8> = [0.0, 1.0, 2.0]
        .into_iter()
        .flat_map(|value| half::bf16::from_f32(value).to_le_bytes())
        .collect();
    vec![
        (
            "decoder.weight_g".to_owned(),
            "F32",
            vec![2, 1, 1],
            floats(&[2.0; 2]),
        ),
        (
            "decoder.weight_v".to_owned(),
            "F32",
            vec![2, 1, 3],
            floats(&[3.0; 6]),
        ),
        ("gpt.brain".to_owned(), "BF16", vec![3], brain),
        ("gpt.half".to_owned(), "F16", vec![2, 3], half),
        (
            "gpt.parameter".to_owned(),
            "F32",
            vec![2],
            floats(&[1.0; 2]),
        ),
        (
            "gpt.transposed".to_owned(),
            "F32",
            vec![3, 2],
            floats(&[0.0, 3.0, 1.0, 4.0, 2.0, 5.0]),
        ),
        (
            "mel_stats".to_owned(),
            "F32",
            vec![4],
            floats(&[0.0, 1.0, 2.0, 3.0]),
        ),
    ]
}

#[test]
fn every_shape_of_a_model_is_read() {
    for name in [
        "published.pth",
        "config_object.pth",
        "trainer.pth",
        "bare.pth",
        "protocol_3.pth",
        "protocol_4.pth",
        "protocol_5.pth",
    ] {
        assert_eq!(content(&opened(name)), expected(), "{name}");
    }
}

#[test]
fn a_state_dictionary_with_attributes_is_read() {
    let found = content(&opened("module.pth"));
    let expected = [
        ("bias".to_owned(), "F32", vec![1], floats(&[2.0])),
        ("weight".to_owned(), "F32", vec![1, 2], floats(&[1.0; 2])),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_bare_tensor_and_nested_ones_keep_their_keys_and_order() {
    let bare = opened("mel_stats.pth");
    let [entry] = bare.entries() else {
        panic!("one tensor");
    };
    assert!(entry.path.is_empty() && entry.found.as_ref().unwrap().shape == [80]);
    let speakers = opened("speakers.pth");
    let paths: Vec<_> = speakers
        .entries()
        .iter()
        .map(|entry| entry.path.join("/"))
        .collect();
    assert_eq!(
        paths,
        [
            "Zoë O'Neil/gpt_cond_latent",
            "Zoë O'Neil/speaker_embedding",
            "Ana.Lima/gpt_cond_latent",
            "Ana.Lima/speaker_embedding"
        ]
    );
}

#[test]
fn a_command_in_a_checkpoint_is_refused() {
    let error = refused(&fixture("hostile.pth"));
    assert!(
        error.contains("`posix.system`") && error.contains("hostile.pth"),
        "{error}"
    );
    assert!(!Path::new("hostile-was-here").exists());
}

#[test]
fn other_files_are_told_apart() {
    let error = refused(&fixture("before_1_6.pth"));
    assert!(error.contains("torch 1.6"), "{error}");
    let error = refused(&fixture("bomb.pth"));
    assert!(error.contains("data.pkl"), "{error}");
    let error = refused(&fixture("../../Cargo.toml"));
    assert!(error.contains("no safetensors file"), "{error}");
    let error = refused(&fixture("none.pth"));
    assert!(error.contains("No such file"), "{error}");
}

#[test]
fn a_torch_file_that_is_cut_off_is_told_wherever_it_ends() {
    let whole = std::fs::read(fixture("published.pth")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.pth");
    for eighth in 0..8 {
        std::fs::write(&path, &whole[..whole.len() * eighth / 8]).unwrap();
        let error = refused(&path);
        assert!(error.contains("is cut off"), "{error}");
    }
}

#[test]
fn damage_anywhere_is_an_error_and_no_crash() {
    let whole = std::fs::read(fixture("bare.pth")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.pth");
    let mut opened = 0;
    for at in (0..whole.len()).step_by(7) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0xff;
        std::fs::write(&path, &damaged).unwrap();
        if let Ok(file) = Checkpoint::open(&path) {
            opened += 1;
            let found = file
                .entries()
                .iter()
                .filter_map(|entry| entry.found.as_ref().ok());
            // A view may repeat its elements without end; only what is needed, and has the shape for it, is ever copied.
            for stored in found.filter(|stored| stored.bytes() < 1 << 20) {
                let _ = file.copy(stored, &mut io::sink());
            }
        }
    }
    assert!(opened > 0, "damage in padding is not seen");
}

#[test]
fn a_safetensors_file_that_is_cut_off_names_its_tensors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let source = opened("published.pth");
    let state = source.state_dict().into_iter();
    let readable = state.filter_map(|(name, found)| Some((name, found.as_ref().ok()?)));
    let tensors: Vec<_> = readable
        .map(|(name, stored)| TensorToWrite::stored(name.to_owned(), &source, stored))
        .collect();
    let written = write(&path, &tensors, &BTreeMap::new(), &mut |_| {
        ControlFlow::Continue(())
    })
    .unwrap();
    let whole = Checkpoint::open(&path).unwrap();
    assert_eq!(content(&whole), expected());
    let file = File::options().write(true).open(&path).unwrap();
    file.set_len(written.bytes - 14).unwrap();
    let cut = Checkpoint::open(&path).unwrap();
    let needed = BTreeMap::from([
        ("gpt.brain".to_owned(), vec![3]),
        ("gpt.half".to_owned(), vec![3, 2]),
        ("gpt.parameter".to_owned(), vec![2]),
        ("nowhere".to_owned(), vec![1]),
    ]);
    let state = cut.state_dict().into_iter();
    let named = state
        .map(|(name, found)| (name.to_owned(), (name, found)))
        .collect();
    let error = check(&needed, &named).unwrap_err();
    for fault in [
        "3 of 4 tensors are wrong",
        "`gpt.half` is cut off: the file is 14 bytes too short for it",
        "`nowhere` is missing",
    ] {
        assert!(error.contains(fault), "{error}");
    }
    file.set_len(20).unwrap();
    assert!(refused(&path).contains("is cut off"));
}
