//! For tests: `PgBouncer` in transaction mode before a server, with few sessions, so that what one connection asks for meets several.
//!
//! `KISKADEE_TEST_POOLER` names its program, 1.21 or newer. Where `KISKADEE_TEST_POOLER_STATEMENTS` is 0 it loses prepared statements, as
//! older ones do.

use std::{
    fmt::Write as _,
    fs, io,
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    str::FromStr,
    sync::{OnceLock, mpsc},
    thread,
    time::{Duration, Instant},
};

use sqlx::{ConnectOptions as _, postgres::PgConnectOptions};
use uuid::Uuid;

const PROGRAM: &str = "KISKADEE_TEST_POOLER";
const STATEMENTS: &str = "KISKADEE_TEST_POOLER_STATEMENTS";
/// Sessions with the server of one login on one database.
const SESSIONS: u8 = 4;
const STARTS_WITHIN: Duration = Duration::from_secs(20);

/// Ended when it is dropped, and when the thread that started it ends, however that comes about.
#[derive(Debug)]
pub struct Pooler {
    process: Child,
    address: SocketAddr,
}

impl Pooler {
    /// The program, where tests are to go through one.
    pub fn program() -> Option<PathBuf> {
        std::env::var_os(PROGRAM).map(PathBuf::from)
    }

    /// Whether it follows prepared statements from session to session.
    pub fn follows_statements() -> bool {
        std::env::var(STATEMENTS).as_deref() != Ok("0")
    }

    /// Before the server at `HOST:PORT`, for logins with their passwords. It takes their word for who they are.
    pub fn start(
        program: &Path,
        server: (&str, u16),
        logins: &[(String, String)],
    ) -> io::Result<Self> {
        let name = format!("kiskadee-test-pooler-{}", Uuid::now_v7().simple());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder)?;
        // Another user must be able to read it.
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755))?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let (settings, users) = (folder.join("pgbouncer.ini"), folder.join("userlist.txt"));
        let lines = logins
            .iter()
            .map(|(login, password)| format!("\"{login}\" \"{password}\"\n"));
        fs::write(&users, lines.collect::<String>())?;
        fs::write(&settings, render(server, address.port(), &users))?;
        let log = fs::File::create(folder.join("log"))?;
        let process = unprivileged(program)?
            .arg(settings)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let mut pooler = Self { process, address };
        pooler.wait_until_it_listens(&folder)?;
        Ok(pooler)
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    fn wait_until_it_listens(&mut self, folder: &Path) -> io::Result<()> {
        let started = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            if self.process.try_wait()?.is_some() || started.elapsed() > STARTS_WITHIN {
                let said = fs::read_to_string(folder.join("log"))?;
                return Err(io::Error::other(format!(
                    "PgBouncer does not start: {said}"
                )));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// It refuses to be root, so another user it is; and it goes with the thread that starts it.
fn unprivileged(program: &Path) -> io::Result<Command> {
    let mut command = Command::new("setpriv");
    if fs::metadata("/proc/self")?.uid() == 0 {
        command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"]);
    }
    // At once: to TERM it waits for its clients.
    command.args(["--pdeathsig", "QUIT"]).arg(program);
    Ok(command)
}

fn render((host, server_port): (&str, u16), port: u16, users: &Path) -> String {
    let statements = if Pooler::follows_statements() { 200 } else { 0 };
    let mut text = format!("[databases]\n* = host={host} port={server_port}\n\n[pgbouncer]\n");
    for (name, value) in [
        ("listen_addr", "127.0.0.1".to_owned()),
        ("listen_port", port.to_string()),
        ("unix_socket_dir", String::new()),
        ("pool_mode", "transaction".to_owned()),
        ("max_prepared_statements", statements.to_string()),
        ("auth_type", "trust".to_owned()),
        ("auth_file", users.display().to_string()),
        ("default_pool_size", SESSIONS.to_string()),
        ("max_client_conn", "3000".to_owned()),
        ("ignore_startup_parameters", "extra_float_digits".to_owned()),
    ] {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name} = {value}");
    }
    text
}

/// Of the pooler that all tests of this process share.
static PORT: OnceLock<u16> = OnceLock::new();

/// The same address behind a pooler that all tests of this process share, where they are to go through one.
pub(super) fn behind_shared(url: &str) -> Option<String> {
    let program = Pooler::program()?;
    let options = PgConnectOptions::from_str(url).ok()?;
    let port = *PORT.get_or_init(|| share(program, &options));
    Some(
        options
            .host("127.0.0.1")
            .port(port)
            .to_url_lossy()
            .to_string(),
    )
}

/// On a thread that lives as long as the process: with it, the pooler would go.
#[expect(
    clippy::expect_used,
    reason = "only tests use this, and they are to fail here"
)]
fn share(program: PathBuf, server: &PgConnectOptions) -> u16 {
    let (host, port) = (server.get_host().to_owned(), server.get_port());
    let address = server.to_url_lossy();
    let login = (
        server.get_username().to_owned(),
        address.password().unwrap_or_default().to_owned(),
    );
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let pooler = Pooler::start(&program, (&host, port), &[login]).expect("the pooler starts");
        let _ = sender.send(pooler.port());
        loop {
            thread::park();
        }
    });
    receiver.recv().expect("the pooler starts")
}
