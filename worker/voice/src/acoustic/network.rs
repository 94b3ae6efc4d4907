//! The network: phones and a speaker in, durations and vocoder parameters out.
//!
//! Residual convolutions at phone rate, a duration head, and residual convolutions at frame rate, in the manner of
//! `FastSpeech 2` (Ren et al., 2020) with convolutions in place of attention, since sentences are short and the model
//! runs on one CPU core. Nothing here knows whether it is being trained.

use candle_core::{Result, Tensor};

use super::config::{Config, SPEAKER_WIDTH};
use super::error::ModelError;
use super::features::{FRAME_FEATURES, PHONE_FEATURES};
use super::standardize::standardize;
use super::unfold::{Segments, unfold};
use crate::speaker::STATISTICS;

/// Parameters of a frame of 5 ms: log f0 relative to the speaker's pitch, voicing, mel-cepstrum, strengths.
pub const FRAME_PARAMETERS: usize = 2 + crate::MEL_CEPSTRUM + crate::STRENGTHS;
/// Frames of 5 ms that one row at frame rate stands for.
pub const FRAMES_PER_ROW: usize = 2;

/// Where parameters come from: a file, or fresh ones.
pub trait ParameterSource {
    /// The parameter `name` of shape `[rows, columns]`. Fresh ones are uniform with the standard deviation
    /// `gain / sqrt(rows)`.
    fn parameter(
        &mut self,
        name: &str,
        rows: usize,
        columns: usize,
        gain: f32,
    ) -> std::result::Result<Tensor, ModelError>;
}

/// A convolution, whose bias is the last row of `[taps * inputs + 1, outputs]`.
#[derive(Debug)]
struct Convolution {
    weight: Tensor,
    taps: usize,
    dilation: usize,
}

impl Convolution {
    fn forward(&self, rows: &Tensor, segments: &Segments) -> Result<Tensor> {
        unfold(rows, segments, self.taps, self.dilation)?.matmul(&self.weight)
    }

    /// `rows + relu(convolution(standardize(rows)))`
    fn residual(&self, rows: &Tensor, segments: &Segments) -> Result<Tensor> {
        rows + self.forward(&standardize(rows)?, segments)?.relu()?
    }
}

#[derive(Debug)]
pub struct Network {
    phone_input: Convolution,
    speaker_input: Tensor,
    phone_blocks: Vec<Convolution>,
    duration_hidden: Convolution,
    duration_output: Convolution,
    frame_input: Convolution,
    frame_place: Tensor,
    frame_blocks: Vec<Convolution>,
    frame_output: Convolution,
    encoder_hidden: Convolution,
    encoder_output: Convolution,
}

/// The shape of a convolution and how strongly it starts.
struct Shape {
    taps: usize,
    dilation: usize,
    inputs: usize,
    outputs: usize,
    gain: f32,
}

impl Shape {
    fn dense(inputs: usize, outputs: usize, gain: f32) -> Self {
        Self {
            taps: 1,
            dilation: 1,
            inputs,
            outputs,
            gain,
        }
    }

    fn make(
        self,
        source: &mut impl ParameterSource,
        name: &str,
    ) -> std::result::Result<Convolution, ModelError> {
        let weight =
            source.parameter(name, self.taps * self.inputs + 1, self.outputs, self.gain)?;
        Ok(Convolution {
            weight,
            taps: self.taps,
            dilation: self.dilation,
        })
    }
}

/// One convolution of as many outputs as inputs for each dilation.
fn residual_blocks(
    source: &mut impl ParameterSource,
    name: &str,
    (width, taps): (usize, usize),
    dilations: &[usize],
) -> std::result::Result<Vec<Convolution>, ModelError> {
    let block = |(index, dilation): (usize, &usize)| {
        let shape = Shape {
            taps,
            dilation: *dilation,
            ..Shape::dense(width, width, 1.0)
        };
        shape.make(source, &format!("{name}.block.{index}"))
    };
    dilations.iter().enumerate().map(block).collect()
}

