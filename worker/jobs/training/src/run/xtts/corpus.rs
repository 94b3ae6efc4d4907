//! What a run trains and measures with, as one object: ids and codes of all clips, then their sound, which is read when a step asks for it.

use std::{
    fs::File,
    io::{BufWriter, Read as _, Write as _},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

use kiskadee_xtts_trainer::{Dataset, Example, Recordings, TrainError};
use serde::{Deserialize, Serialize};

/// Bytes of a sample.
const SAMPLE: u64 = 2;

/// A clip that can be learned from.
pub(super) struct Clip {
    pub(super) example: Example,
    /// At 22,050 Hz.
    pub(super) samples: Vec<i16>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    clips: Vec<ClipHeader>,
    training: Vec<usize>,
    evaluation: Vec<usize>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ClipHeader {
    tokens: Vec<u32>,
    codes: Vec<u32>,
    samples: usize,
}

/// The object in a file.
#[derive(Debug)]
pub(super) struct Corpus {
    header: Header,
    path: PathBuf,
    file: File,
    /// Where the sound of each clip begins.
    starts: Vec<u64>,
}

impl Corpus {
    /// Writes the object. `training` and `evaluation` are numbers of clips.
    pub(super) fn write(
        path: &Path,
        clips: &[Clip],
        (training, evaluation): (Vec<usize>, Vec<usize>),
    ) -> Result<(), TrainError> {
        let header = Header {
            clips: clips.iter().map(described).collect(),
            training,
            evaluation,
        };
        let header = serde_json::to_vec(&header)
            .map_err(|error| TrainError::Options(format!("clips cannot be kept: {error}")))?;
        let write = || {
            let mut out = BufWriter::new(File::create(path)?);
            out.write_all(&(header.len() as u64).to_le_bytes())?;
            out.write_all(&header)?;
            for sample in clips.iter().flat_map(|clip| &clip.samples) {
                out.write_all(&sample.to_le_bytes())?;
            }
            out.flush()
        };
        write().map_err(|source| at(path, source))
    }

    pub(super) fn open(path: &Path) -> Result<Self, TrainError> {
        let mut file = File::open(path).map_err(|source| at(path, source))?;
        let mut length = [0; 8];
        let read = file.read_exact(&mut length);
        read.map_err(|source| at(path, source))?;
        let length = u64::from_le_bytes(length);
        let mut text = Vec::new();
        let read = (&mut file).take(length).read_to_end(&mut text);
        read.map_err(|source| at(path, source))?;
        let header: Header = serde_json::from_slice(&text).map_err(|error| {
            let reason = format!("what the run was prepared with cannot be read: {error}");
            TrainError::Options(reason)
        })?;
        let mut start = 8 + length;
        let starts = header.clips.iter().map(|clip| {
            let place = start;
            start += clip.samples as u64 * SAMPLE;
            place
        });
        Ok(Self {
            starts: starts.collect(),
            header,
            path: path.to_owned(),
            file,
        })
    }

    pub(super) fn dataset(&self) -> Dataset<'_> {
        let examples = self.header.clips.iter().map(|clip| Example {
            tokens: clip.tokens.clone(),
            codes: clip.codes.clone(),
            samples: clip.samples,
        });
        Dataset {
            examples: examples.collect(),
            recordings: self,
            training: self.header.training.clone(),
            evaluation: self.header.evaluation.clone(),
        }
    }

    /// The longest clips that are trained with, of so many seconds together at most, or the longest alone.
    pub(super) fn longest(&self, seconds: f64) -> Vec<usize> {
        let samples = |clip: &usize| self.header.clips.get(*clip).map_or(0, |clip| clip.samples);
        let mut clips = self.header.training.clone();
        clips.sort_by_key(|clip| (std::cmp::Reverse(samples(clip)), *clip));
        let mut left = (seconds * f64::from(kiskadee_xtts::INPUT_RATE)) as usize;
        let mut chosen = Vec::new();
        for clip in clips {
            if chosen.is_empty() || samples(&clip) <= left {
                left = left.saturating_sub(samples(&clip));
                chosen.push(clip);
            }
        }
        chosen
    }
}

impl Recordings for Corpus {
    fn samples(&self, clip: usize) -> Result<Vec<f32>, TrainError> {
        let found = self.header.clips.get(clip).zip(self.starts.get(clip));
        let missing = || TrainError::Options(format!("there is no clip {clip}"));
        let (about, start) = found.ok_or_else(missing)?;
        let mut bytes = vec![0; about.samples * SAMPLE as usize];
        let read = self.file.read_exact_at(&mut bytes, *start);
        read.map_err(|source| at(&self.path, source))?;
        let samples = bytes.chunks_exact(2);
        Ok(samples
            .map(|pair| float(i16::from_le_bytes([pair[0], pair[1]])))
            .collect())
    }
}

fn described(clip: &Clip) -> ClipHeader {
    ClipHeader {
        tokens: clip.example.tokens.clone(),
        codes: clip.example.codes.clone(),
        samples: clip.samples.len(),
    }
}

/// A sample as the trainer has it.
pub(super) fn float(sample: i16) -> f32 {
    f32::from(sample) / 32_768.0
}

/// A sample as it is kept.
pub(super) fn whole(sample: f32) -> i16 {
    (sample.clamp(-1.0, 1.0) * 32_767.0).round() as i16
}

fn at(path: &Path, source: std::io::Error) -> TrainError {
    TrainError::File {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clip(samples: &[i16]) -> Clip {
        Clip {
            example: Example {
                tokens: vec![1, samples.len() as u32],
                codes: vec![7; samples.len()],
                samples: samples.len(),
            },
            samples: samples.to_vec(),
        }
    }

    #[test]
    fn what_was_written_is_read_and_the_longest_come_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("corpus");
        let clips = [clip(&[1, -2]), clip(&[3, 4, 5]), clip(&[-32_768])];
        Corpus::write(&path, &clips, (vec![0, 1], vec![2])).unwrap();
        let corpus = Corpus::open(&path).unwrap();
        let dataset = corpus.dataset();
        assert_eq!(dataset.examples[1], clips[1].example);
        assert_eq!(
            (dataset.training, dataset.evaluation),
            (vec![0, 1], vec![2])
        );
        assert_eq!(corpus.samples(2).unwrap(), [-1.0]);
        assert_eq!(corpus.samples(1).unwrap().len(), 3);
        assert_eq!(corpus.longest(0.0), [1]);
        assert_eq!(corpus.longest(1.0), [1, 0]);
        assert!(corpus.samples(3).is_err());
        assert_eq!((whole(2.0), whole(-2.0), whole(0.0)), (32_767, -32_767, 0));
    }
}
