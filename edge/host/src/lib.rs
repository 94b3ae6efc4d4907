//! The native edge host: runs the components of spin.toml as Spin would
