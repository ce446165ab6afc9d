//! Every problem of a configuration, each with the key that has it.

mod route;
mod speech;
mod warnings;

use secrecy::ExposeSecret;
use url::Url;

use self::route::check_route;
use self::speech::{check_speech, check_transcribe};
use super::account::is_account_sid;
use super::network::Network;
use super::{Config, Dial, Limits, Numbers};
use crate::patterns::Pattern;
use crate::schedule::time_zone;

/// One thing wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Dotted path, as in `dial.timeout_s` or `route[2].patterns`.
    pub key: String,
    /// What is wrong and what to write instead.
    pub message: String,
    /// Where it stands in the file; None for what comes from elsewhere.
    pub place: Option<Place>,
}

impl Problem {
    pub(super) fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            message: message.into(),
            place: None,
        }
    }
}

/// A place in the file, both counted from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

/// What has been found so far.
#[derive(Default)]
pub(super) struct Findings(Vec<Problem>);

impl Findings {
    pub(super) fn add(&mut self, key: impl Into<String>, message: impl Into<String>) {
        self.0.push(Problem::new(key, message));
    }

    pub(super) fn add_unless(&mut self, fine: bool, key: &str, message: &str) {
        if !fine {
            self.add(key, message);
        }
    }
}

impl Config {
    /// Lists all problems; an empty list means that pivot can start.
    pub fn check(&self) -> Vec<Problem> {
        let mut found = Findings::default();
        self.check_ari(&mut found);
        self.check_http(&mut found);
        check_route(&mut found, "default", &self.default);
        for (index, route) in self.routes.iter().enumerate() {
            check_route(&mut found, &format!("route[{index}]"), route);
        }
        check_dial(&mut found, &self.dial);
        self.check_account(&mut found);
        check_store(&mut found, self.store.url());
        check_numbers(&mut found, &self.numbers);
        check_speech(&mut found, &self.speech);
        check_transcribe(&mut found, &self.transcribe);
        self.check_files(&mut found);
        self.check_web(&mut found);
        check_limits(&mut found, &self.limits);
        found.0
    }

    fn check_ari(&self, found: &mut Findings) {
        let ari = &self.ari;
        check_base_url(found, "ari.url", &ari.url);
        if matches!(ari.url.path().trim_end_matches('/'), p if p.ends_with("/ari")) {
            found.add(
                "ari.url",
                "ends with /ari, which pivot adds itself; leave it out",
            );
        }
        found.add_unless(
            !ari.username.is_empty(),
            "ari.username",
            "is empty; write the name of a user in Asterisk's ari.conf",
        );
        found.add_unless(
            !ari.password.expose_secret().is_empty(),
            "ari.password",
            "is empty; write that user's password",
        );
        let plain = |text: &str| {
            !text.is_empty()
                && text.len() <= 40
                && text
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        };
        let rule = "write up to 40 letters, digits, `-`, `_` and `.`";
        found.add_unless(plain(&ari.app), "ari.app", rule);
        found.add_unless(plain(&ari.name), "ari.name", rule);
        found.add_unless(
            (1..=1000).contains(&ari.connections),
            "ari.connections",
            "write a number from 1 to 1000; 32 is the default",
        );
    }

    fn check_http(&self, found: &mut Findings) {
        match &self.http.public_url {
            Some(url) => check_base_url(found, "http.public_url", url),
            None => found.add_unless(
                !self.http.listen.ip().is_unspecified(),
                "http.public_url",
                "is missing while `http.listen` takes every address; write how Asterisk and web \
                 applications reach pivot, as in \"http://192.0.2.10:7800\"",
            ),
        }
    }

    fn check_account(&self, found: &mut Findings) {
        if let Some(sid) = &self.account.sid {
            found.add_unless(
                is_account_sid(sid),
                "account.sid",
                "write AC and 32 hex digits in lower case, or leave it out and one is made",
            );
        }
        if let Some(name) = &self.account.timezone
            && let Err(error) = time_zone(name)
        {
            found.add("account.timezone", error.to_string());
        }
        if let Some(token) = &self.account.auth_token {
            found.add_unless(
                !token.expose_secret().is_empty(),
                "account.auth_token",
                "is empty; write a token, or leave the key out",
            );
        } else if self.recordings.auth {
            found.add(
                "recordings.auth",
                "wants credentials that nobody has; set `account.auth_token` too",
            );
        }
    }

