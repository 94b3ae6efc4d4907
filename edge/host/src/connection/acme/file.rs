//! Files of accounts and certificates, and how long a certificate is good.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
    time::{Duration, SystemTime},
};

use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use x509_cert::{Certificate, der::Decode as _, time::Validity};

use super::AcmeError;

pub(super) fn make_folder(path: &Path) -> Result<(), AcmeError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|reason| failed(path, reason))
}

/// Writes in one step what only its owner may read.
pub(super) fn write(path: &Path, text: &str) -> Result<(), AcmeError> {
    let unfinished = path.with_extension("new");
    write_synced(&unfinished, text.as_bytes())
        .and_then(|()| fs::rename(&unfinished, path))
        .map_err(|reason| failed(path, reason))
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A leftover could have other permissions.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// `None` where there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<String>, AcmeError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(reason) => Err(failed(path, reason)),
    }
}

fn failed(path: &Path, reason: io::Error) -> AcmeError {
    AcmeError::File {
        path: path.to_owned(),
        reason,
    }
}

/// How long the certificate of a file is left alone; no time where there is none that can be used.
pub(super) async fn until_renewal(path: &Path) -> Duration {
    let path = path.to_owned();
    let reading = tokio::task::spawn_blocking(move || renewal(&fs::read(path).ok()?));
    let renewal = reading.await.ok().flatten();
    let left = renewal.and_then(|renewal| renewal.duration_since(SystemTime::now()).ok());
    left.unwrap_or_default()
}

/// When two thirds of its life are over.
fn renewal(pem: &[u8]) -> Option<SystemTime> {
    let der = CertificateDer::pem_slice_iter(pem).next()?.ok()?;
    let validity = validity(&der)?;
    let begin = validity.not_before.to_system_time();
    let life = validity.not_after.to_system_time().duration_since(begin);
    Some(begin + life.ok()? * 2 / 3)
}

fn validity(der: &[u8]) -> Option<Validity> {
    Some(Certificate::from_der(der).ok()?.tbs_certificate.validity)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn certificate(begun_s: u64, life_s: u64) -> String {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(["h".to_owned()]).unwrap();
        let begin = SystemTime::now() - Duration::from_secs(begun_s);
        params.not_before = begin.into();
        params.not_after = (begin + Duration::from_secs(life_s)).into();
        params.self_signed(&key).unwrap().pem()
    }

    async fn left(content: &str) -> u64 {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), content).unwrap();
        until_renewal(file.path()).await.as_secs()
    }

    #[tokio::test]
    async fn a_certificate_is_renewed_after_two_thirds_of_its_life() {
        let left_of_new = left(&certificate(0, 90 * 86400)).await;
        assert!(
            (59 * 86400..=60 * 86400).contains(&left_of_new),
            "{left_of_new}"
        );
        assert_eq!(left(&certificate(61 * 86400, 90 * 86400)).await, 0);
        for unusable in ["", "no certificate"] {
            assert_eq!(left(unusable).await, 0);
        }
        assert_eq!(
            until_renewal(Path::new("/nowhere/at/all")).await,
            Duration::ZERO
        );
    }

    #[test]
    fn what_is_kept_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("a/acme");
        make_folder(&inside).unwrap();
        let path = inside.join("account.json");
        assert_eq!(read(&path).unwrap(), None);
        write(&path, "one").unwrap();
        write(&path, "two").unwrap();
        assert_eq!(read(&path).unwrap().as_deref(), Some("two"));
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&inside), mode(&path)), (0o700, 0o600));
    }
}
