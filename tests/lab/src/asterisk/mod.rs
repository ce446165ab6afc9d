//! A private Asterisk for one test: its own directories and ports, gone when
//! the value is dropped, also when the test panics.
//!
//! Many can run at once from one root, in one process or in several.

mod ari;
mod config;

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

pub use ari::{AriReply, Leftovers};

use crate::error::{LabError, Result};
use crate::paths;
use crate::phone::{Exchange, Phone};

/// The versions the project is tested with. On Ubuntu "22" is what the running
/// release ships, and "16" is skipped.
pub const VERSIONS: [&str; 2] = ["22", "16"];

/// How long Asterisk may take until ARI answers; it takes 1 to 2 s on an idle machine.
const START: Duration = Duration::from_secs(40);

/// What a test may want to have otherwise.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where SIP, RTP and the phones listen. ARI stays on 127.0.0.1.
    pub address: IpAddr,
    /// More dialplan, appended to extensions.conf.
    pub dialplan: String,
    /// Leave the directories behind for a look at the logs.
    pub keep: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            dialplan: String::new(),
            keep: std::env::var_os("PIVOT_LAB_KEEP").is_some(),
        }
    }
}

/// A running Asterisk, with the phones that it can reach.
pub struct Asterisk {
    pub version: String,
    /// `http://127.0.0.1:PORT`, as in `[ari] url`.
    pub ari_url: String,
    pub ari_addr: SocketAddr,
    pub username: String,
    pub password: String,
    pub sip_addr: SocketAddr,
    /// Password of the endpoint `softphone`, where a real phone may register.
    pub softphone_password: String,
    root: PathBuf,
    /// This instance's directory, as the chroot sees it.
    home: String,
    exchange: Exchange,
    child: Child,
    keep: bool,
}

impl Asterisk {
    /// Starts Asterisk `22` or `16` and waits until ARI answers.
    ///
    /// [`LabError::Skipped`] when this machine cannot have that version.
    pub async fn start(version: &str) -> Result<Self> {
        Self::start_with(version, Options::default()).await
    }

    pub async fn start_with(version: &str, options: Options) -> Result<Self> {
        let root = root(version).await?;
        // Another program may take a port between our look and Asterisk's bind.
        let mut tries = 0;
        loop {
            tries += 1;
            match Self::try_start(version, &root, &options).await {
                Err(LabError::Failed(reason)) if tries < 3 => {
                    eprintln!("Asterisk {version} did not start ({reason}); once more");
                }
                other => return other,
            }
        }
    }

