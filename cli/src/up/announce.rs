//! What `up` says on the terminal.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::first_user::Credentials;

/// Lines as the parts of the system come up, each with the time since the start.
pub(crate) struct Progress {
    started: Instant,
}

impl Progress {
    pub(crate) fn begin(title: &str) -> Self {
        say(title);
        Self {
            started: Instant::now(),
        }
    }

    pub(crate) fn done(&self, part: &str, what: &str) {
        say(&format!(
            "  {:>5.1} s  {part:<9} {what}",
            self.started.elapsed().as_secs_f32()
        ));
    }
}

/// A closed terminal is no reason to stop.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// How natural voices are had, where none that costs nothing to use is there.
pub(crate) fn how_to_natural_voices(models: &Path) -> Option<&'static str> {
    let has_kokoro = |model: PathBuf| {
        let manifest = std::fs::read(model.join("model.json")).unwrap_or_default();
        let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap_or_default();
        manifest.get("engine").and_then(serde_json::Value::as_str) == Some("kokoro")
    };
    let folders = std::fs::read_dir(models).into_iter().flatten().flatten();
    let imported = folders.map(|folder| folder.path()).any(has_kokoro);
    (!imported).then_some("Natural voices: kiskadee models import kokoro, then start again.\n")
}

/// For a journal, which others read and which is kept.
pub(crate) fn ready(url: &str, file: &Path) -> String {
    format!(
        "\nKiskadee is ready. Its address is {url}; names, passwords and keys are in {}.\n",
        file.display()
    )
}

/// The address, the key, and lines that can be copied and do speak.
pub(crate) fn welcome(credentials: &Credentials, file: &std::path::Path) -> String {
    let Credentials {
        url,
        username,
        password,
        api_key,
        administrator,
        ..
    } = credentials;
    let file = file.display();
    let administrator = match administrator {
        Some(administrator) => format!(
            "\n  Admin     {}, password {}\n  Admin key {}  (for administering alone)",
            administrator.username, administrator.password, administrator.api_key
        ),
        None => format!(
            "\n  ({username} is an administrator: `kiskadee admin create-user` makes one for every day)"
        ),
    };
    format!(
        r#"
Kiskadee is ready.

  Address   {url}
  API docs  {url}/docs
  User      {username}, password {password}
  API key   {api_key}{administrator}
  (kept in {file})

Try it: submit a text, wait for it, fetch the audio.

  job=$(curl -sS {url}/api/v1/speech -H 'X-API-Key: {api_key}' -H 'Content-Type: application/json' \
    -d '{{"text": "Hello from Kiskadee.", "voice_id": "default", "language": "en"}}' | sed 's/.*"job_id": *"\([^"]*\)".*/\1/')
  curl -sfL --retry 60 --retry-delay 1 --retry-all-errors -H 'X-API-Key: {api_key}' {url}/api/v1/jobs/$job/audio -o hello.wav

Ctrl-C stops everything.
"#
    )
}

#[cfg(test)]
mod tests {
    use super::super::first_user::Administrator;
    use super::*;

    #[test]
    fn natural_voices_are_spoken_of_until_they_are_there() {
        let models = tempfile::tempdir().unwrap();
        let nowhere = models.path().join("nowhere");
        assert!(
            how_to_natural_voices(&nowhere)
                .unwrap()
                .contains("import kokoro")
        );
        for (name, manifest) in [("a", r#"{"engine": "xtts"}"#), ("b", "torn")] {
            std::fs::create_dir(models.path().join(name)).unwrap();
            std::fs::write(models.path().join(name).join("model.json"), manifest).unwrap();
        }
        assert!(how_to_natural_voices(models.path()).is_some());
        std::fs::create_dir(models.path().join("k")).unwrap();
        std::fs::write(
            models.path().join("k/model.json"),
            r#"{"engine": "kokoro"}"#,
        )
        .unwrap();
        assert_eq!(how_to_natural_voices(models.path()), None);
    }

    #[test]
    fn the_welcome_has_all_that_a_first_call_needs() {
        let credentials = Credentials {
            url: "http://127.0.0.1:8005".to_owned(),
            username: "user".to_owned(),
            password: "secret".to_owned(),
            api_key: "kk_1".to_owned(),
            webhook_secret: "whsec_1".to_owned(),
            administrator: Some(Administrator {
                username: "root".to_owned(),
                password: "hidden".to_owned(),
                api_key: "kk_2".to_owned(),
            }),
        };
        let text = welcome(
            &credentials,
            std::path::Path::new("/state/credentials.json"),
        );
        assert!(text.contains("curl -sS http://127.0.0.1:8005/api/v1/speech -H 'X-API-Key: kk_1'"));
        assert!(text.contains(r#"-d '{"text": "#), "{text}");
        assert!(text.contains("root, password hidden") && text.contains("kk_2"));
        assert!(!text.contains("whsec_1"));
        let old = Credentials {
            administrator: None,
            ..credentials
        };
        let text = welcome(&old, std::path::Path::new("/state/credentials.json"));
        assert!(text.contains("is an administrator"), "{text}");
    }
}