    fn check_files(&self, found: &mut Findings) {
        for (key, path) in [
            ("recordings.dir", &self.recordings.dir),
            ("media.dir", &self.media.dir),
            ("flows.dir", &self.flows.dir),
            ("control.socket", &self.control.socket),
        ] {
            found.add_unless(!path.as_os_str().is_empty(), key, "is empty; write a path");
        }
        for (key, path) in [
            ("recordings.dir", &self.recordings.dir),
            ("media.dir", &self.media.dir),
            ("flows.dir", &self.flows.dir),
        ] {
            let fine = !path.exists() || path.is_dir();
            found.add_unless(fine, key, "is a file; write the path of a folder");
        }
        if let Some(dir) = &self.media.asterisk_dir {
            found.add_unless(
                dir.is_absolute(),
                "media.asterisk_dir",
                "is a relative path, which Asterisk would look for elsewhere; write it from the \
                 root, as in \"/srv/pivot-media\"",
            );
        }
        found.add_unless(
            self.media.max_mb > 0,
            "media.max_mb",
            "write a number of mebibytes above 0",
        );
        // The system's limit, with its closing zero.
        found.add_unless(
            self.control.socket.as_os_str().len() <= 107,
            "control.socket",
            "is longer than the 107 bytes that a socket's path may have; write a shorter one",
        );
    }

    fn check_web(&self, found: &mut Findings) {
        for (key, list) in [("web.allow", &self.web.allow), ("web.deny", &self.web.deny)] {
            for (index, text) in list.iter().enumerate() {
                if let Err(message) = text.parse::<Network>() {
                    found.add(format!("{key}[{index}]"), message);
                }
            }
        }
        let applications = self
            .applications
            .iter()
            .map(|(name, url)| (format!("applications.{name}"), url));
        let told = [
            ("sms.url", &self.sms.url),
            ("notify.url", &self.notify.url),
            ("voicemail.notify_url", &self.voicemail.notify_url),
        ];
        let told = told
            .into_iter()
            .filter_map(|(key, url)| Some((key.to_owned(), url.as_ref()?)));
        for (key, url) in applications.chain(told) {
            found.add_unless(
                matches!(url.scheme(), "http" | "https") && url.host().is_some(),
                &key,
                "write a URL that begins with http:// or https:// and has a host",
            );
        }
        let mwi = self.voicemail.mwi.as_deref();
        found.add_unless(
            mwi.is_none_or(|name| name.contains("{mailbox}")),
            "voicemail.mwi",
            "write {mailbox} where the number of the box belongs, as in \"{mailbox}@default\"",
        );
        for (key, context) in [
            ("dialplan.transfer", &self.dialplan.transfer),
            ("dialplan.fax", &self.dialplan.fax),
            ("dialplan.fax_detect", &self.dialplan.fax_detect),
        ] {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
            found.add_unless(
                context
                    .as_ref()
                    .is_none_or(|context| !context.is_empty() && context.chars().all(plain)),
                key,
                "write the name of a context: letters, digits, - and _ only",
            );
        }
        found.add_unless(
            !self.web.allow.is_empty(),
            "web.allow",
            "is empty, so that no document can be fetched; write networks, or leave it out",
        );
    }
}

/// A URL that further paths are added to.
fn check_base_url(found: &mut Findings, key: &str, url: &Url) {
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        found.add(
            key,
            "write a URL that begins with http:// or https:// and has a host",
        );
    } else if url.query().is_some() || url.fragment().is_some() {
        found.add(
            key,
            "write it without `?…` and `#…`; pivot adds paths to it",
        );
    } else if !url.username().is_empty() || url.password().is_some() {
        found.add(
            key,
            "write it without `user:password@`; credentials have their own keys",
        );
    }
}

