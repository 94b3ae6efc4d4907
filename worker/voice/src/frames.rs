//! The parameters between the acoustic model and the vocoder.

/// Hz.
pub const SAMPLE_RATE: u32 = 16_000;
/// Samples from one frame to the next.
pub const HOP: usize = 80;
/// Seconds from one frame to the next.
pub const FRAME_SECONDS: f32 = HOP as f32 / SAMPLE_RATE as f32;
/// Mel-cepstral coefficients of a frame, `c0` included, with all-pass constant 0.42.
pub const MEL_CEPSTRUM: usize = 25;
/// Bands of mixed excitation.
pub const STRENGTHS: usize = 5;

/// Vocoder parameters, one entry of each field for a frame of 5 ms.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct VocoderFrames {
    /// Fundamental frequency in Hz, 0 where unvoiced. `[frames]`
    pub f0: Vec<f32>,
    /// `[frames][25]`
    pub mel_cepstrum: Vec<[f32; MEL_CEPSTRUM]>,
    /// Voicing strength of each band, 0 (noise) to 1 (pulses). `[frames][5]`
    pub strengths: Vec<[f32; STRENGTHS]>,
}

impl VocoderFrames {
    pub fn len(&self) -> usize {
        self.f0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.f0.is_empty()
    }
}
