//! The component's document, and the SQL functions behind it against a real database: who sees what, what filters pass, and
//! that every answer has the shape that the document promises.

mod batches;
mod document;
mod filters;
mod single;
mod usage;

/// The role of the component.
const JOBS: &str = "kiskadee_jobs";

#[tokio::test]
async fn the_role_of_the_component_touches_no_table() {
    let database = kiskadee_edge_testing::Database::create(JOBS).await;
    database.assert_no_table_is_open().await;
    database.drop().await;
}
