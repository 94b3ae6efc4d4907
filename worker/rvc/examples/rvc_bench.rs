//! Measures models of full size, of which `reference/bench.py` writes such with random weights: CPU seconds of the process for each second of
//! audio, and the peak of its memory.
//!
//! `RAYON_NUM_THREADS=1 cargo run --release -p kiskadee-rvc --example rvc_bench -- DIR SECONDS`

use std::path::Path;
use std::sync::Arc;

use candle_core::Device;
use kiskadee_rvc::{
    Engine, Hubert, HubertOptions, PitchTracker as _, Result, Rmvpe, Settings, Version, Voice,
    VoiceFile,
};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().unwrap_or_default();
    let seconds = arguments.next().and_then(|text| text.parse().ok());
    let seconds: usize = seconds.unwrap_or(10);
    let (folder, device) = (Path::new(&folder), Device::Cpu);
    let before = cpu_seconds();
    let options = HubertOptions::default();
    let hubert = Arc::new(Hubert::open(&folder.join("hubert"), options, &device)?);
    let pitch = Arc::new(Rmvpe::open(&folder.join("rmvpe.pt"), &device)?);
    let file = VoiceFile::open(&folder.join("voice.pth"), &device)?;
    let voice = Arc::new(Voice::load(&file)?);
    println!("{:<24} {:.2} in all", "loading", cpu_seconds() - before);
    // What is not a window at a time takes memory by the length.
    let whole = seconds.min(30);
    let samples: Vec<f32> = (0..whole).flat_map(second).collect();
    let measured = |name: &str, seconds: usize, run: &mut dyn FnMut() -> Result<()>| {
        let before = cpu_seconds();
        let done = run();
        let taken = (cpu_seconds() - before) / seconds as f64;
        println!("{name:<24} {taken:.3}");
        done
    };
    measured("features", whole, &mut || {
        hubert.forward(&samples, Version::V2).map(drop)
    })?;
    measured("pitch", whole, &mut || pitch.track(&samples).map(drop))?;
    drop(samples);
    let engine = Arc::new(Engine::new(hubert.clone(), pitch.clone(), voice, None)?);
    measured("whole conversion", seconds, &mut || {
        let mut conversion = engine.convert(&Settings::default())?;
        for number in 0..seconds {
            conversion.push(&second(number))?;
        }
        conversion.finish().map(drop)
    })?;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM"));
    println!("{}", peak.unwrap_or_default());
    Ok(())
}

/// A second of a tone that comes and goes, in noise.
fn second(number: usize) -> Vec<f32> {
    let mut state = number as u32 + 1;
    let sample = |n: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (state >> 8) as f32 / (1 << 24) as f32 - 0.5;
        let time = number as f32 + n as f32 / 16_000.0;
        let loudness = 0.2 * (1.0 + (3.0 * time).sin());
        loudness * (time * 940.0).sin() + 0.02 * noise
    };
    (0..16_000).map(sample).collect()
}

fn cpu_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
