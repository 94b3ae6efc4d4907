//! Packs everything static that the component serves: the pages of `../webui`, the scripts of Swagger UI and `ReDoc`, and
//! the API documents. Each is compressed once, here, and named in a table that `src/assets.rs` includes.

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

use flate2::{Compression, write::GzEncoder};

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const JSON: &str = "application/json";
const SVG: &str = "image/svg+xml";

/// Where an asset is served, what it is, and the file it is made of (relative to this crate).
const FILES: [(&str, &str, &str); 10] = [
    ("/", HTML, "../webui/index.html"),
    ("/webui/style.css", CSS, "../webui/style.css"),
    ("/webui/kiskadee.svg", SVG, "../webui/kiskadee.svg"),
    ("/docs", HTML, "../webui/docs.html"),
    ("/docs/start.js", JS, "../webui/docs.js"),
    ("/redoc", HTML, "../webui/redoc.html"),
    ("/redoc/start.js", JS, "../webui/redoc.js"),
    ("/webui/reference.css", CSS, "../webui/reference.css"),
    ("/openapi.json", JSON, "openapi.json"),
    ("/postman.json", JSON, "postman.json"),
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let mut pack = Pack {
        folder: PathBuf::from(env::var("OUT_DIR")?),
        table: String::from("&[\n"),
        count: 0,
    };
    for (path, media_type, file) in FILES {
        println!("cargo::rerun-if-changed={file}");
        pack.add(
            path,
            media_type,
            &fs::read(file).map_err(|error| format!("{file}: {error}"))?,
        )?;
    }
    for (path, media_type, name) in [
        ("/docs/swagger-ui-bundle.js", JS, "swagger-ui-bundle.js"),
        ("/docs/swagger-ui.css", CSS, "swagger-ui.css"),
    ] {
        pack.add(path, media_type, &swagger_ui(name)?)?;
    }
    pack.add("/redoc/redoc.standalone.js", JS, redoc()?.as_bytes())?;
    pack.finish()
}

/// A file of Swagger UI's distribution.
fn swagger_ui(name: &str) -> Result<Vec<u8>, Box<dyn Error>> {
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

/// The script of `ReDoc`, taken out of the page that `aide` makes with it: our pages must not have inline scripts.
fn redoc() -> Result<String, Box<dyn Error>> {
    let page = aide::redoc::Redoc::new("/openapi.json").html();
    let start = page
        .find("<script>")
        .ok_or("the page of ReDoc has no script")?
        + "<script>".len();
    let end = page
        .rfind("Redoc.init(\"/openapi.json\"")
        .ok_or("the page of ReDoc does not start it")?;
    Ok(page
        .get(start..end)
        .ok_or("the page of ReDoc has another order")?
        .trim()
        .to_owned())
}

struct Pack {
    folder: PathBuf,
    table: String,
    count: usize,
}

impl Pack {
    fn add(&mut self, path: &str, media_type: &str, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
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

    fn finish(mut self) -> Result<(), Box<dyn Error>> {
        self.table.push(']');
        fs::write(self.folder.join("assets.rs"), self.table)?;
        Ok(())
    }
}

fn compressed(bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
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

fn text(path: &Path) -> Result<&str, Box<dyn Error>> {
    path.to_str()
        .ok_or_else(|| "the build folder's name is not Unicode".into())
}
