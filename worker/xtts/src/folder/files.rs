//! The names of the files of a model's folder.

pub use kiskadee_checkpoint::folder::files::{CONFIG, LICENCE, MANIFEST, MODEL};

pub const VOCABULARY: &str = "vocab.json";
/// Voices that came with the model: `<speaker>.gpt_cond_latent` `[1, 32, channels]` and `<speaker>.speaker_embedding` `[1, size, 1]`.
pub const SPEAKERS: &str = "speakers.safetensors";
/// For training: the encoder that turns a mel spectrogram into codes.
pub const DVAE: &str = "dvae.safetensors";
/// For training: `mel_stats` `[80]`.
pub const MEL_STATS: &str = "mel_stats.safetensors";
/// The GPT in 8 bits, made at the import.
pub const GPT_Q8: &str = "gpt-q8.safetensors";
