//! Voices, models and languages.

use kiskadee_speech_api::bodies::{CommercialUse, ModelList, Voice, VoiceKind, VoiceList};

use kiskadee_edge_testing::{Database, SPEECH, Who};

const MINE: &str = "'voice_00000000000070008000000000000001'";

#[tokio::test]
async fn voices_are_listed_with_their_languages() {
    let database = Database::create(SPEECH).await;
    let first: VoiceList = database.ask(Who::Ann, "list_voices", "2").await.body();
    assert_eq!(
        first
            .items
            .iter()
            .map(|voice| voice.voice_id.as_str())
            .collect::<Vec<_>>(),
        ["espeak-de", "kiskadee-en"]
    );
    let cursor = first.next_cursor.expect("there is more");
    let second: VoiceList = database
        .ask(Who::Ann, "list_voices", &format!("2, '{cursor}'"))
        .await
        .body();
    assert_eq!(
        (second.items[0].kind, second.next_cursor),
        (VoiceKind::Cloned, None)
    );
    assert!(first.items.iter().all(|voice| !voice.languages.is_empty()));
    let bobs: VoiceList = database.ask(Who::Bob, "list_voices", "10").await.body();
    assert_eq!(bobs.items.len(), 2);
    database.drop().await;
}

/// Two engines with open weights, and what the licences of their voices say.
const OPEN_VOICES: &str = r#"
    select queue.register_worker('00000000-0000-7000-8000-00000000000b',
      '{"name": "open", "engines": [{"name": "kokoro"}, {"name": "piper"}], "slots": 1}', 3600000);
    select speech.announce(
      '[{"name": "kokoro", "languages": ["en-us", "pt-br"]}, {"name": "piper", "languages": ["en-us", "de"]}]',
      '[{"id": "kokoro-af_heart", "engine": "kokoro", "languages": ["en-us"],
          "licence": {"id": "Apache-2.0", "commercial": "yes"}},
        {"id": "piper-en_us-joe-medium", "engine": "piper", "languages": ["en-us"],
          "licence": {"id": "Blizzard-2013", "commercial": "no"}},
        {"id": "piper-de-x", "engine": "piper", "languages": ["de"], "licence": {"id": "?", "commercial": "unknown"}},
        {"id": "kiskadee-en", "engine": "kiskadee", "languages": ["en"],
          "licence": {"id": "Apache-2.0", "commercial": "yes"}},
        {"id": "espeak-de", "engine": "espeak", "languages": ["de"],
          "licence": {"id": "GPL-3.0-or-later", "commercial": "yes"}}]')"#;

#[expect(clippy::unwrap_used, reason = "a question that fails fails the test")]
async fn resolved(database: &Database, engine: &str, voice: &str, language: &str) -> String {
    let question = format!(
        "select coalesce(r.errors #>> '{{0,message}}', r.engine) from speech.resolve(
           jsonb_populate_record(null::api.caller, '{{\"user_id\": \"00000000-0000-7000-8000-000000000001\"}}'),
           {engine}, '{voice}', '{language}') r"
    );
    let row = database.client.query_one(&question, &[]).await.unwrap();
    row.get(0)
}

#[tokio::test]
async fn natural_voices_are_chosen_first_and_every_engine_can_be_named() {
    let database = Database::create(SPEECH).await;
    assert_eq!(
        resolved(&database, "null", "default", "en").await,
        "kiskadee"
    );
    database.client.batch_execute(OPEN_VOICES).await.unwrap();
    for (engine, voice, language, chosen) in [
        ("null", "default", "en", "kokoro"),
        ("null", "default", "pt", "kokoro"),
        ("null", "default", "de", "piper"),
        ("null", "kiskadee-en", "en", "kiskadee"),
        ("'espeak'", "default", "en-us", "espeak"),
    ] {
        let found = resolved(&database, engine, voice, language).await;
        assert_eq!(found, chosen, "{engine} {voice} {language}");
    }
    database.drop().await;
}

