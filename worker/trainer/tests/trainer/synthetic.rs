//! Small recordings with a rule that a model can learn: a phone's number shapes its sound and its length.

use kiskadee_pronunciation::{Phone, PhoneToken, Stress};
use kiskadee_text::Language;
use kiskadee_trainer::corpus::{Recording, Speaker};
use kiskadee_voice::VocoderFrames;
use kiskadee_voice::acoustic::SentenceKind;

pub(crate) fn recording(number: usize, pitch: f32) -> Recording {
    let phones: Vec<u8> = (0..16)
        .map(|i| {
            if i == 0 || i == 15 {
                0
            } else {
                ((i * 7 + number * 3) % 9 + 1) as u8
            }
        })
        .collect();
    let tokens = phones.iter().enumerate().map(|(i, phone)| PhoneToken {
        phone: Phone(*phone),
        stress: if i % 3 == 0 {
            Stress::Primary
        } else {
            Stress::None
        },
        word: (*phone != 0).then_some(i as u32 / 4),
        seconds: None,
    });
    let durations: Vec<u32> = phones
        .iter()
        .map(|phone| 10 + 2 * u32::from(*phone))
        .collect();
    let mut frames = VocoderFrames::default();
    for (phone, duration) in phones.iter().zip(&durations) {
        for frame in 0..*duration {
            let turn = f32::from(*phone) + frame as f32 / *duration as f32;
            frames.f0.push(if *phone == 0 || *phone == 4 {
                0.0
            } else {
                pitch * (1.0 + 0.1 * turn.sin())
            });
            let loudness = if *phone == 0 { -6.0 } else { 1.0 };
            let value = |order: usize| {
                (0.7 * turn + order as f32).sin() * pitch / 200.0 / (1.0 + order as f32)
            };
            frames.mel_cepstrum.push(std::array::from_fn(|order| {
                if order == 0 { loudness } else { value(order) }
            }));
            frames
                .strengths
                .push([if *phone == 4 { 0.1 } else { 0.9 }; 5]);
        }
    }
    Recording {
        tokens: tokens.collect(),
        durations,
        kind: SentenceKind::Statement,
        frames,
    }
}

pub(crate) fn speakers() -> Vec<Speaker> {
    let speaker = |name: &str, language, pitch: f32| {
        let recordings = (0..12).map(|number| recording(number, pitch)).collect();
        Speaker::new(name, language, (-0.05, 0.05), recordings).unwrap()
    };
    vec![
        speaker("low", Language::English, 110.0),
        speaker("high", Language::Portuguese, 200.0),
    ]
}
