//! The program as it is shipped, and what it asks of the machine.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process::{output, run};

pub(super) struct Program {
    /// The oldest version of the C library with all that the program calls.
    pub(super) glibc: String,
}

/// Puts the program into `folder`: functions keep their names in backtraces. Their lines go to `lines`, a folder of its own, and are
/// found when that file lies beside the program.
pub(super) fn put(built: &Path, folder: &Path, lines: &Path) -> Result<Program> {
    let (program, lines) = (folder.join("kiskadee"), lines.join("kiskadee.debug"));
    objcopy(
        &["--only-keep-debug", "--compress-debug-sections=zlib"],
        built,
        &lines,
    )?;
    let link = format!("--add-gnu-debuglink={}", lines.display());
    objcopy(&["--strip-debug", &link], built, &program)?;
    let symbols = output(Command::new("objdump").arg("-T").arg(built))?;
    let glibc = newest_glibc(&symbols).context("the program is not linked to glibc")?;
    Ok(Program { glibc })
}

fn objcopy(options: &[&str], from: &Path, to: &Path) -> Result<()> {
    run(Command::new("objcopy").args(options).arg(from).arg(to))
        .context("cannot pack the program (Debian: apt-get install binutils)")
}

/// The newest version among those that dynamic symbols ask for, as in `(GLIBC_2.34) pthread_create`.
fn newest_glibc(symbols: &str) -> Option<String> {
    let versions = symbols.split("GLIBC_").skip(1).filter_map(|rest| {
        let version: String = rest
            .chars()
            .take_while(|letter| letter.is_ascii_digit() || *letter == '.')
            .collect();
        let numbers: Option<Vec<u32>> = version.split('.').map(|part| part.parse().ok()).collect();
        Some((numbers?, version))
    });
    versions.max().map(|(_, version)| version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        let symbols = "\
            0000 DF *UND* 0000 (GLIBC_2.9) pipe2\n\
            0000 DF *UND* 0000 (GLIBC_2.34) pthread_create\n\
            0000 DF *UND* 0000 (GLIBC_PRIVATE) no_number\n\
            0000 DF *UND* 0000 (GLIBC_2.2.5) free\n";
        assert_eq!(newest_glibc(symbols).as_deref(), Some("2.34"));
        assert_eq!(newest_glibc("main"), None);
    }
}
