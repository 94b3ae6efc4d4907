//! Kokoro-82M, run by the product's own engine: natural speech with the length of every phone, so no aligner is needed.

mod recording;
mod speech_file;
mod symbols;

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use candle_core::Device;
use kiskadee_kokoro::{Kokoro, SAMPLE_RATE, Styles, Utterance};
use kiskadee_pronunciation::PhoneToken;
use kiskadee_pronunciation::Pronouncer;
use kiskadee_text::{Language, Sentence, normalize};

use self::recording::Said;
use self::speech_file::SpeechFile;
use self::symbols::{Symbol, symbols};
use crate::TrainError;
use crate::corpus::Recording;
use crate::texts::sentence_kind;
use crate::voice::{TeacherVoice, Teachers};

/// The voices that teach, with what they speak.
pub const VOICES: [(&str, Language); 7] = [
    ("pf_dora", Language::Portuguese),
    ("pm_alex", Language::Portuguese),
    ("af_heart", Language::English),
    ("af_kore", Language::English),
    ("am_fenrir", Language::English),
    ("am_adam", Language::English),
    ("am_eric", Language::English),
];
/// Of the noise in the voices.
const SEED: u64 = 1;

/// An imported model and where its speech is kept.
pub struct KokoroTeacher {
    /// `config.json`, `model.safetensors` and `voices.safetensors`; asked for only where speech is missing.
    pub model: Option<PathBuf>,
    pub cache: PathBuf,
}

/// A model in memory.
struct Loaded {
    model: Kokoro,
    styles: Styles,
}

impl Teachers for KokoroTeacher {
    fn voices(&self) -> Vec<TeacherVoice> {
        let voice = |(name, language): (&str, Language)| TeacherVoice {
            name: name.to_owned(),
            language,
            // Beyond these a voice sounds like no speaker that there could be.
            warps: if name.contains("f_") {
                (-0.06, 0.04)
            } else {
                (-0.04, 0.06)
            },
        };
        VOICES.into_iter().map(voice).collect()
    }

    fn record(&self, voice: &TeacherVoice, texts: &[String]) -> Result<Vec<Recording>, TrainError> {
        let session = self.session(voice)?;
        // Kokoro keeps one core busy with a sentence, so sentences are what cores share.
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let share = texts.len().div_ceil(threads).max(1);
        let session = &session;
        thread::scope(|scope| {
            let start = |texts| scope.spawn(move || session.record(texts));
            let shares: Vec<_> = texts.chunks(share).map(start).collect();
            let mut recordings = Vec::new();
            for share in shares {
                let said = share
                    .join()
                    .map_err(|_| TrainError::Options(
                        "the teacher broke down, as the lines above tell; --resume goes on with what it has said"
                            .to_owned(),
                    ))?;
                recordings.extend(said?);
            }
            Ok(recordings)
        })
    }
}

/// What one voice needs while it speaks.
struct Session<'a> {
    teacher: &'a KokoroTeacher,
    voice: &'a TeacherVoice,
    pronouncer: Pronouncer,
    loaded: Mutex<Option<Arc<Loaded>>>,
}

