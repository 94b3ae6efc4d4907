//! What the reference wrote down, and a table of how ours compares.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use candle_core::{DType, Device, Tensor};
use kiskadee_xtts::Config;
use kiskadee_xtts_trainer::{Batch, Item, PREFIX, Parameters, Tokens, shapes};
use serde_json::Value;

use super::Result;

/// Hidden by the reference in units of so many samples, though codes have 1,024.
const REFERENCE_UNIT: usize = 256;

pub(crate) struct Golden {
    tensors: HashMap<String, Tensor>,
    facts: Value,
    meta: Option<Value>,
    pub(crate) config: Config,
    text_tokens: usize,
}

impl Golden {
    pub(crate) fn open(steps: &Path, golden: Option<PathBuf>) -> Result<Self> {
        let load = |path: PathBuf| candle_core::safetensors::load(path, &Device::Cpu);
        let json = |path: PathBuf| -> Result<Value> {
            // Python writes what is not finite as bare words.
            let text = fs::read_to_string(path)?
                .replace("NaN", "null")
                .replace("-Infinity", "null")
                .replace("Infinity", "null");
            Ok(serde_json::from_str(&text)?)
        };
        let mut tensors = load(steps.join("steps.safetensors"))?;
        let mut meta = None;
        let mut config = None;
        if let Some(golden) = golden {
            let model = load(golden.join("model.safetensors"))?.into_iter();
            let model = model.filter_map(|(name, tensor)| {
                Some((format!("model.{}", name.strip_prefix(PREFIX)?), tensor))
            });
            tensors.extend(model);
            let train = load(golden.join("train.safetensors"))?.into_iter();
            let renamed = train.map(|(name, tensor)| match name.strip_prefix("in.") {
                Some(rest) => (format!("train.{rest}"), tensor),
                None => (name, tensor),
            });
            tensors.extend(renamed);
            meta = Some(json(golden.join("meta.json"))?);
            config = Some(Config::read(&golden.join("config.json"))?);
        }
        let table = tensors.get("start.text_embedding.weight");
        let text_tokens = table.ok_or("no start.text_embedding.weight")?.dim(0)?;
        Ok(Self {
            config: match config {
                Some(config) => config,
                None => usual(&tensors)?,
            },
            facts: json(steps.join("steps.json"))?,
            tensors,
            meta,
            text_tokens,
        })
    }

    pub(crate) fn has_gradients(&self) -> bool {
        self.meta.is_some()
    }

    pub(crate) fn tensor(&self, name: &str) -> Result<Tensor> {
        let tensor = self.tensors.get(name).ok_or(format!("no `{name}`"))?;
        Ok(if tensor.dtype().is_float() {
            tensor.to_dtype(DType::F32)?
        } else {
            tensor.clone()
        })
    }

    pub(crate) fn scalar(&self, name: &str) -> Result<f64> {
        Ok(self.tensor(name)?.to_dtype(DType::F64)?.to_scalar()?)
    }

    pub(crate) fn fact(&self, name: &str) -> Result<f64> {
        let meta = self.meta.as_ref().and_then(|meta| meta[name].as_f64());
        Ok(meta.ok_or(format!("no `{name}` in meta.json"))?)
    }

    pub(crate) fn number(&self, name: &str) -> Result<f64> {
        Ok(self.facts[name]
            .as_f64()
            .ok_or(format!("no `{name}` in steps.json"))?)
    }

    pub(crate) fn count(&self, name: &str) -> Result<u64> {
        Ok(self.facts[name]
            .as_u64()
            .ok_or(format!("no `{name}` in steps.json"))?)
    }

    pub(crate) fn milestones(&self) -> Result<Vec<u64>> {
        Ok(serde_json::from_value(self.facts["milestones"].clone())?)
    }

    pub(crate) fn names(&self, key: &str) -> Result<Vec<String>> {
        Ok(serde_json::from_value(self.facts[key].clone())?)
    }

    /// The number of the batch, and its text, code and total loss.
    pub(crate) fn micro_batch(&self, place: usize) -> Result<(usize, [f64; 3])> {
        let entry = &self.facts["micro"][place];
        let loss = |part: &str| entry[part].as_f64().ok_or("steps.json is cut off");
        let batch = entry["batch"].as_u64().ok_or("steps.json is cut off")?;
        Ok((
            batch as usize,
            [loss("text")?, loss("mel")?, loss("total")?],
        ))
    }

