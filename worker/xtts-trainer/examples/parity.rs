//! Runs the same twenty steps as the reference's trainer did, and compares everything that it wrote down: losses, norms, rates, evaluations,
//! parameters and moments.
//!
//! `cargo run --release -p kiskadee-xtts-trainer --example parity -- STEPS [GOLDEN]`: `STEPS` has `steps.safetensors` and `steps.json`, `GOLDEN` a
//! `config.json`, `meta.json` and `train.safetensors` of the same model, whose gradients are compared then too. Without it, the usual small model is taken for granted.

#[path = "parity/golden.rs"]
mod golden;

use std::{env, error::Error, path::PathBuf, process::ExitCode};

use kiskadee_xtts_trainer::{
    AdamW, AdamWOptions, Compute, Gpt, Gradients, Losses, PREFIX, Parameters, Schedule,
};

use golden::{Golden, Table};

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

/// Relative; parameters and moments relative to the length of how far they came.
const LOSS: f64 = 1e-4;
const NORM: f64 = 1e-3;
const RATE: f64 = 1e-9;
const PARAMETER: f64 = 1e-2;
const GRADIENT: f64 = 1e-4;

fn main() -> Result<ExitCode> {
    let mut arguments = env::args().skip(1).map(PathBuf::from);
    let steps = arguments.next().ok_or("give a folder with steps.json")?;
    let golden = Golden::open(&steps, arguments.next())?;
    let mut table = Table::default();
    if golden.has_gradients() {
        compare_gradients(&golden, &mut table)?;
    }
    compare_groups(&golden, &mut table)?;
    compare_steps(&golden, &mut table)?;
    Ok(table.finish())
}

/// Of the one batch of `train.safetensors`, with and without the reference's way of masking.
fn compare_gradients(golden: &Golden, table: &mut Table) -> Result<()> {
    let parameters = golden.parameters("model")?;
    let gpt = Gpt::new(&parameters, &golden.config, &Compute::default())?;
    for is_masked in [false, true] {
        let tag = if is_masked { "masked" } else { "eval_like" };
        let mut sums = Gradients::new(parameters.iter().len());
        let batch = golden.training_batch(is_masked)?;
        let losses = gpt.learn(&batch, 1.0, None, &mut sums)?;
        let expected = |part: &str| golden.scalar(&format!("{tag}.{part}"));
        table.relative(
            &format!("{tag}.loss"),
            losses.total().into(),
            expected("loss")?,
            LOSS,
        );
        table.relative(
            &format!("{tag}.text"),
            losses.text.into(),
            expected("loss_text")?,
            LOSS,
        );
        table.relative(
            &format!("{tag}.mel"),
            losses.mel.into(),
            expected("loss_mel")?,
            LOSS,
        );
        table.relative(
            &format!("{tag}.norm"),
            sums.norm()?,
            golden.fact(&format!("{tag}.grad_norm_total"))?,
            NORM,
        );
        if !is_masked {
            for (place, one) in parameters.iter().enumerate() {
                let name = short(&one.name);
                let gradient = sums.get(place).ok_or(format!("{name} has no gradient"))?;
                let expected = golden.tensor(&format!("grad.{name}"))?;
                table.along(&format!("grad.{name}"), gradient, &expected, None, GRADIENT)?;
            }
        }
    }
    Ok(())
}

fn compare_groups(golden: &Golden, table: &mut Table) -> Result<()> {
    let parameters = golden.parameters("start")?;
    for (key, is_decayed) in [("decay", true), ("no_decay", false)] {
        let ours = parameters.iter().filter(|one| one.is_decayed == is_decayed);
        let ours: Vec<&str> = ours.map(|one| short(&one.name)).collect();
        let theirs = golden.names(key)?;
        println!("{key}: {} parameters", theirs.len());
        table.same(
            key,
            theirs.iter().all(|name| ours.contains(&name.as_str())) && ours.len() == theirs.len(),
        );
    }
    Ok(())
}

