//! Packs everything static that the component serves: the pages of `../webui`, found by walking it, the scripts of Swagger UI
//! and `ReDoc`, and the API documents. Each is compressed once, here, and named in a table that `src/assets.rs` includes.

use std::{
    collections::hash_map::DefaultHasher,
    env,
    error::Error,
    fmt::Write as _,
    fs,
    hash::{Hash, Hasher},
    io::{Cursor, Read, Write as _},
    path::{Path, PathBuf},
};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};

type Outcome<T> = Result<T, Box<dyn Error>>;

const WEBUI: &str = "../webui";
/// Folders of `../webui` that have an address of their own; the others lie under `/webui`, where no route of the API is.
const AT_THE_ROOT: [&str; 2] = ["docs", "redoc"];
const PAGE: &str = "index.html";
const REDOC: &str = "third_party/redoc";

const JS: &str = "text/javascript; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";
/// What a file is, by the end of its name. Files of other kinds are notes for whoever works on the pages.
const MEDIA_TYPES: [(&str, &str); 5] = [
    ("html", "text/html; charset=utf-8"),
    ("css", CSS),
    ("js", JS),
    ("json", JSON),
    ("svg", "image/svg+xml"),
];

fn main() -> Outcome<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let mut pack = Pack {
        folder: PathBuf::from(env::var("OUT_DIR")?),
        table: String::from("&[\n"),
        count: 0,
    };
    pack.add_folder(Path::new(WEBUI))?;
    for name in ["openapi.json", "postman.json"] {
        let file = read(&Path::new("../reference").join(name))?;
        pack.add(&format!("/{name}"), JSON, &file)?;
    }
    for (name, media_type) in [("swagger-ui-bundle.js", JS), ("swagger-ui.css", CSS)] {
        pack.add(&format!("/docs/{name}"), media_type, &swagger_ui(name)?)?;
    }
    pack.add_redoc()?;
    pack.finish()
}

/// A file of Swagger UI's distribution.
fn swagger_ui(name: &str) -> Outcome<Vec<u8>> {
    let mut archive =
        zip::ZipArchive::new(Cursor::new(utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED))?;
    let path = archive
        .file_names()
        .filter_map(Result::ok)
        .find(|path| path.ends_with(&format!("/dist/{name}")))
        .ok_or_else(|| format!("the archive of Swagger UI has no `{name}`"))?
        .into_owned();
    let mut bytes = Vec::new();
    archive.by_name(&path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

struct Pack {
    folder: PathBuf,
    table: String,
    count: usize,
}

impl Pack {
    /// Everything in a folder of the pages, and in those below it.
    fn add_folder(&mut self, folder: &Path) -> Outcome<()> {
        println!("cargo::rerun-if-changed={}", text(folder)?);
        let mut entries = fs::read_dir(folder)?
            .map(|entry| Ok(entry?.path()))
            .collect::<Outcome<Vec<_>>>()?;
        // The same pages make the same component.
        entries.sort();
        for entry in entries {
            if entry.is_dir() {
                self.add_folder(&entry)?;
            } else if let Some(media_type) = media_type(&entry) {
                self.add(&address(&entry)?, media_type, &read(&entry)?)?;
            }
        }
        Ok(())
    }

    /// The script of `ReDoc` with the licences that it names.
    fn add_redoc(&mut self) -> Outcome<()> {
        let folder = Path::new(REDOC);
        let mut script = Vec::new();
        GzDecoder::new(Cursor::new(read(&folder.join("redoc.standalone.js.gz"))?))
            .read_to_end(&mut script)?;
        self.add("/redoc/redoc.standalone.js", JS, &script)?;
        let licences = "redoc.standalone.js.LICENSE.txt";
        let notice = read(&folder.join(licences))?;
        self.add(&format!("/redoc/{licences}"), TEXT, &notice)
    }

    fn add(&mut self, path: &str, media_type: &str, bytes: &[u8]) -> Outcome<()> {
        let file = self.folder.join(format!("{}.gz", self.count));
        self.count += 1;
        fs::write(&file, compressed(bytes)?)?;
        let etag = format!("W/\"{:016x}\"", hash(bytes));
        writeln!(
            self.table,
            "    Asset {{ path: {path:?}, media_type: {media_type:?}, etag: {etag:?}, gzip: include_bytes!({:?}) }},",
            text(&file)?
        )?;
        Ok(())
    }

    fn finish(mut self) -> Outcome<()> {
        self.table.push(']');
        fs::write(self.folder.join("assets.rs"), self.table)?;
        Ok(())
    }
}

fn media_type(file: &Path) -> Option<&'static str> {
    let extension = file.extension()?.to_str()?;
    let known = MEDIA_TYPES.iter().find(|(name, _)| *name == extension)?;
    Some(known.1)
}

/// Where a file of the pages is served: a page at the address of its folder, everything else by its name.
fn address(file: &Path) -> Outcome<String> {
    let path = text(file.strip_prefix(WEBUI)?)?;
    if path == PAGE {
        return Ok("/".to_owned());
    }
    let path = path
        .strip_suffix(PAGE)
        .map_or(path, |folder| folder.trim_end_matches('/'));
    let first = path.split('/').next().unwrap_or_default();
    Ok(if AT_THE_ROOT.contains(&first) {
        format!("/{path}")
    } else {
        format!("/webui/{path}")
    })
}

fn read(file: &Path) -> Outcome<Vec<u8>> {
    let name = text(file)?;
    println!("cargo::rerun-if-changed={name}");
    Ok(fs::read(file).map_err(|error| format!("{name}: {error}"))?)
}

fn compressed(bytes: &[u8]) -> Outcome<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

/// Tells versions of one file apart; nothing depends on it being hard to forge.
fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

fn text(path: &Path) -> Outcome<&str> {
    path.to_str()
        .ok_or_else(|| format!("{} is not Unicode", path.display()).into())
}
