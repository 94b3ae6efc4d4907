//! An import from each kind of source, and what is told of faulty ones. The model is the reduced one of `tests/golden`.

#![expect(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

use std::collections::HashMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use kiskadee_xtts::folder::{Acceptance, Import, Progress, Source, files, import};
use kiskadee_xtts::{Config, ModelFolder, Result, Weights};
use tempfile::TempDir;
use time::OffsetDateTime;

type Tensors = HashMap<String, Tensor>;

/// Of the reduced model's GPT.
const CHANNELS: usize = 32;
const HEAD: &str = "gpt.mel_head.weight";
const DIRECTION: &str = "hifigan_decoder.waveform_decoder.ups.0.parametrizations.weight.original1";

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

fn checkpoint(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../checkpoint/tests/checkpoints")
        .join(name)
}

fn zeros(shape: &[usize]) -> Tensor {
    Tensor::zeros(shape, DType::F32, &Device::Cpu).unwrap()
}

/// A folder as it is published, whose model a test may change.
struct Published {
    folder: TempDir,
    tensors: Tensors,
}

impl Published {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in [files::CONFIG, files::VOCABULARY] {
            fs::copy(golden(name), folder.path().join(name)).unwrap();
        }
        let tensors = candle_core::safetensors::load(golden(files::MODEL), &Device::Cpu).unwrap();
        Self { folder, tensors }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn target(&self) -> PathBuf {
        self.path().join("models/xtts")
    }

    fn save(&self) {
        let model = self.path().join(files::MODEL);
        candle_core::safetensors::save(&self.tensors, model).unwrap();
    }

    fn import(&self) -> Result<ModelFolder> {
        self.save();
        self.import_from(self.path())
    }

    fn import_from(&self, source: &Path) -> Result<ModelFolder> {
        let request = Import {
            source: &Source::find(source)?,
            target: &self.target(),
            origin: "a test".to_owned(),
            acceptance: acceptance(),
        };
        import(&request, &mut |_| ControlFlow::Continue(()))
    }

    fn refused(&self) -> String {
        self.import().err().unwrap().to_string()
    }
}

fn acceptance() -> Acceptance {
    Acceptance {
        by: "ana".to_owned(),
        at: OffsetDateTime::UNIX_EPOCH,
        how: "--accept-licence".to_owned(),
    }
}

fn bytes(tensor: &Tensor) -> Vec<f32> {
    tensor
        .flatten_all()
        .unwrap()
        .to_dtype(DType::F32)
        .unwrap()
        .to_vec1()
        .unwrap()
}

#[test]
fn a_published_folder_becomes_a_model() {
    let published = Published::new();
    fs::write(
        published.path().join("LICENSE.txt"),
        "Coqui Public Model License 1.0.0",
    )
    .unwrap();
    let folder = published.import().unwrap();
    let manifest = folder.manifest();
    assert_eq!(
        (manifest.engine.as_str(), manifest.source.as_str()),
        ("xtts", "a test")
    );
    assert_eq!(manifest.licence.title, "Coqui Public Model License 1.0.0");
    assert_eq!(manifest.acceptance.as_ref(), Some(&acceptance()));
    let listed: Vec<_> = manifest.files.keys().map(String::as_str).collect();
    assert_eq!(
        listed,
        [
            files::LICENCE,
            files::CONFIG,
            files::GPT_Q8,
            files::MODEL,
            files::VOCABULARY
        ]
    );
    let config = Config::read(&folder.config()).unwrap();
    let weights = Weights::open(&folder.model(), &Device::Cpu).unwrap();
    let layout = kiskadee_xtts::layout::model(&config, 69);
    let parameters: usize = layout
        .values()
        .map(|shape| shape.iter().product::<usize>())
        .sum();
    assert_eq!(manifest.parameters, parameters as u64);
    for (name, shape) in layout {
        let written = weights.get(&name, shape).unwrap();
        assert_eq!(bytes(&written), bytes(&published.tensors[&name]), "{name}");
    }
}

