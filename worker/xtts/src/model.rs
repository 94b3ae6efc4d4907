//! A loaded model.

use std::{path::Path, sync::Arc};

use candle_core::{DType, Device, Tensor};
use kiskadee_checkpoint::Weights;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::{
    conditioning::{Conditioning, ConditioningModel},
    config::Config,
    error::{Result, XttsError},
    folder::ModelFolder,
    gpt::{Gpt, KvCache, Matrices, Placement},
    parameters::Trace,
    tokenizer::Tokenizer,
    vocoder::{Vocoder, VocoderStream, VocoderVoice},
};

/// Where a model runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    /// The first GPU that this program can use, else the CPU.
    #[default]
    Auto,
    Cpu,
    /// The GPU of this number.
    Cuda(usize),
}

/// What the GPT is computed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// 8-bit weights on the CPU, bf16 on a GPU.
    #[default]
    Auto,
    F32,
    /// 8-bit weights; on the CPU only.
    Q8,
    F16,
    Bf16,
}

/// How a model is loaded.
#[derive(Debug, Clone, Copy, Default)]
pub struct LoadOptions {
    pub device: DeviceChoice,
    pub precision: Precision,
    /// Threads that work on the CPU; 0 for one a core.
    pub threads: usize,
}

/// XTTS-v2 in memory; all of it can be used by several threads.
pub struct Xtts {
    config: Config,
    tokenizer: Tokenizer,
    conditioning: ConditioningModel,
    speakers: Vec<(String, Conditioning)>,
    pub(crate) gpt: Gpt,
    pub(crate) vocoder: Arc<Vocoder>,
    threads: ThreadPool,
}

/// A voice with all that does not depend on the text. Cheap to clone.
#[derive(Clone)]
pub struct PreparedVoice {
    /// Keys and values of the latents, which stand in front of every text.
    pub(crate) latents: Arc<KvCache>,
    pub(crate) vocoder: VocoderVoice,
}

impl Xtts {
    /// Loads a folder that [`crate::folder::import`] wrote.
    pub fn load(folder: &Path, options: &LoadOptions) -> Result<Self> {
        let threads = threads(options.threads)?;
        let folder = ModelFolder::open(folder)?;
        let device = device(options.device)?;
        let matrices = matrices(options.precision, &device, folder.gpt_q8().as_deref())?;
        let weights = Weights::open(&folder.model(), &device)?;
        let config = Config::read(&folder.config())?;
        let speakers = speakers(&folder)?;
        let vocabulary = folder.vocabulary();
        threads
            .install(|| Self::assemble(&weights, config, &vocabulary, &matrices, speakers))
            .map(|model| Self { threads, ..model })
    }

    /// Puts a model together from open files.
    pub(crate) fn assemble(
        weights: &Weights,
        config: Config,
        vocabulary: &Path,
        matrices: &Matrices,
        speakers: Vec<(String, Conditioning)>,
    ) -> Result<Self> {
        let tokenizer = Tokenizer::open(vocabulary)?;
        let args = &config.model_args;
        let text_tokens = args.gpt_number_text_tokens.unwrap_or(tokenizer.size());
        let token = |configured: Option<u32>, name: &str| {
            let id = configured.or_else(|| tokenizer.id(name));
            id.ok_or_else(|| XttsError::file(vocabulary, format!("has no {name}")))
        };
        let around = (
            token(args.gpt_start_text_token, "[START]")?,
            token(args.gpt_stop_text_token, "[STOP]")?,
        );
        Ok(Self {
            gpt: Gpt::load(weights, &config, text_tokens, around, matrices)?,
            vocoder: Arc::new(Vocoder::load(weights, &config, DType::F32)?),
            conditioning: ConditioningModel::load(weights, &config)?,
            tokenizer,
            speakers,
            config,
            threads: threads(0)?,
        })
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    pub fn conditioning(&self) -> &ConditioningModel {
        &self.conditioning
    }

    pub fn device(&self) -> &Device {
        self.gpt.device()
    }

    /// What the GPT is computed in, but for 8-bit weights.
    pub fn dtype(&self) -> DType {
        self.gpt.dtype()
    }

    /// The voices that come with the checkpoint.
    pub fn speakers(&self) -> &[(String, Conditioning)] {
        &self.speakers
    }

    /// A voice of recordings of one speaker, mono at 22,050 Hz.
    pub fn condition(&self, recordings: &[Vec<f32>]) -> Result<Conditioning> {
        self.work(|| self.conditioning.condition(recordings))
    }

    /// The ids of a transcript in a language that the checkpoint names.
    pub fn tokenize(&self, transcript: &str, language: &str) -> Result<Vec<u32>> {
        self.tokenizer.encode(transcript, language)
    }

    /// Does for a voice what need not be done for each text.
    pub fn prepare(&self, voice: &Conditioning) -> Result<PreparedVoice> {
        self.work(|| self.prepare_here(voice))
    }

    /// The scores of every next code behind a text and given codes, `[codes + 1][code]`: for measuring what a precision costs.
    pub fn scores(
        &self,
        voice: &PreparedVoice,
        tokens: &[u32],
        codes: &[u32],
    ) -> Result<Vec<Vec<f32>>> {
        self.work(|| self.scores_here(voice, tokens, codes))
    }

    fn scores_here(
        &self,
        voice: &PreparedVoice,
        tokens: &[u32],
        codes: &[u32],
    ) -> Result<Vec<Vec<f32>>> {
        let codes = [&[self.gpt.sizes().start_code], codes].concat();
        let positions: Vec<u32> = (0..).take(codes.len()).collect();
        let text = self.gpt.embed_text(tokens)?;
        let input = Tensor::cat(&[&text, &self.gpt.embed_codes(&codes, &positions)?], 0)?;
        let (latents, times) = (voice.latents.capacity(), input.dim(0)?);
        let cache = self.gpt.cache(1, latents + times)?;
        cache.write_row(0, 0, &voice.latents)?;
        let placement = Placement {
            row: 0,
            times,
            at: latents,
            starts: vec![0],
        };
        let trace = &mut Trace::none();
        let output = self.gpt.forward(&input, &cache, &placement, trace)?;
        let output = output.narrow(0, times - codes.len(), codes.len())?;
        let states = self.gpt.states(&output, trace)?;
        Ok(self.gpt.logits(&states)?.to_vec2()?)
    }

    /// The samples of hidden states `[codes, channels]`.
    pub fn decode(&self, voice: &PreparedVoice, states: &Tensor) -> Result<Vec<f32>> {
        let mut stream = VocoderStream::new(&self.vocoder, &voice.vocoder, 1.0);
        self.work(|| stream.push(states, true))
    }

    /// Runs something on the model's own threads.
    pub(crate) fn work<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.threads.install(work)
    }

