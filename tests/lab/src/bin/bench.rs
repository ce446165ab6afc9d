//! Figures of "fetch, answer, play, hang up" calls on a real Asterisk, placed by
//! SIPp at several rates: pivot's CPU and memory, the latency it adds, and how
//! many requests a call costs. Prints a Markdown table.
//!
//! `make bench`; `RATES=20,50 SECONDS=10 make bench` for a shorter run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pivot_lab::webapp::Answer;
use pivot_lab::{Asterisk, LabError, Pivot, Result, WebApp, paths, pivot, ports};
use tokio::process::Command;

/// A prompt of a tenth of a second, so that calls are short and many.
const DOCUMENT: &str = "<Response><Play>sound:beep</Play></Response>";

/// Opens `/metrics`; requests are signed with it, as in earnest.
const TOKEN: &str = "bench";

/// Kernel clock ticks a second, on every Linux that pivot runs on.
const TICKS: f64 = 100.0;

#[tokio::main]
async fn main() -> Result<()> {
    let rates = list("RATES", &[20, 50, 100, 150]);
    let seconds = list("SECONDS", &[20])[0];
    let version = std::env::var("ASTERISK").unwrap_or_else(|_| "22".into());
    let mut table = vec![
        "| calls/s | calls | failed | pivot CPU ms/call | Asterisk CPU ms/call | pivot RSS MB | \
         ask p50/p99 ms | act p50/p99 ms | ARI requests/call (HTTP + socket) |"
            .to_owned(),
        "|---|---|---|---|---|---|---|---|---|".to_owned(),
    ];
    for rate in rates {
        let row = run(&version, rate, seconds).await?;
        eprintln!("{row}");
        table.push(row);
    }
    println!("{}", machine());
    println!("{}", table.join("\n"));
    Ok(())
}

/// One rate, on a fresh Asterisk and a fresh pivot.
async fn run(version: &str, rate: u64, seconds: u64) -> Result<String> {
    let asterisk = Asterisk::start(version).await?;
    let web = WebApp::start().await?;
    web.on("/voice", [Answer::xml(DOCUMENT)]);
    let token = format!("[account]\nauth_token = {TOKEN:?}\n");
    let config = pivot::Config::voice_url(&web.url("/voice")).more(&token);
    let pivot = Pivot::start(&asterisk, &config).await?;
    let pid = pivot
        .pid()
        .ok_or_else(|| LabError::failed("pivot has no pid"))?;
    // Warm: connections, caches, page faults.
    sipp(&asterisk, 10, 30).await?;
    let before = Figures::read(&pivot, pid, &asterisk).await?;
    let calls = rate * seconds;
    let failed = sipp(&asterisk, rate, calls).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let after = Figures::read(&pivot, pid, &asterisk).await?;
    let each = |value: f64| value / calls as f64;
    let row = format!(
        "| {rate} | {calls} | {failed} | {:.2} | {:.2} | {:.0} | {:.1} / {:.1} | {:.1} / {:.1} | {:.1} + {:.1} |",
        each(after.pivot_ms - before.pivot_ms),
        each(after.asterisk_ms - before.asterisk_ms),
        after.rss_mb,
        after.quantile("pivot_ask_seconds", "0.5"),
        after.quantile("pivot_ask_seconds", "0.99"),
        after.quantile("pivot_act_seconds", "0.5"),
        after.quantile("pivot_act_seconds", "0.99"),
        each(after.requests("http") - before.requests("http")),
        each(after.requests("socket") - before.requests("socket")),
    );
    web.forget_requests();
    pivot.stop(Duration::from_secs(10)).await?;
    asterisk.stop().await?;
    Ok(row)
}

/// What is read before and after a run.
struct Figures {
    pivot_ms: f64,
    asterisk_ms: f64,
    rss_mb: f64,
    metrics: BTreeMap<String, f64>,
}

impl Figures {
    async fn read(pivot: &Pivot, pid: u32, asterisk: &Asterisk) -> Result<Self> {
        let asterisk_pid = asterisk
            .pid()
            .ok_or_else(|| LabError::failed("Asterisk has no pid"))?;
        Ok(Self {
            pivot_ms: cpu_ms(pid)?,
            asterisk_ms: cpu_ms(asterisk_pid)?,
            rss_mb: rss_mb(pid)?,
            metrics: scrape(&pivot.url).await?,
        })
    }

    fn requests(&self, transport: &str) -> f64 {
        let name = format!("pivot_ari_requests_total{{transport=\"{transport}\"}}");
        self.metrics.get(&name).copied().unwrap_or(0.0)
    }

    /// Milliseconds.
    fn quantile(&self, name: &str, quantile: &str) -> f64 {
        let name = format!("{name}{{quantile=\"{quantile}\"}}");
        self.metrics.get(&name).copied().unwrap_or(f64::NAN) * 1000.0
    }
}

/// User and system time of a process so far.
fn cpu_ms(pid: u32) -> Result<f64> {
    let path = PathBuf::from(format!("/proc/{pid}/stat"));
    let stat = std::fs::read_to_string(&path).map_err(|e| LabError::file(&path, e))?;
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let ticks = |index: usize| {
        fields
            .get(index)
            .and_then(|f| f.parse::<f64>().ok())
            .unwrap_or(0.0)
    };
    Ok((ticks(11) + ticks(12)) * 1000.0 / TICKS)
}

