//! The worker: fetches jobs, speaks, encodes, uploads, completes and sends webhooks
pub mod webhook;
pub mod archive;
pub mod audio;
pub mod gateway;
pub mod run;
pub mod store;
