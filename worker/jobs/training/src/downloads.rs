//! What a worker needs to fetch from addresses.

use std::{path::PathBuf, time::Duration};

use kiskadee_outbound::{Fetcher, Guard, PageProgram, Reach};

/// How a worker fetches.
#[derive(Debug, Clone)]
pub struct DownloadOptions {
    /// yt-dlp, for addresses of pages: a name on the search path, or a path. It may be missing.
    pub program: PathBuf,
    /// Which addresses may be called.
    pub reach: Reach,
    pub limits: DownloadLimits,
}

/// What one address may cost.
#[derive(Debug, Clone, Copy)]
pub struct DownloadLimits {
    pub bytes: u64,
    /// Of sound.
    pub seconds: f64,
    /// Until all of it lies on the disk.
    pub within: Duration,
}

impl Default for DownloadOptions {
    fn default() -> Self {
        Self {
            program: "yt-dlp".into(),
            reach: Reach::Public,
            limits: DownloadLimits::default(),
        }
    }
}

impl Default for DownloadLimits {
    fn default() -> Self {
        Self {
            bytes: 2 << 30,
            seconds: 6.0 * 3600.0,
            within: Duration::from_mins(30),
        }
    }
}

/// Fetches from addresses, with the guard of all calls to strangers.
#[derive(Debug, Clone)]
pub struct Downloads {
    pub(crate) fetcher: Fetcher,
    /// Where the program is installed.
    pub(crate) pages: Option<PageProgram>,
    pub(crate) limits: DownloadLimits,
}

/// Why nothing can be fetched.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client for downloads cannot be set up: {0}")]
pub struct DownloadSetupError(String);

impl Downloads {
    pub fn new(options: &DownloadOptions) -> Result<Self, DownloadSetupError> {
        let guard = Guard::of_system(options.reach.clone());
        let fetcher = Fetcher::new(guard.clone());
        Ok(Self {
            fetcher: fetcher.map_err(|error| DownloadSetupError(error.to_string()))?,
            pages: PageProgram::find(&options.program, guard),
            limits: options.limits,
        })
    }
}
