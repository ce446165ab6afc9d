//! What a call costs in memory: many callers in Gather loops in one pivot process, the
//! fake Asterisk and the web application in this one.
//!
//! `cargo bench --bench calls`; `CALLS=200 SECONDS=30` for a shorter run. The goal is under
//! 64 kB of pivot's resident memory a call.

#![expect(
    clippy::print_stdout,
    reason = "the figures are what this program is for"
)]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use pivot::simulate::{Caller, FakeAsterisk, Options, Phone};
use tokio::time::{Instant, sleep};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Asked again and again, with a key or without one.
const DOCUMENT: &str = "<Response><Gather action=\"/voice\" numDigits=\"1\" timeout=\"5\">\
                        <Play>sound:menu</Play></Gather><Redirect/></Response>";

/// New calls a second.
const RATE: usize = 50;

struct Pivot(Child);

impl Drop for Pivot {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let calls = number("CALLS", 1000);
    let seconds = number("SECONDS", 60);
    let folder = std::env::temp_dir().join(pivot::id::sid("pivot-bench-"));
    std::fs::create_dir(&folder)?;
    let measured = measure(&folder, calls, seconds).await;
    std::fs::remove_dir_all(&folder).ok();
    measured
}

async fn measure(folder: &Path, calls: usize, seconds: usize) -> Outcome<()> {
    let asterisk = FakeAsterisk::start(Options::default()).await?;
    let web = web_application().await?;
    let pivot = start(folder, &asterisk, &web)?;
    // Warm: connections, caches, page faults, buffers at their usual size.
    let warm = call(&asterisk, 20).await;
    sleep(Duration::from_secs(10)).await;
    hang_up(&asterisk, &warm).await?;
    let idle = rss_kb(pivot.0.id())?;
    let begun = Instant::now();
    let phones = call(&asterisk, calls).await;
    println!(
        "| seconds | live calls | requests of pivot | RSS kB | kB a call |\n|---|---|---|---|---|"
    );
    let mut most = 0;
    while begun.elapsed() < Duration::from_secs(seconds as u64) {
        sleep(Duration::from_secs(5)).await;
        let live = asterisk.leftovers().await.channels.len();
        let rss = rss_kb(pivot.0.id())?;
        most = most.max(rss);
        println!(
            "| {} | {live} | {} | {rss} | {:.1} |",
            begun.elapsed().as_secs(),
            asterisk.requests().await.len(),
            rss.saturating_sub(idle) as f64 / calls as f64
        );
        if live != calls {
            return Err(format!("{live} of {calls} calls are live").into());
        }
    }
    hang_up(&asterisk, &phones).await?;
    sleep(Duration::from_secs(2)).await;
    println!(
        "idle {idle} kB, most {most} kB with {calls} calls: {:.1} kB a call; afterwards {} kB",
        most.saturating_sub(idle) as f64 / calls as f64,
        rss_kb(pivot.0.id())?
    );
    Ok(())
}

async fn web_application() -> Outcome<String> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/voice", listener.local_addr()?);
    let router = Router::new().fallback(async || ([(CONTENT_TYPE, "text/xml")], DOCUMENT));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(url)
}

fn start(folder: &Path, asterisk: &FakeAsterisk, web: &str) -> Outcome<Pivot> {
    let port = std::net::TcpListener::bind("127.0.0.1:0")?
        .local_addr()?
        .port();
    let config = folder.join("pivot.toml");
    let text = format!(
        "[ari]\nurl = \"{}\"\nusername = \"pivot\"\npassword = \"secret\"\n\
         [http]\nlisten = \"127.0.0.1:{port}\"\n[default]\nvoice_url = \"{web}\"\n\
         [media]\ndir = \"{dir}/media\"\n[recordings]\ndir = \"{dir}/recordings\"\n\
         [control]\nsocket = \"{dir}/sock\"\n[limits]\ncalls = 100000\ndocuments = 100000\n",
        asterisk.url(),
        dir = folder.display()
    );
    std::fs::write(&config, text)?;
    let binary = std::env::var("PIVOT_BIN").unwrap_or(env!("CARGO_BIN_EXE_pivot").into());
    let process = Command::new(binary)
        .args(["run", "--config"])
        .arg(&config)
        .env("RUST_LOG", "warn")
        .stdout(Stdio::null())
        .spawn()?;
    Ok(Pivot(process))
}

/// Half of the callers press a key now and then, the others let the time run out.
async fn call(asterisk: &FakeAsterisk, calls: usize) -> Vec<Phone> {
    // A call that comes before pivot is connected would go on in the dialplan.
    asterisk
        .until(Duration::from_secs(10), |log| !log.is_empty())
        .await;
    sleep(Duration::from_millis(500)).await;
    let mut phones = Vec::with_capacity(calls);
    for n in 0..calls {
        let phone = asterisk.call(Caller::default()).await;
        if n % 2 == 0 {
            for time in (3..120).step_by(8) {
                phone.press_at(Duration::from_secs(time), "1");
            }
        }
        phones.push(phone);
        if n % RATE == RATE - 1 {
            sleep(Duration::from_secs(1)).await;
        }
    }
    phones
}

async fn hang_up(asterisk: &FakeAsterisk, phones: &[Phone]) -> Outcome<()> {
    for phone in phones {
        phone.hangup().await;
    }
    if !asterisk.until_idle(Duration::from_secs(30)).await {
        return Err("something is left in Asterisk".into());
    }
    Ok(())
}

fn rss_kb(pid: u32) -> Outcome<usize> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kb = line.and_then(|line| line.split_whitespace().next());
    Ok(kb.ok_or("no VmRSS")?.parse()?)
}

fn number(name: &str, default: usize) -> usize {
    let given = std::env::var(name).ok().and_then(|n| n.parse().ok());
    given.unwrap_or(default)
}
