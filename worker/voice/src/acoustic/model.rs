//! A trained model that speaks.

use candle_core::{Device, Tensor};

use super::config::SPEAKER_WIDTH;
use super::error::ModelError;
use super::features::{
    FRAME_FEATURES, PHONE_FEATURES, frame_features, phone_features, whole_durations,
};
use super::network::{EncodedPhones, FRAME_PARAMETERS, FRAMES_PER_ROW, Network};
use super::render::render;
use super::unfold::Segments;
use super::utterance::{Spoken, Utterance};
use super::weights::{BuiltInVoice, ModelDescription, WeightsFile};
use crate::FRAME_SECONDS;
use crate::VocoderFrames;
use crate::speaker::{Moments, Speaker, SpeakerVector, TooLittleSpeech, Warp};

/// The weights that come with the product.
pub static BUILT_IN: &[u8] = include_bytes!("../../weights/kiskadee.safetensors");

/// Phones in one pass, which bounds the memory that it takes. A CPU gains nothing from more than a sentence at once, and
/// small products stay on the thread that asked; an accelerator wants many.
const PHONES_PER_PASS: usize = 64;
const PHONES_PER_ACCELERATED_PASS: usize = 16_384;
/// Standardised statistics beyond this belong to no voice that was trained with.
const STATISTICS_LIMIT: f32 = 3.0;

/// The acoustic model with its weights; cheap to share behind an `Arc`, safe to use from many threads.
#[derive(Debug)]
pub struct AcousticModel {
    network: Network,
    description: ModelDescription,
    device: Device,
}

impl AcousticModel {
    /// The model that comes with the product.
    pub fn built_in(device: &Device) -> Result<Self, ModelError> {
        Self::load(BUILT_IN, device)
    }

    /// A model from the bytes of a weights file.
    pub fn load(bytes: &[u8], device: &Device) -> Result<Self, ModelError> {
        let (mut file, description) = WeightsFile::open(bytes, device)?;
        let network = Network::new(&description.config, &mut file)?;
        Ok(Self {
            network,
            description,
            device: device.clone(),
        })
    }

    pub fn description(&self) -> &ModelDescription {
        &self.description
    }

    pub fn voices(&self) -> &[BuiltInVoice] {
        &self.description.voices
    }

    /// The built-in voice `id`.
    pub fn voice(&self, id: &str) -> Result<&BuiltInVoice, ModelError> {
        self.voices()
            .iter()
            .find(|voice| voice.id == id)
            .ok_or_else(|| ModelError::Voice(id.to_owned()))
    }

    /// The nearest speaker to that of a recording: its pitch as measured, its timbre as far as the model reaches.
    pub fn match_recording(&self, recording: &VocoderFrames) -> Result<Speaker, MatchError> {
        let moments = Moments::measure(recording)?;
        Ok(self.match_moments(&moments, &Warp::new(0.0))?)
    }

    /// The speaker that these moments describe, through a vocal tract of another length.
    pub fn match_moments(&self, moments: &Moments, warp: &Warp) -> Result<Speaker, ModelError> {
        let scale = &self.description.statistics;
        let values = moments.statistics(warp);
        let standard = values.iter().zip(scale.mean.iter().zip(&scale.deviation));
        let standard = standard.map(|(v, (mean, deviation))| {
            ((v - mean) / deviation).clamp(-STATISTICS_LIMIT, STATISTICS_LIMIT)
        });
        let statistics = Tensor::from_vec(
            standard.collect::<Vec<f32>>(),
            (1, values.len()),
            &self.device,
        )?;
        let vector = self
            .network
            .encode_speakers(&statistics)?
            .flatten_all()?
            .to_vec1::<f32>()?;
        let mut speaker = Speaker {
            vector: SpeakerVector([0.0; SPEAKER_WIDTH]),
            pitch: moments.pitch(),
        };
        speaker.vector.0.copy_from_slice(&vector);
        Ok(speaker)
    }

