//! Signal processing that models share: power spectra, mel filterbanks and resampling, in the arithmetic of the references
//! behind which published models were trained. Mono samples in -1.0..=1.0; no tensors, no devices.

mod error;
mod filterbank;
mod mel;
mod resample;
mod spectrum;

pub use self::{
    error::DspError,
    filterbank::{Filterbank, Scaling},
    mel::Mel,
    resample::{Resampler, resample},
    spectrum::{PowerSpectrum, Window},
};
