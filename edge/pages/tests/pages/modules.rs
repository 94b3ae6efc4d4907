//! The modules of the pages that need no browser, under node's own tests.

use std::process::Command;

#[test]
fn the_modules_do_what_they_say() {
    let output = Command::new("node")
        .arg("--test")
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/modules/shared.test.mjs"
        ))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
