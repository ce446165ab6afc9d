//! Asterisk's configuration files, when they are on this machine: what ARI does
//! not show.

use std::path::{Path, PathBuf};

use super::Finding;
use crate::config::Config;

/// Files included more deeply than this are in a circle.
const DEPTH: usize = 8;

/// A line of a file, without its comment.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    file: PathBuf,
    number: usize,
    section: String,
    text: String,
    /// What stood behind the `;`.
    comment: String,
}

impl Line {
    fn place(&self) -> String {
        format!("{}:{}", self.file.display(), self.number)
    }

    fn setting(&self) -> Option<(&str, &str)> {
        let (key, value) = self.text.split_once('=')?;
        Some((key.trim(), value.trim_start_matches('>').trim()))
    }
}

pub(super) fn examine(config: &Config, etc: &Path) -> Vec<Finding> {
    if !etc.join("extensions.conf").exists() {
        return vec![Finding::doubtful(
            format!(
                "{} has no extensions.conf, so the dialplan was not looked at",
                etc.display()
            ),
            "run this on Asterisk's machine, or name the folder with --asterisk-etc",
        )];
    }
    let read = |name: &str| read(&etc.join(name), etc, 0);
    let dialplan = read("extensions.conf");
    let mut findings = judge_dialplan(&config.ari.app, &dialplan);
    findings.extend(judge_contexts(&dialplan));
    findings.extend(judge_http(config, &read("http.conf")));
    findings.extend(judge_ari(&read("ari.conf")));
    findings.extend(judge_pjsip(&read("pjsip.conf")));
    if !etc.join("indications.conf").exists() {
        findings.push(Finding::doubtful(
            "there is no indications.conf, so callers hear no ringback tone",
            "copy Asterisk's sample of it",
        ));
    }
    findings
}

fn read(path: &Path, etc: &Path, depth: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let Ok(text) = std::fs::read_to_string(path) else {
        return lines;
    };
    let mut section = String::new();
    for (index, raw) in text.lines().enumerate() {
        let (text, comment) = split_comment(raw);
        let text = text.trim();
        if let Some(included) = text.strip_prefix("#include") {
            let name = included.trim().trim_matches(['"', '<', '>']);
            if depth < DEPTH {
                lines.extend(read(&etc.join(name), etc, depth + 1));
            }
            continue;
        }
        if let Some(name) = text
            .strip_prefix('[')
            .and_then(|rest| rest.split(']').next())
        {
            name.clone_into(&mut section);
        }
        lines.push(Line {
            file: path.to_owned(),
            number: index + 1,
            section: section.clone(),
            text: text.to_owned(),
            comment: comment.to_owned(),
        });
    }
    lines
}

/// A `;` begins a comment unless a backslash stands before it.
fn split_comment(line: &str) -> (&str, &str) {
    let mut before = ' ';
    for (at, character) in line.char_indices() {
        if character == ';' && before != '\\' {
            return (&line[..at], &line[at + 1..]);
        }
        before = character;
    }
    (line, "")
}

fn judge_dialplan(app: &str, lines: &[Line]) -> Vec<Finding> {
    let call = format!("stasis({app}");
    let uses: Vec<&Line> = lines
        .iter()
        .filter(|line| {
            let text = line.text.to_ascii_lowercase().replace(' ', "");
            text.split(&call)
                .nth(1)
                .is_some_and(|rest| rest.starts_with([',', ')']) || rest.is_empty())
        })
        .collect();
    if uses.is_empty() {
        return vec![Finding::bad(
            format!("no line of the dialplan hands a call to pivot: there is no Stasis({app})"),
            format!(
                "`exten => 2030,1,Stasis({app})` in the context your calls arrive in, then `asterisk -rx 'dialplan reload'`"
            ),
        )];
    }
    let mut findings = vec![Finding::good(format!(
        "{} hands calls to pivot (and {} more)",
        uses[0].place(),
        uses.len() - 1
    ))];
    for line in uses {
        let cut = !line.comment.is_empty()
            && line.text.matches('(').count() > line.text.matches(')').count();
        if cut {
            findings.push(Finding::bad(
                format!(
                    "{}: a `;` cuts the URL off: Asterisk reads a comment there",
                    line.place()
                ),
                r"write the `;` as `\;` or `%3B`",
            ));
        }
    }
    findings
}

/// Contexts that only some calls need.
fn judge_contexts(lines: &[Line]) -> Vec<Finding> {
    let needed = [
        ("pivot-refer", "every <Refer> fails"),
        (
            "pivot-referred",
            "the REFER of a called party is refused in spite of referUrl",
        ),
    ];
    needed
        .into_iter()
        .filter(|(context, _)| !lines.iter().any(|line| line.section == *context))
        .map(|(context, without)| {
            Finding::doubtful(
                format!("the dialplan has no context [{context}]; without it {without}"),
                format!("take [{context}] from asterisk-conf/extensions.conf, then `asterisk -rx 'dialplan reload'`"),
            )
        })
        .collect()
}

