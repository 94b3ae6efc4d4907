//! Nothing that must not be read stands in any log: no key, password or token, no text of a person's. And what is kept of who did what is
//! told to the logs, too.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use kiskadee_tests::{Client, Options, Receiver, System, eventually};
use reqwest::Method;
use serde_json::{Value, json};

/// Words of texts, names and passwords here; in no line of a program by chance.
const TEXT: &str = "Quokkas zigzag past Wagga Wagga.";
const SECRET_WORDS: [&str; 8] = [
    "Quokkas",
    "Numbats",
    "Bilbies",
    "Bandicoots",
    "Pademelons",
    "correct horse",
    "wrong pony",
    "kk_forged",
];

/// What this test made and used, to be found nowhere.
#[derive(Default)]
struct Used(Vec<(String, String)>);

impl Used {
    fn note(&mut self, what: &str, secret: &str) {
        assert!(secret.len() > 5, "{what} is no secret: `{secret}`");
        self.0.push((what.to_owned(), secret.to_owned()));
    }

    /// Each place where one of them stands.
    fn found_in(&self, logs: &[(String, String)]) -> Vec<String> {
        let mut found = Vec::new();
        for (what, secret) in &self.0 {
            for (file, text) in logs {
                if let Some(line) = text.lines().find(|line| line.contains(secret.as_str())) {
                    found.push(format!("{what} in {file}: {line}"));
                }
            }
        }
        found
    }
}

fn logs(state: &Path) -> Result<Vec<(String, String)>> {
    let mut logs = vec![(
        "up.out".to_owned(),
        fs::read_to_string(state.join("up.out"))?,
    )];
    for entry in fs::read_dir(state.join("logs"))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        logs.push((
            name.into_owned(),
            String::from_utf8_lossy(&fs::read(&path)?).into_owned(),
        ));
    }
    Ok(logs)
}

/// Every string below a value whose name does not say that it is public.
fn note_all(used: &mut Used, file: &str, value: &Value, name: &str) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                note_all(used, file, value, name);
            }
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| note_all(used, file, item, name)),
        Value::String(secret) if !["url", "username", "admin_username"].contains(&name) => {
            used.note(&format!("{name} of {file}"), secret);
        }
        _ => {}
    }
}

