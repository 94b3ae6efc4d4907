//! TLS towards Postgres, for addresses that ask for it (`sslmode=prefer` or `require`).

use std::sync::Arc;

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How many authorities a text in PEM names. `Err` says why it names none, or one that cannot be trusted.
pub(crate) fn certificates(pem: &str) -> Result<usize, String> {
    let mut roots = RootCertStore::empty();
    add(&mut roots, pem)?;
    match roots.len() {
        0 => Err("there is no certificate in PEM".to_owned()),
        count => Ok(count),
    }
}

fn add(roots: &mut RootCertStore, pem: &str) -> Result<(), String> {
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let added = certificate
            .map_err(|error| error.to_string())
            .and_then(|certificate| roots.add(certificate).map_err(|error| error.to_string()));
        added.map_err(|error| format!("invalid root certificate: {error}"))?;
    }
    Ok(())
}

/// A connector that trusts the public roots, and the given certificate authority besides.
pub(super) fn connector(ca_root: Option<&str>) -> Result<MakeRustlsConnect, String> {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.into(),
    };
    if let Some(pem) = ca_root {
        add(&mut roots, pem)?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
