//! pivot's own surroundings.

use std::path::Path;

use tokio::process::Command;

use super::Finding;
use crate::config::{Config, SpeechEngine};

pub(super) async fn examine(config: &Config) -> Vec<Finding> {
    let mut findings = vec![speech(config).await];
    for (key, dir) in [
        ("media.dir", &config.media.dir),
        ("recordings.dir", &config.recordings.dir),
    ] {
        findings.push(writable(key, dir));
    }
    if config.default.voice_url.is_none()
        && config.default.callflow.is_none()
        && config.routes.is_empty()
    {
        findings.push(Finding::doubtful(
            "neither [default] nor a [[route]] says where instructions come from",
            "set voice_url in [default], or give the URL in the dialplan: Stasis(pivot,https://…)",
        ));
    }
    let base = config.http.base();
    let local_asterisk = config
        .ari
        .url
        .host_str()
        .is_some_and(|host| host.starts_with("127.") || host == "localhost");
    if !local_asterisk && base.contains("//127.") && config.media.asterisk_dir.is_none() {
        findings.push(Finding::bad(
            format!("Asterisk is on another machine and would fetch audio from {base}"),
            "set [http] listen and public_url to an address that Asterisk reaches",
        ));
    }
    findings
}

async fn speech(config: &Config) -> Finding {
    let (command, package) = match config.speech.engine {
        SpeechEngine::EspeakNg => (
            config.speech.espeak_ng.command.clone(),
            "apt-get install espeak-ng",
        ),
        SpeechEngine::Flite => (config.speech.flite.command.clone(), "apt-get install flite"),
        SpeechEngine::Piper => {
            let command = config
                .speech
                .piper
                .command
                .first()
                .map(std::path::PathBuf::from)
                .unwrap_or_default();
            (
                command,
                "pip install piper-tts, and name its worker in [speech.piper] command",
            )
        }
        SpeechEngine::Http => return Finding::good("speech is made by an HTTP service"),
    };
    let found = Command::new(&command).arg("--help").output().await;
    match found {
        Ok(_) => Finding::good(format!("speech is made by {}", command.display())),
        Err(error) => Finding::bad(
            format!(
                "{} cannot be run: {error}; Say and tts will be silent",
                command.display()
            ),
            package,
        ),
    }
}

fn writable(key: &str, dir: &Path) -> Finding {
    let tried = std::fs::create_dir_all(dir).and_then(|()| {
        let probe = dir.join(".pivot-doctor");
        std::fs::write(&probe, b"")?;
        std::fs::remove_file(&probe)
    });
    match tried {
        Ok(()) => Finding::good(format!("{key} {} can be written", dir.display())),
        Err(error) => Finding::bad(
            format!("{key} {} cannot be written: {error}", dir.display()),
            "give pivot's user the folder, or name another one",
        ),
    }
}
