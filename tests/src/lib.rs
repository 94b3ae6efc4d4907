//! End-to-end, fault and load tests against the running system
