use kiskadee_trainer::{corpus::*, texts::*, training::*};
use kiskadee_voice::{acoustic::*, *};
use std::sync::atomic::AtomicBool;
const PH: &str = "pau aa ae ah ao aw ax ay b ch d dh eh er ey f g hh ih iy jh k l m n ng ow oy p r s sh t th uh uw v w y z zh";
fn floats(path: &str) -> (usize, Vec<f32>) {
    let d = std::fs::read(path).unwrap();
    let c = i32::from_le_bytes(d[4..8].try_into().unwrap()) as usize;
    (
        c,
        d[8..]
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
            .collect(),
    )
}
pub fn load(dir: &str, id: &str, text: &str) -> Recording {
    let ph: Vec<&str> = PH.split(' ').collect();
    let (c, par) = floats(&format!("{dir}/{id}.par"));
    let (sc, strs) = floats(&format!("{dir}/{id}.str"));
    assert!(c == 26 && sc == 5);
    let n = par.len() / c;
    let mut frames = VocoderFrames::default();
    for i in 0..n {
        frames.f0.push(par[i * c].max(0.0));
        frames
            .mel_cepstrum
            .push(par[i * c + 1..i * c + 26].try_into().unwrap());
        frames
            .strengths
            .push(strs[i * 5..i * 5 + 5].try_into().unwrap());
    }
    let (mut tokens, mut durations, mut at) = (vec![], vec![], 0u32);
    let seg = std::fs::read_to_string(format!("{dir}/{id}.seg")).unwrap();
    let lines: Vec<&str> = seg.lines().collect();
    for (k, l) in lines.iter().enumerate() {
        let f: Vec<&str> = l.split('\t').collect();
        let end = if k + 1 == lines.len() {
            n as u32
        } else {
            ((f[1].parse::<f32>().unwrap() * 200.0).round() as u32).min(n as u32)
        };
        tokens.push(PhoneToken {
            phone: Phone(ph.iter().position(|p| *p == f[0]).unwrap() as u8),
            stress: if f[2] == "1" {
                Stress::Primary
            } else {
                Stress::None
            },
            word: f[3].parse::<u32>().ok(),
            seconds: None,
        });
        durations.push(end - at);
        at = end;
    }
    Recording {
        tokens,
        durations,
        kind: sentence_kind(text),
        frames,
    }
}
pub fn corpus(dir: &str, list: &str) -> Vec<Speaker> {
    let t = std::fs::read_to_string(list).unwrap();
    ["slt", "rms", "awb"]
        .iter()
        .map(|v| {
            let r: Vec<Recording> = t
                .lines()
                .filter_map(|l| {
                    let f: Vec<&str> = l.split('\t').collect();
                    (f[1] == *v).then(|| load(dir, f[0], f[2]))
                })
                .filter(|r| kiskadee_voice::speaker::Moments::measure(&r.frames).is_ok())
                .collect();
            println!(
                "{v} {} recordings, f0 min {:?}",
                r.len(),
                r[0].frames.f0.iter().cloned().fold(f32::MAX, f32::min)
            );
            let w = match *v {
                "slt" => (-0.10, 0.05),
                _ => (-0.05, 0.10),
            };
            Speaker::new(*v, kiskadee_text::Language::English, w, r).unwrap()
        })
        .collect()
}
pub fn rec(a: &[String]) -> Recipe {
    let e = |n: &str, d: f32| std::env::var(n).map_or(d, |v| v.parse().unwrap());
    let mut r = Recipe {
        steps: a[2].parse().unwrap(),
        ..Recipe::default()
    };
    r.learning_rate = e("LR", 1.5e-3);
    r.config.frame_width = e("FW", 128.) as usize;
    if let Ok(d) = std::env::var("FD") {
        r.config.frame_dilations = d.split(',').map(|x| x.parse().unwrap()).collect();
    }
    r.config.phone_width = e("PW", 192.) as usize;
    r
}
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let sp = corpus("/tmp/tdata/en", "/tmp/tdata/en.in");
    let device = candle_core::Device::Cpu;
    let options = RunOptions {
        recipe: rec(&a),
        out: a[1].clone().into(),
        resume: true,
        checkpoint_every: 500,
        device,
    };
    train(&sp, &options, &AtomicBool::new(false), &mut |p| {
        println!("{p}")
    })
    .unwrap();
}
