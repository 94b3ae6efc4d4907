//! The modules of the pages that need no browser, under node's own tests.

use std::process::Command;

#[test]
fn the_modules_do_what_they_say() {
    let output = Command::new("node")
        .arg("--test")
        .args(["shared", "training"].map(|name| {
            format!(
                "{}/tests/modules/{name}.test.mjs",
                env!("CARGO_MANIFEST_DIR")
            )
        }))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