    /// The rate and the gradient's norm.
    pub(crate) fn step(&self, place: usize) -> Result<(f64, f64)> {
        let entry = &self.facts["step"][place];
        let of = |part: &str| entry[part].as_f64().ok_or("steps.json is cut off");
        Ok((of("lr")?, of("gradient_norm")?))
    }

    pub(crate) fn evaluation(&self, step: u64) -> Result<[f64; 3]> {
        let entry = &self.facts["evaluation"][step.to_string()];
        Ok(serde_json::from_value(entry.clone())?)
    }

    pub(crate) fn parameters(&self, tag: &str) -> Result<Parameters> {
        let value = |name: &str, _: &[usize]| {
            let name = format!("{tag}.{}", super::short(name));
            let tensor = self.tensor(&name);
            tensor.map_err(|error| kiskadee_xtts_trainer::TrainError::Options(error.to_string()))
        };
        let found = shapes(&self.config, self.text_tokens).len();
        println!("{found} parameters of `{tag}`");
        Ok(Parameters::create(
            &self.config,
            self.text_tokens,
            &Device::Cpu,
            value,
        )?)
    }

    fn tokens(&self) -> Tokens {
        let args = &self.config.model_args;
        Tokens {
            start_text: args
                .gpt_start_text_token
                .unwrap_or(self.text_tokens as u32 - 5),
            stop_text: args.gpt_stop_text_token.unwrap_or(0),
            start_code: args.gpt_start_audio_token,
            stop_code: args.gpt_stop_audio_token,
            text_tokens: self.text_tokens,
            codes: args.gpt_num_audio_tokens,
            text_positions: self.config.text_positions(),
            code_positions: self.config.audio_positions(),
        }
    }

    /// Of the run.
    pub(crate) fn batch(&self, number: usize) -> Result<Batch> {
        let of = |part: &str| format!("in.{number}.{part}");
        let mels = self.tensor(&of("cond_mels"))?.squeeze(1)?;
        let items = self.items(
            &of("text"),
            &of("text_lengths"),
            &of("codes"),
            &of("wav_lengths"),
        )?;
        Ok(Batch::new(&items, mels, &self.tokens())?)
    }

    /// Of the one step whose gradients were kept.
    pub(crate) fn training_batch(&self, is_masked: bool) -> Result<Batch> {
        let names = [
            "train.text",
            "train.text_lengths",
            "dvae.codes",
            "train.wav_lengths",
        ];
        let mut items = self.items(names[0], names[1], names[2], names[3])?;
        if is_masked && let Some(last) = items.last_mut() {
            // The reference hides the last clip's alone.
            let slices = ids(&self.tensor("train.cond_idxs")?)?;
            let slice = slices.last().ok_or("no slices")?;
            last.hidden = slice[0] as usize / REFERENCE_UNIT..slice[1] as usize / REFERENCE_UNIT;
        }
        let mels = self.tensor("cond_mels")?.squeeze(1)?;
        Ok(Batch::new(&items, mels, &self.tokens())?)
    }

    fn items(&self, text: &str, lengths: &str, codes: &str, samples: &str) -> Result<Vec<Item>> {
        let (text, codes) = (ids(&self.tensor(text)?)?, ids(&self.tensor(codes)?)?);
        let column = |name: &str| -> Result<Vec<usize>> {
            let values = ids(&self.tensor(name)?.unsqueeze(1)?)?;
            Ok(values.iter().map(|row| row[0] as usize).collect())
        };
        let (lengths, samples) = (column(lengths)?, column(samples)?);
        let items = text
            .into_iter()
            .zip(codes)
            .zip(lengths.into_iter().zip(samples));
        let item = |((mut tokens, codes), (length, samples)): ((Vec<u32>, Vec<u32>), _)| {
            tokens.truncate(length);
            Item {
                tokens,
                codes,
                samples,
                hidden: 0..0,
            }
        };
        Ok(items.map(item).collect())
    }
}

fn ids(tensor: &Tensor) -> Result<Vec<Vec<u32>>> {
    let rows = tensor.to_dtype(DType::I64)?.to_vec2::<i64>()?;
    Ok(rows
        .into_iter()
        .map(|row| row.into_iter().map(|id| id as u32).collect())
        .collect())
}

