//! Health, readiness, metrics, monitoring and the API documents
