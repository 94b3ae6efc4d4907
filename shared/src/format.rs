//! The audio formats that a caller can ask for.

use crate::text_enum::text_enum;

text_enum! {
    /// How the audio of an answer is encoded.
    #[derive(Default)]
    ResponseFormat {
        /// 16-bit PCM in RIFF.
        #[default]
        Wav = "wav",
        /// MPEG layer 3.
        Mp3 = "mp3",
        /// Opus in Ogg.
        Opus = "opus",
        /// AAC in ADTS frames.
        Aac = "aac",
        /// Lossless.
        Flac = "flac",
        /// Bare 16-bit little-endian samples, mono.
        Pcm = "pcm",
    }
}

text_enum! {
    /// How live audio travels.
    #[derive(Default)]
    StreamFormat {
        /// Its bytes as they are.
        #[default]
        Audio = "audio",
        /// In server-sent events.
        Sse = "sse",
    }
}

impl ResponseFormat {
    /// The media type of an answer.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Wav => "audio/wav",
            Self::Mp3 => "audio/mpeg",
            Self::Opus => "audio/ogg",
            Self::Aac => "audio/aac",
            Self::Flac => "audio/flac",
            Self::Pcm => "audio/pcm",
        }
    }

    /// The extension of a file, without its dot.
    pub const fn extension(self) -> &'static str {
        self.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wav_is_the_default_and_opus_travels_in_ogg() {
        assert_eq!(ResponseFormat::default(), ResponseFormat::Wav);
        assert_eq!(ResponseFormat::Opus.content_type(), "audio/ogg");
        assert_eq!(ResponseFormat::Opus.extension(), "opus");
    }
}