fn rss_mb(pid: u32) -> Result<f64> {
    let path = PathBuf::from(format!("/proc/{pid}/status"));
    let status = std::fs::read_to_string(&path).map_err(|e| LabError::file(&path, e))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kb = line
        .and_then(|l| l.split_whitespace().next())
        .and_then(|kb| kb.parse::<f64>().ok());
    Ok(kb.unwrap_or(f64::NAN) / 1024.0)
}

async fn scrape(url: &str) -> Result<BTreeMap<String, f64>> {
    let text = Command::new("curl")
        .args(["-s", "-H", &format!("X-Auth-Token: {TOKEN}")])
        .arg(format!("{url}/metrics"))
        .output()
        .await?
        .stdout;
    let text = String::from_utf8_lossy(&text);
    let pairs = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.rsplit_once(' '))
        .filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?)));
    Ok(pairs.collect())
}

/// Places `calls` calls at `rate` a second; how many did not go as they should.
async fn sipp(asterisk: &Asterisk, rate: u64, calls: u64) -> Result<u64> {
    let scenario = paths::build().join("bench-uac.xml");
    std::fs::write(&scenario, UAC).map_err(|e| LabError::file(&scenario, e))?;
    let stat = paths::build().join(format!("bench-{rate}.csv"));
    std::fs::remove_file(&stat).ok();
    let port = ports::free_udp(asterisk.sip_addr.ip())?;
    let media = ports::free_udp(asterisk.sip_addr.ip())?;
    Command::new("sipp")
        .arg(asterisk.sip_addr.to_string())
        .arg("-sf")
        .arg(&scenario)
        .args([
            "-i",
            "127.0.0.1",
            "-s",
            "7000",
            "-nostdin",
            "-trace_stat",
            "-fd",
            "1",
        ])
        .args(["-p", &port.to_string(), "-mp", &media.to_string()])
        .args(["-r", &rate.to_string(), "-m", &calls.to_string()])
        .args(["-timeout", &format!("{}s", calls / rate + 30)])
        .arg("-stf")
        .arg(&stat)
        .env("TERM", "dumb")
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status()
        .await?;
    failed(&stat)
}

/// `FailedCall(C)` of SIPp's last line.
fn failed(stat: &Path) -> Result<u64> {
    let text = std::fs::read_to_string(stat).map_err(|e| LabError::file(stat, e))?;
    let mut lines = text.lines();
    let column = lines
        .next()
        .and_then(|head| head.split(';').position(|name| name == "FailedCall(C)"));
    let last = lines.last().unwrap_or_default();
    let value = column
        .and_then(|column| last.split(';').nth(column))
        .and_then(|v| v.parse().ok());
    value.ok_or_else(|| LabError::failed("SIPp's statistics have no FailedCall(C)"))
}

fn list(name: &str, default: &[u64]) -> Vec<u64> {
    let given = std::env::var(name).ok();
    let given: Vec<u64> = given
        .iter()
        .flat_map(|g| g.split(','))
        .filter_map(|n| n.trim().parse().ok())
        .collect();
    if given.is_empty() {
        default.to_vec()
    } else {
        given
    }
}

/// The machine that the figures are of.
fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .unwrap_or("unknown");
    let cores = info
        .lines()
        .filter(|line| line.starts_with("processor"))
        .count();
    format!(
        "{cores} cores, {}",
        model.trim_start_matches([':', ' ', '\t'])
    )
}

/// Calls, waits for the answer, and lets pivot hang up.
const UAC: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<scenario name="fetch, answer, play, hang up">
  <send retrans="500"><![CDATA[
    INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    From: "Bench" <sip:+15550100@[local_ip]:[local_port]>;tag=[call_number]
    To: <sip:[service]@[remote_ip]:[remote_port]>
    Call-ID: [call_id]
    CSeq: 1 INVITE
    Contact: sip:bench@[local_ip]:[local_port]
    Max-Forwards: 70
    Content-Type: application/sdp
    Content-Length: [len]

    v=0
    o=bench 53655765 2353687637 IN IP[local_ip_type] [local_ip]
    s=-
    c=IN IP[media_ip_type] [media_ip]
    t=0 0
    m=audio [media_port] RTP/AVP 0 101
    a=rtpmap:0 PCMU/8000
    a=rtpmap:101 telephone-event/8000
  ]]></send>
  <recv response="100" optional="true"/>
  <recv response="180" optional="true"/>
  <recv response="183" optional="true"/>
  <recv response="200" rtd="true"/>
  <send><![CDATA[
    ACK sip:[service]@[remote_ip]:[remote_port] SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    From: "Bench" <sip:+15550100@[local_ip]:[local_port]>;tag=[call_number]
    To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
    Call-ID: [call_id]
    CSeq: 1 ACK
    Max-Forwards: 70
    Content-Length: 0
  ]]></send>
  <recv request="BYE" timeout="20000"/>
  <send><![CDATA[
    SIP/2.0 200 OK
    [last_Via:]
    [last_From:]
    [last_To:]
    [last_Call-ID:]
    [last_CSeq:]
    Content-Length: 0
  ]]></send>
</scenario>
"#;
