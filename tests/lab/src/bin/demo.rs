//! `make demo`: real calls through every sample flow, with the timeline of each
//! as it happens and a summary of what the caller heard.
//!
//! `KEEP=1` stays up afterwards for a softphone; `LISTEN=ADDRESS` lets a phone
//! on another machine in.

use std::net::{IpAddr, Ipv4Addr};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use pivot_lab::asterisk::{Asterisk, Options, VERSIONS};
use pivot_lab::pivot::Pivot;
use pivot_lab::sample::{self, OTHER, Outcome, SAMPLES, Sample};
use pivot_lab::webapp::WebApp;
use pivot_lab::{LabError, Result, paths};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let result = tokio::select! {
        result = demo() => result,
        _ = tokio::signal::ctrl_c() => Err(LabError::Failed("interrupted".into())),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("demo: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every call went as its sample says.
async fn demo() -> Result<bool> {
    let address = match std::env::var("LISTEN") {
        Ok(text) if !text.is_empty() => text.parse().map_err(|_| {
            LabError::Failed(format!(
                "LISTEN must be an address of this machine, not {text:?}"
            ))
        })?,
        _ => IpAddr::V4(Ipv4Addr::LOCALHOST),
    };
    let keep = std::env::var("KEEP").is_ok_and(|v| !v.is_empty() && v != "0");
    let options = Options {
        address,
        ..Options::default()
    };
    let asterisk = Asterisk::start_with(VERSIONS[0], options).await?;
    let version = asterisk.rx("core show version").await?;
    println!("{}", version.lines().next().unwrap_or_default());
    println!("  ARI {}   SIP {}", asterisk.ari_url, asterisk.sip_addr);
    let app = WebApp::start().await?;
    println!("Sample web application {}", app.url("/"));
    let flows = paths::build().join("demo");
    let config = sample::serve(&app, &flows)?;
    let pivot = Arc::new(Pivot::start(&asterisk, &config).await?);
    println!("pivot {}   {}\n", pivot.url, pivot.config_path.display());

    let mut rows = Vec::new();
    for sample in &SAMPLES {
        println!("── {}  {}", sample.number, sample.title);
        let follower = tokio::spawn(follow(Arc::clone(&pivot), pivot.call_ids().await?));
        let outcome = sample::run(sample, &asterisk, &app, &pivot).await?;
        // The last lines of the timeline are written after the call's end.
        tokio::time::sleep(Duration::from_millis(400)).await;
        follower.abort();
        for failure in &outcome.failures {
            println!("   FAILED {failure}");
        }
        println!();
        rows.push((sample, outcome));
    }
    let good = summary(&rows);
    if keep {
        stay(&asterisk, &app, &pivot).await?;
    }
    Ok(good)
}

/// Prints the timeline of the first call that is not in `before`, line by line
/// as `pivot trace` shows them.
async fn follow(pivot: Arc<Pivot>, before: Vec<String>) {
    let mut printed = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let calls = pivot.call_ids().await.unwrap_or_default();
        let Some(id) = calls.iter().find(|id| !before.contains(id)) else {
            continue;
        };
        if let Ok(text) = pivot.trace(id).await {
            // The first line is the state of the call, which changes.
            let lines: Vec<&str> = text.lines().skip(1).collect();
            for line in &lines[printed.min(lines.len())..] {
                println!("   {line}");
            }
            printed = printed.max(lines.len());
        }
    }
}

fn summary(rows: &[(&Sample, Outcome)]) -> bool {
    println!("{:<6} {:<34} {:<6} heard", "number", "flow", "");
    for (sample, outcome) in rows {
        let verdict = if outcome.failures.is_empty() {
            "ok"
        } else {
            "FAILED"
        };
        let heard: Vec<String> = outcome.heard.iter().map(|h| format!("{h:?}")).collect();
        let heard = heard.join(", ");
        println!(
            "{:<6} {:<34} {verdict:<6} {heard}",
            sample.number, sample.title
        );
        if !outcome.pressed.is_empty() {
            println!("{:<48} pressed {}", "", outcome.pressed);
        }
        for recording in &outcome.recordings {
            println!(
                "{:<48} recorded {:.1} s, the caller's tone {:.1} s, the other's {:.1} s",
                "",
                recording.duration.as_secs_f64(),
                recording.caller_tone.as_secs_f64(),
                recording.other_tone.as_secs_f64(),
            );
        }
        for failure in &outcome.failures {
            println!("{:<48} {failure}", "");
        }
    }
    let failed = rows.iter().filter(|(_, o)| !o.failures.is_empty()).count();
    println!("\n{} calls, {failed} failed", rows.len());
    failed == 0
}

async fn stay(asterisk: &Asterisk, app: &WebApp, pivot: &Pivot) -> Result<()> {
    // Calls to the second party ring a phone of the lab that answers.
    let _other = asterisk.phone(OTHER);
    println!("\nStill running; Ctrl-C ends it.\n");
    println!("Register a softphone (UDP, G.711):");
    println!("  server    {}", asterisk.sip_addr);
    println!("  user      softphone");
    println!("  password  {}\n", asterisk.softphone_password);
    println!("Numbers to call:");
    for sample in &SAMPLES {
        println!("  {}  {}", sample.number, sample.title);
    }
    println!("\nThe documents are served at {} from", app.url("/"));
    println!("{}.", paths::lab().join("sample").display());
    println!(
        "Console {}   calls: pivot calls --config {}",
        pivot.url,
        pivot.config_path.display()
    );
    tokio::signal::ctrl_c().await?;
    Ok(())
}
