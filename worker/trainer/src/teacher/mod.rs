//! Runs the teachers: speech programs of the machine that say sentences and tell how they did it.
//!
//! flite tells the very parameters that its vocoder was given, espeak-ng the places of its phonemes in its waveform.
//! Their libraries are linked to small C programs, which are compiled into a cache directory when data is made and run
//! as processes of their own; nothing of them gets into the product.

mod error;
mod espeak;
mod flite;
mod program;

pub use error::TeacherError;
pub use espeak::{EspeakPhone, EspeakUtterance, espeak};
pub use flite::{FlitePhone, FliteUtterance, FliteVoice, flite};
pub(crate) use program::{Program, missing};
