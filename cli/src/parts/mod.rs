//! Each part of the system alone, for installations that are spread over machines. What is secret comes from the
//! environment, never from the command line, where everyone could read it.

mod downloads;
pub(crate) mod edge;
pub(crate) mod migrate;
mod migrate_lines;
pub(crate) mod openvoices;
mod schema;
pub(crate) mod storage;
pub(crate) mod worker;
pub(crate) mod xtts;
