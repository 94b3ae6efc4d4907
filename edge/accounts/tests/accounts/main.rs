//! What the component says of itself, and the SQL functions behind it against a real database. That a whole system does so is
//! tested against one that runs.
#![expect(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

mod audit;
mod document;
mod leaving;
mod passwords;
mod scopes;
mod sign_in;
mod users;

use kiskadee_edge_testing::Database;

/// The role of the component.
const ACCOUNTS: &str = "kiskadee_accounts";

#[tokio::test]
async fn the_role_of_the_component_touches_no_table() {
    let database = Database::create(ACCOUNTS).await;
    database.assert_no_table_is_open().await;
    database.drop().await;
}
