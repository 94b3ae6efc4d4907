//! The family of voice training: steps that make a dataset of recordings, and runs that train a voice on one.

mod announcing;
mod computing;
mod dataset;
mod downloads;
mod family;
mod hearing;
mod run;

pub use kiskadee_outbound::Reach;

pub use self::{
    downloads::{DownloadLimits, DownloadOptions, DownloadSetupError, Downloads},
    family::{Training, Workshop},
    hearing::Recognisers,
    run::XttsTrainer,
};
