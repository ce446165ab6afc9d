//! Sending recordings to customers' servers, as Kazoo does.

use std::time::Duration;

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};
use tokio::time::sleep;
use url::form_urlencoded;

use super::RecordingsError;
use crate::call::ops::{AudioFormat, Upload};
use crate::clock::Time;
use crate::web::{Body, Outgoing, Policy, Web, shown};

/// What the query of an upload tells about the call.
#[derive(Debug, Clone)]
pub struct UploadFacts {
    /// The SIP Call-ID.
    pub call_id: String,
    pub from: String,
    pub to: String,
    pub caller_name: String,
    pub account_id: String,
    /// Instead of `call_recording_<Call-ID>`.
    pub media_name: Option<String>,
    /// When the call began.
    pub began: Time,
}

/// Kept as they are in the file name; `@` is usual in a Call-ID.
const NAME: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'@');

/// Seconds from 1 January of year 0, where Kazoo's clock begins, to 1970.
const GREGORIAN: i64 = 62_167_219_200;

/// Where a recording is sent (spec/kazoo-pivot.md, 2.13).
pub(super) fn url(upload: &Upload, format: AudioFormat, facts: &UploadFacts) -> String {
    let base = upload.url.split('#').next().unwrap_or_default();
    let name = file_name(format, facts);
    let mut url = match base.split_once('?') {
        None => format!("{}/{name}", base.trim_end_matches('/')),
        // `…?file=` asks for the name as its value.
        Some((_, query)) if query.ends_with('=') => format!("{base}{name}"),
        Some((_, "")) => format!("{base}recording={name}"),
        Some(_) => format!("{base}&recording={name}"),
    };
    if upload.query {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(&query(facts));
    }
    url
}

fn file_name(format: AudioFormat, facts: &UploadFacts) -> String {
    let extension = format.extension();
    let name = match &facts.media_name {
        Some(name) if name.ends_with(&format!(".{extension}")) => name.clone(),
        Some(name) => format!("{name}.{extension}"),
        None => format!("call_recording_{}.{extension}", facts.call_id),
    };
    utf8_percent_encode(&name, NAME).to_string()
}

fn query(facts: &UploadFacts) -> String {
    let month = jiff::Timestamp::from_millisecond(facts.began.0)
        .map(|time| time.strftime("%Y%m").to_string())
        .unwrap_or_default();
    let hash = Sha256::digest(facts.call_id.as_bytes());
    let tail: String = hash.iter().take(4).map(|b| format!("{b:02x}")).collect();
    let interaction = format!("{}-{tail}", facts.began.unix_seconds() + GREGORIAN);
    form_urlencoded::Serializer::new(String::new())
        .append_pair("from", &facts.from)
        .append_pair("to", &facts.to)
        .append_pair("caller_id_name", &facts.caller_name)
        .append_pair("caller_id_number", &facts.from)
        .append_pair("call_id", &facts.call_id)
        .append_pair("cdr_id", &format!("{month}-{}", facts.call_id))
        .append_pair("interaction_id", &interaction)
        .append_pair("account_id", &facts.account_id)
        .finish()
}

/// Pauses between tries: a server that restarts is back after the first ones,
/// one that is repaired by hand perhaps after the last.
const PAUSES: [Duration; 4] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(120),
    Duration::from_secs(600),
];

