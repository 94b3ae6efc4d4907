//! The family of uploads: a job makes one object of what a caller brought, and holds it against what was announced.

mod args;
mod check;
mod family;

pub use self::{
    args::{Part, Source, UploadArgs, UploadResult},
    check::{CheckError, check},
    family::{Uploads, object_key},
};
