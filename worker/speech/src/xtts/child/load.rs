//! Loads the model that the process was told to load.

use std::sync::Arc;

use kiskadee_xtts::{DeviceChoice, LoadOptions, ModelFolder, Precision, Xtts, XttsError};

use crate::xtts::protocol::{Hello, Load, Sampling};

const CPU_ROWS: usize = 4;
const GPU_ROWS: usize = 32;

pub(super) struct Loaded {
    pub(super) model: Arc<Xtts>,
    pub(super) rows: usize,
    parameters: u64,
    signature: String,
}

pub(super) fn load(load: &Load) -> Result<Loaded, XttsError> {
    let options = LoadOptions {
        device: device(&load.device)?,
        precision: precision(&load.precision)?,
        threads: load.threads,
    };
    let folder = ModelFolder::open(&load.model)?;
    let model = Arc::new(Xtts::load(&load.model, &options)?);
    let rows = if load.rows == 0 {
        rows_of(&model)
    } else {
        load.rows
    };
    Ok(Loaded {
        model,
        rows,
        parameters: folder.manifest().parameters,
        signature: signature(&folder, load),
    })
}

/// Of what decides how the model sounds.
fn signature(folder: &ModelFolder, load: &Load) -> String {
    let files = folder.manifest().files.iter();
    let files = files.map(|(name, file)| format!("{name} {}", file.sha256));
    let all: Vec<String> = files.chain([load.precision.clone()]).collect();
    all.join("\n")
}

/// `auto`, `cpu`, `cuda` or `cuda:N`.
fn device(name: &str) -> Result<DeviceChoice, XttsError> {
    let ordinal = name.strip_prefix("cuda:").map(str::parse);
    match (name, ordinal) {
        ("auto", _) => Ok(DeviceChoice::Auto),
        ("cpu", _) => Ok(DeviceChoice::Cpu),
        ("cuda", _) => Ok(DeviceChoice::Cuda(0)),
        (_, Some(Ok(ordinal))) => Ok(DeviceChoice::Cuda(ordinal)),
        _ => Err(XttsError::Input(format!(
            "the device must be auto, cpu, cuda or cuda:N, not `{name}`"
        ))),
    }
}

fn precision(name: &str) -> Result<Precision, XttsError> {
    Ok(match name {
        "auto" => Precision::Auto,
        "f32" => Precision::F32,
        "q8" => Precision::Q8,
        "f16" => Precision::F16,
        "bf16" => Precision::Bf16,
        _ => {
            return Err(XttsError::Input(format!(
                "the precision must be auto, f32, q8, f16 or bf16, not `{name}`"
            )));
        }
    })
}

/// What suits the device: a GPU hardly notices many rows; on a CPU a few share the reading of the weights, and more make
/// every one of them slower than it sounds.
fn rows_of(model: &Xtts) -> usize {
    if model.device().is_cpu() {
        CPU_ROWS
    } else {
        GPU_ROWS
    }
}

impl Loaded {
    pub(super) fn hello(&self) -> Hello {
        let config = self.model.config();
        let args = &config.model_args;
        let speakers = self.model.speakers().iter();
        Hello {
            languages: config.languages.clone(),
            sample_rate: args.output_sample_rate,
            speakers: speakers.map(|(name, _)| name.clone()).collect(),
            codes_per_second: args.input_sample_rate as f32 / args.gpt_code_stride_len as f32,
            sampling: Sampling {
                temperature: config.temperature,
                top_k: config.top_k,
                top_p: config.top_p,
                repetition_penalty: config.repetition_penalty,
                seed: 0,
            },
            rows: self.rows,
            signature: self.signature.clone(),
            device: format!("{:?}", self.model.device().location()).to_ascii_lowercase(),
            parameters: self.parameters,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read() {
        assert!(matches!(device("auto"), Ok(DeviceChoice::Auto)));
        assert!(matches!(device("cuda"), Ok(DeviceChoice::Cuda(0))));
        assert!(matches!(device("cuda:3"), Ok(DeviceChoice::Cuda(3))));
        for wrong in ["", "gpu", "cuda:", "cuda:-1", "CPU"] {
            assert!(device(wrong).is_err(), "{wrong}");
        }
        assert!(matches!(precision("q8"), Ok(Precision::Q8)));
        assert!(precision("int4").is_err());
    }
}
