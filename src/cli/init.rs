//! `pivot init`: a configuration and the Asterisk snippets to start from.

use std::path::Path;
use std::process::ExitCode;

use super::{ERRORS, complain, say};

/// What is written, with the files that the private Asterisk of the tests uses too.
const FILES: &[(&str, &str)] = &[
    ("pivot.toml", include_str!("init/pivot.toml")),
    (
        "asterisk/http.conf",
        include_str!("../../asterisk-conf/http.conf"),
    ),
    (
        "asterisk/ari.conf",
        include_str!("../../asterisk-conf/ari.conf"),
    ),
    (
        "asterisk/extensions.conf",
        include_str!("../../asterisk-conf/extensions.conf"),
    ),
    (
        "asterisk/pjsip.conf",
        include_str!("../../asterisk-conf/pjsip.conf"),
    ),
];

pub(super) fn main(dir: &Path) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for (name, text) in FILES {
        let path = dir.join(name);
        match write(&path, text) {
            Ok(true) => say(format!("wrote {}", path.display())),
            Ok(false) => say(format!("kept  {} (it is there already)", path.display())),
            Err(error) => {
                complain(format!("{}: {error}", path.display()));
                code = ExitCode::from(ERRORS);
            }
        }
    }
    say("\nNext: put the lines of asterisk/*.conf into your Asterisk's files, set the password in");
    say("ari.conf and pivot.toml, `asterisk -rx 'core reload'`, then `pivot run`.");
    code
}

fn write(path: &Path, text: &str) -> std::io::Result<bool> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    match std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
    {
        Ok(mut file) => std::io::Write::write_all(&mut file, text.as_bytes()).map(|()| true),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}
