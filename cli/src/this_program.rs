//! This program as a child process.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

/// The very file that runs, also when another has been put in its place since: the parts of one run are of one version.
pub(crate) fn this_program() -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.arg0("kiskadee").stdin(Stdio::null());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_child_is_this_very_file() {
        let listed = this_program().arg("--list").output().unwrap();
        let names = String::from_utf8(listed.stdout).unwrap();
        assert!(names.contains("the_child_is_this_very_file"), "{names}");
    }
}
