//! Six steps beside those of the reference, which `reference/steps_golden.py` wrote down.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use kiskadee_xtts::Weights;
use kiskadee_xtts_trainer::{
    AdamW, AdamWOptions, Batch, Compute, Gpt, Gradients, Item, PREFIX, Parameters, Schedule,
};
use serde_json::Value;

use crate::fixture::{Model, model};

struct Golden {
    tensors: HashMap<String, Tensor>,
    facts: Value,
}

fn golden() -> Golden {
    let path = |name: &str| -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/xtts_trainer/golden")
            .join(name)
    };
    let text = std::fs::read_to_string(path("steps.json")).unwrap();
    Golden {
        tensors: candle_core::safetensors::load(path("steps.safetensors"), &Device::Cpu).unwrap(),
        facts: serde_json::from_str(&text).unwrap(),
    }
}

impl Golden {
    fn rows(&self, name: &str) -> Vec<Vec<u32>> {
        let rows = self.tensors[name].to_dtype(DType::I64).unwrap();
        let rows = rows.to_vec2::<i64>().unwrap().into_iter();
        rows.map(|row| row.into_iter().map(|id| id as u32).collect())
            .collect()
    }

    fn counts(&self, name: &str) -> Vec<usize> {
        let counts = self.tensors[name].to_vec1::<i64>().unwrap();
        counts.into_iter().map(|count| count as usize).collect()
    }

    fn batch(&self, number: usize, model: &Model) -> Batch {
        let name = |part: &str| format!("{number}.{part}");
        let (text, codes) = (self.rows(&name("text")), self.rows(&name("codes")));
        let lengths = self.counts(&name("text_lengths"));
        let samples = self.counts(&name("wav_lengths"));
        let items = (0..2).map(|i| Item {
            tokens: text[i][..lengths[i]].to_vec(),
            codes: codes[i].clone(),
            samples: samples[i],
            hidden: 0..0,
        });
        let items: Vec<Item> = items.collect();
        let mels = self.tensors[&name("mels")].clone();
        Batch::new(&items, mels, model.preparer.tokens()).unwrap()
    }

    fn number(&self, pointer: &str) -> f64 {
        self.facts.pointer(pointer).and_then(Value::as_f64).unwrap()
    }
}

#[track_caller]
fn assert_near(stage: &str, found: f64, expected: f64, most: f64) {
    let error = (found - expected).abs() / expected.abs();
    assert!(
        error <= most,
        "{stage}: {found} for {expected}, off by {error:e}"
    );
}

/// How far the first values are off, beside their length.
#[track_caller]
fn assert_along(stage: &str, found: &[f32], golden: &Tensor, most: f64) {
    let expected: Vec<f32> = golden.to_vec1().unwrap();
    let length = |values: &mut dyn Iterator<Item = f32>| -> f64 {
        values.map(|x| f64::from(x).powi(2)).sum::<f64>().sqrt()
    };
    let error = length(&mut found.iter().zip(&expected).map(|(a, b)| a - b));
    let all = length(&mut expected.iter().copied());
    assert!(
        error <= most * all.max(1e-12),
        "{stage}: off by {:e}",
        error / all
    );
}

fn values(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

/// The gradient of keys' biases is zero but for rounding, of which Adam makes whole steps.
fn has_keys(name: &str) -> bool {
    name.ends_with("qkv.bias") || name.ends_with("c_attn.bias")
}

#[test]
fn six_steps_are_those_of_the_reference() {
    let (model, golden) = (model(), golden());
    let weights = Weights::open(&model.folder.model(), &Device::Cpu).unwrap();
    let tokens = model.preparer.tokens().text_tokens;
    let load = || Parameters::load(&weights, model.preparer.config(), tokens).unwrap();
    let (parameters, start) = (load(), load());
    let gpt = Gpt::new(&parameters, model.preparer.config(), &Compute::default()).unwrap();
    let mut optimizer = AdamW::new(&parameters, AdamWOptions::default()).unwrap();
    let schedule = Schedule::MultiStep {
        milestones: vec![3],
        gamma: golden.number("/gamma"),
    };
    let batches = [0, 1, 2].map(|number| golden.batch(number, &model));
    let evaluate = |at: usize| {
        let losses = gpt.losses(&batches[2]).unwrap();
        let expected = |part| golden.number(&format!("/evaluation/{at}/{part}"));
        assert_near("text", losses.text.into(), expected(0), 1e-4);
        assert_near("codes", losses.mel.into(), expected(1), 1e-4);
    };
    evaluate(0);
    for step in 0..6 {
        let mut sums = Gradients::new(parameters.iter().len());
        for (micro, batch) in batches.iter().take(2).enumerate() {
            let losses = gpt.learn(batch, 0.5, None, &mut sums).unwrap();
            let expected = |part| golden.number(&format!("/micro/{}/{part}", 2 * step + micro));
            let stage = format!("step {step}.{micro}");
            assert_near(&stage, losses.text.into(), expected(0), 1e-4);
            assert_near(&stage, losses.mel.into(), expected(1), 1e-4);
        }
        let rate = golden.number("/rate") * schedule.factor(step as u64, 6);
        assert_near(
            "rate",
            rate,
            golden.number(&format!("/steps/{step}/rate")),
            1e-9,
        );
        let norm = optimizer.step(&parameters, sums, rate, None).unwrap();
        assert_near(
            "norm",
            norm,
            golden.number(&format!("/steps/{step}/norm")),
            1e-4,
        );
    }
    evaluate(1);
    compare_parameters(&golden, &start, &parameters, &optimizer);
}

fn compare_parameters(
    golden: &Golden,
    start: &Parameters,
    parameters: &Parameters,
    optimizer: &AdamW,
) {
    let decayed: Vec<&str> = golden.facts["decayed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    assert_eq!((decayed.len(), parameters.iter().len()), (35, 90));
    for (place, (one, start)) in parameters.iter().zip(start.iter()).enumerate() {
        let name = one.name.strip_prefix(PREFIX).unwrap();
        assert_eq!(one.is_decayed, decayed.contains(&name), "{name}");
        if has_keys(name) {
            continue;
        }
        let moved =
            values(&(one.var.as_detached_tensor() - start.var.as_detached_tensor()).unwrap());
        let length = moved
            .iter()
            .map(|x| f64::from(*x).powi(2))
            .sum::<f64>()
            .sqrt();
        let expected = golden.facts["lengths"][name].as_f64().unwrap();
        assert_near(name, length, expected, 2e-3);
        let shown = |part: &str| &golden.tensors[&format!("{part}.{name}")];
        assert_along(name, &moved, shown("moved"), 1e-2);
        let (first, second) = optimizer.moments(place).unwrap();
        assert_along(name, &values(first), shown("first"), 1e-2);
        assert_along(name, &values(second), shown("second"), 1e-2);
    }
}
