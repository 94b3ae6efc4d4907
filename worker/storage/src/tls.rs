//! The cryptography under TLS. One implementation for the whole program: a second one costs minutes to build, and where there
//! are two, rustls refuses to choose.

/// Before a client is built: reqwest, which `object_store` uses too, asks for the choice of the process. The first one holds.
pub fn use_ring() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}
