//! What a `pivot` node with `debug` asked and was answered: in the call's
//! timeline, and in the store, where the API gives it to whoever writes the web
//! application.
//!
//! What opens doors is left out, long bodies are cut, and the oldest calls make
//! room for new ones.

use serde_json::{Map, Value, json};

use crate::call::{Call, Services};
use crate::clock;
use crate::id::AccountId;
use crate::objects::{Kind, gregorian, within};
use crate::program::Pivot;
use crate::report::{Report, Severity};
use crate::store::{Change, Expected, Key, StoreError};
use crate::web::{self, Answer, Sent, WebError};

/// Calls of an account whose records are kept.
const CALLS: usize = 100;
/// Requests of one pivot session that are kept.
const REQUESTS: u32 = 200;
/// Bytes of a body that are kept.
const BODY: usize = 16 * 1024;
/// Characters around a mistake in JSON.
const AROUND: usize = 60;

const REDACTED: &str = "[redacted]";
/// What the names of headers and parameters have in them whose values open doors.
const SECRET: [&str; 9] = [
    "authorization",
    "cookie",
    "token",
    "secret",
    "password",
    "passwd",
    "api-key",
    "api_key",
    "signature",
];

/// A request and its answer.
pub(super) fn exchange(call: &Call, pivot: &Pivot, iteration: u32, answer: &Answer) {
    if !pivot.debug {
        return;
    }
    let asked = request(call, iteration, &answer.sent);
    let headers = answer.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        (name.as_str(), value.to_ascii_lowercase())
    });
    let answered = record(
        call,
        iteration,
        json!({
            "resp_status_code": answer.status.to_string(),
            "resp_headers": headers_of(headers),
            "resp_body": cut(&answer.text().text),
        }),
    );
    let text = format!("debug: response {}", answer.status);
    call.trace().document(text, answered.clone());
    keep(call, iteration, vec![asked, answered]);
}

/// A request that nobody answered.
pub(super) fn failure(call: &Call, pivot: &Pivot, iteration: u32, error: &WebError) {
    if let Some(sent) = error.sent.as_ref().filter(|_| pivot.debug) {
        let asked = request(call, iteration, sent);
        keep(call, iteration, vec![asked]);
    }
}

/// An answer that cannot be run. It is in the timeline whether `debug` is set or
/// not: this is how authors find their mistakes.
pub(super) fn report(call: &Call, pivot: &Pivot, iteration: u32, answer: &Answer, report: &Report) {
    let text = answer.text().text;
    let errors = || {
        let all = report.diagnostics.iter();
        all.filter(|d| d.severity == Severity::Error)
    };
    let mut fields = if errors().any(|d| d.pointer.is_some()) {
        let mut by_field = Map::new();
        for error in errors() {
            let pointer = error.pointer.as_deref().unwrap_or_default();
            let parts = pointer.split('/').filter(|part| !part.is_empty());
            let field = parts.fold(String::new(), |field, part| within(&field, part));
            let message = match &error.help {
                Some(help) => format!("{}; {help}", error.message),
                None => error.message.clone(),
            };
            by_field
                .entry(field)
                .or_insert(json!({"invalid": {"message": message}}));
        }
        json!({ "schema_errors": by_field })
    } else {
        let first = errors().next();
        let at = first.map_or(0, |error| error.span.start);
        let (before, after) = around(&text, at);
        let message = first.map(|error| &error.message);
        json!({"json_errors": {"before": before, "after": after, "message": message}})
    };
    fields["resp_body"] = cut(&text).into();
    let record = record(call, iteration, fields);
    call.trace()
        .document("debug: the document cannot be run", record.clone());
    if pivot.debug {
        keep(call, iteration, vec![record]);
    }
}

fn request(call: &Call, iteration: u32, sent: &Sent) -> Value {
    let headers = sent.headers.iter();
    let headers = headers.map(|(name, value)| (name.as_str(), value.to_ascii_lowercase()));
    let record = record(
        call,
        iteration,
        json!({
            "uri": uri(&sent.uri),
            "method": sent.method.to_ascii_lowercase(),
            "req_headers": headers_of(headers),
            "req_body": cut(&String::from_utf8_lossy(&sent.body)),
        }),
    );
    let text = format!("debug: request {}", web::shown(&sent.uri));
    call.trace().document(text, record.clone());
    record
}

fn record(call: &Call, iteration: u32, mut fields: Value) -> Value {
    let now = clock::now();
    let call_id = &call.facts().call_id;
    let month: String = now
        .iso8601()
        .chars()
        .filter(|c| *c != '-')
        .take(6)
        .collect();
    fields["call_id"] = call_id.clone().into();
    fields["call_sid"] = call.id().as_str().into();
    fields["debug_id"] = format!("{month}-{call_id}").into();
    fields["iteration"] = iteration.into();
    fields["created"] = gregorian(now).into();
    fields["node"] = call.services().config.ari.name.clone().into();
    fields
}

