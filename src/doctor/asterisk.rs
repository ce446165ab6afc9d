//! Asterisk as ARI shows it.

use serde::Deserialize;

use super::Finding;
use crate::ari::{AriError, Client, Request, Router};
use crate::config::Config;

/// Modules that every call needs.
const NEEDED: &[(&str, &str)] = &[
    ("app_stasis.so", "the application Stasis()"),
    ("res_stasis.so", "Stasis"),
    ("res_stasis_answer.so", "answering"),
    ("res_stasis_playback.so", "playing"),
    ("res_stasis_recording.so", "recording"),
    ("res_stasis_snoop.so", "recording of bridged calls"),
    ("res_ari_channels.so", "ARI's channels"),
    ("res_ari_bridges.so", "ARI's bridges"),
    ("res_ari_playbacks.so", "ARI's playbacks"),
    ("res_ari_recordings.so", "ARI's recordings"),
    ("res_ari_applications.so", "ARI's applications"),
    ("res_ari_asterisk.so", "ARI's information"),
    ("res_ari_events.so", "ARI's event socket"),
    ("bridge_simple.so", "connecting two parties"),
    ("bridge_softmix.so", "connecting several parties"),
    ("format_wav.so", "playing and recording WAV files"),
    ("func_callerid.so", "the caller id of dialled parties"),
    (
        "func_channel.so",
        "the SIP addresses that web applications are told",
    ),
];

/// Modules that some calls need.
const USEFUL: &[(&str, &str)] = &[
    ("chan_pjsip.so", "SIP through PJSIP"),
    ("res_pjsip_header_funcs.so", "SIP headers, read and sent"),
    (
        "res_ari_endpoints.so",
        "phones that take one call at a time (`call_waiting`)",
    ),
    ("res_pjsip_rfc3326.so", "hang-up causes in SIP"),
    ("chan_bridge_media.so", "sounds in bridges"),
    (
        "func_timeout.so",
        "TIMEOUT(absolute), which ends calls whose pivot is gone",
    ),
];

#[derive(Deserialize)]
struct Module {
    name: String,
    #[serde(default)]
    status: String,
}

pub(super) async fn examine(config: &Config) -> Vec<Finding> {
    let (router, _routing) = Router::start(tokio::sync::mpsc::unbounded_channel().0);
    let client = match Client::new(&config.ari, router) {
        Ok(client) => client,
        Err(error) => return vec![Finding::bad(error.to_string(), "see [ari]")],
    };
    let info = match client.send_over_http(Request::info()).await {
        Ok(reply) => reply.json::<serde_json::Value>().unwrap_or_default(),
        Err(error) => return vec![unreachable(config, &error)],
    };
    let version = info
        .pointer("/system/version")
        .and_then(|v| v.as_str())
        .unwrap_or("?");
    let mut findings = vec![
        Finding::good(format!(
            "{} answers as {}",
            config.ari.url, config.ari.username
        )),
        judge_version(version),
    ];
    match client
        .send_over_http(Request::modules())
        .await
        .and_then(|reply| reply.json::<Vec<Module>>())
    {
        Ok(modules) => findings.extend(judge_modules(config, &modules)),
        Err(error) => findings.push(Finding::doubtful(
            format!("its modules cannot be listed: {error}"),
            "give the ARI user read_only = no and load res_ari_asterisk.so",
        )),
    }
    findings
}

fn unreachable(config: &Config, error: &AriError) -> Finding {
    let url = &config.ari.url;
    match error {
        AriError::Refused { status: 401, .. } => Finding::bad(
            format!("{url} refuses the user {:?}", config.ari.username),
            "make [ari] username and password those of a `type = user` section of ari.conf, then `asterisk -rx 'module reload res_ari.so'`",
        ),
        AriError::Refused { status: 404, .. } => Finding::bad(
            format!("{url} answers, but has no ARI"),
            "set `enabled = yes` in ari.conf's [general] and load res_ari.so; leave `prefix` in http.conf empty or add it to [ari] url",
        ),
        other => Finding::bad(
            other.to_string(),
            format!(
                "set `enabled = yes`, `bindaddr` and `bindport` in http.conf so that {url} is Asterisk, then restart it"
            ),
        ),
    }
}

