//! Compares every stage with the golden vectors of folders that `reference/golden.py` wrote.
//!
//! `cargo run --release -p kiskadee-rvc --example rvc_parity -- DIR...`

use std::process::ExitCode;

use candle_core::Device;
use kiskadee_rvc::parity::{Comparison, Difference, compare};

fn main() -> ExitCode {
    let (mut passed, mut failed) = (0, 0);
    for folder in std::env::args().skip(1) {
        let (mut count, mut worst) = (0, 0.0_f64);
        let mut show = |comparison: &Comparison| {
            count += 1;
            passed += usize::from(comparison.passed);
            failed += usize::from(!comparison.passed);
            if let Difference::Relative { error, threshold } = comparison.difference {
                worst = worst.max(error / threshold);
            }
            println!("{comparison}");
        };
        let device = Device::cuda_if_available(0).unwrap_or(Device::Cpu);
        if let Err(error) = compare(folder.as_ref(), &device, &mut show) {
            eprintln!("{folder}: {error}");
            return ExitCode::FAILURE;
        }
        println!("{folder}: {count} stages compared, worst {worst:.2} of its threshold");
    }
    println!("{passed} stages pass, {failed} fail");
    if failed == 0 && passed > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
