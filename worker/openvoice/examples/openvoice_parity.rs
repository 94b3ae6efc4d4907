//! Compares the model with the reference implementation, stage by stage: `openvoice_parity DIR`, where DIR is what
//! `worker/openvoice/reference/golden.py --out DIR` wrote. The checkpoint is imported first. Exits with 1 where a stage differs by more than its threshold.

use std::{error::Error, fs, path::Path, process::ExitCode};

use candle_core::Device;
use kiskadee_openvoice::{
    import,
    parity::{Comparison, compare},
};

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder] = arguments.as_slice() else {
        return Err("usage: openvoice_parity DIR".into());
    };
    let folder = Path::new(folder);
    let (mut passed, mut failed) = (0, 0);
    for checkpoint in ["checkpoint.pth", "checkpoint.safetensors"] {
        let imported = folder.join(format!("imported-{checkpoint}"));
        if imported.exists() {
            fs::remove_dir_all(&imported)?;
        }
        import(&folder.join(checkpoint), &imported)?;
        fs::copy(
            folder.join("golden.safetensors"),
            imported.join("golden.safetensors"),
        )?;
        println!(
            "{checkpoint}\n{:<46} {:>13} {:>10}",
            "stage", "largest error", "threshold"
        );
        compare(&imported, &Device::Cpu, &mut |comparison: &Comparison| {
            *(if comparison.passed {
                &mut passed
            } else {
                &mut failed
            }) += 1;
            println!("{comparison}");
        })?;
    }
    println!("{passed} stages pass, {failed} fail");
    Ok(if failed == 0 && passed > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
