//! A C program that is linked to a teacher's library: compiled once, fed with lines, its answer read as it comes.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;

use super::TeacherError;

/// A bound for one sentence: ten minutes at 48 kHz. A count above it is no count.
const LONGEST: usize = 48_000 * 600;

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

/// The answer of a running program.
pub(super) struct Answer {
    name: &'static str,
    reader: BufReader<ChildStdout>,
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

    /// Runs the program on `input` and gives its answer to `read`.
    pub(super) fn run(
        &self,
        cache: &Path,
        arguments: &[&str],
        input: String,
        read: impl FnOnce(&mut Answer) -> Result<(), TeacherError>,
    ) -> Result<(), TeacherError> {
        let mut child = Command::new(self.compile(cache)?)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|source| missing((self.name, self.package), source))?;
        // From threads, for a full pipe would stop the program for ever.
        let stdin = child.stdin.take();
        let writing = thread::spawn(move || stdin.map(|mut pipe| pipe.write_all(input.as_bytes())));
        let stderr = child.stderr.take();
        let listening = thread::spawn(move || {
            let mut said = Vec::new();
            let _ = stderr.map(|mut pipe| pipe.read_to_end(&mut said));
            String::from_utf8_lossy(&said).into_owned()
        });
        let answered = match child.stdout.take() {
            Some(stdout) => read(&mut Answer {
                name: self.name,
                reader: BufReader::new(stdout),
            }),
            None => Ok(()),
        };
        let ended = self.end(child, answered.is_err());
        let _ = writing.join();
        let said = listening.join().unwrap_or_default();
        // What the program says of its own failure is worth more than that its answer broke off.
        match ended? {
            true => answered,
            false if said.is_empty() => answered.and(Err(self.failed("it gave no reason"))),
            false => Err(self.failed(said.trim())),
        }
    }

    /// Whether the program ended well. One whose answer is useless is not waited for.
    fn end(&self, mut child: Child, useless: bool) -> Result<bool, TeacherError> {
        if useless {
            let _ = child.kill();
        }
        let status = child
            .wait()
            .map_err(|source| missing((self.name, self.package), source))?;
        Ok(status.success())
    }

    fn failed(&self, said: &str) -> TeacherError {
        TeacherError::Failed {
            program: self.name,
            said: said.to_owned(),
        }
    }
}

impl Answer {
    /// The tab-separated fields of the next line; none at the end.
    pub(super) fn line(&mut self) -> Result<Option<Vec<String>>, TeacherError> {
        let mut line = Vec::new();
        let read = self.reader.read_until(b'\n', &mut line);
        if read.map_err(|error| self.broken(error.to_string()))? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&line);
        let fields = line.trim_end_matches('\n').split('\t');
        Ok(Some(fields.map(str::to_owned).collect()))
    }

    /// A line that must be there.
    pub(super) fn next_line(&mut self) -> Result<Vec<String>, TeacherError> {
        self.line()?.ok_or_else(|| self.broken("it broke off"))
    }

    pub(super) fn floats(&mut self, count: usize) -> Result<Vec<f32>, TeacherError> {
        let bytes = self.bytes(count, size_of::<f32>())?;
        let (values, _) = bytes.as_chunks();
        Ok(values.iter().copied().map(f32::from_ne_bytes).collect())
    }

    pub(super) fn samples(&mut self, count: usize) -> Result<Vec<i16>, TeacherError> {
        let bytes = self.bytes(count, size_of::<i16>())?;
        let (values, _) = bytes.as_chunks();
        Ok(values.iter().copied().map(i16::from_ne_bytes).collect())
    }

    fn bytes(&mut self, count: usize, size: usize) -> Result<Vec<u8>, TeacherError> {
        let mut bytes = vec![0; count * size];
        self.reader
            .read_exact(&mut bytes)
            .map_err(|error| self.broken(error.to_string()))?;
        Ok(bytes)
    }

    /// The field at `index` as a number.
    pub(super) fn number<T: std::str::FromStr>(
        &self,
        fields: &[String],
        index: usize,
    ) -> Result<T, TeacherError> {
        let number = fields.get(index).and_then(|field| field.parse().ok());
        number.ok_or_else(|| self.broken(format!("no number at {index} of {fields:?}")))
    }

    /// The field at `index` as the number of things that follow.
    pub(super) fn count(&self, fields: &[String], index: usize) -> Result<usize, TeacherError> {
        let count = self.number(fields, index)?;
        if count > LONGEST {
            return Err(self.broken(format!("{count} is too much")));
        }
        Ok(count)
    }

    pub(super) fn broken(&self, reason: impl Into<String>) -> TeacherError {
        TeacherError::Answer {
            program: self.name,
            reason: reason.into(),
        }
    }
}