/// Sends it until the server says that it has it. Gives the URL, without
/// credentials.
pub(super) async fn send(
    web: &Web,
    method: &str,
    url: &str,
    content_type: &str,
    bytes: Bytes,
) -> Result<String, RecordingsError> {
    let failed = |why: String, tries: usize| RecordingsError::Upload {
        url: shown(url),
        why,
        tries,
    };
    let method = match method.to_ascii_uppercase().as_str() {
        "PUT" => http::Method::PUT,
        "POST" => http::Method::POST,
        "PATCH" => http::Method::PATCH,
        other => return Err(failed(format!("recordings cannot be sent by {other}"), 0)),
    };
    let mut pauses = PAUSES.iter();
    let mut tries = 0;
    loop {
        tries += 1;
        let body = Body::Bytes {
            content_type: content_type.to_owned(),
            bytes: bytes.clone(),
        };
        let out = Outgoing::new(method.clone(), url, Policy::upload()).body(body);
        let why = match web.send(out, None).await {
            Ok(answer) if answer.is_success() => return Ok(shown(url)),
            Ok(answer) => format!("the server answered {}", answer.status),
            Err(error) if error.phase() == crate::web::Phase::Request => {
                // The URL itself is wrong or not allowed, and stays so.
                return Err(failed(error.failure.to_string(), tries));
            }
            Err(error) => error.failure.to_string(),
        };
        let Some(pause) = pauses.next() else {
            return Err(failed(why, tries));
        };
        tracing::warn!(url = shown(url), why, "recording not sent yet");
        sleep(*pause).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> UploadFacts {
        UploadFacts {
            call_id: "829597750@10.26.0.158".into(),
            from: "4158867900".into(),
            to: "2030".into(),
            caller_name: "JOHN DOE".into(),
            account_id: "AC1".into(),
            media_name: None,
            // 24 November 2026, 23:00 UTC.
            began: Time(1_795_561_200_000),
        }
    }

    fn upload(url: &str, query: bool) -> Upload {
        Upload {
            url: url.into(),
            method: "PUT".into(),
            query,
        }
    }

    #[test]
    fn the_file_name_is_appended_to_the_path() {
        let url = |base| url(&upload(base, false), AudioFormat::Mp3, &facts());
        let expected = "http://h/d/s.php/call_recording_829597750@10.26.0.158.mp3";
        assert_eq!(url("http://h/d/s.php"), expected);
        assert_eq!(url("http://h/d/s.php/"), expected);
        assert_eq!(url("http://h/d/s.php#part"), expected);
    }

    #[test]
    fn modules_add_the_facts_of_the_call() {
        let url = url(&upload("http://h/r", true), AudioFormat::Wav, &facts());
        assert_eq!(
            url,
            "http://h/r/call_recording_829597750@10.26.0.158.wav?from=4158867900&to=2030\
             &caller_id_name=JOHN+DOE&caller_id_number=4158867900\
             &call_id=829597750%4010.26.0.158&cdr_id=202611-829597750%4010.26.0.158\
             &interaction_id=63962780400-1caabb4c&account_id=AC1"
        );
    }

    #[test]
    fn a_query_that_is_there_takes_the_name() {
        let url = |base, query| url(&upload(base, query), AudioFormat::Mp3, &facts());
        let name = "call_recording_829597750@10.26.0.158.mp3";
        assert_eq!(
            url("http://h/up?key=1", false),
            format!("http://h/up?key=1&recording={name}")
        );
        assert_eq!(
            url("http://h/up?file=", false),
            format!("http://h/up?file={name}")
        );
        assert_eq!(
            url("http://h/up?", false),
            format!("http://h/up?recording={name}")
        );
        let full = url("http://h/up?key=1", true);
        assert!(
            full.starts_with(&format!(
                "http://h/up?key=1&recording={name}&from=4158867900&"
            )),
            "{full}"
        );
    }

    #[test]
    fn a_name_of_its_own_is_used_and_cannot_leave_the_folder() {
        let named = |name: &str| UploadFacts {
            media_name: Some(name.into()),
            ..facts()
        };
        let url = |name| url(&upload("http://h/r", false), AudioFormat::Mp3, &named(name));
        assert_eq!(url("greeting"), "http://h/r/greeting.mp3");
        assert_eq!(url("greeting.mp3"), "http://h/r/greeting.mp3");
        assert_eq!(url("../x?a=b"), "http://h/r/..%2Fx%3Fa%3Db.mp3");
    }
}