#[tokio::test]
async fn an_operator_can_have_commercial_voices_only() {
    let database = Database::create(SPEECH).await;
    database.client.batch_execute(OPEN_VOICES).await.unwrap();
    let only = "select speech.allow_commercial_voices_only(true)";
    database.client.batch_execute(only).await.unwrap();
    let joe = "piper-en_us-joe-medium";
    for (engine, voice, language, outcome) in [
        ("null", "default", "en", "kokoro"),
        ("null", "default", "de", "espeak"),
        (
            "'piper'",
            "default",
            "de",
            "not every voice that the engine piper has for \"de\"",
        ),
        (
            "null",
            joe,
            "en-us",
            "the licence of the voice piper-en_us-joe-medium (Blizzard-2013) does not allow",
        ),
        (
            "null",
            "piper-de-x",
            "de",
            "the licence of the voice piper-de-x (?)",
        ),
        // Made with an engine all of whose voices allow it.
        (
            "null",
            "voice_00000000000070008000000000000001",
            "en",
            "kiskadee",
        ),
    ] {
        let found = resolved(&database, engine, voice, language).await;
        assert!(found.starts_with(outcome), "{voice} {language}: {found}");
    }
    let voice: Voice = database
        .ask(Who::Ann, "get_voice", &format!("'{joe}'"))
        .await
        .body();
    let licence = voice.licence.unwrap();
    assert_eq!(
        (licence.id.as_str(), licence.commercial),
        ("Blizzard-2013", CommercialUse::No)
    );
    database.drop().await;
}

#[tokio::test]
async fn a_voice_is_deleted_by_its_owner_only() {
    let database = Database::create(SPEECH).await;
    assert_eq!(
        database.ask(Who::Bob, "delete_voice", MINE).await.status,
        404
    );
    assert_eq!(
        database
            .ask(Who::Ann, "delete_voice", "'kiskadee-en'")
            .await
            .status,
        403
    );
    let voice: Voice = database.ask(Who::Ann, "get_voice", MINE).await.body();
    assert_eq!(voice.name, "Mine");
    assert_eq!(
        database.ask(Who::Ann, "delete_voice", MINE).await.status,
        204
    );
    assert_eq!(database.ask(Who::Ann, "get_voice", MINE).await.status, 404);
    assert_eq!(
        database.ask(Who::Ann, "delete_voice", MINE).await.status,
        404
    );
    database.drop().await;
}

#[tokio::test]
async fn announcing_again_changes_built_in_voices_only() {
    let database = Database::create(SPEECH).await;
    database
        .run(&format!(
            "select speech.announce('[]', '[{{\"id\": {}, \"engine\": \"espeak\"}},
             {{\"id\": \"kiskadee-en\", \"engine\": \"kiskadee\", \"name\": \"New\", \"preview_key\": \"voices/k.wav\"}}]')",
            MINE.replace('\'', "\"")
        ))
        .await;
    let mine: Voice = database.ask(Who::Ann, "get_voice", MINE).await.body();
    assert_eq!((mine.name.as_str(), mine.kind), ("Mine", VoiceKind::Cloned));
    let built_in: Voice = database
        .ask(Who::Ann, "get_voice", "'kiskadee-en'")
        .await
        .body();
    assert_eq!(
        (built_in.name.as_str(), built_in.preview_url.as_deref()),
        ("New", Some("/api/v1/voices/kiskadee-en/preview"))
    );
    assert_eq!(
        database
            .ask(Who::Ann, "voice_preview", "'kiskadee-en'")
            .await
            .status,
        200
    );
    assert_eq!(
        database.ask(Who::Ann, "voice_preview", MINE).await.status,
        404
    );
    database.drop().await;
}

#[tokio::test]
async fn models_are_the_engines_of_live_workers() {
    let database = Database::create(SPEECH).await;
    let models: ModelList = database.ask(Who::Ann, "models", "").await.body();
    assert_eq!(
        models
            .data
            .iter()
            .map(|model| model.id.as_str())
            .collect::<Vec<_>>(),
        ["kiskadee", "espeak"]
    );
    assert_eq!(models.data[0].quality_profiles[0].name, "fast");
    database
        .run("update queue.worker set expires_at = now()")
        .await;
    let models: ModelList = database.ask(Who::Ann, "models", "").await.body();
    assert!(models.data.is_empty());
    database.drop().await;
}

#[tokio::test]
async fn languages_are_matched_by_their_parts() {
    let database = Database::create(SPEECH).await;
    for (wanted, offered, expected) in [
        ("en", "{en}", Some("en")),
        ("EN", "{en}", Some("en")),
        ("en-GB", "{en,en-gb}", Some("en-gb")),
        ("en-AU", "{en-gb,en}", Some("en")),
        ("zh_Hant_TW", "{zh,zh-hant}", Some("zh-hant")),
        ("en", "{de,en-us,en-gb}", Some("en-us")),
        ("eng", "{en}", None),
        ("en", "{eng}", None),
        ("en", "{}", None),
    ] {
        let found: Option<String> = database
            .row(&format!(
                "select speech.match_language('{wanted}', '{offered}')"
            ))
            .await
            .get(0);
        assert_eq!(found.as_deref(), expected, "{wanted} of {offered}");
    }
    database.drop().await;
}
