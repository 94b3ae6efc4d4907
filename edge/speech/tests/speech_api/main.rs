//! The component's document, and the SQL functions behind it, against a real database: what they accept, what they refuse, who sees what, and
//! that every answer has the shape that the API document promises.
#![expect(clippy::expect_used, reason = "tests stop where something is wrong")]

mod document;
mod making;
mod making_at_once;
mod pronunciations;
mod requests;
mod voices;
