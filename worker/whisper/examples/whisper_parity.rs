//! Compares the model with the reference implementation, stage by stage: `whisper_parity DIR`, where DIR is what
//! `worker/whisper/reference/golden.py --out DIR` wrote. Exits with 1 where a stage differs by more than its threshold.

use std::{path::Path, process::ExitCode};

use candle_core::Device;
use kiskadee_whisper::parity::{Comparison, compare};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (folder, device) = match arguments.as_slice() {
        [folder] if !folder.starts_with('-') => (folder, Ok(Device::Cpu)),
        [flag, folder] if flag == "--cuda" => (folder, Device::new_cuda(0)),
        _ => {
            eprintln!(
                "usage: whisper_parity [--cuda] DIR\nDIR: what worker/whisper/reference/golden.py --out DIR wrote"
            );
            return ExitCode::from(2);
        }
    };
    let (mut passed, mut failed) = (0, 0);
    let mut show = |comparison: &Comparison| {
        *(if comparison.passed {
            &mut passed
        } else {
            &mut failed
        }) += 1;
        println!("{comparison}");
    };
    println!(
        "{:<46} {:>13} {:>10}",
        "stage", "largest error", "threshold"
    );
    let compared = device
        .map_err(Into::into)
        .and_then(|device| compare(Path::new(folder), &device, &mut show));
    if let Err(error) = compared {
        eprintln!("error: {error}");
        return ExitCode::from(2);
    }
    println!("{passed} stages pass, {failed} fail");
    if failed == 0 && passed > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