    fn prepare_here(&self, voice: &Conditioning) -> Result<PreparedVoice> {
        voice.check(&self.config)?;
        let latents = voice.latents_tensor(self.device())?.squeeze(0)?;
        Ok(PreparedVoice {
            latents: Arc::new(self.latents(&latents)?),
            vocoder: self
                .vocoder
                .voice(&voice.embedding_tensor(self.device())?)?,
        })
    }

    /// Keys and values of latents `[32, channels]`.
    pub(crate) fn latents(&self, latents: &Tensor) -> Result<KvCache> {
        let count = latents.dim(0)?;
        let cache = self.gpt.cache(1, count)?;
        let placement = Placement {
            row: 0,
            times: count,
            at: 0,
            starts: vec![0],
        };
        let latents = latents.to_dtype(self.gpt.dtype())?;
        self.gpt
            .forward(&latents, &cache, &placement, &mut Trace::none())?;
        Ok(cache)
    }
}

/// The voices that came with a model, in their published order.
fn speakers(folder: &ModelFolder) -> Result<Vec<(String, Conditioning)>> {
    let Some(path) = folder.speakers() else {
        return Ok(Vec::new());
    };
    let weights = Weights::open(&path, &Device::Cpu)?;
    let values = |name: String| -> Result<Vec<f32>> {
        let tensor = weights.get(&name, weights.shape(&name)?)?;
        Ok(tensor.flatten_all()?.to_vec1()?)
    };
    let names = folder.speaker_names()?.into_iter();
    let voice = |name: String| {
        let latents = values(format!("{name}.gpt_cond_latent"))?;
        let embedding = values(format!("{name}.speaker_embedding"))?;
        Ok((name, Conditioning::new(latents, embedding)?))
    };
    names.map(voice).collect()
}

fn threads(count: usize) -> Result<ThreadPool> {
    let pool = ThreadPoolBuilder::new()
        .num_threads(count)
        .thread_name(|number| format!("xtts-{number}"))
        .build();
    pool.map_err(|error| XttsError::Input(format!("the threads cannot be started: {error}")))
}

fn device(choice: DeviceChoice) -> Result<Device> {
    match choice {
        DeviceChoice::Cpu => Ok(Device::Cpu),
        DeviceChoice::Cuda(number) => Ok(Device::new_cuda(number)?),
        DeviceChoice::Auto => Ok(Device::cuda_if_available(0)?),
    }
}

fn matrices(precision: Precision, device: &Device, quantized: Option<&Path>) -> Result<Matrices> {
    let on_cpu = device.is_cpu();
    let open = |path: &Path| Weights::open(path, &Device::Cpu);
    match precision {
        Precision::F32 => Ok(Matrices::Floating(DType::F32)),
        Precision::Q8 | Precision::Auto if on_cpu => {
            Ok(Matrices::Quantized(quantized.map(open).transpose()?))
        }
        Precision::Bf16 | Precision::Auto if !on_cpu => Ok(Matrices::Floating(DType::BF16)),
        Precision::F16 if !on_cpu => Ok(Matrices::Floating(DType::F16)),
        Precision::Q8 => Err(XttsError::Input(
            "8-bit weights are for the CPU: choose f32, f16 or bf16 on a GPU".to_owned(),
        )),
        _ => Err(XttsError::Input(
            "f16 and bf16 are for GPUs: choose f32 or q8 on the CPU".to_owned(),
        )),
    }
}