fn value<'a>(lines: &'a [Line], section: &str, key: &str) -> Option<(&'a Line, &'a str)> {
    lines
        .iter()
        .filter(|line| line.section == section)
        .filter_map(|line| line.setting().map(|(k, v)| (line, k, v)))
        .filter(|(_, k, _)| *k == key)
        .map(|(line, _, v)| (line, v))
        .next_back()
}

fn judge_http(config: &Config, lines: &[Line]) -> Vec<Finding> {
    // Beside pivot's connections: the event socket, and other clients.
    let needed = config.ari.connections + 20;
    let (limit, place) = match value(lines, "general", "sessionlimit") {
        Some((line, limit)) => (limit.parse().unwrap_or(100), line.place()),
        None => (100, "http.conf".into()),
    };
    let mut findings = Vec::new();
    if limit < needed.max(200) {
        findings.push(Finding::doubtful(
            format!(
                "{place}: sessionlimit is {limit}; connection {} is closed without an answer",
                limit + 1
            ),
            "`sessionlimit = 1000` in http.conf's [general]",
        ));
    }
    if let Some((line, "0.0.0.0" | "::")) = value(lines, "general", "bindaddr") {
        findings.push(Finding::doubtful(
            format!("{}: Asterisk's HTTP server listens on every address; an ARI user controls the whole PBX", line.place()),
            "`bindaddr = 127.0.0.1`, or TLS and an ACL when pivot is on another machine",
        ));
    }
    findings
}

fn judge_ari(lines: &[Line]) -> Vec<Finding> {
    let timeout = value(lines, "general", "websocket_write_timeout")
        .and_then(|(_, ms)| ms.parse::<u64>().ok());
    if timeout.unwrap_or(100) >= 2000 {
        return Vec::new();
    }
    vec![Finding::doubtful(
        format!(
            "ari.conf: websocket_write_timeout is {} ms; a moment's delay closes the event socket and loses events",
            timeout.unwrap_or(100)
        ),
        "`websocket_write_timeout = 5000` in ari.conf's [general]",
    )]
}

fn judge_pjsip(lines: &[Line]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for line in lines {
        match line.setting() {
            Some(("direct_media", "yes" | "true" | "1")) => findings.push(Finding::doubtful(
                format!(
                    "{} [{}]: with direct_media, keys and sound of bridged calls pass Asterisk by",
                    line.place(),
                    line.section
                ),
                "`direct_media = no` on endpoints that pivot dials",
            )),
            Some(("dtmf_mode", "inband" | "none")) => findings.push(Finding::doubtful(
                format!(
                    "{} [{}]: keys come as sound or not at all",
                    line.place(),
                    line.section
                ),
                "`dtmf_mode = rfc4733` (or auto)",
            )),
            _ => {}
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    fn lines(text: &str) -> Vec<Line> {
        let dir = std::env::temp_dir().join(crate::id::sid("doctor"));
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join("x.conf"), text).unwrap();
        let lines = read(&dir.join("x.conf"), &dir, 0);
        std::fs::remove_dir_all(&dir).unwrap();
        lines
    }

    #[test]
    fn a_dialplan_without_pivot_says_what_to_add() {
        let findings = judge_dialplan(
            "pivot",
            &lines("[default]\nexten => 1,1,Stasis(pivotal)\n;exten => 2,1,Stasis(pivot)\n"),
        );
        assert_eq!(findings[0].verdict, Verdict::Bad);
        assert!(findings[0].change.contains("Stasis(pivot)"));
    }

    #[test]
    fn a_line_that_hands_calls_over_is_found_with_its_place() {
        let findings = judge_dialplan(
            "pivot",
            &lines("[default]\nexten => _X.,1,Stasis(pivot,https://h/v)\n"),
        );
        assert_eq!(findings.len(), 1);
        assert!(findings[0].what.contains("x.conf:2"), "{findings:?}");
    }

    #[test]
    fn a_semicolon_that_cuts_a_url_off_is_told() {
        let findings = judge_dialplan(
            "pivot",
            &lines("exten => 1,1,Stasis(pivot,https://h/v;a=1)\n"),
        );
        assert!(
            findings
                .iter()
                .any(|f| f.verdict == Verdict::Bad && f.what.contains("x.conf:1")),
            "{findings:?}"
        );
        let escaped = judge_dialplan(
            "pivot",
            &lines("exten => 1,1,Stasis(pivot,https://h/v\\;a=1)\n"),
        );
        assert!(
            escaped.iter().all(|f| f.verdict == Verdict::Good),
            "{escaped:?}"
        );
    }

    #[test]
    fn contexts_that_some_verbs_need_are_missed() {
        let findings = judge_contexts(&lines("[pivot-refer]\nexten => refer,1,Transfer(x)\n"));
        assert_eq!(findings.len(), 1);
        assert!(
            findings[0].what.contains("[pivot-referred]"),
            "{findings:?}"
        );
        let ours = include_str!("../../asterisk-conf/extensions.conf");
        assert_eq!(judge_contexts(&lines(ours)), []);
    }

    #[test]
    fn sections_and_the_last_value_count() {
        let lines =
            lines("[general]\nsessionlimit=100\nsessionlimit = 1000\n[other]\nsessionlimit=5\n");
        assert_eq!(value(&lines, "general", "sessionlimit").unwrap().1, "1000");
    }
}
