//! What the bodies of speech work with.

use std::path::PathBuf;

use kiskadee_media::{Decoder, Encoder};
use kiskadee_speech::Engines;
use kiskadee_storage::Store;

use crate::{conditionings::Conditionings, first_audio::FirstAudio, relay::RelayClient};

#[derive(Clone)]
pub struct Tools {
    pub engines: Engines,
    pub encoder: Encoder,
    pub store: Store,
    pub relay: RelayClient,
    pub decoder: Decoder,
    /// Where files lie for the time of a job.
    pub scratch: PathBuf,
    pub conditionings: Conditionings,
    pub(crate) first_audio: FirstAudio,
}

impl Tools {
    /// `ffmpeg` is a name on the search path, or a path. Fails where no client for relays can be set up.
    pub fn new(
        engines: Engines,
        store: Store,
        ffmpeg: &str,
        scratch: impl Into<PathBuf>,
    ) -> reqwest::Result<Self> {
        let scratch = scratch.into();
        Ok(Self {
            engines,
            encoder: Encoder::new(ffmpeg, &scratch),
            store,
            relay: RelayClient::new()?,
            decoder: Decoder::new(ffmpeg),
            conditionings: Conditionings::new(&scratch),
            scratch,
            first_audio: FirstAudio::default(),
        })
    }
}
