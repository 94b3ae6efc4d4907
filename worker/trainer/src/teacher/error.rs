//! What can go wrong between sentences and a teacher's data.

use std::{io, path::PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum TeacherError {
    #[error("`{program}` cannot be run; install it (Debian and Ubuntu: apt-get install {package})")]
    Missing {
        program: &'static str,
        package: &'static str,
        #[source]
        source: io::Error,
    },
    #[error(
        "`{program}` cannot be compiled; if a header or a library is missing, install {package} \
         (Debian and Ubuntu: apt-get install {package})\n{said}"
    )]
    Compile {
        program: &'static str,
        package: &'static str,
        said: String,
    },
    #[error("{program} failed: {said}")]
    Failed { program: &'static str, said: String },
    #[error("`{path}` cannot be used")]
    File {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the teacher names a phone `{0}` that the inventory lacks")]
    UnknownPhone(String),
}

impl TeacherError {
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
