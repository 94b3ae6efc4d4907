//! Voices as the product's folder keeps them, made of those that were published.

use std::borrow::Cow;
use std::path::Path;

use kiskadee_checkpoint::{ImportedTensor, voices};

use crate::error::{KokoroError, Result};
use crate::styles::{STYLE_ROWS, STYLE_WIDTH, Style};

/// A voice that was read, and checked.
pub struct PublishedVoice {
    pub name: String,
    pub style: Style,
}

impl PublishedVoice {
    pub(super) fn tensor(&self) -> ImportedTensor<'_> {
        let values = || Ok(Cow::Borrowed(self.style.values()));
        ImportedTensor::new(self.name.clone(), [STYLE_ROWS, STYLE_WIDTH], values)
    }
}

/// The voices of a file in any published form, or of a folder of such files.
pub fn read_voices(path: &Path) -> Result<Vec<PublishedVoice>> {
    let voices = voices::read(path)?.into_iter();
    let voice = |pack: voices::StylePack| {
        let style = Style::new(&pack.name, pack.values);
        let style = style.map_err(|error| KokoroError::file(path, error))?;
        let name = pack.name;
        Ok(PublishedVoice { name, style })
    };
    voices.map(voice).collect()
}
