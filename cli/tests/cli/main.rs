//! The command as a program.

mod command;
mod models;
