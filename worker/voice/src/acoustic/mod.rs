//! The acoustic model: phones, a speaker and a rate to vocoder frames.
//!
//! [`AcousticModel`] speaks with trained weights. What the trainer shares with it (the network, its features and the
//! file of weights) is public too, so that both always agree.

mod config;
mod error;
mod features;
mod model;
mod network;
mod render;
mod standardize;
mod unfold;
mod utterance;
mod weights;

pub use config::{Config, SPEAKER_WIDTH};
pub use error::ModelError;
pub use features::{
    FRAME_FEATURES, PHONE_FEATURES, SentenceKind, frame_features, phone_features, whole_durations,
};
pub use model::{AcousticModel, BUILT_IN, MatchError};
pub use network::{EncodedPhones, FRAME_PARAMETERS, FRAMES_PER_ROW, Network, ParameterSource};
pub use unfold::Segments;
pub use utterance::{LONGEST_SECONDS, MOST_TOKENS, Spoken, TokenControl, Utterance};
pub use weights::{BuiltInVoice, ModelDescription, Scale, WeightsFile, phone_names, write_weights};
