//! How recordings come from addresses.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use kiskadee_worker::{DownloadLimits, DownloadOptions, Reach};

#[derive(Debug, Clone, Args)]
pub(crate) struct DownloadArgs {
    /// The program that finds the sound behind the address of a page; without it only addresses of files lead to something
    #[arg(
        long,
        env = "KISKADEE_YT_DLP",
        value_name = "PROGRAM",
        default_value = "yt-dlp"
    )]
    yt_dlp: PathBuf,
    /// Networks beside the public internet from which recordings may be fetched, with commas between [default: none]
    #[arg(
        long,
        env = "KISKADEE_DOWNLOAD_ALLOW",
        value_name = "CIDR,…",
        default_value = "",
        hide_default_value = true
    )]
    download_allow: Reach,
    /// MiB that one address may have
    #[arg(long, env = "KISKADEE_DOWNLOAD_MIB", value_name = "MIB", default_value_t = 2048,
        value_parser = clap::value_parser!(u64).range(1..=1 << 20))]
    download_mib: u64,
    /// Minutes of sound that one address may have
    #[arg(long, env = "KISKADEE_DOWNLOAD_SOUND", value_name = "MINUTES", default_value_t = 360,
        value_parser = clap::value_parser!(u32).range(1..=1440))]
    download_sound: u32,
    /// Minutes that one address may take
    #[arg(long, env = "KISKADEE_DOWNLOAD_WITHIN", value_name = "MINUTES", default_value_t = 30,
        value_parser = clap::value_parser!(u32).range(1..=30))]
    download_within: u32,
}

impl DownloadArgs {
    pub(crate) fn options(&self) -> DownloadOptions {
        DownloadOptions {
            program: self.yt_dlp.clone(),
            reach: self.download_allow.clone(),
            limits: DownloadLimits {
                bytes: self.download_mib << 20,
                seconds: f64::from(self.download_sound) * 60.0,
                within: Duration::from_mins(self.download_within.into()),
            },
        }
    }
}
