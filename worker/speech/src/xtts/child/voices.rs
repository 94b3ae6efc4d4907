//! Voices that the model is ready to speak with.

use futures::executor::block_on;
use kiskadee_xtts::{Conditioning, PreparedVoice, Xtts, XttsError};

use crate::{
    CacheError, ModelCache,
    process::{split, to_floats},
    xtts::protocol::{Source, VoiceRecipe},
};

/// What prepared voices may take: those of XTTS-v2 take 8 MB each.
const BUDGET_BYTES: u64 = 512 << 20;

pub(super) struct Voices(ModelCache<PreparedVoice>);

impl Voices {
    pub(super) fn new() -> Self {
        Self(ModelCache::new(BUDGET_BYTES))
    }

    /// The voice of a recipe, whose parts' conditioning is `body`.
    pub(super) fn get(
        &self,
        model: &Xtts,
        recipe: &VoiceRecipe,
        body: &[u8],
    ) -> Result<PreparedVoice, XttsError> {
        let prepared = self.0.get(&recipe.key, prepared_bytes(model), async || {
            model.prepare(&mix(model, recipe, body)?)
        });
        match block_on(prepared) {
            Ok(voice) => Ok((*voice).clone()),
            Err(CacheError::Load(error)) => Err(error),
            Err(error) => Err(XttsError::Input(error.to_string())),
        }
    }
}

/// The keys and values of the voice's latents in all layers, as f32.
fn prepared_bytes(model: &Xtts) -> u64 {
    let args = &model.config().model_args;
    let values = args.gpt_layers * 2 * kiskadee_xtts::LATENTS * args.gpt_n_model_channels;
    (values * size_of::<f32>()) as u64
}

fn mix(model: &Xtts, recipe: &VoiceRecipe, body: &[u8]) -> Result<Conditioning, XttsError> {
    let lengths = recipe.parts.iter().filter_map(|part| match part.source {
        Source::Conditioning(bytes) => Some(bytes),
        Source::Speaker(_) => None,
    });
    let pieces = split(body, lengths).ok_or_else(|| damaged("its parts are cut off"))?;
    let mut pieces = pieces.into_iter();
    let mut parts = Vec::with_capacity(recipe.parts.len());
    for part in &recipe.parts {
        let conditioning = match &part.source {
            Source::Speaker(name) => built_in(model, name)?,
            Source::Conditioning(_) => read(model, pieces.next().unwrap_or_default())?,
        };
        parts.push((conditioning, part.weight));
    }
    if let [(conditioning, _)] = parts.as_slice() {
        return Ok(conditioning.clone());
    }
    let parts: Vec<(&Conditioning, f32)> = parts
        .iter()
        .map(|(conditioning, weight)| (conditioning, *weight))
        .collect();
    Conditioning::mix(&parts)
}

fn built_in(model: &Xtts, name: &str) -> Result<Conditioning, XttsError> {
    let speakers = model.speakers().iter();
    let mut named = speakers.filter(|(speaker, _)| speaker == name);
    named
        .next()
        .map(|(_, conditioning)| conditioning.clone())
        .ok_or_else(|| XttsError::Input(format!("the model has no speaker `{name}` any more")))
}

fn read(model: &Xtts, bytes: &[u8]) -> Result<Conditioning, XttsError> {
    let conditioning =
        Conditioning::from_bytes(bytes).map_err(|error| damaged(&error.to_string()))?;
    conditioning.check(model.config())?;
    Ok(conditioning)
}

fn damaged(why: &str) -> XttsError {
    XttsError::Input(format!("the voice cannot be read, make it again: {why}"))
}

/// The voice of recordings, which are samples one after the other, as it is kept.
pub(super) fn condition(
    model: &Xtts,
    lengths: Vec<usize>,
    body: &[u8],
) -> Result<Vec<u8>, XttsError> {
    let recordings = split(body, lengths).and_then(|pieces| {
        let samples = pieces.into_iter().map(to_floats);
        samples.collect::<Option<Vec<_>>>()
    });
    let recordings =
        recordings.ok_or_else(|| XttsError::Input("a recording is cut off".to_owned()))?;
    model.condition(&recordings)?.to_bytes()
}
