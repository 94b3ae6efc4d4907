//! Compiled components on disk, so that a second start need not compile.
//!
//! Loading compiled code is `unsafe`: what the file holds is run. It is done only for files in a directory that is this
//! user's and that nobody else can write to, under a name that holds the hash of the component and the compatibility
//! hash of the engine; Wasmtime checks version and settings again when it loads.

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _},
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};
use wasmtime::{Engine, component::Component};

use crate::error::HostError;

/// A directory of compiled components.
pub(crate) struct Cache {
    dir: PathBuf,
    engine: Engine,
}

impl Cache {
    /// Opens the directory, made if missing, and refuses one that others can write to.
    pub(crate) fn open(dir: &Path, engine: &Engine) -> Result<Self, HostError> {
        let failed = |reason: String| HostError::Cache {
            path: dir.to_owned(),
            reason,
        };
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)
            .map_err(|error| failed(error.to_string()))?;
        let metadata = fs::metadata(dir).map_err(|error| failed(error.to_string()))?;
        let own = rustix::process::geteuid().as_raw();
        if metadata.uid() != own || metadata.mode() & 0o022 != 0 {
            return Err(failed(
                "it must belong to this user, and no one else may write to it".to_owned(),
            ));
        }
        Ok(Self {
            dir: dir.to_owned(),
            engine: engine.clone(),
        })
    }

    /// The component of a file, compiled now or earlier.
    pub(crate) fn load(&self, source: &Path) -> Result<Component, String> {
        let wasm = fs::read(source).map_err(|error| error.to_string())?;
        let path = self.dir.join(self.file_name(&wasm));
        if path.exists() {
            match self.deserialize(&path) {
                Ok(component) => return Ok(component),
                Err(error) => {
                    tracing::warn!(path = %path.display(), %error, "a compiled component is made anew");
                }
            }
        }
        let component =
            Component::new(&self.engine, &wasm).map_err(|error| format!("{error:#}"))?;
        match keep(&path, &component) {
            // Mapped from the file, the code needs no memory of its own, and what compiling took is given back.
            Ok(()) => {
                drop(component);
                self.deserialize(&path)
                    .map_err(|error| format!("{error:#}"))
            }
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "a compiled component could not be kept");
                Ok(component)
            }
        }
    }

    fn file_name(&self, wasm: &[u8]) -> String {
        let mut hasher = DefaultHasher::new();
        self.engine
            .precompile_compatibility_hash()
            .hash(&mut hasher);
        let digest = Sha256::digest(wasm);
        format!("{digest:x}-{:016x}.cwasm", hasher.finish())
    }

    fn deserialize(&self, path: &Path) -> wasmtime::Result<Component> {
        #[expect(
            unsafe_code,
            reason = "the file was written by `keep` into a directory that only this user can write to, checked by `open`"
        )]
        // SAFETY: the bytes are what `Component::serialize` returned: `keep` puts a file in its place whole, by rename.
        unsafe {
            Component::deserialize_file(&self.engine, path)
        }
    }
}

/// Written beside its place and moved there, so that no reader ever sees half a file.
fn keep(path: &Path, component: &Component) -> Result<(), String> {
    let bytes = component
        .serialize()
        .map_err(|error| format!("{error:#}"))?;
    let part = path.with_extension(format!("{}.part", std::process::id()));
    let written = fs::File::create(&part)
        .and_then(|mut file| file.write_all(&bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&part, path));
    written.map_err(|error| {
        // What is left is of no use; that it could not be removed either adds nothing.
        let _ = fs::remove_file(&part);
        error.to_string()
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_directory_that_others_can_write_to_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(Cache::open(dir.path(), &Engine::default()).is_err());
    }

    #[test]
    fn a_component_is_compiled_once() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::open(&dir.path().join("cache"), &Engine::default()).unwrap();
        let source = dir.path().join("x.wasm");
        // The smallest component: magic, version 13, layer 1.
        fs::write(&source, b"\0asm\x0d\0\x01\0").unwrap();
        cache.load(&source).unwrap();
        let kept: Vec<_> = fs::read_dir(&cache.dir).unwrap().collect();
        assert_eq!(kept.len(), 1);
        cache.load(&source).unwrap();
        assert_eq!(fs::read_dir(&cache.dir).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_file_is_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::open(&dir.path().join("cache"), &Engine::default()).unwrap();
        let source = dir.path().join("x.wasm");
        fs::write(&source, b"\0asm\x0d\0\x01\0").unwrap();
        cache.load(&source).unwrap();
        for entry in fs::read_dir(&cache.dir).unwrap() {
            fs::write(entry.unwrap().path(), b"not code").unwrap();
        }
        cache.load(&source).unwrap();
    }
}
