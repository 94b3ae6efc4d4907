//! What a step costs: random weights of a configuration's sizes, one clip of 8 s with 60 text ids, dropout as in training. Prints CPU seconds, wall
//! seconds and the peak of memory as JSON, beside what was estimated.
//!
//! `cargo run --release -p kiskadee-xtts-trainer --example step_cost -- [STEPS] [recompute]`, at the published sizes: about 9 GB. Set
//! `RAYON_NUM_THREADS=1 CANDLE_NUM_THREADS=1` for one thread.

use std::{error::Error, fs, time::Instant};

use candle_core::{Device, Tensor};
use kiskadee_xtts::Config;
use kiskadee_xtts_trainer::{
    AdamW, Batch, Compute, Dropout, Estimate, Gpt, Gradients, Item, Parameters, Recipe, Tokens,
};

const TEXT_TOKENS: usize = 6681;
const SAMPLES: usize = 8 * 22_050;
const PUBLISHED: &str = r#"{"model_args": {"gpt_layers": 30, "gpt_n_model_channels": 1024, "gpt_n_heads": 16,
    "gpt_max_audio_tokens": 605, "gpt_max_text_tokens": 402, "gpt_num_audio_tokens": 1026, "gpt_start_audio_token": 1024,
    "gpt_stop_audio_token": 1025, "decoder_input_dim": 1024, "d_vector_dim": 512, "gpt_use_perceiver_resampler": true}}"#;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let recompute = arguments.iter().any(|argument| argument == "recompute");
    let steps = arguments.iter().find_map(|argument| argument.parse().ok());
    let device = Device::cuda_if_available(0)?;
    let config = Config::parse(PUBLISHED)?;
    let recipe = Recipe {
        accumulation: 1,
        ..Recipe::for_clips(100)
    };
    let estimate = Estimate::new(&config, TEXT_TOKENS, &recipe, (SAMPLES, 60), recompute);
    println!(
        r#"{{"parameters": {}, "estimated_bytes": {}}}"#,
        estimate.parameters, estimate.total
    );
    let parameters = Parameters::create(&config, TEXT_TOKENS, &device, |name, shape| {
        Ok(random(name, shape)?)
    })?;
    let compute = Compute {
        recompute,
        precision: recipe.precision,
    };
    let gpt = Gpt::new(&parameters, &config, &compute)?;
    let mut optimizer = AdamW::new(&parameters, recipe.optimizer)?;
    let batch = batch()?;
    println!(r#"{{"loaded_bytes": {}}}"#, memory("VmRSS:")?);
    for step in 0..steps.unwrap_or(2) {
        let (began, cpu) = (Instant::now(), cpu_seconds()?);
        let dropout = Dropout {
            rate: recipe.dropout,
            seed: 1,
            step,
            micro_batch: 0,
        };
        let mut sums = Gradients::new(parameters.iter().len());
        let losses = gpt.learn(&batch, 1.0, Some(&dropout), &mut sums)?;
        let learned = cpu_seconds()? - cpu;
        let norm = optimizer.step(&parameters, sums, recipe.learning_rate, recipe.clip)?;
        println!(
            r#"{{"step": {step}, "loss": {:.4}, "norm": {norm:.3}, "cpu_seconds": {:.2}, "of_gradients": {learned:.2}, "seconds": {:.2}, "peak_bytes": {}}}"#,
            losses.total(),
            cpu_seconds()? - cpu,
            began.elapsed().as_secs_f64(),
            memory("VmHWM:")?,
        );
    }
    Ok(())
}

/// Scaled so that what goes through the network neither fades nor bursts; cheap to draw.
fn random(name: &str, shape: &[usize]) -> candle_core::Result<Tensor> {
    let count: usize = shape.iter().product();
    let is_vector = shape.len() < 2;
    let inputs = if name.contains(".attn.c_") || name.contains(".mlp.c_") {
        shape[0]
    } else {
        count / shape[0]
    };
    let (mean, spread) = match name {
        name if name.contains("bias") => (0.0, 0.1),
        _ if is_vector => (1.0, 0.05),
        name if name.contains("embedding") => (0.0, 0.5),
        _ => (0.0, (3.0 / inputs as f32).sqrt()),
    };
    Tensor::rand(mean - spread, mean + spread, shape, &Device::Cpu)
}

fn batch() -> Result<Batch, Box<dyn Error>> {
    let item = Item {
        tokens: (0..60).map(|i| 5 + i * 7).collect(),
        codes: (0..=SAMPLES as u32 / 1024).map(|i| i * 31 % 1024).collect(),
        samples: SAMPLES,
        hidden: 0..0,
    };
    let tokens = Tokens {
        start_text: 261,
        stop_text: 0,
        start_code: 1024,
        stop_code: 1025,
        text_tokens: TEXT_TOKENS,
        codes: 1026,
        text_positions: 404,
        code_positions: 608,
    };
    let mel = Tensor::rand(-1.0f32, 1.0, (1, 80, 517), &Device::Cpu)?;
    Ok(Batch::new(&[item], mel, &tokens)?)
}

/// Of all threads of this process.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let text = fs::read_to_string("/proc/self/stat")?;
    let fields = text.rsplit(')').next().ok_or("no fields")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    Ok((fields[11].parse::<f64>()? + fields[12].parse::<f64>()?) / 100.0)
}

fn memory(line: &str) -> Result<u64, Box<dyn Error>> {
    let text = fs::read_to_string("/proc/self/status")?;
    let found = text
        .lines()
        .find(|found| found.starts_with(line))
        .ok_or("no memory")?;
    let kilobytes: u64 = found
        .split_whitespace()
        .nth(1)
        .ok_or("no memory")?
        .parse()?;
    Ok(1024 * kilobytes)
}
