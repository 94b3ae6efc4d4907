#[path = "train_dev.rs"]
#[allow(dead_code, unreachable_pub)]
mod t;
use kiskadee_voice::acoustic::*;
use std::time::Instant;
fn cpu() -> f64 {
    let s = std::fs::read_to_string("/proc/self/stat").unwrap();
    let f: Vec<&str> = s.split(' ').collect();
    (f[13].parse::<f64>().unwrap() + f[14].parse::<f64>().unwrap()) / 100.0
}
fn main() {
    let held = t::corpus("/tmp/tdata/held", "/tmp/tdata/held.in");
    let t0 = Instant::now();
    let m = AcousticModel::built_in(&candle_core::Device::Cpu).unwrap();
    println!("load {:?}", t0.elapsed());
    let sp = m.voices()[0].speaker().unwrap();
    let u: Vec<Utterance> = held[0]
        .recordings
        .iter()
        .map(|r| Utterance {
            tokens: &r.tokens,
            language: kiskadee_text::Language::English,
            kind: r.kind,
            speaker: sp,
            rate: 1.0,
            pitch_shift: 0.0,
            controls: &[],
        })
        .collect();
    m.synthesize(&u[..1]).unwrap();
    for (name, n) in [("one by one", 1), ("all", 40)] {
        let (t, c) = (Instant::now(), cpu());
        let mut frames = 0;
        for _ in 0..5 {
            for chunk in u.chunks(n) {
                frames += m
                    .synthesize(chunk)
                    .unwrap()
                    .iter()
                    .map(|s| s.frames.len())
                    .sum::<usize>();
            }
        }
        let secs = frames as f64 * 0.005;
        println!(
            "{name}: audio {secs:.1} s, wall rtf {:.5}, cpu rtf {:.5}",
            t.elapsed().as_secs_f64() / secs,
            (cpu() - c) / secs
        );
    }
    println!(
        "{}",
        std::fs::read_to_string("/proc/self/status")
            .unwrap()
            .lines()
            .filter(|l| l.starts_with("VmHWM"))
            .collect::<String>()
    );
}
