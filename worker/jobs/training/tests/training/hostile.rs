//! What strangers send: refused with its reason, and in little memory. Measured in a process of its own, for the other tests fill this one.

use std::{fs, process::Command};

use serde_json::Value;

use crate::{
    datasets::Desk,
    packed::{Packed, archive, deflated, stored},
};

/// Above what the worker has before.
const MOST_BYTES: u64 = 300 << 20;

#[test]
fn strange_files_take_little_memory() {
    let alone = Command::new(std::env::current_exe().unwrap())
        .args(["hostile::measured", "--exact", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&alone.stdout).into_owned();
    print!("{said}");
    assert!(
        alone.status.success() && said.contains("1 passed"),
        "{alone:?}"
    );
}

/// A figure of this process in bytes.
fn figure(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib << 10
}

fn zeros_as_flac(seconds: u32) -> Vec<u8> {
    ffmpeg(
        &["-f", "s16le", "-ar", "48000", "-ac", "1", "-i", "/dev/zero"],
        seconds,
    )
}

fn ffmpeg(input: &[&str], seconds: u32) -> Vec<u8> {
    let output = Command::new("ffmpeg")
        .args(["-v", "error"])
        .args(input)
        .args([
            "-t",
            &seconds.to_string(),
            "-c:a",
            "flac",
            "-f",
            "flac",
            "pipe:1",
        ])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    output.stdout
}

/// Of one channel at 16 kHz, in floating point.
fn wav(samples: &[f32]) -> Vec<u8> {
    let data: Vec<u8> = samples
        .iter()
        .flat_map(|sample| sample.to_le_bytes())
        .collect();
    let mut wav = b"RIFF".to_vec();
    wav.extend((data.len() as u32 + 36).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x03\0\x01\0");
    wav.extend(16_000_u32.to_le_bytes());
    wav.extend(64_000_u32.to_le_bytes());
    wav.extend(b"\x04\0\x20\0data");
    wav.extend((data.len() as u32).to_le_bytes());
    wav.extend(data);
    wav
}

fn link() -> Packed {
    Packed {
        mode: 0o120_777,
        ..stored("a.wav", b"/etc/passwd")
    }
}

/// Each with words of the reason for which it is refused.
fn strange() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let bomb = archive(&[deflated("a.wav", &vec![0; 128 << 20])]);
    let inner = archive(&[stored("b.zip", &bomb)]);
    vec![
        ("bomb.zip", bomb, "unpack"),
        ("nested.zip", inner, "archive"),
        ("link.zip", archive(&[link()]), "link"),
        ("zeros.flac", zeros_as_flac(10_417), "over 30 minutes"),
        ("silence.flac", zeros_as_flac(300), "is silent"),
        (
            "picture.wav",
            b"\x89PNG\r\n\x1a\n and no more".to_vec(),
            "a picture",
        ),
        (
            "broken.wav",
            b"RIFF\xff\xff\xff\xffWAVEfmt \xff\xff\xff\xff".to_vec(),
            "damaged",
        ),
        ("nan.wav", wav(&[f32::NAN; 16_000]), "is silent"),
        ("infinite.wav", wav(&[f32::INFINITY; 16_000]), "is silent"),
        ("none.wav", wav(&[]), "without any sound"),
        ("one.wav", wav(&[0.5]), "nothing can be learnt"),
    ]
}

fn refusal(job: &Value) -> String {
    let refused = &job["result"]["refused"][0]["reason"];
    let told = refused.as_str().or(job["error"]["message"].as_str());
    told.unwrap_or_default().to_owned()
}

/// Run by the test above.
#[ignore = "it measures its process, which must be its own"]
#[tokio::test(flavor = "multi_thread")]
async fn measured() {
    let desk = Desk::open().await;
    let _worker = desk.room.work();
    let strange = strange();
    let noise = ffmpeg(&["-f", "lavfi", "-i", "anoisesrc=a=0.1:r=48000"], 600);
    // As if the process had never had more than now.
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let base = figure("VmRSS:");
    for (name, content, reason) in strange {
        let job = desk.import(name, &content).await;
        let told = refusal(&job);
        println!(
            "{name}: {} bytes, {told}, {} MB",
            content.len(),
            above(base)
        );
        assert!(told.contains(reason), "{name}: {job}");
    }
    // Ten minutes with nobody in them.
    let taken = desk.import("noise.flac", &noise).await;
    assert_eq!(taken["result"]["files"], 1, "{taken}");
    let cut = desk.cut().await;
    println!(
        "noise.flac: cut into {}, {} MB",
        cut["result"]["segments"],
        above(base)
    );
    assert_eq!(cut["status"], "completed", "{cut}");
    assert!(figure("VmHWM:") - base <= MOST_BYTES, "{} MB", above(base));
}

fn above(base: u64) -> u64 {
    figure("VmHWM:").saturating_sub(base) >> 20
}
