//! Voices, models and languages.

use kiskadee_speech_api::bodies::{
    AudioVoiceList, CommercialUse, Model, ModelList, Voice, VoiceKind, VoiceList,
};

use kiskadee_edge_testing::{Database, SPEECH, Who};

const MINE: &str = "'voice_00000000000070008000000000000001'";

fn ids(list: &VoiceList) -> Vec<&str> {
    let items = list.items.iter();
    items.map(|voice| voice.voice_id.as_str()).collect()
}

async fn found(database: &Database, who: Who, arguments: &str) -> VoiceList {
    database.ask(who, "find_voices", arguments).await.body()
}

#[tokio::test]
async fn voices_are_listed_with_their_languages_the_preferred_engines_first() {
    let database = Database::create(SPEECH).await;
    let mine = MINE.trim_matches('\'');
    let first = found(&database, Who::Ann, "2").await;
    assert_eq!(ids(&first), ["kiskadee-en", mine]);
    assert_eq!(first.items[1].kind, VoiceKind::Cloned);
    let cursor = first.next_cursor.as_deref().expect("there is more");
    let second = found(&database, Who::Ann, &format!("2, '{cursor}'")).await;
    assert_eq!(ids(&second), ["espeak-de"]);
    assert_eq!(second.next_cursor, None);
    assert!(first.items.iter().all(|voice| !voice.languages.is_empty()));
    assert_eq!(
        ids(&found(&database, Who::Bob, "10").await),
        ["kiskadee-en", "espeak-de"]
    );
    assert_eq!(found(&database, Who::Root, "10").await.items.len(), 3);
    let refused = database
        .ask(Who::Ann, "find_voices", "2, 'kiskadee-en'")
        .await;
    assert_eq!(
        (refused.status, refused.errors()[0]["field"].as_str()),
        (422, Some("cursor"))
    );
    // As edges of the release before ask.
    let before: VoiceList = database.ask(Who::Ann, "list_voices", "2").await.body();
    assert_eq!(ids(&before), ["espeak-de", "kiskadee-en"]);
    database.drop().await;
}

#[tokio::test]
async fn voices_are_found_by_language_engine_kind_and_name() {
    let database = Database::create(SPEECH).await;
    database.run(OPEN_VOICES).await;
    let named = "update speech.voice set name = 'São João da Barra' where id = 'piper-de-x'";
    database.run(named).await;
    let mine = MINE.trim_matches('\'');
    for (filter, wanted) in [
        ("'de'", vec!["piper-de-x", "espeak-de"]),
        ("'de-AT'", vec!["piper-de-x", "espeak-de"]),
        ("null, 'espeak'", vec!["espeak-de"]),
        ("null, 'nobody'", vec![]),
        ("null, null, 'cloned'", vec![mine]),
        ("null, null, null, 'sao jo'", vec!["piper-de-x"]),
        ("null, null, null, 'JOÃO'", vec!["piper-de-x"]),
        ("null, null, null, '%'", vec![]),
        ("null, null, null, 'Kokoro-AF'", vec!["kokoro-af_heart"]),
        (
            "'en', 'kokoro', 'builtin', 'heart'",
            vec!["kokoro-af_heart"],
        ),
        ("'pt', 'kokoro', 'builtin', 'heart'", vec![]),
    ] {
        let list = found(&database, Who::Ann, &format!("20, null, {filter}")).await;
        assert_eq!(ids(&list), wanted, "{filter}");
    }
    let all = found(&database, Who::Ann, "20").await;
    let mut paged = Vec::new();
    let mut cursor = "null".to_owned();
    loop {
        let page = found(
            &database,
            Who::Ann,
            &format!("1, {cursor}, null, null, 'builtin'"),
        )
        .await;
        paged.extend(page.items.into_iter().map(|voice| voice.voice_id));
        match page.next_cursor {
            Some(next) => cursor = format!("'{next}'"),
            None => break,
        }
    }
    let builtin = |id: &&str| *id != mine;
    assert_eq!(
        paged,
        ids(&all).into_iter().filter(builtin).collect::<Vec<_>>()
    );
    database.drop().await;
}

/// However many voices others have, a page reads no more than the caller may see.
#[tokio::test]
async fn indexes_serve_the_list_of_voices() {
    let database = Database::create(SPEECH).await;
    database
        .run(
            "insert into speech.voice (id, owner, engine, name, kind)
             select 'v' || n, '00000000-0000-7000-8000-000000000002', 'kiskadee', 'V', 'cloned' from generate_series(1, 20000) n;
             analyze speech.voice",
        )
        .await;
    for (who, arguments) in [
        (Who::Ann, "20"),
        (Who::Ann, "20, null, 'xx', null, 'cloned', 'nothing'"),
        (Who::Bob, "20, '10:kiskadee:v5'"),
        (Who::Root, "20"),
    ] {
        database.run("begin").await;
        assert_eq!(
            database.ask(who, "find_voices", arguments).await.status,
            200
        );
        let read = "select sum(pg_stat_get_xact_tuples_returned(r))::bigint
             from (select 'speech.voice'::regclass::oid union all
               select indexrelid from pg_index where indrelid = 'speech.voice'::regclass) t(r)";
        let read: i64 = database.row(read).await.get(0);
        database.run("rollback").await;
        assert!(read < 200, "{who:?} {arguments}: {read}");
    }
    database.drop().await;
}

#[tokio::test]
async fn an_unknown_voice_is_refused_with_some_that_there_are() {
    let database = Database::create(SPEECH).await;
    let told = resolved(&database, "null", "nobody", "de").await;
    assert_eq!(
        told,
        "there is no voice \"nobody\"; there are espeak-de and what `GET /api/v1/voices` lists"
    );
    let told = resolved(&database, "null", "nobody", "xx").await;
    assert_eq!(
        told,
        "there is no voice \"nobody\"; `GET /api/v1/voices` lists those that there are"
    );
    database.drop().await;
}

#[tokio::test]
async fn clients_of_openai_find_models_and_voices() {
    let database = Database::create(SPEECH).await;
    let model: Model = database
        .ask(Who::Ann, "show_model", "'espeak', false")
        .await
        .body();
    assert_eq!(
        (model.id.as_str(), model.object.as_str()),
        ("espeak", "model")
    );
    let model: Model = database
        .ask(Who::Ann, "show_model", "'tts-1', true")
        .await
        .body();
    assert_eq!(model.id, "tts-1");
    let none = database.ask(Who::Ann, "show_model", "'gpt-9', false").await;
    assert_eq!(
        (none.status, none.code.as_deref()),
        (404, Some("model_not_found"))
    );
    let detail = none.detail.unwrap();
    assert!(
        detail.contains("\"gpt-9\"") && detail.contains("kiskadee"),
        "{detail}"
    );
    let list: AudioVoiceList = database.ask(Who::Ann, "audio_voices", "").await.body();
    assert_eq!(list.voices[0].id, "kiskadee-en");
    assert_eq!(list.voices.len(), 3);
    let bobs: AudioVoiceList = database.ask(Who::Bob, "audio_voices", "").await.body();
    assert_eq!(bobs.voices.len(), 2);
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
