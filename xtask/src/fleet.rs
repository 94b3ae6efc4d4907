//! The tests of `infra/`: configurations by the programs that read them, and by name whole fleets in containers and behind balancers.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context, Result};

use crate::build;
use crate::packages::{self, Package};
use crate::process::{is_on_path, root, target};
use crate::test_database::TestDatabase;
use crate::test_tools::path_with;
use crate::{manifest, python};

const REQUIREMENTS: &str = include_str!("../../infra/requirements.txt");

/// What reads the configurations.
const READERS: &[Package] = &[
    python::VENV,
    Package {
        name: "nginx",
        is_here: || is_installed("nginx"),
    },
    Package {
        name: "haproxy",
        is_here: || is_installed("haproxy"),
    },
    Package {
        name: "prometheus",
        is_here: || is_installed("promtool"),
    },
    Package {
        name: "prometheus-alertmanager",
        is_here: || is_installed("amtool"),
    },
    Package {
        name: "rsyslog",
        is_here: || is_installed("rsyslogd"),
    },
    Package {
        name: "systemd",
        is_here: || is_installed("systemd-analyze"),
    },
    Package {
        name: "openssl",
        is_here: || is_installed("openssl"),
    },
    Package {
        name: "shellcheck",
        is_here: || is_installed("shellcheck"),
    },
    Package {
        name: "postgresql-client",
        is_here: || is_installed("psql"),
    },
];

/// What runs a fleet on one machine.
const RUNNERS: &[Package] = &[
    Package {
        name: "buildah",
        is_here: || is_installed("buildah"),
    },
    Package {
        name: "podman",
        is_here: || is_installed("podman"),
    },
    Package {
        name: "runc",
        is_here: || is_installed("runc"),
    },
    Package {
        name: "netavark",
        is_here: || is_installed("netavark"),
    },
    Package {
        name: "aardvark-dns",
        is_here: || is_installed("aardvark-dns"),
    },
    Package {
        name: "uidmap",
        is_here: || is_installed("newuidmap"),
    },
    Package {
        name: "iptables",
        is_here: || is_installed("iptables"),
    },
    Package {
        name: "mmdebstrap",
        is_here: || is_installed("mmdebstrap"),
    },
    Package {
        name: "pebble",
        is_here: || is_installed("pebble"),
    },
    Package {
        name: "certbot",
        is_here: || is_installed("certbot"),
    },
    Package {
        name: "cloud-init",
        is_here: || is_installed("cloud-init"),
    },
    Package {
        name: "pgbouncer",
        is_here: || is_installed("pgbouncer"),
    },
    Package {
        name: "pgbackrest",
        is_here: || is_installed("pgbackrest"),
    },
    Package {
        name: "faketime",
        is_here: || is_installed("faketime"),
    },
    Package {
        name: "prometheus-node-exporter",
        is_here: || is_installed("prometheus-node-exporter"),
    },
    Package {
        name: "openssh-server",
        is_here: || is_installed("sshd"),
    },
    Package {
        name: "openssh-client",
        is_here: || is_installed("ssh-keygen"),
    },
    Package {
        name: "binutils",
        is_here: || is_installed("objcopy"),
    },
    Package {
        name: "curl",
        is_here: || is_installed("curl"),
    },
    Package {
        name: "procps",
        is_here: || is_installed("pkill"),
    },
];

/// Debian puts servers where only root looks, and helpers of podman among libraries.
fn is_installed(program: &str) -> bool {
    let folders = ["/usr/sbin", "/usr/lib/podman"];
    is_on_path(program)
        || folders
            .iter()
            .any(|folder| Path::new(folder).join(program).is_file())
}

/// `cargo xtask test fleet`: every test of `infra/`.
pub(crate) fn run() -> Result<ExitCode> {
    build::set_up_for_tests()?;
    packages::ensure(RUNNERS)?;
    let passed = Tests::ensure()?.run(&[])?;
    Ok(if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What runs the tests of `infra/`.
pub(crate) struct Tests {
    programs: PathBuf,
}

impl Tests {
    /// Installs what the quick ones need.
    pub(crate) fn ensure() -> Result<Self> {
        packages::ensure(READERS)?;
        let folder = target().join("fleet-tools/venv");
        let programs = python::ensure(&folder, REQUIREMENTS, "the tools of infra")?;
        Ok(Self { programs })
    }

    /// Those that take seconds and need no containers; true when all passed.
    pub(crate) fn run_quick(&self) -> Result<bool> {
        self.run(&["-m", "not heavy"])
    }

    fn run(&self, options: &[&str]) -> Result<bool> {
        let started = Instant::now();
        let database = TestDatabase::start()?;
        let status = Command::new(self.programs.join("pytest"))
            .args(["-q", "--durations=8", "-p", "no:cacheprovider"])
            .args(options)
            .arg("infra")
            .current_dir(root())
            .env("PATH", path_with(&self.programs)?)
            .env("CARGO_TARGET_DIR", target())
            .env("KISKADEE_TEST_DATABASE_URL", &database.url)
            .env("KISKADEE_BIN", build::kiskadee())
            .env("KISKADEE_COMPONENTS", build::components())
            .env("KISKADEE_MANIFEST", manifest::path())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .status()
            .context("cannot run pytest")?;
        println!("The tests of infra: {} s", started.elapsed().as_secs());
        Ok(status.success())
    }
}