fn compare_steps(golden: &Golden, table: &mut Table) -> Result<()> {
    let parameters = golden.parameters("start")?;
    let gpt = Gpt::new(&parameters, &golden.config, &Compute::default())?;
    let mut optimizer = AdamW::new(&parameters, AdamWOptions::default())?;
    let schedule = Schedule::MultiStep {
        milestones: golden.milestones()?,
        gamma: golden.number("gamma")?,
    };
    let (steps, micro_batches) = (golden.count("steps")?, golden.count("accumulation")?);
    compare_evaluation(golden, 0, &gpt, table)?;
    for step in 0..steps {
        let mut sums = Gradients::new(parameters.iter().len());
        for micro in 0..micro_batches {
            let place = (step * micro_batches + micro) as usize;
            let (batch, expected) = golden.micro_batch(place)?;
            let scale = 1.0 / micro_batches as f64;
            let losses = gpt.learn(&golden.batch(batch)?, scale, None, &mut sums)?;
            compare_losses(
                &format!("step {}.{micro}", step + 1),
                losses,
                expected,
                LOSS,
                table,
            );
        }
        let (rate, norm) = golden.step(step as usize)?;
        let ours = golden.number("lr")? * schedule.factor(step, steps);
        table.relative(&format!("step {}.rate", step + 1), ours, rate, RATE);
        let found = optimizer.step(&parameters, sums, ours, None)?;
        table.relative(&format!("step {}.norm", step + 1), found, norm, NORM);
        let done = step + 1;
        if [5, 10, steps].contains(&done) {
            compare_parameters(golden, done, &parameters, table)?;
            compare_evaluation(golden, done, &gpt, table)?;
        }
        if done == 10 {
            compare_moments(golden, &parameters, &optimizer, table)?;
        }
    }
    Ok(())
}

fn compare_losses(stage: &str, found: Losses, expected: [f64; 3], most: f64, table: &mut Table) {
    let found = [found.text, found.mel, found.total()];
    for ((part, found), expected) in ["text", "mel", "total"].iter().zip(found).zip(expected) {
        table.relative(&format!("{stage}.{part}"), found.into(), expected, most);
    }
}

fn compare_evaluation(golden: &Golden, step: u64, gpt: &Gpt, table: &mut Table) -> Result<()> {
    let losses = gpt.losses(&golden.batch(5)?)?;
    let stage = format!("evaluation {step}");
    compare_losses(&stage, losses, golden.evaluation(step)?, LOSS, table);
    Ok(())
}

fn compare_parameters(
    golden: &Golden,
    step: u64,
    parameters: &Parameters,
    table: &mut Table,
) -> Result<()> {
    for one in parameters.iter() {
        let name = short(&one.name);
        let expected = golden.tensor(&format!("at{step}.{name}"))?;
        let start = golden.tensor(&format!("start.{name}"))?;
        let stage = format!("at{step}.{name}");
        table.along(
            &stage,
            one.var.as_tensor(),
            &expected,
            Some(&start),
            PARAMETER,
        )?;
    }
    Ok(())
}

fn compare_moments(
    golden: &Golden,
    parameters: &Parameters,
    optimizer: &AdamW,
    table: &mut Table,
) -> Result<()> {
    for (place, one) in parameters.iter().enumerate() {
        let name = short(&one.name);
        let (first, second) = optimizer.moments(place).ok_or("no moments")?;
        for (kind, found) in [("exp_avg", first), ("exp_avg_sq", second)] {
            let stage = format!("opt10.{kind}.{name}");
            table.along(&stage, found, &golden.tensor(&stage)?, None, PARAMETER)?;
        }
    }
    Ok(())
}

/// The reference names parameters from the GPT on.
fn short(name: &str) -> &str {
    name.strip_prefix(PREFIX).unwrap_or(name)
}