/// What stands for the parts of a dialled noun.
fn check_dial(found: &mut Findings, dial: &Dial) {
    let templates: [(&str, &str, &[&str]); 6] = [
        ("number", &dial.number, &["number"]),
        ("sip", &dial.sip, &["uri", "endpoint"]),
        ("user", &dial.user, &["id"]),
        ("device", &dial.device, &["id"]),
        ("client", &dial.client, &["id"]),
        ("internal", &dial.internal, &["number"]),
    ];
    for (key, template, names) in templates {
        let key = format!("dial.{key}");
        let needed = names.first().copied().unwrap_or_default();
        if !template.contains(&format!("{{{needed}}}")) {
            found.add(
                &key,
                format!("lacks {{{needed}}}, so that every call would go to the same place"),
            );
        }
        let used = template.split('{').skip(1);
        for name in used.filter_map(|part| part.split('}').next()) {
            if !names.contains(&name) && name != "account" {
                let known: Vec<String> = names.iter().map(|name| format!("{{{name}}}")).collect();
                found.add(
                    &key,
                    format!("has no {{{name}}}; write {}", known.join(" or ")),
                );
            }
        }
        if template
            .split_once('/')
            .is_none_or(|(technology, _)| technology.is_empty())
        {
            found.add(
                &key,
                "is no Asterisk endpoint; write one as in PJSIP/… or Local/…@context",
            );
        }
    }
    found.add_unless(
        !dial.sip.contains("{endpoint}") || !dial.sip_endpoint.is_empty(),
        "dial.sip_endpoint",
        "is empty; write the name of the PJSIP endpoint that <Sip> calls leave through",
    );
    for (username, endpoint) in &dial.sip_accounts {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-+".contains(c);
        found.add_unless(
            !endpoint.is_empty() && endpoint.chars().all(plain),
            &format!("dial.sip_accounts.{username}"),
            "is not the name of a PJSIP endpoint",
        );
    }
    found.add_unless(
        (1..=600).contains(&dial.timeout_s),
        "dial.timeout_s",
        "write seconds from 1 to 600; 30 is the default",
    );
    found.add_unless(
        (300..=3400).contains(&dial.beep_hz),
        "dial.beep_hz",
        "write hertz from 300 to 3400, as a telephone carries them; 1000 is the default",
    );
}

fn check_store(found: &mut Findings, url: Option<&str>) {
    let Some(url) = url else { return };
    let scheme = url.split(':').next().unwrap_or_default();
    match (scheme, url.split_once(':')) {
        ("sqlite", Some((_, file))) if file.starts_with("//") || file.is_empty() => found.add(
            "store.url",
            "write the file right after `sqlite:`, as in \"sqlite:pivot.db\" or \
             \"sqlite:/var/lib/pivot/pivot.db\"",
        ),
        ("sqlite", Some((_, ":memory:"))) => {
            found.add("store.url", "leave the key out to keep nothing but memory")
        }
        ("sqlite", Some(_)) => {}
        ("postgres" | "postgresql", Some(_)) if cfg!(feature = "postgres") => {}
        ("postgres" | "postgresql", Some(_)) => found.add(
            "store.url",
            "needs the feature `postgres`, which this build does not have; build with \
             `--features postgres`, or write \"sqlite:pivot.db\"",
        ),
        _ => found.add(
            "store.url",
            "is no store that pivot knows; write \"sqlite:FILE\" or \"postgres://…\"",
        ),
    }
}

fn check_numbers(found: &mut Findings, numbers: &Numbers) {
    for (index, converter) in numbers.converters.iter().enumerate() {
        if let Err(error) = Pattern::new(&converter.regex) {
            found.add(
                format!("numbers.converters[{index}].regex"),
                error.to_string(),
            );
        }
    }
    for (index, class) in numbers.classifiers.iter().enumerate() {
        let place = format!("numbers.classifiers[{index}]");
        found.add_unless(
            !class.name.is_empty(),
            &format!("{place}.name"),
            "write what stored things call this kind of number, such as \"international\"",
        );
        if let Err(error) = Pattern::new(&class.regex) {
            found.add(format!("{place}.regex"), error.to_string());
        }
    }
}

fn check_limits(found: &mut Findings, limits: &Limits) {
    let at_least_one = [
        ("limits.calls", limits.calls > 0),
        ("limits.documents", limits.documents > 0),
        ("limits.branches", limits.branches > 0),
        ("limits.nodes", limits.nodes > 0),
    ];
    for (key, fine) in at_least_one {
        found.add_unless(fine, key, "write a number above 0");
    }
    found.add_unless(
        (1..=16 * 1024).contains(&limits.document_kb),
        "limits.document_kb",
        "write kibibytes from 1 to 16384; 64 is the default and Twilio's limit",
    );
    found.add_unless(
        limits.drain_s <= 86_400,
        "limits.drain_s",
        "write seconds up to 86400; 30 is the default",
    );
}
