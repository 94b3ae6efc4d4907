//! Writes what the importer makes of published weights: `kokoro_import MODEL.onnx|MODEL.pth OUT.safetensors`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use candle_core::{Device, Tensor};
use kiskadee_kokoro::import::WeightsFile;

fn main() -> ExitCode {
    let mut arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let (Some(output), false) = (arguments.pop(), arguments.is_empty()) else {
        eprintln!("usage: kokoro_import MODEL.onnx [PARTS...] OUT.safetensors");
        return ExitCode::from(2);
    };
    match import(&arguments, &output) {
        Ok(count) => {
            println!("{count} tensors");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn import(parts: &[PathBuf], output: &Path) -> Result<usize, Box<dyn std::error::Error>> {
    let file = WeightsFile::open(parts)?;
    let graph = file.graph()?;
    let mut tensors = HashMap::new();
    for tensor in file.tensors(graph.as_ref())? {
        let values = tensor.values()?;
        let values = Tensor::from_slice(&values, &tensor.shape[..], &Device::Cpu)?;
        tensors.insert(tensor.name, values);
    }
    candle_core::safetensors::save(&tensors, output)?;
    Ok(tensors.len())
}
