//! What is told of an error.

use kiskadee_queue::{Error, testing::TestDatabase};
use kiskadee_shared::causes::chain;

/// Postgres' own words are in the text of the error and in that of its source.
#[tokio::test]
async fn what_the_database_says_is_told_once() {
    let database = TestDatabase::create_empty().await;
    let divide = sqlx::query("select 1 / 0");
    let error = database.queue().run(divide).await.unwrap_err();
    assert!(matches!(error, Error::Fatal(_)), "{error:?}");
    let told = chain(&error);
    let start = "the database refused: error returned from database: division by zero";
    assert!(told.starts_with(start), "{told}");
    assert_eq!(told.matches("division by zero").count(), 1, "{told}");
}