impl Session<'_> {
    fn record(&self, texts: &[String]) -> Result<Vec<Recording>, TrainError> {
        let mut recordings = Vec::new();
        for text in texts {
            for sentence in normalize(text, self.voice.language) {
                recordings.extend(self.sentence(text, &sentence)?);
            }
        }
        Ok(recordings)
    }

    /// None if what was said cannot be used.
    fn sentence(&self, text: &str, sentence: &Sentence) -> Result<Option<Recording>, TrainError> {
        let tokens = self.pronounce(sentence)?;
        let symbols = symbols(&tokens, sentence, self.voice.language);
        let speech = self.speech(&symbols)?;
        let samples: Vec<f32> = speech
            .samples
            .iter()
            .map(|v| f32::from(*v) / 32_768.0)
            .collect();
        let said = Said {
            tokens,
            symbols: &symbols,
            frames: &speech.frames,
            samples: &samples,
            rate: speech.rate,
            kind: sentence_kind(text),
        };
        Ok(said.recording())
    }

    fn pronounce(&self, sentence: &Sentence) -> Result<Vec<PhoneToken>, TrainError> {
        self.pronouncer
            .pronounce(sentence)
            .map_err(|error| TrainError::Options(error.to_string()))
    }

    fn speech(&self, symbols: &[Symbol]) -> Result<SpeechFile, TrainError> {
        let written: String = symbols.iter().map(|symbol| symbol.symbol).collect();
        let folder = self.teacher.cache.join(&self.voice.name);
        let path = folder.join(file_name(&written));
        if let Some(known) = SpeechFile::load(&path, &written)? {
            return Ok(known);
        }
        fs::create_dir_all(&folder).map_err(TrainError::file(&folder))?;
        let speech = self.loaded()?.say(&self.voice.name, symbols)?;
        speech.save(&path, &written)?;
        Ok(speech)
    }

    /// The model, which is read once, and only where speech is missing.
    fn loaded(&self) -> Result<Arc<Loaded>, TrainError> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(loaded) = loaded.as_ref() {
            return Ok(Arc::clone(loaded));
        }
        let fresh = Arc::new(self.teacher.load()?);
        *loaded = Some(Arc::clone(&fresh));
        Ok(fresh)
    }
}

impl KokoroTeacher {
    /// What a voice says of each text, mono at 24 kHz.
    pub fn say(&self, voice: &TeacherVoice, texts: &[String]) -> Result<Vec<Vec<i16>>, TrainError> {
        let session = self.session(voice)?;
        let say = |text: &String| {
            let mut samples = Vec::new();
            for sentence in normalize(text, voice.language) {
                let tokens = session.pronounce(&sentence)?;
                let symbols = symbols(&tokens, &sentence, voice.language);
                samples.extend(session.speech(&symbols)?.samples);
            }
            Ok(samples)
        };
        texts.iter().map(say).collect()
    }

    fn session<'a>(&'a self, voice: &'a TeacherVoice) -> Result<Session<'a>, TrainError> {
        Ok(Session {
            teacher: self,
            voice,
            pronouncer: Pronouncer::built_in(voice.language)
                .map_err(|error| TrainError::Options(error.to_string()))?,
            loaded: Mutex::new(None),
        })
    }

    fn load(&self) -> Result<Loaded, TrainError> {
        let folder = self.model.as_deref().ok_or_else(|| {
            TrainError::Options(
                "the teacher's model is missing: import it with `kiskadee models import kokoro` and give its folder \
                 with --teacher-model"
                    .into(),
            )
        })?;
        Ok(Loaded {
            model: Kokoro::load(folder, &Device::Cpu)?,
            styles: Styles::open(&folder.join("voices.safetensors"))?,
        })
    }
}

impl Loaded {
    fn say(&self, voice: &str, symbols: &[Symbol]) -> Result<SpeechFile, TrainError> {
        let vocabulary = &self.model.config().vocab;
        let id = |symbol: &Symbol| {
            let id = vocabulary.get(&symbol.symbol.to_string()).copied();
            id.ok_or_else(|| {
                let symbol = symbol.symbol;
                TrainError::Options(format!("the teacher's vocabulary lacks `{symbol}`"))
            })
        };
        let ids: Vec<u32> = symbols.iter().map(id).collect::<Result<_, _>>()?;
        let style = self.styles.get(voice)?;
        let said = self.model.speak(&Utterance {
            ids: &ids,
            style: style.row(ids.len()),
            speed: 1.0,
            factors: &[],
            seed: SEED,
        })?;
        let whole = |sample: &f32| (sample * 32_767.0).clamp(-32_768.0, 32_767.0) as i16;
        Ok(SpeechFile {
            samples: said.samples.iter().map(whole).collect(),
            rate: SAMPLE_RATE,
            frames: said.frames,
        })
    }
}

/// The 64 bits of FNV-1a.
fn file_name(symbols: &str) -> String {
    let hash = symbols
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    format!("{hash:016x}.safetensors")
}
