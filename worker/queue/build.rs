//! The migrations and the functions are compiled in: a new or changed file rebuilds the crate. Writes the list of the files
//! of functions, so that nobody keeps one by hand.

use std::{
    env,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

const MIGRATIONS: &str = "../../shared/migrations";
const FUNCTIONS: &str = "../../shared/functions";

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed={MIGRATIONS}");
    println!("cargo:rerun-if-changed={FUNCTIONS}");
    let mut list = String::from("&[\n");
    for (path, file) in function_files()? {
        let file = text(&fs::canonicalize(file)?)?;
        writeln!(
            list,
            "    File {{ path: {path:?}, text: include_str!({file:?}) }},"
        )
        .map_err(io::Error::other)?;
    }
    list.push_str("]\n");
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("no OUT_DIR"))?;
    fs::write(Path::new(&out).join("function_files.rs"), list)
}

/// `family/noun.sql` and where it lies, in the order of the names: the same on every machine, for the digest depends on it.
fn function_files() -> io::Result<Vec<(String, PathBuf)>> {
    let mut files = Vec::new();
    for family in fs::read_dir(FUNCTIONS)? {
        let family = family?;
        if !family.file_type()?.is_dir() {
            continue;
        }
        for file in fs::read_dir(family.path())? {
            let path = file?.path();
            if path.extension().is_some_and(|extension| extension == "sql") {
                files.push((name(&path)?, path));
            }
        }
    }
    files.sort();
    Ok(files)
}

fn name(path: &Path) -> io::Result<String> {
    let inside = path.strip_prefix(FUNCTIONS).map_err(io::Error::other)?;
    Ok(text(inside)?.replace('\\', "/"))
}

fn text(path: &Path) -> io::Result<String> {
    let text = path
        .to_str()
        .ok_or_else(|| io::Error::other("a file name that is no text"))?;
    Ok(text.to_owned())
}
