//! The one error of this crate: a name for everything that may be wrong with a file, a setting or a recording.

use std::path::PathBuf;

use kiskadee_checkpoint::CheckpointError;
use kiskadee_dsp::DspError;

/// Why there is no model, or no converted speech.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RvcError {
    /// A file is cut off, hostile, or of another format than it should be.
    #[error("{path}: {reason}")]
    Unreadable { path: PathBuf, reason: String },
    /// A file of torch that holds no voice.
    #[error("holds no voice: {0}")]
    NotAVoice(String),
    /// The half of a training's state that judges voices (`D_*.pth`).
    #[error(
        "holds a discriminator, which judges voices and has none: take the file `G_*.pth` or the exported voice"
    )]
    Discriminator,
    /// A decoder of another architecture.
    #[error("needs the vocoder `{0}`: only `HiFi-GAN` is supported")]
    UnsupportedVocoder(String),
    /// Trained behind another network of features.
    #[error("was trained on features of `{0}`: only `contentvec` is supported")]
    UnsupportedEmbedder(String),
    #[error("is of the version `{0}`: `v1` and `v2` are supported")]
    UnsupportedVersion(String),
    /// The sizes of a network are impossible, or beyond what any voice has.
    #[error("its configuration is impossible: {0}")]
    Config(String),
    /// A tensor is missing, has another shape, or is cut off.
    #[error("tensor `{name}` {reason}")]
    Tensor { name: String, reason: String },
    /// A weight or a vector is not a number, or infinite.
    #[error("`{name}` holds values that are no finite numbers")]
    NotFinite { name: String },
    #[error("the index is damaged: {0}")]
    IndexDamaged(String),
    /// A `trained_*.index`, which has cells and nothing in them.
    #[error("the index holds no vectors: take the file `added_*.index`")]
    IndexWithoutVectors,
    #[error("the index holds vectors of {found} values, the voice needs {needed}")]
    IndexWidth { found: usize, needed: usize },
    /// Voices of version 1 need a projection that some files of the feature network lack.
    #[error("the feature network has no `final_proj`, which voices of version 1 need")]
    NoFinalProjection,
    #[error("the feature network gives {found} values for each frame, the voice needs {needed}")]
    FeatureWidth { found: usize, needed: usize },
    #[error("there is no speaker {asked}: the voice has {count}")]
    Speaker { asked: usize, count: usize },
    #[error("`{name}` is {value}, it has to be from {least} to {most}")]
    Setting {
        name: &'static str,
        value: f32,
        least: f32,
        most: f32,
    },
    #[error("the recording has {samples} samples at 16 kHz, at least {least} are needed")]
    AudioTooShort { samples: usize, least: usize },
    #[error("the recording is longer than {seconds} s")]
    AudioTooLong { seconds: u64 },
    #[error("the recording is silent")]
    AudioSilent,
    #[error("the recording holds samples that are no finite numbers")]
    AudioNotFinite,
    /// The device or a kernel failed; the process should not be trusted further when it is a GPU.
    #[error(transparent)]
    Device(#[from] candle_core::Error),
}

impl RvcError {
    /// A name that never changes, for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "file_unreadable",
            Self::NotAVoice(_) => "not_a_voice",
            Self::Discriminator => "discriminator",
            Self::UnsupportedVocoder(_) => "unsupported_vocoder",
            Self::UnsupportedEmbedder(_) => "unsupported_embedder",
            Self::UnsupportedVersion(_) => "unsupported_version",
            Self::Config(_) => "config_impossible",
            Self::Tensor { .. } => "tensor_unusable",
            Self::NotFinite { .. } => "weights_not_finite",
            Self::IndexDamaged(_) => "index_damaged",
            Self::IndexWithoutVectors => "index_without_vectors",
            Self::IndexWidth { .. } => "index_width",
            Self::NoFinalProjection => "no_final_projection",
            Self::FeatureWidth { .. } => "feature_width",
            Self::Speaker { .. } => "speaker_unknown",
            Self::Setting { .. } => "setting_out_of_range",
            Self::AudioTooShort { .. } => "audio_too_short",
            Self::AudioTooLong { .. } => "audio_too_long",
            Self::AudioSilent => "audio_silent",
            Self::AudioNotFinite => "audio_not_finite",
            Self::Device(_) => "device_failed",
        }
    }

    pub(crate) fn tensor(name: impl Into<String>, reason: impl std::fmt::Display) -> Self {
        Self::Tensor {
            name: name.into(),
            reason: reason.to_string(),
        }
    }

    pub(crate) fn unreadable(path: impl Into<PathBuf>, reason: impl std::fmt::Display) -> Self {
        Self::Unreadable {
            path: path.into(),
            reason: reason.to_string(),
        }
    }
}

impl From<CheckpointError> for RvcError {
    fn from(error: CheckpointError) -> Self {
        match error {
            CheckpointError::File { path, reason } => Self::Unreadable { path, reason },
            CheckpointError::Tensor { name, reason } => Self::Tensor { name, reason },
            CheckpointError::Device(error) => Self::Device(error),
            // What has no variant here yet.
            other => Self::NotAVoice(other.to_string()),
        }
    }
}

impl From<DspError> for RvcError {
    fn from(error: DspError) -> Self {
        match error {
            DspError::TooShort { samples, least } => Self::AudioTooShort { samples, least },
            other => Self::Device(candle_core::Error::Msg(other.to_string())),
        }
    }
}

pub type Result<T, E = RvcError> = std::result::Result<T, E>;
