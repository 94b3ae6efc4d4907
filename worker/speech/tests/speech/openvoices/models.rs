//! The small untrained models that the crates of the models are tested with, imported as a user's are.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use candle_core::{Device, Tensor};
use kiskadee_checkpoint::{
    ImportedModel, ImportedTensor, TensorFile,
    folder::{CommercialUse, Licence},
};
use kiskadee_piper::import::PublishedVoice;
use tempfile::TempDir;

/// The symbols that the tests' phones are written in, in the order of their ids from 1 on.
const SYMBOLS: &str = " ;:,.!?abdefhijklmnoprstuvwzæðŋɐɑɔəɛɜɡɪɹɾʃʊʌʒʤʧˈˌːθAIOWYɲʎʁçɣβxy";

/// A folder of models.
pub(crate) struct Models(TempDir);

impl Models {
    /// `kokoro` with two American voices and a Brazilian one, and two voices of Piper, one of them with three speakers.
    pub(crate) fn import() -> Self {
        let models = Self(tempfile::tempdir().unwrap());
        models.import_kokoro();
        models.import_piper("high", "piper-en_us-tiny-high");
        models.import_piper("speakers", "piper-en_us-three-low");
        models
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn import_kokoro(&self) {
        let golden = golden("kokoro");
        let config = std::fs::read(golden.join("config.json")).unwrap();
        let mut config: serde_json::Value = serde_json::from_slice(&config).unwrap();
        let symbols = SYMBOLS.chars().zip(1_u32..);
        let symbols = symbols.map(|(symbol, id)| (symbol.to_string(), id));
        config["vocab"] = serde_json::json!(symbols.collect::<BTreeMap<_, _>>());
        let weights = golden.join("weights.safetensors");
        let weights = candle_core::safetensors::load(weights, &Device::Cpu).unwrap();
        let weights = weights
            .into_iter()
            .map(|(name, tensor)| stored(name, &tensor));
        let voices = [("af_one", 0.3), ("am_two", 0.7), ("pf_three", 1.1)].map(|(name, shift)| {
            let values = (0..510 * 256).map(|at| (at as f32 * 0.37 + shift).sin() * 0.5);
            let values: Vec<f32> = values.collect();
            let voice = Tensor::from_vec(values, (510, 256), &Device::Cpu).unwrap();
            stored(name.to_owned(), &voice)
        });
        let model = ImportedModel {
            engine: "kokoro",
            documents: vec![("config.json".to_owned(), config.to_string().into_bytes())],
            tensors: vec![
                file("model.safetensors", weights.collect()),
                file("voices.safetensors", voices.into()),
            ],
        };
        self.write(&model, "kokoro");
    }

    fn import_piper(&self, golden_name: &str, name: &str) {
        let voice = PublishedVoice::open(&golden("piper").join(golden_name)).unwrap();
        self.write(&voice.import().unwrap(), name);
    }

    fn write(&self, model: &ImportedModel<'_>, name: &str) {
        let licence = Licence {
            commercial_use: CommercialUse::Yes,
            needs_acceptance: false,
            ..Licence::new("Apache-2.0", "Apache License 2.0")
        };
        let target = self.folder(name);
        let source = "the tests".to_owned();
        model
            .write(&target, source, licence, None, &mut |_| {
                ControlFlow::Continue(())
            })
            .unwrap();
    }
}

fn file(name: &str, tensors: Vec<ImportedTensor<'static>>) -> TensorFile<'static> {
    TensorFile {
        name: name.to_owned(),
        metadata: BTreeMap::new(),
        tensors,
    }
}

fn stored(name: String, tensor: &Tensor) -> ImportedTensor<'static> {
    let values: Vec<f32> = tensor.flatten_all().unwrap().to_vec1().unwrap();
    ImportedTensor::new(name, tensor.dims(), move || Ok(Cow::Owned(values.clone())))
}

fn golden(crate_name: &str) -> PathBuf {
    let worker = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    worker.join(crate_name).join("tests/golden")
}
