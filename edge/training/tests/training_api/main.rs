//! The SQL functions behind the component, against a real database.

mod watchers;

/// The role of the component.
const TRAINING: &str = "kiskadee_training";
