//! What stands in `manifest.json` of a backup, and the list of its objects.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use super::sealing::Keys;

/// Of the layout; a program that knows no newer one says so.
pub(super) const FORMAT: u32 = 1;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) format: u32,
    pub(super) id: String,
    /// Of the snapshot, in RFC 3339: nothing later is in the backup.
    pub(super) taken_at: String,
    /// Position in the write-ahead log of the snapshot.
    pub(super) lsn: String,
    /// Of the program.
    pub(super) version: String,
    /// The last migration.
    pub(super) schema: i64,
    /// Groups that rights were granted to.
    pub(super) roles: Vec<String>,
    /// Rows, by `schema.table`.
    pub(super) rows: BTreeMap<String, u64>,
    pub(super) database: Sum,
    /// Of the list of objects.
    pub(super) list: Sum,
    pub(super) objects: u64,
    pub(super) object_bytes: u64,
    /// Whether secrets lie beside it, sealed.
    pub(super) secrets: bool,
    /// Of the keys; none where no passphrase was given.
    pub(super) salt: Option<String>,
    /// Over all of the above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) signature: Option<String>,
}

/// Of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sum {
    pub(super) bytes: u64,
    /// In hexadecimal.
    pub(super) sha256: String,
}

/// A line of the list of objects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) key: String,
    #[serde(flatten)]
    pub(super) sum: Sum,
}

impl Manifest {
    pub(super) fn bytes(&self) -> u64 {
        self.database.bytes + self.list.bytes + self.object_bytes
    }

    /// The keys that this backup was signed and sealed with; none where it was not, or no passphrase is given.
    pub(super) fn keys(&self, passphrase: Option<&str>) -> Result<Option<Keys>> {
        let both = passphrase.zip(self.salt.as_deref());
        both.map(|(passphrase, salt)| Keys::derive(passphrase, salt))
            .transpose()
    }

    pub(super) fn sign(&mut self, keys: &Keys) -> Result<()> {
        self.signature = None;
        self.signature = Some(keys.sign(&serde_json::to_vec(self)?)?);
        Ok(())
    }

    /// Fails where the signature is not that of the passphrase.
    pub(super) fn check(&self, keys: &Keys) -> Result<()> {
        let mut unsigned = self.clone();
        let signature = unsigned.signature.take().unwrap_or_default();
        if keys.check(&serde_json::to_vec(&unsigned)?, &signature)? {
            return Ok(());
        }
        bail!(
            "the manifest of {} was not signed with this passphrase, or was changed since",
            self.id
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_manifest_is_found() {
        let mut manifest = Manifest {
            format: FORMAT,
            id: "20261130T120000Z".to_owned(),
            taken_at: "2026-11-30T12:00:00Z".to_owned(),
            lsn: "0/0".to_owned(),
            version: "0.1.0".to_owned(),
            schema: 1,
            roles: vec![],
            rows: BTreeMap::from([("queue.job".to_owned(), 7)]),
            database: Sum::default(),
            list: Sum::default(),
            objects: 0,
            object_bytes: 0,
            secrets: false,
            salt: Some("0123456789abcdef".to_owned()),
            signature: None,
        };
        let keys = manifest.keys(Some("a long passphrase")).unwrap().unwrap();
        manifest.sign(&keys).unwrap();
        let read: Manifest =
            serde_json::from_slice(&serde_json::to_vec(&manifest).unwrap()).unwrap();
        assert_eq!(read, manifest);
        read.check(&keys).unwrap();
        manifest.rows.clear();
        assert!(manifest.check(&keys).is_err());
    }
}