/// As Kazoo's pivot writes them: names and values in lower case.
fn headers_of<'h>(headers: impl Iterator<Item = (&'h str, String)>) -> Map<String, Value> {
    let told = headers.map(|(name, value)| {
        let name = name.to_ascii_lowercase();
        let value = if is_secret(&name) {
            REDACTED.into()
        } else {
            value
        };
        (name, value.into())
    });
    told.collect()
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET.iter().any(|word| name.contains(word))
}

/// A URL without credentials, and without the values of parameters that are some.
fn uri(uri: &str) -> String {
    let shown = web::shown(uri);
    let Some((path, query)) = shown.split_once('?') else {
        return shown;
    };
    let pairs: Vec<String> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, _)) if is_secret(name) => format!("{name}={REDACTED}"),
            _ => pair.to_owned(),
        })
        .collect();
    format!("{path}?{}", pairs.join("&"))
}

fn cut(text: &str) -> String {
    if text.len() <= BODY {
        return text.to_owned();
    }
    let mut end = BODY;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}… ({} bytes in all)", &text[..end], text.len())
}

fn around(text: &str, at: usize) -> (String, String) {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let (before, after) = text.split_at(at);
    let skipped = before.chars().count().saturating_sub(AROUND);
    let before = before.chars().skip(skipped).collect();
    (before, after.chars().take(AROUND).collect())
}

/// Stores records beside the call, which does not wait.
fn keep(call: &Call, iteration: u32, records: Vec<Value>) {
    if iteration > REQUESTS {
        return;
    }
    let (services, account) = (call.services().clone(), call.account().clone());
    let sid = call.id().clone();
    let changes: Vec<Change> = records
        .into_iter()
        .filter_map(|record| match record {
            // Such ids sort by the time they were made.
            Value::Object(body) => Some(Change::Put {
                key: Key::new(
                    &account,
                    Kind::PivotDebug,
                    format!("{sid}/{}", uuid::Uuid::now_v7().simple()),
                ),
                body,
                expected: Expected::Nothing,
            }),
            _ => None,
        })
        .collect();
    call.services().background.spawn(async move {
        let kept = match services.catalog.write(changes).await {
            Ok(_) if iteration == 1 => make_room(&services, &account).await,
            written => written.map(drop),
        };
        if let Err(error) = kept {
            tracing::warn!(%error, call = %sid, "debug records are not kept");
        }
    });
}

/// Deletes the records of all but the newest calls. CallSids sort by time.
async fn make_room(services: &Services, account: &AccountId) -> Result<(), StoreError> {
    let catalog = &services.catalog;
    let ids: Vec<String> = catalog
        .list(account, Kind::PivotDebug)
        .await?
        .into_iter()
        .map(|record| record.id)
        .collect();
    let call = |id: &str| id.split('/').next().unwrap_or_default().to_owned();
    let mut calls: Vec<String> = ids.iter().map(|id| call(id)).collect();
    calls.dedup();
    let Some(oldest) = calls.len().checked_sub(CALLS).and_then(|at| calls.get(at)) else {
        return Ok(());
    };
    let old = ids.iter().filter(|id| call(id) < *oldest);
    let changes: Vec<Change> = old
        .map(|id| Change::Delete {
            key: Key::new(account, Kind::PivotDebug, id.clone()),
            expected: Expected::Anything,
        })
        .collect();
    if !changes.is_empty() {
        catalog.write(changes).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_opens_doors_is_left_out() {
        let headers = [
            ("Authorization", "Basic x"),
            ("X-Auth-Token", "x"),
            ("Set-Cookie", "x"),
            ("X-Api-Key", "x"),
            ("Accept", "text/xml"),
        ];
        let told = headers_of(headers.into_iter().map(|(n, v)| (n, v.to_owned())));
        for name in ["authorization", "x-auth-token", "set-cookie", "x-api-key"] {
            assert_eq!(told[name], REDACTED, "{name}");
        }
        assert_eq!(told["accept"], "text/xml");
        assert_eq!(
            uri("http://me:pw@h/a?To=1&api_key=x&Secret=y#rc=1"),
            "http://h/a?To=1&api_key=[redacted]&Secret=[redacted]"
        );
    }

    #[test]
    fn long_bodies_are_cut_and_mistakes_have_their_surroundings() {
        let long = "é".repeat(BODY);
        assert!(cut(&long).ends_with(&format!("… ({} bytes in all)", 2 * BODY)));
        assert_eq!(cut("short"), "short");
        assert_eq!(around("aéb", 2), ("a".into(), "éb".into()));
        assert_eq!(around(&"x".repeat(200), 100).0.len(), AROUND);
    }
}
