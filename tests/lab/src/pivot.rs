//! The `pivot` binary, run with a generated configuration.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::Instant;

use crate::asterisk::Asterisk;
use crate::error::{LabError, Result};
use crate::{paths, ports};

const START: Duration = Duration::from_secs(20);

/// How prompts reach Asterisk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaBy {
    /// Asterisk fetches them from pivot over HTTP.
    Http,
    /// Both see one folder (`[media] asterisk_dir`).
    Folder,
}

/// What goes into pivot.toml. Lines are TOML, as an operator writes them.
#[derive(Debug, Clone)]
pub struct Config {
    /// Lines of `[default]`.
    pub default: String,
    /// Lines of each `[[route]]`.
    pub routes: Vec<String>,
    /// Whole tables, such as `[speech]`.
    pub more: String,
    pub media: MediaBy,
    pub environment: Vec<(String, String)>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            default: String::new(),
            routes: Vec::new(),
            more: String::new(),
            media: MediaBy::Http,
            environment: Vec::new(),
        }
    }
}

impl Config {
    /// Every call asks this URL.
    pub fn voice_url(url: &str) -> Self {
        Self {
            default: format!("voice_url = {url:?}\n"),
            ..Self::default()
        }
    }

    #[must_use]
    pub fn route(mut self, number: &str, lines: &str) -> Self {
        self.routes
            .push(format!("numbers = [{number:?}]\n{lines}\n"));
        self
    }

    #[must_use]
    pub fn more(mut self, tables: &str) -> Self {
        self.more.push_str(tables);
        self
    }

    #[must_use]
    pub fn media(mut self, by: MediaBy) -> Self {
        self.media = by;
        self
    }
}

/// A running daemon with a folder of its own. Killed when dropped.
pub struct Pivot {
    /// Its own HTTP server.
    pub url: String,
    pub config_path: PathBuf,
    pub recordings_dir: PathBuf,
    dir: PathBuf,
    log: Arc<Mutex<String>>,
    child: Child,
    keep: bool,
}

