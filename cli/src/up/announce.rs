//! What `up` says on the terminal.

use std::io::Write as _;
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

/// The address, the key, and lines that can be copied and do speak.
pub(crate) fn welcome(credentials: &Credentials, file: &std::path::Path) -> String {
    let Credentials {
        url,
        username,
        password,
        api_key,
        ..
    } = credentials;
    let file = file.display();
    format!(
        r#"
Kiskadee is ready.

  Address   {url}
  API docs  {url}/docs
  User      {username}, password {password}
  API key   {api_key}
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
    use super::*;

    #[test]
    fn the_welcome_has_all_that_a_first_call_needs() {
        let credentials = Credentials {
            url: "http://127.0.0.1:8005".to_owned(),
            username: "admin".to_owned(),
            password: "secret".to_owned(),
            api_key: "kk_1".to_owned(),
            webhook_secret: "whsec_1".to_owned(),
        };
        let text = welcome(
            &credentials,
            std::path::Path::new("/state/credentials.json"),
        );
        assert!(text.contains("curl -sS http://127.0.0.1:8005/api/v1/speech -H 'X-API-Key: kk_1'"));
        assert!(text.contains(r#"-d '{"text": "#), "{text}");
        assert!(!text.contains("whsec_1"));
    }
}
