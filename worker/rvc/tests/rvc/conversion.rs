//! Whole recordings through small models.

use std::sync::{Arc, OnceLock};

use candle_core::Device;
use kiskadee_rvc::{
    Engine, Hubert, HubertOptions, Report, Result, RetrievalIndex, Rmvpe, RvcError, Settings,
    Unvoiced, Voice, VoiceFile,
};

use crate::golden;

fn hubert() -> Arc<Hubert> {
    let options = HubertOptions {
        heads: Some(2),
        first_version_layer: 1,
    };
    let file = golden("hubert_fairseq.pt");
    Arc::new(Hubert::open(&file, options, &Device::Cpu).unwrap())
}

fn with(index: Option<RetrievalIndex>) -> Result<Engine> {
    let pitch = Rmvpe::open(&golden("rmvpe.pt"), &Device::Cpu).unwrap();
    let file = VoiceFile::open(&golden("voice_v2_40k.pth"), &Device::Cpu).unwrap();
    let voice = Voice::load(&file).unwrap();
    Engine::new(
        hubert(),
        Arc::new(pitch),
        Arc::new(voice),
        index.map(Arc::new),
    )
}

fn engine() -> &'static Arc<Engine> {
    static ENGINE: OnceLock<Arc<Engine>> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let index = RetrievalIndex::open(&golden("added.index")).unwrap();
        Arc::new(with(Some(index)).unwrap())
    })
}

/// Tones that come and go, with an offset.
fn speech(count: usize) -> Vec<f32> {
    let sample = |n: usize| {
        let time = n as f32 / 16_000.0;
        let loudness = 0.3 * (1.0 + (2.1 * time).sin()).powi(2) / 4.0;
        let tones = (time * 900.0).sin() + 0.5 * (time * 2700.0).sin();
        0.02 + loudness * tones
    };
    (0..count).map(sample).collect()
}

fn convert(samples: &[f32], settings: &Settings, piece: usize) -> Result<(Vec<f32>, Report)> {
    let mut conversion = engine().convert(settings)?;
    let mut output = Vec::new();
    for part in samples.chunks(piece) {
        output.extend(conversion.push(part)?);
    }
    let (rest, report) = conversion.finish()?;
    output.extend(rest);
    Ok((output, report))
}

fn short_windows() -> Settings {
    Settings {
        window_seconds: 4,
        ..Settings::default()
    }
}

#[test]
fn samples_follow_from_the_seed_and_not_from_how_the_recording_is_cut() {
    let samples = speech(16_000 * 13 + 77);
    let settings = short_windows();
    let (whole, report) = convert(&samples, &settings, samples.len()).unwrap();
    assert!(report.windows >= 3, "{report:?}");
    let expected = (samples.len() as f64 * 2.5).round() as usize;
    assert!(
        whole.len().abs_diff(expected) <= 1,
        "{} of {expected}",
        whole.len()
    );
    assert_eq!(report.samples, whole.len());
    assert!(
        whole
            .iter()
            .all(|sample| sample.is_finite() && sample.abs() <= 0.99)
    );
    for piece in [999, 50_000] {
        assert!(convert(&samples, &settings, piece).unwrap().0 == whole);
    }
    let other = Settings {
        seed: 1,
        ..settings
    };
    assert!(convert(&samples, &other, 50_000).unwrap().0 != whole);
}

#[test]
fn all_settings_are_possible_and_others_are_refused() {
    let samples = speech(9_000);
    let (plain, _) = convert(&samples, &Settings::default(), 9_000).unwrap();
    let loud = Settings {
        speaker: 2,
        semitones: -24.0,
        index_rate: 1.0,
        protect: 0.0,
        loudness_rate: 0.0,
        unvoiced: Unvoiced::Interpolate,
        ..Settings::default()
    };
    let (changed, _) = convert(&samples, &loud, 9_000).unwrap();
    assert!(changed.len() == plain.len() && changed != plain);
    let refused = |settings: &Settings| engine().convert(settings).err().unwrap().code();
    for semitones in [25.0, f32::NAN] {
        let settings = Settings {
            semitones,
            ..Settings::default()
        };
        assert_eq!(refused(&settings), "setting_out_of_range");
    }
    let nobody = Settings {
        speaker: 3,
        ..Settings::default()
    };
    assert_eq!(refused(&nobody), "speaker_unknown");
}

#[test]
fn recordings_that_cannot_be_converted_are_named() {
    let refused = |samples: &[f32]| -> &'static str {
        let settings = Settings {
            most_seconds: 2,
            ..Settings::default()
        };
        let converted = convert(samples, &settings, 16_000);
        converted.err().as_ref().map_or("converted", RvcError::code)
    };
    for count in [0, 1, 3, 1_599] {
        assert_eq!(refused(&speech(count)), "audio_too_short");
    }
    assert_eq!(refused(&speech(1_600)), "converted");
    assert_eq!(refused(&speech(32_001)), "audio_too_long");
    assert_eq!(refused(&vec![0.0; 8_000]), "audio_silent");
    // An offset is nothing that is heard.
    assert_eq!(refused(&vec![0.7; 8_000]), "audio_silent");
    assert_eq!(refused(&vec![f32::NAN; 8_000]), "audio_not_finite");
    let clipped: Vec<f32> = speech(8_000).iter().map(|x| x.signum()).collect();
    assert_eq!(refused(&clipped), "converted");
}

#[test]
fn an_index_of_another_width_is_refused() {
    let bytes = crate::indexes::index(&[0.0; 4], &[&[(0, &[1.0; 4])]]);
    let index = crate::indexes::open(&bytes).unwrap();
    assert_eq!(with(Some(index)).err().unwrap().code(), "index_width");
}