impl Pivot {
    /// Starts pivot for this Asterisk and waits until it is connected.
    pub async fn start(asterisk: &Asterisk, config: &Config) -> Result<Self> {
        let id = uuid::Uuid::new_v4().simple().to_string();
        let dir = paths::build().join("pivot").join(&id[..12]);
        std::fs::create_dir_all(&dir).map_err(|e| LabError::file(&dir, e))?;
        let port = ports::free_tcp()?;
        let config_path = dir.join("pivot.toml");
        let text = toml(asterisk, config, &dir, port);
        std::fs::write(&config_path, text).map_err(|e| LabError::file(&config_path, e))?;
        // The host's setpriv takes pivot down with this process, however it ends.
        let mut child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL"])
            .arg(binary()?)
            .arg("run")
            .arg("--config")
            .arg(&config_path)
            .current_dir(&dir)
            .env("NO_COLOR", "1")
            .envs(config.environment.iter().map(|(k, v)| (k, v)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let log = Arc::new(Mutex::new(String::new()));
        if let Some(stderr) = child.stderr.take() {
            let log = Arc::clone(&log);
            tokio::spawn(async move {
                let mut lines = BufReader::new(stderr).lines();
                while let Ok(Some(line)) = lines.next_line().await {
                    let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
                    log.push_str(&line);
                    log.push('\n');
                }
            });
        }
        let mut pivot = Self {
            url: format!("http://127.0.0.1:{port}"),
            config_path,
            recordings_dir: dir.join("recordings"),
            dir,
            log,
            child,
            keep: std::env::var_os("PIVOT_LAB_KEEP").is_some(),
        };
        pivot.wait_ready().await?;
        Ok(pivot)
    }

    async fn wait_ready(&mut self) -> Result<()> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                let log = self.log();
                return Err(LabError::failed(format!(
                    "pivot ended with {status}:\n{log}"
                )));
            }
            if self.log().contains("ready: connected") {
                return Ok(());
            }
            if began.elapsed() > START {
                let log = self.log();
                return Err(LabError::failed(format!("pivot is not ready:\n{log}")));
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// All it wrote to stderr.
    pub fn log(&self) -> String {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.clone()
    }

    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// A call's timeline as `pivot trace` prints it.
    pub async fn trace(&self, call: &str) -> Result<String> {
        self.command(&["trace", call]).await
    }

    /// What `pivot calls` prints.
    pub async fn calls(&self) -> Result<String> {
        self.command(&["calls"]).await
    }

    /// The ids of live and recent calls.
    pub async fn call_ids(&self) -> Result<Vec<String>> {
        let text = self.command(&["calls", "--json"]).await?;
        let calls: serde_json::Value = serde_json::from_str(&text)
            .map_err(|e| LabError::failed(format!("pivot calls --json: {e}")))?;
        let calls = calls.as_array().into_iter().flatten();
        Ok(calls
            .filter_map(|call| call["id"].as_str().map(str::to_owned))
            .collect())
    }

    /// Another command of the binary on the running daemon.
    pub async fn command(&self, arguments: &[&str]) -> Result<String> {
        let output = Command::new(binary()?)
            .args(arguments)
            .arg("--config")
            .arg(&self.config_path)
            .current_dir(&self.dir)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await?;
        if !output.status.success() {
            return Err(LabError::failed(format!(
                "pivot {}: {}",
                arguments.join(" "),
                String::from_utf8_lossy(&output.stderr).trim()
            )));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// WAV files in the recordings folder, oldest first.
    pub fn recordings(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        collect(&self.recordings_dir, &mut files);
        files.sort();
        files.into_iter().map(|(_, path)| path).collect()
    }

    /// Drains, as `systemctl stop` does, and waits up to `limit`.
    pub async fn stop(mut self, limit: Duration) -> Result<()> {
        if let Some(pid) = self.child.id() {
            Command::new("kill").arg(pid.to_string()).status().await?;
        }
        let ended = tokio::time::timeout(limit, self.child.wait()).await;
        let status = ended.map_err(|_| LabError::Timeout {
            what: "pivot to end after SIGTERM".into(),
            after_ms: limit.as_millis(),
        })??;
        if status.success() {
            return Ok(());
        }
        Err(LabError::failed(format!(
            "pivot ended with {status}:\n{}",
            self.log()
        )))
    }
}

impl Drop for Pivot {
    fn drop(&mut self) {
        let _ = self.child.start_kill();
        if std::thread::panicking() {
            eprintln!("pivot's log ({}):\n{}", self.dir.display(), self.log());
        } else if !self.keep {
            let _ = std::fs::remove_dir_all(&self.dir);
        }
    }
}

fn toml(asterisk: &Asterisk, config: &Config, dir: &Path, port: u16) -> String {
    let (media, inside) = match config.media {
        MediaBy::Http => (dir.join("media"), None),
        MediaBy::Folder => {
            let (host, inside) = asterisk.shared_dir();
            (host, Some(inside))
        }
    };
    let mut text = format!(
        "[ari]\nurl = {:?}\nusername = {:?}\npassword = {:?}\n\n\
         [http]\nlisten = \"127.0.0.1:{port}\"\n\n\
         [recordings]\ndir = {:?}\n\n[control]\nsocket = {:?}\n\n[media]\ndir = {media:?}\n",
        asterisk.ari_url,
        asterisk.username,
        asterisk.password,
        dir.join("recordings"),
        dir.join("pivot.sock"),
    );
    if let Some(inside) = inside {
        let _ = writeln!(text, "asterisk_dir = {inside:?}");
    }
    let _ = write!(text, "\n[default]\n{}\n{}\n", config.default, config.more);
    for route in &config.routes {
        let _ = write!(text, "\n[[route]]\n{route}");
    }
    text
}

/// `PIVOT_BIN`, or what cargo built last.
pub fn binary() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("PIVOT_BIN") {
        return Ok(PathBuf::from(path));
    }
    let target = match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => PathBuf::from(dir),
        None => paths::checkout().join("target"),
    };
    ["release", "debug"]
        .iter()
        .map(|profile| target.join(profile).join("pivot"))
        .filter_map(|path| Some((path.metadata().ok()?.modified().ok()?, path)))
        .max()
        .map(|(_, path)| path)
        .ok_or_else(|| LabError::failed("no pivot binary; run cargo build or set PIVOT_BIN"))
}

fn collect(dir: &Path, files: &mut Vec<(std::time::SystemTime, PathBuf)>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|e| e == "wav")
            && let Ok(modified) = entry.metadata().and_then(|m| m.modified())
        {
            files.push((modified, path));
        }
    }
}