    /// Speaks all utterances. Each comes out as it would alone.
    pub fn synthesize(&self, utterances: &[Utterance<'_>]) -> Result<Vec<Spoken>, ModelError> {
        utterances.iter().try_for_each(Utterance::check)?;
        let mut spoken = Vec::with_capacity(utterances.len());
        let mut rest = utterances;
        while !rest.is_empty() {
            let (pass, after) = rest.split_at(self.pass_length(rest));
            spoken.extend(self.pass(pass)?);
            rest = after;
        }
        Ok(spoken)
    }

    /// How many utterances fit into one pass; one at least.
    fn pass_length(&self, utterances: &[Utterance<'_>]) -> usize {
        let most = if self.device.is_cpu() {
            PHONES_PER_PASS
        } else {
            PHONES_PER_ACCELERATED_PASS
        };
        let mut phones = 0;
        let fits = utterances.iter().take_while(|utterance| {
            phones += utterance.tokens.len();
            phones <= most
        });
        fits.count().max(1)
    }

    fn pass(&self, utterances: &[Utterance<'_>]) -> Result<Vec<Spoken>, ModelError> {
        let sentences = Segments::from_lengths(utterances.iter().map(|u| u.tokens.len()));
        let phones = self.encode(utterances, &sentences)?;
        let natural = self.network.log_durations(&phones)?.to_vec1::<f32>()?;
        let ranges = sentences.ranges().iter();
        let durations: Vec<Vec<u32>> = utterances
            .iter()
            .zip(ranges)
            .map(|(u, range)| row_durations(u, &natural[range.clone()]))
            .collect();
        let rows = Segments::from_lengths(durations.iter().map(|d| d.iter().sum::<u32>() as usize));
        let values = self.frames(&phones, &durations.concat(), &rows)?;
        let width = FRAMES_PER_ROW * FRAME_PARAMETERS;
        let spoken = utterances.iter().zip(durations).zip(rows.ranges()).map(
            |((utterance, durations), range)| {
                let values = &values[range.start * width..range.end * width];
                let durations: Vec<u32> = durations
                    .iter()
                    .map(|rows| rows * FRAMES_PER_ROW as u32)
                    .collect();
                Spoken {
                    frames: render(values, &durations, utterance, &self.description),
                    durations,
                }
            },
        );
        Ok(spoken.collect())
    }

    fn encode(
        &self,
        utterances: &[Utterance<'_>],
        sentences: &Segments,
    ) -> Result<EncodedPhones, ModelError> {
        let features: Vec<f32> = utterances
            .iter()
            .flat_map(|u| phone_features(u.tokens, u.language, u.kind))
            .collect();
        let features =
            Tensor::from_vec(features, (sentences.rows(), PHONE_FEATURES), &self.device)?;
        let speakers: Vec<f32> = utterances.iter().flat_map(|u| u.speaker.vector.0).collect();
        let speakers = Tensor::from_vec(speakers, (utterances.len(), SPEAKER_WIDTH), &self.device)?;
        Ok(self
            .network
            .encode_phones(&features, &speakers, sentences)?)
    }

    /// Standardised parameters, row by row.
    fn frames(
        &self,
        phones: &EncodedPhones,
        durations: &[u32],
        rows: &Segments,
    ) -> Result<Vec<f32>, ModelError> {
        let phone_of_row: Vec<u32> = (0..)
            .zip(durations)
            .flat_map(|(phone, rows)| std::iter::repeat_n(phone, *rows as usize))
            .collect();
        let phone_of_row = Tensor::from_vec(phone_of_row, rows.rows(), &self.device)?;
        let places = Tensor::from_vec(
            frame_features(durations),
            (rows.rows(), FRAME_FEATURES),
            &self.device,
        )?;
        let frames = self.network.frames(phones, &phone_of_row, &places, rows)?;
        Ok(frames.flatten_all()?.to_vec1::<f32>()?)
    }
}

/// The seconds of a row at frame rate.
const ROW_SECONDS: f32 = FRAME_SECONDS * FRAMES_PER_ROW as f32;
/// Rows that a phone may last unless told otherwise: two seconds.
const LONGEST_PHONE: f32 = 200.0;

fn row_durations(utterance: &Utterance<'_>, natural: &[f32]) -> Vec<u32> {
    let exact: Vec<f32> = natural
        .iter()
        .enumerate()
        .map(|(index, log)| {
            let control = utterance.control(index);
            let natural = log.exp().clamp(0.5, LONGEST_PHONE) * control.stretch / utterance.rate;
            utterance.tokens[index]
                .seconds
                .map_or(natural, |seconds| seconds / ROW_SECONDS)
        })
        .collect();
    whole_durations(&exact)
}

/// Why no speaker was found for a recording.
#[derive(Debug, thiserror::Error)]
pub enum MatchError {
    #[error(transparent)]
    Recording(#[from] TooLittleSpeech),
    #[error(transparent)]
    Model(#[from] ModelError),
}
