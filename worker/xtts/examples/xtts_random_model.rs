//! Makes an importable checkpoint of random weights: `xtts_random_model OUT CONFIG VOCAB`, the last two of any checkpoint. For machines that can run
//! the engine but neither download a model nor run the reference.

use std::{collections::HashMap, error::Error, fs, path::Path, process::ExitCode};

use candle_core::{Device, Tensor};
use kiskadee_xtts::{Config, layout};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [out, config, vocabulary] = arguments.as_slice() else {
        return Err("usage: xtts_random_model OUT CONFIG VOCAB".into());
    };
    let out = Path::new(out);
    fs::create_dir_all(out)?;
    fs::copy(config, out.join("config.json"))?;
    fs::copy(vocabulary, out.join("vocab.json"))?;
    fs::write(
        out.join("LICENSE.txt"),
        "Random weights, free for any use.\n",
    )?;
    let config = Config::read(&out.join("config.json"))?;
    let tokens = kiskadee_xtts::folder::vocabulary_size(&out.join("vocab.json"))?;
    let mut tensors: HashMap<String, Tensor> = HashMap::new();
    for (name, shape) in layout::model(&config, tokens) {
        tensors.insert(name.clone(), random(&name, &shape)?);
    }
    candle_core::safetensors::save(&tensors, out.join("model.safetensors"))?;
    Ok(())
}

/// Scaled so that what goes through the network neither fades nor bursts.
fn random(name: &str, shape: &[usize]) -> candle_core::Result<Tensor> {
    let count: usize = shape.iter().product();
    let is_vector = shape.len() < 2 || count == shape.iter().copied().max().unwrap_or(0);
    let (mean, spread) = if name.ends_with("bias") || name.ends_with("running_mean") {
        (0.0, 0.1)
    } else if is_vector {
        (1.0, 0.05)
    } else if name.ends_with("embedding.weight") || name.contains("emb.weight") {
        (0.0, 0.5)
    } else {
        // The GPT's own matrices have their input first.
        let first_is_input = name.contains(".attn.c_") || name.contains(".mlp.c_");
        let input = if first_is_input {
            shape[0]
        } else {
            count / shape[0]
        };
        (0.0, 1.0 / (input as f32).sqrt())
    };
    Tensor::randn(mean, spread, shape, &Device::Cpu)
}
