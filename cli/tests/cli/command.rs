//! The command as its users call it.

#![expect(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Output, Stdio};

fn kiskadee(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kiskadee"))
        .args(arguments)
        .env_remove("KISKADEE_STATE_DIR")
        .env_remove("KISKADEE_DATABASE_URL")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn error_of(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_text_is_said_to_standard_output() {
    let output = kiskadee(&["say", "Good morning.", "-o", "-"]);
    assert!(output.status.success(), "{output:?}");
    assert!(output.stdout.starts_with(b"RIFF") && output.stdout.len() > 20_000);
}

#[test]
fn the_extension_of_a_file_names_its_format() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hello.flac");
    let path = file.to_str().unwrap();
    assert!(
        kiskadee(&["say", "Good morning.", "-o", path])
            .status
            .success()
    );
    assert!(std::fs::read(&file).unwrap().starts_with(b"fLaC"));
}

#[test]
fn each_line_is_said_into_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("lines.v1");
    let path = inside.to_str().unwrap();
    let output = kiskadee(&["say", "One.\n\n  Two and three.\n", "--lines", "-o", path]);
    assert!(output.status.success(), "{output:?}");
    let read = |name| std::fs::read(inside.join(name)).unwrap();
    let (first, second) = (read("000.wav"), read("001.wav"));
    assert!(first.starts_with(b"RIFF") && first.len() < second.len());
    assert_eq!(std::fs::read_dir(&inside).unwrap().count(), 2);
    let alone = kiskadee(&["say", "Two and three.", "-o", "-"]);
    assert!(alone.stdout == second, "the same as when it is said alone");
    let error = error_of(&kiskadee(&["say", "One.", "--lines", "-o", "-"]));
    assert!(error.contains("name a folder"), "{error}");
}

#[test]
fn the_engine_follows_from_the_language_and_the_voice() {
    let said = |options: &[&str]| {
        let output = kiskadee(&[&["say", "Hallo.", "-o", "-"], options].concat());
        assert!(output.status.success(), "{output:?}");
        u32::from_le_bytes(*output.stdout[24..].first_chunk().unwrap())
    };
    assert_eq!(said(&["--language", "pt"]), 16_000);
    assert_eq!(said(&["--language", "de"]), 22_050);
    assert_eq!(said(&["--voice", "espeak-de", "--language", "de"]), 22_050);
    let error = error_of(&kiskadee(&["say", "Hi", "-o", "-", "--language", "xx"]));
    assert!(error.contains("no engine here speaks `xx`"), "{error}");
}

#[test]
fn what_cannot_be_said_is_told() {
    let error = error_of(&kiskadee(&["say", "Hello", "-o", "hello.exe"]));
    assert!(
        error.contains("`exe` is not a format") && error.contains("wav"),
        "{error}"
    );
    let error = error_of(&kiskadee(&["say", " ", "-o", "-"]));
    assert!(error.contains("nothing to say"), "{error}");
    let error = error_of(&kiskadee(&[
        "say", "Hello", "-o", "-", "--engine", "parrot",
    ]));
    assert!(
        error.contains("parrot") && error.contains("espeak"),
        "{error}"
    );
}

#[test]
fn an_administrator_without_an_installation_is_told_what_to_start() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().to_str().unwrap();
    let error = error_of(&kiskadee(&["admin", "dead", "--state-dir", state]));
    assert!(error.contains("kiskadee up"), "{error}");
}

#[test]
fn generated_secrets_are_new_each_time() {
    let (first, second) = (
        kiskadee(&["admin", "generate-secrets"]),
        kiskadee(&["admin", "generate-secrets"]),
    );
    let text = String::from_utf8(first.stdout).unwrap();
    for name in ["JWT_SIGNING_KEY", "JWT_PUBLIC_KEYS", "STORAGE_TOKEN"] {
        assert!(text.contains(&format!("SPIN_VARIABLE_{name}=")), "{text}");
    }
    assert_ne!(text.as_bytes(), second.stdout);
}

#[test]
fn a_throw_away_postgres_ends_with_its_input_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    // The user that runs Postgres must pass through.
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o711);
    std::fs::set_permissions(folder.path(), open).unwrap();
    let mut server = Command::new(env!("CARGO_BIN_EXE_kiskadee"))
        .arg("postgres")
        .env("TMPDIR", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(server.stdout.take().unwrap());
    let mut address = String::new();
    output.read_line(&mut address).unwrap();
    assert!(address.starts_with("postgres://postgres:"), "{address}");
    drop(server.stdin.take());
    assert!(server.wait().unwrap().success());
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert_eq!(
        (
            rest.as_str(),
            std::fs::read_dir(folder.path()).unwrap().count()
        ),
        ("", 0)
    );
}

#[test]
fn a_text_may_begin_with_a_dash() {
    let dash = kiskadee(&["say", "- five degrees", "-o", "-"]);
    assert!(dash.status.success(), "{dash:?}");
    let behind = kiskadee(&["read", "--", "-o is an option"]);
    let shown = String::from_utf8(behind.stdout).unwrap();
    assert!(shown.contains("is an option"), "{shown}");
}

#[cfg(unix)]
#[test]
fn a_file_has_the_permissions_of_the_users_other_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let (said, usual) = (folder.path().join("said.wav"), folder.path().join("usual"));
    let output = kiskadee(&["say", "Hello.", "-o", said.to_str().unwrap()]);
    assert!(output.status.success(), "{output:?}");
    std::fs::write(&usual, "").unwrap();
    let mode = |path| std::fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&said), mode(&usual));
}

#[test]
fn how_a_text_is_read_is_shown_as_a_table_and_as_json() {
    let table = kiskadee(&["read", "São 21 GB.", "--language", "pt-BR"]);
    let shown = String::from_utf8(table.stdout).unwrap();
    assert!(
        shown.starts_with("são vinte e um gigabytes\n") && shown.contains("ˈviŋtʃɪ"),
        "{shown}"
    );
    let json = kiskadee(&["read", "It is 21.", "--json"]);
    let read: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(read["sentences"][0]["spoken"], "it is twenty one");
    let german = error_of(&kiskadee(&["read", "Guten Tag.", "--language", "de"]));
    assert!(german.contains("en and pt"), "{german}");
}
