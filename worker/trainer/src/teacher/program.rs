//! A program that is linked to a teacher's library, compiled once.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::TeacherError;

/// How to make one of the programs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    pub(crate) source: &'static str,
    /// What is given to the compiler behind the source.
    pub(crate) libraries: &'static [&'static str],
    /// The Debian package of the headers.
    pub(crate) package: &'static str,
}

impl Program {
    /// Compiles into `cache` what is not there yet.
    pub(crate) fn compile(&self, cache: &Path) -> Result<PathBuf, TeacherError> {
        let mut hasher = DefaultHasher::new();
        (self.source, self.libraries).hash(&mut hasher);
        let path = cache.join(format!("{}-{:016x}", self.name, hasher.finish()));
        if path.exists() {
            return Ok(path);
        }
        fs::create_dir_all(cache).map_err(TeacherError::file(cache))?;
        let source = path.with_extension(format!("{}.c", std::process::id()));
        fs::write(&source, self.source).map_err(TeacherError::file(&source))?;
        let partial = path.with_extension(format!("{}.partial", std::process::id()));
        let output = Command::new("cc")
            .args(["-O1", "-I/usr/include/flite", "-o"])
            .arg(&partial)
            .arg(&source)
            .args(self.libraries)
            .output()
            .map_err(|source| missing(("cc", "gcc"), source));
        fs::remove_file(&source).map_err(TeacherError::file(&source))?;
        let output = output?;
        if !output.status.success() {
            return Err(TeacherError::Compile {
                program: self.name,
                package: self.package,
                said: String::from_utf8_lossy(&output.stderr).into_owned(),
            });
        }
        fs::rename(&partial, &path).map_err(TeacherError::file(&path))?;
        Ok(path)
    }
}

pub(crate) fn missing(
    (program, package): (&'static str, &'static str),
    source: io::Error,
) -> TeacherError {
    TeacherError::Missing {
        program,
        package,
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: Program = Program {
        name: "empty",
        source: "int main(void) { return 0; }",
        libraries: &[],
        package: "nothing",
    };

    #[test]
    fn a_program_is_compiled_once() {
        let cache = tempfile::tempdir().unwrap();
        let path = EMPTY.compile(cache.path()).unwrap();
        assert_eq!(EMPTY.compile(cache.path()).unwrap(), path);
        assert_eq!(fs::read_dir(cache.path()).unwrap().count(), 1);
    }

    #[test]
    fn failures_say_what_to_install() {
        let cache = tempfile::tempdir().unwrap();
        let broken = Program {
            source: "#include <no_such_header.h>",
            package: "no-such-dev",
            ..EMPTY
        };
        let error = broken.compile(cache.path()).unwrap_err().to_string();
        assert!(error.contains("install no-such-dev") && error.contains("no_such_header"));
    }
}