/// The small model of the reference's generator, as far as tensors do not tell.
fn usual(tensors: &HashMap<String, Tensor>) -> Result<Config> {
    let rows = |name: &str| -> Result<(usize, usize)> {
        Ok(tensors.get(name).ok_or(format!("no `{name}`"))?.dims2()?)
    };
    let (codes, channels) = rows("start.mel_embedding.weight")?;
    let code_positions = rows("start.mel_pos_embedding.emb.weight")?.0 - 3;
    let text_positions = rows("start.text_pos_embedding.emb.weight")?.0 - 2;
    let layers =
        (0..).take_while(|layer| tensors.contains_key(&format!("start.gpt.h.{layer}.ln_1.weight")));
    let args = serde_json::json!({"model_args": {
        "gpt_layers": layers.count(), "gpt_n_model_channels": channels, "gpt_n_heads": 4,
        "gpt_max_audio_tokens": code_positions, "gpt_max_text_tokens": text_positions,
        "gpt_num_audio_tokens": codes, "gpt_start_audio_token": codes - 2, "gpt_stop_audio_token": codes - 1,
        "decoder_input_dim": channels, "d_vector_dim": 32, "gpt_use_perceiver_resampler": true,
    }});
    Ok(Config::parse(&args.to_string())?)
}

/// How many comparisons hold, and how far the worst of each kind is off.
#[derive(Default)]
pub(crate) struct Table {
    compared: usize,
    failed: usize,
    worst: HashMap<String, (f64, String)>,
}

impl Table {
    pub(crate) fn relative(&mut self, stage: &str, found: f64, expected: f64, most: f64) {
        self.add(
            stage,
            (found - expected).abs() / expected.abs().max(1e-30),
            most,
        );
    }

    pub(crate) fn same(&mut self, stage: &str, is_same: bool) {
        self.add(stage, if is_same { 0.0 } else { 1.0 }, 0.5);
    }

    /// The length of the difference beside that of what is expected, or of how far that is from a start.
    pub(crate) fn along(
        &mut self,
        stage: &str,
        found: &Tensor,
        expected: &Tensor,
        start: Option<&Tensor>,
        most: f64,
    ) -> Result<()> {
        let values = |tensor: &Tensor| compared(stage, tensor);
        let (found, expected) = (values(found)?, values(expected)?);
        let start = start.map(values).transpose()?;
        let start = start.unwrap_or_else(|| vec![0.0; expected.len()]);
        let length = |a: &[f64], b: &[f64]| {
            let squares = a.iter().zip(b).map(|(a, b)| (a - b).powi(2));
            squares.sum::<f64>().sqrt()
        };
        let distance = length(&found, &expected) / length(&expected, &start).max(1e-30);
        self.add(
            stage,
            if found.len() == expected.len() {
                distance
            } else {
                f64::NAN
            },
            most,
        );
        Ok(())
    }

    fn add(&mut self, stage: &str, error: f64, most: f64) {
        self.compared += 1;
        if error.is_nan() || error > most {
            self.failed += 1;
            println!("{stage:<60} {error:>9.1e} {most:>9.0e} FAIL");
        }
        let first = stage.split('.').next().unwrap_or_default();
        let kind = match stage.rsplit('.').next() {
            Some(part @ ("text" | "mel" | "total" | "rate" | "norm")) => {
                format!("{} {part}", first.split(' ').next().unwrap_or_default())
            }
            _ => first.to_owned(),
        };
        let worst = self.worst.entry(kind).or_default();
        if error >= worst.0 {
            *worst = (error, stage.to_owned());
        }
    }

    pub(crate) fn finish(self) -> ExitCode {
        let mut worst: Vec<_> = self.worst.into_iter().collect();
        worst.sort_by(|a, b| a.0.cmp(&b.0));
        for (kind, (error, stage)) in worst {
            println!("{kind:<16} worst {error:.1e} ({stage})");
        }
        let held = self.compared - self.failed;
        println!("{held} of {} comparisons hold", self.compared);
        ExitCode::from(u8::from(self.failed > 0))
    }
}

/// All values but those of the keys' biases, whose gradient is zero but for rounding, of which Adam makes whole steps.
fn compared(stage: &str, tensor: &Tensor) -> Result<Vec<f64>> {
    let values: Vec<f64> = tensor.flatten_all()?.to_dtype(DType::F64)?.to_vec1()?;
    let third = if stage.ends_with("c_attn.bias") {
        values.len() / 3
    } else if stage.ends_with("qkv.bias") {
        values.len() / 12
    } else {
        return Ok(values);
    };
    let kept = values.chunks(third).enumerate().filter(|(i, _)| i % 3 != 1);
    Ok(kept.flat_map(|(_, part)| part.to_vec()).collect())
}
