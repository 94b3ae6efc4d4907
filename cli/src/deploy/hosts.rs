//! Commands on this machine and on others.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::process::Command;

use super::file::{DeployFile, Part, Slot};

/// A stop may take as long as a drain does; what takes longer hangs.
const LONGEST: Duration = Duration::from_mins(125);
/// Of what a command said, for a reason that people read.
const TAIL: usize = 300;

/// Runs commands in order; the first that fails ends it.
pub(super) async fn run_all(
    file: &DeployFile,
    part: &Part,
    slot: &Slot,
    commands: &[Vec<String>],
) -> Result<()> {
    for command in commands {
        let words = filled(file, command, &[("part", &part.name), ("slot", &slot.name)]);
        output(file, part.host.as_deref(), &words).await?;
    }
    Ok(())
}

/// What a command prints. Only standard output and its exit code count.
pub(super) async fn output(
    file: &DeployFile,
    host: Option<&str>,
    words: &[String],
) -> Result<String> {
    let all = on_host(&file.ssh, host, words);
    let (program, arguments) = all.split_first().context("a command without words")?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        // Parts have settings of their own; the owner's address is none of them.
        .env_remove(&file.database_url_env)
        .env_remove(format!("{}_FILE", file.database_url_env));
    finish(command, &words.join(" ")).await
}

/// The new build's program, which may know the database.
pub(super) async fn program(file: &DeployFile, arguments: &[&str]) -> Result<String> {
    let mut command = Command::new(&file.release.program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .env_remove("KISKADEE_DATABASE_URL_FILE")
        .env("KISKADEE_DATABASE_URL", super::database::url(file)?);
    finish(command, &format!("kiskadee {}", arguments.join(" "))).await
}

async fn finish(mut command: Command, said: &str) -> Result<String> {
    // A program that was started in the background may keep its output open, so what is printed goes through files.
    let (out, err) = (tempfile::tempfile()?, tempfile::tempfile()?);
    command.stdout(out.try_clone()?).stderr(err.try_clone()?);
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot run `{said}`"))?;
    let status = tokio::time::timeout(LONGEST, child.wait())
        .await
        .with_context(|| format!("`{said}` hangs"))??;
    let (out, err) = (read(out)?, read(err)?);
    if !status.success() {
        let told = if err.trim().is_empty() { &out } else { &err };
        bail!("`{said}` failed ({status}): {}", tail(told));
    }
    Ok(out)
}

fn read(mut file: std::fs::File) -> Result<String> {
    use std::io::{Read as _, Seek as _};
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn tail(text: &str) -> String {
    let letters: Vec<_> = text.trim().chars().collect();
    letters[letters.len().saturating_sub(TAIL)..]
        .iter()
        .collect()
}

/// The words of a command as they are run: another machine's shell reads them once more.
fn on_host(ssh: &[String], host: Option<&str>, words: &[String]) -> Vec<String> {
    let Some(host) = host else {
        return words.to_vec();
    };
    let quoted: Vec<_> = words.iter().map(|word| quoted(word)).collect();
    let mut all = ssh.to_vec();
    all.extend([host.to_owned(), "--".to_owned(), quoted.join(" ")]);
    all
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// With `{program}`, `{version}` and what is named in place.
pub(super) fn filled(file: &DeployFile, words: &[String], more: &[(&str, &str)]) -> Vec<String> {
    let program = file.release.program.to_string_lossy();
    let own = [("program", &*program), ("version", &*file.release.version)];
    let with_values = |word: &String| {
        let names = own.iter().chain(more);
        names.fold(word.clone(), |word, (name, value)| {
            word.replace(&format!("{{{name}}}"), value)
        })
    };
    words.iter().map(with_values).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_machine_gets_the_same_words() {
        let words = ["sh", "-c", "echo 'it is' $HOME"].map(str::to_owned);
        assert_eq!(on_host(&[], None, &words), words);
        let ssh = ["ssh".to_owned(), "-p22".to_owned()];
        assert_eq!(
            on_host(&ssh, Some("one"), &words),
            [
                "ssh",
                "-p22",
                "one",
                "--",
                r"'sh' '-c' 'echo '\''it is'\'' $HOME'"
            ]
        );
    }

    #[test]
    fn only_the_end_of_what_was_said_is_told() {
        assert_eq!(tail(" short \n"), "short");
        assert_eq!(tail(&"x".repeat(1000)).len(), TAIL);
    }
}
