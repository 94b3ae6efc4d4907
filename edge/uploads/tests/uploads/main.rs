//! The component's document, and the SQL functions behind it against a real database: what is let in, what is missing, how an
//! upload ends, and that nothing of it is forgotten.

mod document;
mod ends;
mod receiving;

use kiskadee_edge_testing::{Answer, Database, Who};
use kiskadee_uploads_api::bodies::Upload;

/// The role of the component.
const UPLOADS: &str = "kiskadee_uploads";

/// SHA-256 of `abc`.
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/// Announces a file that goes in parts of 4 bytes.
async fn begin(database: &Database, who: Who, bytes: u64, sha256: Option<&str>) -> Answer {
    let sha256 = sha256.map_or_else(|| "null".to_owned(), |digits| format!("\"{digits}\""));
    let announced = format!(
        "'{{\"family\": \"speech\", \"filename\": \"a.wav\", \"bytes\": {bytes}, \"sha256\": {sha256}}}', 4, null, null"
    );
    database.ask(who, "begin_upload", &announced).await
}

/// The same, as far as it must go well: the id as an argument of a function.
async fn begun(database: &Database, bytes: u64, sha256: Option<&str>) -> String {
    let upload: Upload = begin(database, Who::Ann, bytes, sha256).await.body();
    argument(&upload)
}

fn argument(upload: &Upload) -> String {
    let id = upload.upload_id.strip_prefix("upload_");
    format!("'{}'::uuid", id.unwrap_or_default())
}

/// Notes a part as if it had been stored under `key`.
async fn note(database: &Database, id: &str, number: u32, key: &str, bytes: u64) -> Answer {
    let arguments = format!("{id}, {number}, '{key}', {bytes}, decode('{ABC}', 'hex')");
    database.ask(Who::Ann, "note_part", &arguments).await
}

async fn show(database: &Database, id: &str) -> Upload {
    database.ask(Who::Ann, "get_upload", id).await.body()
}

/// The keys that a worker is to delete.
async fn discarded(database: &Database) -> Vec<String> {
    let keys = "select coalesce(string_agg(k, ' ' order by k), '') from storage.discarded(100) k";
    let keys = database.text(keys).await;
    keys.split_whitespace().map(str::to_owned).collect()
}

#[tokio::test]
async fn the_role_of_the_component_touches_no_table() {
    let database = Database::create(UPLOADS).await;
    database.assert_no_table_is_open().await;
    for table in ["storage.upload", "storage.object"] {
        let statement = format!("set role {UPLOADS}; select from {table}");
        assert!(database.client.batch_execute(&statement).await.is_err());
        database.run("reset role").await;
    }
    database.drop().await;
}