impl Network {
    pub fn new(
        config: &Config,
        source: &mut impl ParameterSource,
    ) -> std::result::Result<Self, ModelError> {
        config.check()?;
        let (phone, frame) = (config.phone_width, config.frame_width);
        let outputs = FRAMES_PER_ROW * FRAME_PARAMETERS;
        Ok(Self {
            // Few of the features are ever set at once, so the fan-in is small.
            phone_input: Shape::dense(PHONE_FEATURES, phone, 4.0).make(source, "phone.input")?,
            speaker_input: source.parameter("speaker.input", SPEAKER_WIDTH, phone + frame, 1.0)?,
            phone_blocks: residual_blocks(
                source,
                "phone",
                (phone, config.phone_taps),
                &config.phone_dilations,
            )?,
            duration_hidden: Shape {
                taps: 3,
                ..Shape::dense(phone, config.duration_width, 1.0)
            }
            .make(source, "duration.hidden")?,
            duration_output: Shape::dense(config.duration_width, 1, 0.3)
                .make(source, "duration.output")?,
            frame_input: Shape::dense(phone, frame, 1.0).make(source, "frame.input")?,
            frame_place: source.parameter("frame.place", FRAME_FEATURES, frame, 1.0)?,
            frame_blocks: residual_blocks(
                source,
                "frame",
                (frame, config.frame_taps),
                &config.frame_dilations,
            )?,
            frame_output: Shape::dense(frame, outputs, 0.5).make(source, "frame.output")?,
            encoder_hidden: Shape::dense(STATISTICS, config.encoder_width, 1.0)
                .make(source, "encoder.hidden")?,
            encoder_output: Shape::dense(config.encoder_width, SPEAKER_WIDTH, 1.0)
                .make(source, "encoder.output")?,
        })
    }

    /// Standardised statistics of recordings `[recordings, STATISTICS]` to speaker vectors `[recordings, SPEAKER_WIDTH]`.
    pub fn encode_speakers(&self, statistics: &Tensor) -> Result<Tensor> {
        let rows = Segments::from_lengths([statistics.dim(0)?]);
        let hidden = self.encoder_hidden.forward(statistics, &rows)?.relu()?;
        self.encoder_output.forward(&hidden, &rows)?.tanh()
    }

    /// Phone features `[phones, PHONE_FEATURES]` and one speaker for each sentence `[sentences, SPEAKER_WIDTH]`.
    pub fn encode_phones(
        &self,
        features: &Tensor,
        speakers: &Tensor,
        sentences: &Segments,
    ) -> Result<EncodedPhones> {
        let owners = Tensor::new(sentences.owners(), features.device())?;
        let speakers = speakers
            .matmul(&self.speaker_input)?
            .index_select(&owners, 0)?;
        let width = self.phone_input.weight.dim(1)?;
        let mut rows =
            (self.phone_input.forward(features, sentences)? + speakers.narrow(1, 0, width)?)?;
        for block in &self.phone_blocks {
            rows = block.residual(&rows, sentences)?;
        }
        let frame_speakers = speakers.narrow(1, width, speakers.dim(1)? - width)?;
        Ok(EncodedPhones {
            rows: standardize(&rows)?,
            frame_speakers,
            sentences: sentences.clone(),
        })
    }

    /// Natural logarithms of the durations in rows at frame rate. `[phones]`
    pub fn log_durations(&self, phones: &EncodedPhones) -> Result<Tensor> {
        let hidden = self
            .duration_hidden
            .forward(&phones.rows, &phones.sentences)?
            .relu()?;
        self.duration_output
            .forward(&standardize(&hidden)?, &phones.sentences)?
            .squeeze(1)
    }

    /// Standardised parameters `[rows, FRAMES_PER_ROW * FRAME_PARAMETERS]` for rows that belong to the phones `phone_of_row`
    /// and have the features `places` `[rows, FRAME_FEATURES]`.
    pub fn frames(
        &self,
        phones: &EncodedPhones,
        phone_of_row: &Tensor,
        places: &Tensor,
        sentences: &Segments,
    ) -> Result<Tensor> {
        let phones =
            (self.frame_input.forward(&phones.rows, &phones.sentences)? + &phones.frame_speakers)?;
        let mut rows =
            (phones.index_select(phone_of_row, 0)? + places.matmul(&self.frame_place)?)?;
        for block in &self.frame_blocks {
            rows = block.residual(&rows, sentences)?;
        }
        self.frame_output.forward(&standardize(&rows)?, sentences)
    }
}

/// What the layers at phone rate made of the phones of some sentences.
#[derive(Debug)]
pub struct EncodedPhones {
    rows: Tensor,
    frame_speakers: Tensor,
    sentences: Segments,
}