#[test]
fn other_parts_of_a_source_are_taken_along() {
    let published = Published::new();
    let take = |from: &str, to: &str| {
        fs::copy(checkpoint(from), published.path().join(to)).unwrap();
    };
    take("speakers_of_another_model.pth", "speakers_xtts.pth");
    let error = published.refused();
    let fault = "`gpt_cond_latent` of the speaker `Zoë O'Neil` has the shape [1, 32, 2]";
    assert!(error.contains(fault), "{error}");
    take("speakers.pth", "speakers_xtts.pth");
    take("mel_stats.pth", "mel_stats.pth");
    let config = Config::read(&published.path().join(files::CONFIG)).unwrap();
    let encoder = kiskadee_xtts::layout::dvae(&config).into_iter();
    let mut dvae: Tensors = encoder.map(|(name, shape)| (name, zeros(&shape))).collect();
    dvae.insert("decoder.6.weight".to_owned(), zeros(&[80, 16, 1]));
    candle_core::safetensors::save(&dvae, published.path().join(files::DVAE)).unwrap();

    let folder = published.import().unwrap();
    assert_eq!(folder.speaker_names().unwrap(), ["Zoë O'Neil", "Ana.Lima"]);
    let open = |path: Option<PathBuf>| Weights::open(&path.unwrap(), &Device::Cpu).unwrap();
    let speakers = open(folder.speakers());
    let latents = speakers
        .get("Ana.Lima.gpt_cond_latent", (1, 32, CHANNELS))
        .unwrap();
    assert_eq!(bytes(&latents), [2.0; 32 * CHANNELS]);
    let dvae = open(folder.dvae());
    dvae.get("codebook.embed", (16, 32)).unwrap();
    assert!(!dvae.contains("decoder.6.weight"));
    let mel_stats = open(folder.mel_stats()).get("mel_stats", 80).unwrap();
    let expected: Vec<f32> = (0_u8..80).map(f32::from).collect();
    assert_eq!(bytes(&mel_stats), expected);
}

#[test]
fn a_trainers_names_and_old_ones_are_understood() {
    let mut published = Published::new();
    let direction = bytes(&published.tensors[DIRECTION]);
    published.tensors = std::mem::take(&mut published.tensors)
        .into_iter()
        .map(|(name, tensor)| {
            let old = name
                .replace(".parametrizations.weight.original0", ".weight_g")
                .replace(".parametrizations.weight.original1", ".weight_v");
            (format!("xtts.{old}"), tensor)
        })
        .collect();
    let half = published.tensors.remove(&format!("xtts.{HEAD}")).unwrap();
    let half = half.to_dtype(DType::BF16).unwrap();
    published
        .tensors
        .insert(format!("xtts.{HEAD}"), half.clone());
    published
        .tensors
        .insert("dvae.encoder.0.0.weight".to_owned(), half.clone());
    published
        .tensors
        .insert("xtts.gpt.gpt.wte.weight".to_owned(), half.clone());
    let model = published.import().unwrap().model();
    let weights = Weights::open(&model, &Device::Cpu).unwrap();
    let shape = weights.shape(DIRECTION).unwrap();
    assert_eq!(bytes(&weights.get(DIRECTION, shape).unwrap()), direction);
    assert!(!weights.contains("gpt.gpt.wte.weight"));
    let kept = &candle_core::safetensors::load(model, &Device::Cpu).unwrap()[HEAD];
    assert_eq!((kept.dtype(), bytes(kept)), (DType::BF16, bytes(&half)));
}

#[test]
fn all_faults_are_told_at_once() {
    let mut published = Published::new();
    published.tensors.remove("mel_stats");
    let narrow = zeros(&[34, 31]);
    published.tensors.insert(HEAD.to_owned(), narrow);
    let double = published.tensors["gpt.final_norm.bias"]
        .to_dtype(DType::F64)
        .unwrap();
    published
        .tensors
        .insert("gpt.final_norm.bias".to_owned(), double);
    let error = published.refused();
    for fault in [
        "3 of ",
        "`mel_stats` is missing",
        "`gpt.mel_head.weight` has the shape [34, 31] where [34, 32] is needed",
        "`gpt.final_norm.bias` has the unexpected data type F64",
    ] {
        assert!(error.contains(fault), "{error}");
    }
    published
        .tensors
        .retain(|name, _| !name.starts_with("gpt.gpt.h."));
    let error = published.refused();
    assert!(
        error.contains("and 17 more") && error.lines().count() == 12,
        "{error}"
    );
    assert!(!published.target().exists());
}

