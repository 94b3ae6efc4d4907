//! Files of voices: what is read, and the name of what is wrong with the others.

use std::collections::HashMap;
use std::path::Path;

use candle_core::Device;
use kiskadee_rvc::{Hubert, HubertOptions, RvcError, Version, Voice, VoiceFile};

use crate::golden;
use crate::pickle::{archive, dict, int, ints, list, tensor, text};

fn open(bytes: &[u8]) -> Result<VoiceFile, RvcError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("voice.pth");
    std::fs::write(&path, bytes).unwrap();
    VoiceFile::open(&path, &Device::Cpu)
}

#[track_caller]
fn code(opened: Result<VoiceFile, RvcError>) -> &'static str {
    match opened.and_then(|file| Voice::load(&file)) {
        Ok(_) => panic!("nothing was wrong"),
        Err(error) => error.code(),
    }
}

/// The list of a voice of 40 kHz with so many latent channels.
fn config(latent: i32) -> Vec<u8> {
    let dilations = list(&[ints(&[1, 3, 5])]);
    let mut items: Vec<Vec<u8>> = [1025, 32, latent, 8, 8, 2, 1, 3, 0].map(int).to_vec();
    items.extend([text("1"), ints(&[3]), dilations, ints(&[10, 10, 2, 2])]);
    items.extend([
        int(16),
        ints(&[16, 16, 4, 4]),
        int(109),
        int(3),
        text("40k"),
    ]);
    list(&items)
}

fn weight() -> Vec<u8> {
    let tensors = [
        ("emb_g.weight", tensor(2, 3)),
        ("enc_p.emb_phone.weight", tensor(8, 16)),
    ];
    dict(&tensors)
}

fn voice(more: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut pairs = vec![("weight", weight()), ("config", config(4))];
    pairs.extend_from_slice(more);
    archive(&dict(&pairs))
}

#[test]
fn a_published_voice_is_read_and_written_without_its_pickle() {
    let file = VoiceFile::open(&golden("voice_v2_40k.pth"), &Device::Cpu).unwrap();
    let config = file.config().clone();
    assert_eq!(
        (config.version, config.sample_rate, config.hop()),
        (Version::V2, 40_000, 400)
    );
    // The list says 109, as its base had.
    assert_eq!((config.speakers, config.has_pitch), (3, true));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("voice.safetensors");
    file.write(&path).unwrap();
    let written = VoiceFile::open(&path, &Device::Cpu).unwrap();
    assert_eq!(*written.config(), config);
    Voice::load(&written).unwrap();
}

#[test]
fn what_other_networks_need_is_refused_by_name() {
    let known = voice(&[
        ("vocoder", text("HiFi-GAN")),
        ("embedder_model", text("contentvec")),
    ]);
    assert!(open(&known).is_ok());
    for (more, expected) in [
        (("vocoder", text("RefineGAN")), "unsupported_vocoder"),
        (
            ("embedder_model", text("japanese-hubert-base")),
            "unsupported_embedder",
        ),
        (("version", text("v3")), "unsupported_version"),
    ] {
        assert_eq!(code(open(&voice(&[more]))), expected);
    }
}

#[test]
fn impossible_sizes_are_refused_before_anything_is_allocated() {
    for latent in [1_000_000_000, 0, -4, 7] {
        let pairs = [("weight", weight()), ("config", config(latent))];
        assert_eq!(code(open(&archive(&dict(&pairs)))), "config_impossible");
    }
    // No list at all, and a list of another length.
    let pairs = [("weight", weight()), ("config", ints(&[1, 2]))];
    assert_eq!(code(open(&archive(&dict(&pairs)))), "config_impossible");
    assert_eq!(
        code(open(&archive(&dict(&pairs[..1])))),
        "config_impossible"
    );
    // What fits, but has not the tensors that it should.
    assert_eq!(code(open(&voice(&[]))), "tensor_unusable");
}

#[test]
fn files_that_hold_no_voice_are_told_apart() {
    let inside = |name: &str| archive(&dict(&[("model", dict(&[(name, tensor(1, 1))]))]));
    assert_eq!(
        code(open(&inside("discriminators.0.weight"))),
        "discriminator"
    );
    assert_eq!(code(open(&inside("something.weight"))), "not_a_voice");
    let command = b"cos\nsystem\n(X\x02\0\0\0idtR";
    assert_eq!(code(open(&archive(command))), "file_unreadable");
    assert_eq!(code(open(b"")), "file_unreadable");
    assert_eq!(code(open(b"PK\x03\x04 no archive")), "file_unreadable");
}

#[test]
fn a_voice_that_is_cut_off_anywhere_is_refused() {
    let whole = std::fs::read(golden("voice_v2_40k.pth")).unwrap();
    for length in (0..whole.len()).step_by(whole.len() / 23) {
        assert_eq!(code(open(&whole[..length])), "file_unreadable");
    }
}

#[test]
fn weights_that_are_no_numbers_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("voice.safetensors");
    let file = VoiceFile::open(&golden("voice_v2_40k.pth"), &Device::Cpu).unwrap();
    file.write(&path).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let last = bytes.len() - 2;
    // Not a number, in 16 bits.
    bytes[last..].copy_from_slice(&[0x00, 0x7e]);
    std::fs::write(&path, bytes).unwrap();
    let file = VoiceFile::open(&path, &Device::Cpu).unwrap();
    let again = folder.path().join("again.safetensors");
    assert_eq!(
        file.write(&again).err().unwrap().code(),
        "weights_not_finite"
    );
    assert_eq!(code(Ok(file)), "weights_not_finite");
}

#[test]
fn a_feature_network_without_a_projection_serves_only_the_second_version() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let whole = golden("hubert_fairseq.pt");
    let tensors = candle_core::pickle::read_all_with_key(whole, Some("model")).unwrap();
    let tensors: HashMap<_, _> = tensors
        .into_iter()
        .filter(|(name, _)| !name.starts_with("final_proj"))
        .collect();
    candle_core::safetensors::save(&tensors, &path).unwrap();
    let options = HubertOptions {
        heads: Some(2),
        ..HubertOptions::default()
    };
    let network = Hubert::open(&path, options, &Device::Cpu).unwrap();
    assert_eq!(network.features(Version::V2).unwrap(), 16);
    let refused = network.features(Version::V1).unwrap_err();
    assert_eq!(refused.code(), "no_final_projection");
    let short = network.forward(&[0.0; 399], Version::V2).unwrap_err();
    assert_eq!(short.code(), "audio_too_short");
    let missing = Hubert::open(Path::new("nowhere"), options, &Device::Cpu);
    assert_eq!(missing.err().unwrap().code(), "file_unreadable");
}
