//! Recordings that were written come back as they were.

use crate::synthetic;
use kiskadee_trainer::TrainError;
use kiskadee_trainer::corpus_file::{load_speaker, save_speaker};

#[test]
fn a_speaker_survives_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("low.safetensors");
    assert!(load_speaker(&path, "some texts").unwrap().is_none());
    let speaker = synthetic::speakers().remove(0);
    save_speaker(&path, &speaker, "some texts").unwrap();
    let read = load_speaker(&path, "some texts").unwrap().unwrap();
    assert_eq!((read.name.as_str(), read.warps), ("low", speaker.warps));
    assert_eq!(read.recordings, speaker.recordings);
    assert!(load_speaker(&path, "other texts").unwrap().is_none());
}

#[test]
fn a_damaged_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("low.safetensors");
    std::fs::write(&path, [7; 100]).unwrap();
    assert!(matches!(
        load_speaker(&path, ""),
        Err(TrainError::Damaged { .. })
    ));
}
