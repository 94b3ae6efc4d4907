//! The role of each component does what is its own, and nothing else.

use anyhow::Result;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::system::ToySystem;

/// SQLSTATE of `insufficient_privilege`.
const REFUSED: &str = "42501";

const NOBODY: &str = "row(null, null, null, 0)::api.credentials";

pub(crate) async fn may_do_their_own_alone(toy: &ToySystem) -> Result<()> {
    let get_text = format!("select status from api.get_text({NOBODY}, gen_random_uuid())");
    let mut own = login(toy, "kiskadee_toy").await?;
    let status: i16 = sqlx::query_scalar(AssertSqlSafe(get_text.clone()))
        .fetch_one(&mut own)
        .await?;
    assert_eq!(status, 401, "it may ask, and then says who it is");
    for statement in [
        "select count(*) from speech.voice",
        "select count(*) from speech.recording",
        "select count(*) from queue.job",
        "select count(*) from account.\"user\"",
        "select count(*) from toy.text",
        "select toy.keep_counts('{}')",
        &format!("select status from api.get_job({NOBODY}, gen_random_uuid())"),
    ] {
        assert_eq!(refusal(&mut own, statement).await, REFUSED, "{statement}");
    }
    let mut speech = login(toy, "kiskadee_speech").await?;
    assert_eq!(refusal(&mut speech, &get_text).await, REFUSED);
    Ok(())
}

async fn login(toy: &ToySystem, group: &str) -> Result<PgConnection> {
    Ok(PgConnection::connect(&toy.system.login_url(group)?).await?)
}

/// The SQLSTATE with which a statement is refused; empty when it is not.
async fn refusal(connection: &mut PgConnection, statement: &str) -> String {
    let statement = AssertSqlSafe(statement.to_owned());
    let refused = sqlx::raw_sql(statement).execute(connection).await.err();
    let code = refused
        .as_ref()
        .and_then(|error| error.as_database_error()?.code());
    code.unwrap_or_default().into_owned()
}
