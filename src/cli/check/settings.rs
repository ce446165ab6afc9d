//! Checking a `pivot.toml`, with the place of each key.

use std::ops::Range;
use std::path::Path;

use crate::config::{Config, ConfigError};
use crate::report::Report;

/// Reads the configuration as the daemon would, environment included.
pub(super) fn check(path: &Path, source: &str) -> Report {
    let mut report = Report::default();
    match Config::load(Some(path)) {
        Ok((_, warnings)) => {
            for warning in warnings {
                let (key, message) = (&warning.key, &warning.message);
                report.warn(None, locate(source, key), format!("`{key}`: {message}"));
            }
        }
        Err(ConfigError::Invalid { problems, .. }) => {
            for problem in problems {
                let (key, message) = (&problem.key, &problem.message);
                report.error(None, locate(source, key), format!("`{key}`: {message}"));
            }
        }
        Err(error) => {
            report.error(None, 0..0, error.to_string());
        }
    }
    report
}

/// Where a key such as `dial.timeout_s` or `route[2].patterns` stands; its table
/// when the key is not there, the start of the file when that is not either.
fn locate(source: &str, key: &str) -> Range<usize> {
    let (table, name) = key.rsplit_once('.').unwrap_or(("", key));
    let name = name.split('[').next().unwrap_or(name);
    let (title, wanted) = table.split_once('[').unwrap_or((table, "0]"));
    let wanted: usize = wanted.trim_end_matches(']').parse().unwrap_or(0);
    let mut table_span = None;
    let mut inside = title.is_empty();
    let mut seen = 0;
    let mut offset = 0;
    for line in source.split_inclusive('\n') {
        let text = line.trim();
        let start = offset + (line.len() - line.trim_start().len());
        offset += line.len();
        if let Some(header) = text.strip_prefix('[') {
            let header = header.trim_start_matches('[');
            let header = header.split(']').next().unwrap_or(header).trim();
            if header == key {
                return start..start + text.len();
            }
            inside = header == title && seen == wanted;
            seen += usize::from(header == title);
            if inside {
                table_span = Some(start..start + text.len());
            }
        } else if inside && text.contains('=') {
            let written = text.split('=').next().unwrap_or_default().trim();
            if written.trim_matches(['"', '\'']) == name {
                return start..start + written.len();
            }
        }
    }
    match table_span {
        Some(span) => span,
        None if table.contains('.') => locate(source, table),
        None => 0..0,
    }
}

/// The file as it may be shown: tables and keys only. A value may be a password,
/// and under a misspelt key nobody can tell. It is starred byte by byte, so that
/// places stay right.
pub(super) fn without_values(source: &str) -> String {
    let mut shown = String::with_capacity(source.len());
    for line in source.split_inclusive('\n') {
        let kept = match line.find('=') {
            _ if line.trim_start().starts_with('[') && !line.contains(['"', '\'']) => line.len(),
            Some(equals) => equals + 1,
            None => 0,
        };
        let (kept, value) = line.split_at(kept);
        shown.push_str(kept);
        for c in value.chars() {
            if c.is_whitespace() {
                shown.push(c);
            } else {
                shown.extend(std::iter::repeat_n('*', c.len_utf8()));
            }
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::{locate, without_values};

    #[test]
    fn values_are_not_shown_and_places_stay() {
        let source =
            "[ari]\npasswort = \"hünter2\"\n  # \"old secret\"\nlist = [\n  \"s3cret\"\n]\n";
        let shown = without_values(source);
        assert_eq!(shown.len(), source.len());
        assert_eq!(shown.lines().count(), source.lines().count());
        for secret in ["nter2", "secret", "s3cret"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(shown.starts_with("[ari]\npasswort = *"), "{shown}");
    }

    const FILE: &str = "[ari]\nurl = \"x\"\n  \"username\" = \"pivot\"\n\n[[route]]\nnumbers = [\"1\"]\n\
                        [[route]]\nnumbers = [\"2\"]\n[speech.piper]\nworkers = 0\n[web]\nallow = [\"a\", \"b\"]\n";

    #[test]
    fn keys_are_found_in_their_tables() {
        for (key, line, text) in [
            ("ari.url", 2, "url"),
            ("ari.username", 3, "\"username\""),
            ("ari.password", 1, "[ari]"),
            ("route[0].numbers", 6, "numbers"),
            ("route[1].numbers", 8, "numbers"),
            ("route[1].patterns", 7, "[[route]]"),
            ("speech.piper.workers", 10, "workers"),
            ("speech.piper", 9, "[speech.piper]"),
            ("web.allow[1]", 12, "allow"),
        ] {
            let span = locate(FILE, key);
            assert_eq!(&FILE[span.clone()], text, "{key}");
            assert_eq!(crate::report::position(FILE, span.start).0, line, "{key}");
        }
        assert_eq!(locate(FILE, "dial.timeout_s"), 0..0);
    }
}