/// Lines `number<TAB>voice<TAB>text`.
pub(super) fn questions<T: AsRef<str>>(voice: &str, texts: &[T]) -> Result<String, TeacherError> {
    let mut lines = String::new();
    for (number, text) in texts.iter().enumerate() {
        let text = text.as_ref();
        if text.contains(['\t', '\n', '\r', '\0']) {
            return Err(TeacherError::Sentence(number));
        }
        // An empty field would be skipped.
        let text = if text.is_empty() { " " } else { text };
        lines.extend([&number.to_string(), "\t", voice, "\t", text, "\n"]);
    }
    Ok(lines)
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

    const ECHO: Program = Program {
        name: "echo_lines",
        source: "#include <stdio.h>\nint main(void) { int c; while ((c = getchar()) != EOF) if (c != '!') putchar(c); \
                 else { fputs(\"too loud\", stderr); return 3; } return 0; }",
        libraries: &[],
        package: "nothing",
    };

    fn echo(cache: &Path, input: &str) -> Result<Vec<Vec<String>>, TeacherError> {
        let mut lines = Vec::new();
        ECHO.run(cache, &[], input.to_owned(), |answer| {
            while let Some(line) = answer.line()? {
                lines.push(line);
            }
            Ok(())
        })?;
        Ok(lines)
    }

    #[test]
    fn a_program_is_compiled_once_and_answers() {
        let cache = tempfile::tempdir().unwrap();
        assert_eq!(
            echo(cache.path(), "a\tb\nc\n").unwrap(),
            [vec!["a", "b"], vec!["c"]]
        );
        let long = "x\n".repeat(100_000);
        assert_eq!(echo(cache.path(), &long).unwrap().len(), 100_000);
        assert_eq!(fs::read_dir(cache.path()).unwrap().count(), 1);
    }

    #[test]
    fn failures_say_what_failed() {
        let cache = tempfile::tempdir().unwrap();
        let error = echo(cache.path(), "a!").unwrap_err().to_string();
        assert_eq!(error, "echo_lines failed: too loud");
        let broken = Program {
            source: "#include <no_such_header.h>",
            package: "no-such-dev",
            ..ECHO
        };
        let error = broken.compile(cache.path()).unwrap_err().to_string();
        assert!(error.contains("install no-such-dev") && error.contains("no_such_header"));
    }

    #[test]
    fn an_answer_that_breaks_off_is_refused() {
        let cache = tempfile::tempdir().unwrap();
        let read = |input: &str, count| {
            ECHO.run(cache.path(), &[], input.to_owned(), |answer| {
                answer.samples(count).map(|_| ())
            })
        };
        assert!(read("abcd", 2).is_ok());
        assert!(matches!(read("abcd", 3), Err(TeacherError::Answer { .. })));
    }

    #[test]
    fn a_sentence_is_one_line() {
        assert!(matches!(
            questions("slt", &["fine", "two\nlines"]),
            Err(TeacherError::Sentence(1))
        ));
        assert_eq!(
            questions("slt", &["fine", ""]).unwrap(),
            "0\tslt\tfine\n1\tslt\t \n"
        );
    }
}
