//! The small untrained model that the crate of the model is tested with, imported as a user imports one.

use std::{
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use kiskadee_xtts::folder::{Acceptance, Import, Source, files, import};
use tempfile::TempDir;
use time::OffsetDateTime;

/// A folder of models with the one named `xtts`.
pub(crate) struct Models(TempDir);

impl Models {
    pub(crate) fn import() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let published = directory.path().join("published");
        fs::create_dir(&published).unwrap();
        for name in [files::CONFIG, files::VOCABULARY, files::MODEL] {
            fs::copy(fixtures("golden").join(name), published.join(name)).unwrap();
        }
        let speakers = Path::new(env!("CARGO_MANIFEST_DIR"));
        let speakers = speakers.join("../checkpoint/tests/checkpoints/speakers.pth");
        fs::copy(speakers, published.join("speakers_xtts.pth")).unwrap();
        let request = Import {
            source: &Source::find(&published).unwrap(),
            target: &directory.path().join("xtts"),
            origin: "the tests".to_owned(),
            acceptance: Acceptance {
                by: "a test".to_owned(),
                at: OffsetDateTime::UNIX_EPOCH,
                how: "nothing is to be accepted of noise".to_owned(),
            },
        };
        import(&request, &mut |_| ControlFlow::Continue(())).unwrap();
        Self(directory)
    }

    pub(crate) fn xtts(&self) -> PathBuf {
        self.0.path().join("xtts")
    }
}

fn fixtures(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../xtts/tests")
        .join(folder)
}