/// Numbers of a version such as `22.10.1~dfsg`.
fn numbers(version: &str) -> Vec<u32> {
    version
        .trim_start_matches(|c: char| !c.is_ascii_digit())
        .split(|c: char| !c.is_ascii_digit())
        .map_while(|n| n.parse().ok())
        .collect()
}

fn judge_version(version: &str) -> Finding {
    let found = format!("Asterisk {version}");
    match numbers(version).as_slice() {
        [major, ..] if *major < 16 => Finding::bad(found, "pivot needs 16.28 or newer"),
        [16, minor, ..] if *minor < 28 => {
            Finding::doubtful(found, "pivot is tested with 16.28 and 22.10")
        }
        [22, minor @ 6..=9, ..] => Finding::doubtful(
            format!("{found}: releases 22.6 to 22.9 have deadlocks under ARI load"),
            format!("upgrade 22.{minor} to 22.10.1 or newer"),
        ),
        [20, 17..=19, ..] => Finding::doubtful(
            format!("{found}: these releases have deadlocks under ARI load"),
            "upgrade to 20.20.1 or newer",
        ),
        [22, 0..=5, ..] | [22, 10, 0, ..] => Finding::doubtful(
            format!(
                "{found}: ARI users could do more than they should (GHSA-wcvv-g26m-wx5c, GHSA-vrfp-mg3q-3959)"
            ),
            "upgrade to 22.10.1 or newer",
        ),
        _ => Finding::good(found),
    }
}

fn judge_modules(config: &Config, modules: &[Module]) -> Vec<Finding> {
    let runs = |name: &str| {
        modules
            .iter()
            .any(|module| module.name == name && module.status != "Not Running")
    };
    let missing = |list: &[(&'static str, &'static str)]| -> Vec<(&'static str, &'static str)> {
        list.iter()
            .filter(|(name, _)| !runs(name))
            .copied()
            .collect()
    };
    let load = |(name, what): &(&str, &str), verdict: fn(String, String) -> Finding| {
        verdict(
            format!("{name} is not loaded: {what}"),
            format!("`load = {name}` in modules.conf, then `asterisk -rx 'module load {name}'`"),
        )
    };
    let mut findings: Vec<Finding> = missing(NEEDED)
        .iter()
        .map(|m| load(m, Finding::bad))
        .collect();
    if findings.is_empty() {
        findings.push(Finding::good("the modules that calls need are loaded"));
    }
    findings.extend(missing(USEFUL).iter().map(|m| load(m, Finding::doubtful)));
    if config.media.asterisk_dir.is_none() && !runs("res_http_media_cache.so") {
        findings.push(Finding::bad(
            "res_http_media_cache.so is not loaded, so Asterisk cannot fetch speech and audio from pivot",
            "load it (with res_curl.so), or set [media] asterisk_dir when Asterisk is on this machine",
        ));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    #[test]
    fn versions_that_are_known_to_be_bad_are_named() {
        for (version, verdict) in [
            ("13.38.3", Verdict::Bad),
            ("16.28.0~dfsg-0+deb11u4", Verdict::Good),
            ("16.2.1", Verdict::Doubtful),
            ("22.9.0", Verdict::Doubtful),
            ("22.10.0", Verdict::Doubtful),
            ("22.10.1+dfsg+~cs6.17", Verdict::Good),
            ("20.20.1", Verdict::Good),
            ("20.18.0", Verdict::Doubtful),
        ] {
            assert_eq!(judge_version(version).verdict, verdict, "{version}");
        }
    }
}