#[test]
fn a_failed_import_leaves_the_model_as_it_was() {
    let mut published = Published::new();
    published.import().unwrap();
    published.tensors.remove("mel_stats");
    published.refused();
    ModelFolder::open(published.target()).unwrap();
    let around = fs::read_dir(published.path().join("models")).unwrap();
    assert_eq!(around.count(), 1);
    let vocabulary = published.path().join(files::VOCABULARY);
    fs::remove_file(vocabulary).unwrap();
    assert!(published.refused().contains("has no vocab.json"));
}

#[test]
fn progress_reaches_the_end_of_each_file() {
    let published = Published::new();
    published.import().unwrap();
    let mut last = (0, 0);
    let request = Import {
        source: &Source::find(&published.path().join(files::MODEL)).unwrap(),
        target: &published.target(),
        origin: "a file".to_owned(),
        acceptance: acceptance(),
    };
    let mut told = |progress: Progress<'_>| {
        assert!(progress.done >= last.0 && progress.file == files::MODEL);
        last = (progress.done, progress.total);
        ControlFlow::Continue(())
    };
    let folder = import(&request, &mut told).unwrap();
    let written = folder.manifest().files[files::MODEL].bytes;
    let header = written - last.1;
    assert!(
        last.0 == last.1 && header < written / 5,
        "{last:?} of {written}"
    );
}

#[test]
fn a_stopped_import_leaves_nothing() {
    let published = Published::new();
    published.save();
    let request = Import {
        source: &Source::find(published.path()).unwrap(),
        target: &published.target(),
        origin: "a folder".to_owned(),
        acceptance: acceptance(),
    };
    let stopped = import(&request, &mut |_| ControlFlow::Break(()));
    let stopped = stopped.err().unwrap().to_string();
    assert!(stopped.contains("stopped before the end"), "{stopped}");
    let around = fs::read_dir(published.path().join("models")).unwrap();
    assert_eq!(around.count(), 0);
}

#[test]
fn a_folder_is_opened_only_when_it_was_imported() {
    let published = Published::new();
    let opened = |path: &Path| ModelFolder::open(path).err().unwrap().to_string();
    let error = opened(published.path());
    let command = format!("kiskadee models import {}", published.path().display());
    assert!(error.contains(&command), "{error}");
    let folder = published.import().unwrap();
    let manifest = folder.path().join(files::MANIFEST);
    let text = fs::read_to_string(&manifest).unwrap();
    let change = |from: &str, to: &str| {
        assert!(text.contains(from), "{text}");
        fs::write(&manifest, text.replace(from, to)).unwrap();
        opened(folder.path())
    };
    assert!(change("\"format\": 1", "\"format\": 2").contains("import the model again"));
    assert!(change("\"xtts\"", "\"piper\"").contains("`piper`"));
    assert!(change("\"acceptance\":", "\"refused\":").contains("nobody accepted"));
    fs::write(&manifest, &text).unwrap();
    let model = fs::File::options()
        .write(true)
        .open(folder.model())
        .unwrap();
    model.set_len(1000).unwrap();
    assert!(opened(folder.path()).contains("has 1000 bytes instead of"));
}

#[test]
fn a_checkpoint_of_torch_is_imported() {
    let published = Published::new();
    fs::copy(
        checkpoint("hostile.pth"),
        published.path().join("model.pth"),
    )
    .unwrap();
    let hostile = published.import_from(&published.path().join("model.pth"));
    assert!(hostile.err().unwrap().to_string().contains("posix.system"));
    fs::copy(
        checkpoint("published.pth"),
        published.path().join("model.pth"),
    )
    .unwrap();
    let other = published.import_from(published.path()).err().unwrap();
    let other = other.to_string();
    assert!(other.contains("422 of 422 tensors are wrong"), "{other}");
}
