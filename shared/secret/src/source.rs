//! Where one secret comes from.

use std::{
    env,
    ffi::OsString,
    fmt,
    fs::{File, Metadata},
    io::{self, Read as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use crate::SecretError;

/// More than any secret has; a key set has some hundred bytes for each key.
const MAX_BYTES: u64 = 64 << 10;

/// Others of the machine may read it.
const READABLE_BY_OTHERS: u32 = 0o004;

/// A secret, by where it comes from.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretSource {
    name: String,
    place: Place,
}

#[derive(Clone, PartialEq, Eq)]
enum Place {
    Value(String),
    File(PathBuf),
}

impl SecretSource {
    /// A value that does not change; `name` is how it is called in messages.
    pub fn value(name: &str, value: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            place: Place::Value(value.into()),
        }
    }

    /// A file; `name` is the variable without `_FILE`.
    pub fn file(name: &str, path: impl Into<PathBuf>) -> Self {
        Self {
            name: name.to_owned(),
            place: Place::File(path.into()),
        }
    }

    /// What the environment says of `NAME` and `NAME_FILE`; a variable that is empty says nothing.
    pub fn from_environment(name: &str) -> Result<Option<Self>, SecretError> {
        Self::find(name, |name| env::var_os(name))
    }

    /// The same for a value that came by an option, which may itself have been `NAME`.
    pub fn given_or_file(name: &str, given: Option<&str>) -> Result<Option<Self>, SecretError> {
        Self::find(name, |wanted| {
            if wanted == name {
                given.map(OsString::from)
            } else {
                env::var_os(wanted)
            }
        })
    }

    /// The same in another environment.
    pub fn find(
        name: &str,
        environment: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Option<Self>, SecretError> {
        let set = |name: &str| environment(name).filter(|value| !value.is_empty());
        match (set(name), set(&format!("{name}_FILE"))) {
            (None, None) => Ok(None),
            (None, Some(path)) => Ok(Some(Self::file(name, path))),
            (Some(value), None) => match value.into_string() {
                Ok(value) => Ok(Some(Self::value(name, value))),
                Err(_) => Err(SecretError::NotUnicode(name.to_owned())),
            },
            (Some(_), Some(_)) => Err(SecretError::Both(name.to_owned())),
        }
    }

    /// The variable without `_FILE`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file, where it is one.
    pub fn path(&self) -> Option<&Path> {
        match &self.place {
            Place::Value(_) => None,
            Place::File(path) => Some(path),
        }
    }

    /// The secret as it is now. Of a file: without the ends of its last lines.
    pub fn read(&self) -> Result<String, SecretError> {
        match &self.place {
            Place::Value(value) => Ok(value.clone()),
            Place::File(path) => self.read_file(path),
        }
    }

    /// Says in the log what is unwise about the file.
    pub fn warn(&self) {
        let Some(path) = self.path() else {
            return;
        };
        if path.metadata().is_ok_and(|file| is_open_to_others(&file)) {
            tracing::warn!(variable = %format!("{}_FILE", self.name), file = %path.display(), "every user of this machine may read this secret: take the rights of others away (chmod o= )");
        }
    }

    fn read_file(&self, path: &Path) -> Result<String, SecretError> {
        let mut bytes = Vec::new();
        let opened = File::open(path);
        let read = opened.and_then(|file| {
            if file.metadata()?.is_dir() {
                return Err(io::Error::from(io::ErrorKind::IsADirectory));
            }
            file.take(MAX_BYTES + 1).read_to_end(&mut bytes)
        });
        read.map_err(|reason| SecretError::Read {
            name: self.name.clone(),
            path: path.to_owned(),
            reason,
        })?;
        let unusable = |what| SecretError::Unusable {
            name: self.name.clone(),
            path: path.to_owned(),
            what,
        };
        if bytes.len() as u64 > MAX_BYTES {
            return Err(unusable("has more than 64 KiB: it is no secret"));
        }
        let text = String::from_utf8(bytes).map_err(|_| unusable("is not text in UTF-8"))?;
        let text = text.trim_end_matches(['\n', '\r']);
        if text.trim().is_empty() {
            return Err(unusable("is empty"));
        }
        Ok(text.to_owned())
    }
}

fn is_open_to_others(file: &Metadata) -> bool {
    file.mode() & READABLE_BY_OTHERS != 0
}

impl fmt::Debug for SecretSource {
    /// Without the value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretSource")
            .field("name", &self.name)
            .field("path", &self.path())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn found(pairs: &[(&str, &str)]) -> Result<Option<SecretSource>, SecretError> {
        SecretSource::find("KEY", |name| {
            let pair = pairs.iter().find(|(key, _)| *key == name);
            pair.map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn a_secret_is_said_in_one_place() {
        assert_eq!(found(&[]).unwrap(), None);
        assert_eq!(found(&[("KEY", ""), ("KEY_FILE", "")]).unwrap(), None);
        let value = found(&[("KEY", "v")]).unwrap().unwrap();
        assert_eq!((value.read().unwrap().as_str(), value.path()), ("v", None));
        let file = found(&[("KEY_FILE", "/f"), ("KEY", "")]).unwrap().unwrap();
        assert_eq!(file.path(), Some(Path::new("/f")));
        let error = found(&[("KEY", "hidden"), ("KEY_FILE", "/f")]).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("KEY and KEY_FILE") && !error.contains("hidden"));
    }

    #[test]
    fn a_file_is_one_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let source = SecretSource::file("KEY", &path);
        let read = |content: &[u8]| {
            fs::write(&path, content).unwrap();
            source.read().map_err(|error| error.to_string())
        };
        assert_eq!(read(b"a b\n"), Ok("a b".to_owned()));
        assert_eq!(read(b"one\ntwo\r\n\n"), Ok("one\ntwo".to_owned()));
        for (content, said) in [
            (&b"\n"[..], "is empty"),
            (b" \n", "is empty"),
            (b"\xff", "UTF-8"),
            (&vec![b'x'; 65_537], "64 KiB"),
        ] {
            let error = read(content).unwrap_err();
            assert!(error.contains(said), "{error}");
            assert!(
                error.contains("KEY_FILE") && error.contains("secret`"),
                "{error}"
            );
        }
        fs::remove_file(&path).unwrap();
        let gone = source.read().unwrap_err().to_string();
        assert!(
            gone.contains("KEY_FILE") && gone.contains("cannot be read"),
            "{gone}"
        );
        let directory = SecretSource::file("KEY", folder.path());
        assert!(directory.read().is_err());
    }

    #[test]
    fn others_are_found_out() {
        use std::os::unix::fs::PermissionsExt as _;
        let file = tempfile::NamedTempFile::new().unwrap();
        let is_open = |mode| {
            let permissions = fs::Permissions::from_mode(mode);
            fs::set_permissions(file.path(), permissions).unwrap();
            is_open_to_others(&file.path().metadata().unwrap())
        };
        assert!(!is_open(0o640));
        assert!(is_open(0o444));
    }

    #[test]
    fn what_is_shown_has_no_value() {
        let shown = format!("{:?}", SecretSource::value("KEY", "hidden"));
        assert!(
            shown.contains("KEY") && !shown.contains("hidden"),
            "{shown}"
        );
    }
}
