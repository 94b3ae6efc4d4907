//! Compares the model with the reference implementation, stage by stage: `kokoro_parity DIR`, where DIR is what
//! `worker/kokoro/reference/golden.py --out DIR` wrote. Exits with 1 where a stage differs by more than its threshold.

use std::{path::PathBuf, process::ExitCode};

use candle_core::Device;
use kiskadee_kokoro::parity::{Comparison, compare};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (folder, device) = match arguments.as_slice() {
        [folder] if !folder.starts_with('-') => (folder, Ok(Device::Cpu)),
        [flag, folder] if flag == "--cuda" => (folder, Device::new_cuda(0)),
        _ => {
            eprintln!(
                "usage: kokoro_parity [--cuda] DIR\nDIR: what worker/kokoro/reference/golden.py --out DIR wrote"
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
        .and_then(|device| compare(&PathBuf::from(folder), &device, &mut show));
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