async fn refused(client: &Client, path: &str, body: &Value) -> Result<()> {
    let status = client.post(path, body).await?.status;
    assert!(status.is_client_error(), "{path}: {status}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_log_has_a_secret_or_a_text() -> Result<()> {
    let receiver = Receiver::start("127.0.0.1:0").await?;
    // Otherwise the first user's key is printed, for the one who sits there.
    let options = Options::default().env("JOURNAL_STREAM", "8:1");
    let system = System::start(options).await?;
    let mut used = Used::default();
    for word in SECRET_WORDS {
        used.note("a word", word);
    }
    for file in ["secrets.json", "credentials.json"] {
        let text = fs::read_to_string(system.state_dir().join(file))?;
        note_all(&mut used, file, &serde_json::from_str(&text)?, file);
    }
    let person = system.client().new_user().await?;
    used.note("the key of a user", &person.key);
    used.note("a token", &person.token);
    used.note(
        "the address of a user",
        &format!("{}@example.org", person.name),
    );
    work(&person.client, &receiver).await?;
    go_wrong(&person.client, &person.name).await?;
    administer(&system, &person.name, &mut used).await?;

    let events = told(&system, &person.name).await?;
    for action in [
        "user.registered",
        "user.signed_in",
        "user.sign_in_failed",
        "key.made",
        "key.revoked",
        "user.changed",
        "password.reset_offered",
    ] {
        assert!(
            events.iter().any(|event| event["action"] == action),
            "{action}: {events:?}"
        );
    }
    let logs = logs(system.state_dir())?;
    assert!(logs.iter().map(|(_, text)| text.len()).sum::<usize>() > 10_000);
    let found = used.found_in(&logs);
    assert!(found.is_empty(), "{found:#?}");
    // What is looked for would be found: each log holds words of its own.
    used.note("a word that is there", "security event");
    assert_eq!(used.found_in(&logs).len(), 1);
    Ok(())
}

/// What goes well: speech, a batch, a dictionary, a cloned voice, a file, each with words of a person's.
async fn work(client: &Client, receiver: &Receiver) -> Result<()> {
    let hook = receiver.url();
    let body = json!({"text": TEXT, "voice_id": "default", "language": "en", "webhook_url": hook});
    let job = client
        .post("/api/v1/speech", &body)
        .await?
        .expect(202)?
        .json()?;
    client
        .ended_job(job["job_id"].as_str().context("no job")?)
        .await?;
    let body = json!({"texts": ["Numbats nap."], "voice_id": "default", "language": "en", "webhook_url": hook});
    client
        .post("/api/v1/advanced/batch-tts", &body)
        .await?
        .expect(202)?;
    client
        .post_csv(b"text,language\nBilbies burrow.,en\n".to_vec())
        .await?;
    let body = json!({"model": "tts-1", "voice": "default", "input": "Bandicoots bound."});
    client.post("/v1/audio/speech", &body).await?;
    eventually("two webhooks", Duration::from_mins(1), || async {
        Ok((receiver.received().len() >= 2).then_some(()))
    })
    .await
}

/// What is refused and what breaks, with the same words in it.
async fn go_wrong(client: &Client, name: &str) -> Result<()> {
    let long = TEXT.repeat(4000);
    for body in [
        json!({"text": long, "voice_id": "default", "language": "en"}),
        json!({"text": TEXT, "voice_id": "Pademelons", "language": "en"}),
        json!({"text": TEXT, "voice_id": "default", "language": "Pademelons"}),
        json!({"Pademelons": TEXT}),
    ] {
        refused(client, "/api/v1/speech", &body).await?;
    }
    let broken = format!("{{\"text\": \"{TEXT}").into_bytes();
    client
        .post_raw("/api/v1/speech", "application/json", broken)
        .await?
        .expect(400)?;
    // A recording that is none, by a name that tells of somebody.
    let fields = [("name", "Bandicoots"), ("consent", "Numbats agree.")];
    client
        .post_file("/clone-voice", &fields, "Bilbies.wav", b"Quokkas".to_vec())
        .await?;
    let wrong = json!({"username": name, "password": "wrong pony"});
    refused(&client.anonymous(), "/auth/login", &wrong).await?;
    let forged = client.with_key("kk_forged0000000000000000000000000000000000");
    forged.get("/auth/me").await?.expect(401)?;
    client
        .get(&format!("/api/v1/jobs?cursor={}", "Pademelons"))
        .await?;
    Ok(())
}

/// Keys, roles and passwords change hands.
async fn administer(system: &System, name: &str, used: &mut Used) -> Result<()> {
    let admin = system.admin();
    let users = admin
        .get("/api/v1/admin/users?limit=100")
        .await?
        .expect(200)?
        .json()?;
    let users = users["items"].as_array().context("no users")?;
    let found = users
        .iter()
        .find(|user| user["username"] == name)
        .context("no such user")?;
    let id = found["id"].as_str().context("no id")?.to_owned();
    let path = format!("/api/v1/admin/users/{id}");
    let change = admin
        .request(Method::PATCH, &path)
        .json(&json!({"weight": 2.0}));
    admin.send(change).await?.expect(200)?;
    let offered = admin
        .post(&format!("{path}/password-reset"), &json!({}))
        .await?;
    let offered = offered.json()?;
    let reset = offered.as_object().context("no reset")?.values();
    for text in reset
        .filter_map(Value::as_str)
        .filter(|text| text.len() > 30)
    {
        used.note("what resets a password", text);
    }
    let token = system.client().log_in(name, "correct horse").await?;
    used.note("a second token", &token);
    let keys = |method, path: &str| {
        system
            .client()
            .anonymous()
            .request(method, path)
            .bearer_auth(&token)
    };
    let made =
        keys(Method::POST, "/api/v1/advanced/auth/api-key").json(&json!({"name": "Pademelons"}));
    let made = system.client().send(made).await?.expect(201)?.json()?;
    used.note("a second key", made["api_key"].as_str().context("no key")?);
    let listed = system
        .client()
        .send(keys(Method::GET, "/api/v1/advanced/auth/api-key"))
        .await?
        .expect(200)?
        .json()?;
    let listed = listed["items"].as_array().context("no keys")?;
    let key = listed
        .iter()
        .find(|key| key["name"] == "Pademelons")
        .context("no such key")?;
    let path = format!(
        "/api/v1/advanced/auth/api-key/{}",
        key["id"].as_str().context("no id")?
    );
    system.client().send(keys(Method::DELETE, &path)).await?;
    Ok(())
}

/// The lines of the log of security, once all are there.
async fn told(system: &System, name: &str) -> Result<Vec<Value>> {
    let database = system.database().await?;
    eventually(
        "all security events to be told",
        Duration::from_secs(30),
        || async {
            let left: i64 = sqlx::query_scalar("select count(*) from account.untold")
                .fetch_one(&database)
                .await?;
            Ok((left == 0).then_some(()))
        },
    )
    .await?;
    let text = fs::read_to_string(system.state_dir().join("logs/worker-1.jsonl"))?;
    assert!(!text.contains(name), "people are told by their ids");
    let lines = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    Ok(lines.filter(|line| line["target"] == "security").collect())
}