    async fn try_start(version: &str, root: &Path, options: &Options) -> Result<Self> {
        let exchange = Exchange::bind(options.address).await?;
        let plan = config::Plan::new(version, options, exchange.port())?;
        plan.write(root)?;
        let home = root.join(plan.home.trim_start_matches('/'));
        let log = fs::File::create(home.join("log/console"))
            .map_err(|e| LabError::file(&home.join("log/console"), e))?;
        let log2 = log.try_clone()?;
        let child = Command::new("chroot")
            .arg("--userspec=asterisk:asterisk")
            .arg(root)
            .args(die_with_parent())
            .args(["asterisk", "-f", "-C"])
            .arg(format!("{}/etc/asterisk.conf", plan.home))
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(log2)
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| LabError::Io {
                what: "chroot (is this run as root?)".into(),
                source,
            })?;
        let mut asterisk = Self {
            version: version.to_owned(),
            ari_url: format!("http://{}", plan.ari_addr),
            ari_addr: plan.ari_addr,
            username: "pivot".into(),
            password: plan.password,
            sip_addr: plan.sip_addr,
            softphone_password: plan.softphone_password,
            root: root.to_path_buf(),
            home: plan.home,
            exchange,
            child,
            keep: options.keep,
        };
        asterisk.exchange.set_peer(asterisk.sip_addr);
        asterisk.wait_ready().await?;
        Ok(asterisk)
    }

    async fn wait_ready(&mut self) -> Result<()> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Err(LabError::failed(format!(
                    "it ended with {status}: {}",
                    self.log_tail()
                )));
            }
            // The password is of this instance alone, so a 200 cannot come from
            // another Asterisk that holds the port.
            if let Ok(reply) = self.ari("GET", "/ari/asterisk/ping").await
                && reply.status == 200
            {
                break;
            }
            if began.elapsed() > START {
                return Err(LabError::failed(format!(
                    "ARI did not answer within {} s: {}",
                    START.as_secs(),
                    self.log_tail()
                )));
            }
            sleep(Duration::from_millis(50)).await;
        }
        // A busy SIP port is only a line in the log: Asterisk runs on without it.
        if UdpSocket::bind(self.sip_addr).is_ok() {
            return Err(LabError::failed("SIP does not listen"));
        }
        Ok(())
    }

    /// Its process.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// A phone with this number (or device name) that can call and be called.
    pub fn phone(&self, number: &str) -> Phone {
        self.exchange.phone(number)
    }

    /// One command of Asterisk's console, such as `core show channels`.
    pub async fn rx(&self, command: &str) -> Result<String> {
        let output = Command::new("chroot")
            .arg(&self.root)
            .args(["asterisk", "-C"])
            .arg(format!("{}/etc/asterisk.conf", self.home))
            .args(["-rx", command])
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// A folder that Asterisk and the tests share: its path here and its path
    /// as Asterisk sees it (`[media] dir` and `asterisk_dir`).
    pub fn shared_dir(&self) -> (PathBuf, PathBuf) {
        let inside = format!("{}/media", self.home);
        (self.host_dir().join("media"), PathBuf::from(inside))
    }

    /// All that this instance wrote: `etc`, `log`, `spool`.
    pub fn host_dir(&self) -> PathBuf {
        self.root.join(self.home.trim_start_matches('/'))
    }

    /// Warnings and errors that Asterisk logged.
    pub fn log(&self) -> String {
        ["log/console", "log/full"]
            .iter()
            .filter_map(|name| fs::read_to_string(self.host_dir().join(name)).ok())
            .collect()
    }

    fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(8)..].join("\n")
    }

    /// Stops Asterisk as an administrator would: SIGTERM, calls are cut.
    pub async fn stop(mut self) -> Result<()> {
        if let Some(pid) = self.child.id() {
            let _ = Command::new("kill").arg(pid.to_string()).status().await;
        }
        // An idle Asterisk needs under 2 s; after many calls up to 40 s.
        if tokio::time::timeout(Duration::from_secs(5), self.child.wait())
            .await
            .is_err()
        {
            self.child.kill().await?;
        }
        Ok(())
    }
}

impl Drop for Asterisk {
    fn drop(&mut self) {
        // SIGKILL: nothing of the instance is needed any more.
        let _ = self.child.start_kill();
        // Waited for, so that the process is gone when the test is.
        for _ in 0..200 {
            if !matches!(self.child.try_wait(), Ok(None)) {
                break;
            }
            #[expect(
                clippy::disallowed_methods,
                reason = "drop cannot await, and a killed process ends within milliseconds"
            )]
            std::thread::sleep(Duration::from_millis(5));
        }
        if !self.keep && !std::thread::panicking() {
            let _ = fs::remove_dir_all(self.host_dir());
        }
    }
}

/// A command in the root that runs its arguments so that they die with this
/// process, however it ends.
///
/// The request must follow the change of user, which clears it. `setpriv` would
/// be the tool, but bullseye's needs /proc, which the root has not; perl is part
/// of every Debian.
fn die_with_parent() -> Vec<String> {
    let prctl = match std::env::consts::ARCH {
        "x86_64" => 157,
        "aarch64" => 167,
        _ => return Vec::new(),
    };
    // PR_SET_PDEATHSIG is 1, SIGKILL 9.
    let program = format!("syscall({prctl}, 1, 9); exec @ARGV or die $!");
    vec!["perl".into(), "-e".into(), program, "--".into()]
}

/// As [`Asterisk::start`]; `None`, with the reason on stderr, when this machine
/// cannot have that version.
pub async fn start_or_skip(version: &str) -> Result<Option<Asterisk>> {
    match Asterisk::start(version).await {
        Ok(asterisk) => Ok(Some(asterisk)),
        Err(LabError::Skipped(reason)) => {
            eprintln!("skipped on Asterisk {version}: {reason}");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The root of a version, made when it is not there yet.
async fn root(version: &str) -> Result<PathBuf> {
    let build = paths::build();
    let root = build.join(format!("asterisk-{version}"));
    let skipped = build.join(format!("asterisk-{version}.skipped"));
    if !root.join(".complete").exists() && !skipped.exists() {
        let script = paths::lab().join("scripts/asterisk-root.sh");
        let status = Command::new(&script).arg(version).status().await?;
        if !status.success() {
            return Err(LabError::Failed(format!(
                "{} {version} failed",
                script.display()
            )));
        }
    }
    match fs::read_to_string(&skipped) {
        Ok(reason) => Err(LabError::Skipped(reason.trim().to_owned())),
        Err(_) => Ok(root),
    }
}
