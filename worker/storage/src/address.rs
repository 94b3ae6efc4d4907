//! From the address of a storage to a client of it.

use std::{fmt, path::PathBuf, str::FromStr, sync::Arc, time::Duration};

use kiskadee_secret::{SecretError, SecretSource};
use object_store::{
    ObjectStore, ObjectStoreScheme, RetryConfig, aws::AmazonS3Builder,
    azure::MicrosoftAzureBuilder, gcp::GoogleCloudStorageBuilder, local::LocalFileSystem,
    path::Path, signer::Signer,
};
use url::Url;

use crate::tls;
use crate::{Store, StoreError};

/// Past this, a storage that does not answer is away: the job waits in the queue rather than in this process.
const RETRY_FOR: Duration = Duration::from_secs(20);

/// What providers take from the environment and nobody should see.
const SECRETS: [&str; 7] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AZURE_STORAGE_ACCOUNT_KEY",
    "AZURE_STORAGE_CLIENT_SECRET",
    "AZURE_STORAGE_SAS_TOKEN",
    "GOOGLE_SERVICE_ACCOUNT_KEY",
];

/// Names and values of a provider's options, as in the environment.
type Options<'a> = &'a [(&'a str, &'a str)];

pub(super) fn open(address: &str, options: Options<'_>) -> Result<Store, StoreError> {
    match parse(address)? {
        Place::Directory(directory) => open_directory(address, directory),
        Place::Bucket(scheme, url, root) => open_bucket(address, &scheme, &url, root, options),
    }
}

enum Place {
    Directory(PathBuf),
    Bucket(ObjectStoreScheme, Url, Path),
}

fn parse(address: &str) -> Result<Place, StoreError> {
    if !address.contains("://") {
        return Ok(Place::Directory(PathBuf::from(address)));
    }
    let url = Url::parse(address).map_err(|error| wrong(address, error))?;
    if url.scheme() == "file" {
        let directory = url
            .to_file_path()
            .map_err(|()| wrong(address, "use file:///directory"))?;
        return Ok(Place::Directory(directory));
    }
    let (scheme, root) = ObjectStoreScheme::parse(&url).map_err(|error| wrong(address, error))?;
    Ok(Place::Bucket(scheme, url, root))
}

fn open_directory(address: &str, directory: PathBuf) -> Result<Store, StoreError> {
    if directory.as_os_str().is_empty() {
        return Err(wrong(address, "no directory is given"));
    }
    std::fs::create_dir_all(&directory).map_err(|error| wrong(address, error))?;
    let local =
        LocalFileSystem::new_with_prefix(&directory).map_err(|error| wrong(address, error))?;
    // A result is accepted once and for all, so it must outlive a power cut that follows.
    let local = local.with_fsync(true).with_automatic_cleanup(true);
    Ok(Store {
        objects: Arc::new(local),
        signer: None,
        directory: Some(directory),
        root: Path::default(),
        upload_headers: &[],
    })
}

fn open_bucket(
    address: &str,
    scheme: &ObjectStoreScheme,
    url: &Url,
    root: Path,
    options: Options<'_>,
) -> Result<Store, StoreError> {
    tls::use_ring();
    let files = from_files().map_err(|error| wrong(address, error))?;
    let files = files.iter().map(|(name, value)| (*name, value.as_str()));
    let options: Vec<_> = files.chain(options.iter().copied()).collect();
    let options = options.as_slice();
    let failed = |error| wrong(address, error);
    match scheme {
        ObjectStoreScheme::AmazonS3 => {
            let builder = AmazonS3Builder::from_env()
                .with_url(url.as_str())
                .with_retry(retry());
            let builder = known(options).fold(builder, |builder, (key, value)| {
                builder.with_config(key, value)
            });
            Ok(signing(builder.build().map_err(failed)?, root))
        }
        ObjectStoreScheme::GoogleCloudStorage => {
            let builder = GoogleCloudStorageBuilder::from_env()
                .with_url(url.as_str())
                .with_retry(retry());
            let builder = known(options).fold(builder, |builder, (key, value)| {
                builder.with_config(key, value)
            });
            Ok(signing(builder.build().map_err(failed)?, root))
        }
        ObjectStoreScheme::MicrosoftAzure => {
            let builder = MicrosoftAzureBuilder::from_env()
                .with_url(url.as_str())
                .with_retry(retry());
            let builder = known(options).fold(builder, |builder, (key, value)| {
                builder.with_config(key, value)
            });
            Ok(Store {
                // Azure must be told what kind of object comes.
                upload_headers: &[("x-ms-blob-type", "BlockBlob")],
                ..signing(builder.build().map_err(failed)?, root)
            })
        }
        _ => Err(wrong(address, "use a directory, s3://, gs:// or az://")),
    }
}

/// Keys that come from files: `AWS_SECRET_ACCESS_KEY_FILE` and so on. What the environment itself has is read by the provider's client.
fn from_files() -> Result<Vec<(&'static str, String)>, SecretError> {
    let mut found = Vec::new();
    for name in SECRETS {
        let source = SecretSource::from_environment(name)?;
        if let Some(source) = source.filter(|source| source.path().is_some()) {
            source.warn();
            found.push((name, source.read()?));
        }
    }
    Ok(found)
}

/// The options that a provider knows; as with the environment, others are not its business.
fn known<K: FromStr>(options: Options<'_>) -> impl Iterator<Item = (K, String)> {
    options.iter().filter_map(|(key, value)| {
        Some((key.to_ascii_lowercase().parse().ok()?, (*value).to_owned()))
    })
}

fn signing(bucket: impl ObjectStore + Signer, root: Path) -> Store {
    let bucket = Arc::new(bucket);
    Store {
        objects: Arc::clone(&bucket) as _,
        signer: Some(bucket),
        directory: None,
        root,
        upload_headers: &[],
    }
}

fn retry() -> RetryConfig {
    RetryConfig {
        retry_timeout: RETRY_FOR,
        ..RetryConfig::default()
    }
}

fn wrong(address: &str, reason: impl fmt::Display) -> StoreError {
    StoreError::Address {
        address: address.to_owned(),
        reason: format!("{reason}"),
    }
}
