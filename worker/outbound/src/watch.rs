//! What a program leaves while it runs: bytes on the disk, and the end of what it says.

use std::{fs, path::Path};

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// So much of what a program says is kept: its end.
const SAID_BYTES: usize = 16 << 10;
/// Folders within folders that are looked into.
const DEEPEST: usize = 8;

/// Bytes of all files below a folder. What goes meanwhile counts for nothing.
pub(crate) fn bytes_below(folder: &Path) -> u64 {
    below(folder, DEEPEST)
}

fn below(folder: &Path, depth: usize) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else {
        return 0;
    };
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(found) if found.is_dir() && depth > 0 => below(&entry.path(), depth - 1),
        Ok(found) => found.len(),
        Err(_) => 0,
    };
    entries.flatten().map(size).sum()
}

/// The end of what a program says, once it has nothing more to say.
pub(crate) async fn said(stream: Option<impl AsyncRead + Unpin>) -> String {
    let Some(mut stream) = stream else {
        return String::new();
    };
    let (mut kept, mut buffer) = (Vec::new(), vec![0; 4096]);
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        kept.extend_from_slice(&buffer[..read]);
        let passed = kept.len().saturating_sub(SAID_BYTES);
        kept.drain(..passed);
    }
    String::from_utf8_lossy(&kept).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_end_is_kept() {
        let long = "x".repeat(3 * SAID_BYTES) + "\nlast";
        let kept = said(Some(long.as_bytes())).await;
        assert!(kept.len() == SAID_BYTES && kept.ends_with("\nlast"));
        assert_eq!(said(None::<&[u8]>).await, "");
    }

    #[test]
    fn all_files_count() {
        let folder = tempfile::TempDir::new().unwrap();
        fs::create_dir(folder.path().join("a")).unwrap();
        fs::write(folder.path().join("a/b"), [0; 10]).unwrap();
        fs::write(folder.path().join("c"), [0; 5]).unwrap();
        assert_eq!(bytes_below(folder.path()), 15);
        assert_eq!(bytes_below(&folder.path().join("d")), 0);
    }
}
