//! What a web application is told: the parameters of a request, under Twilio's
//! names or Kazoo's.
//!
//! `req_format` decides the names and nothing else. In `twiml` the union of
//! Twilio's standard set and of Kazoo's TwiML set is sent; in `kazoo` what Kazoo
//! documents. A key of the base set is never overridden by what a flow has set.
//! Of Twilio's, `CallToken` is not sent: only its REST API could take it back.

use serde_json::{Map, Value};

use super::session::Session;
use crate::call::Call;
use crate::config::ReqFormat;

/// The parameters of a request, nested as Kazoo nests them.
pub(super) async fn build(
    call: &mut Call,
    session: &Session,
    format: ReqFormat,
    verb: &[(String, String)],
) -> Map<String, Value> {
    call.learn_sip_facts().await;
    from_state(call, session, format, verb)
}

/// The same from what is known, for a caller who has gone.
pub(super) fn from_state(
    call: &Call,
    session: &Session,
    format: ReqFormat,
    verb: &[(String, String)],
) -> Map<String, Value> {
    let mut params = match format {
        ReqFormat::Twiml => twiml(call),
        ReqFormat::Kazoo => kazoo(call),
    };
    let mut add = |key: &str, value: &str| {
        let key = if format == ReqFormat::Kazoo {
            kazoo_name(key)
        } else {
            key
        };
        params.entry(key).or_insert_with(|| value.into());
    };
    for (key, value) in verb {
        // Kazoo does not know it.
        if format == ReqFormat::Twiml || key != "msg" {
            add(key, value);
        }
    }
    for (key, value) in &session.reported {
        add(key, value);
    }
    for (key, value) in &call.state.request_variables {
        add(key, value);
    }
    if !call.collections().is_empty() {
        params
            .entry("Digits")
            .or_insert_with(|| call.collections().clone().into());
    }
    params
}

/// The union of Twilio's standard set and what Kazoo adds to it.
fn twiml(call: &Call) -> Map<String, Value> {
    let facts = call.facts();
    let sip = facts.sip.clone().unwrap_or_default();
    let mut params: Map<String, Value> = call
        .standard_params()
        .into_iter()
        .map(|(key, value)| (key, value.into()))
        .collect();
    for party in ["From", "To", "Caller", "Called"] {
        if let Some(Value::String(number)) = params.get_mut(party) {
            *number = e164(number);
        }
    }
    let mut add = |key: &str, value: &str| params.insert(key.to_owned(), value.into());
    add("FromRealm", &sip.from_realm);
    add("ToRealm", &sip.to_realm);
    add("CallerName", &facts.caller_name);
    add("CallerNumber", &facts.caller_number);
    if !facts.forwarded_from.is_empty() {
        add("ForwardedFrom", &e164(&facts.forwarded_from));
    }
    // The first request alone says who vouches.
    if let Some(vouched) = sip.vouched.filter(|_| call.state.documents == 0) {
        add("StirVerstat", &vouched.verstat);
        add("StirPassportToken", &vouched.passport);
    }
    if facts.sip.is_some() {
        add("SipCallId", &facts.call_id);
        add("SipDomain", &sip.to_realm);
        add("SipSourceIp", &sip.source_ip);
        for (name, value) in &sip.headers {
            add(&format!("SipHeader_{name}"), value);
        }
    }
    params
}

/// A number in the world's form, where it can be told to be one: without a `+` it
/// may as well be an extension, and is passed on as it came.
fn e164(number: &str) -> String {
    let Some(digits) = number.strip_prefix('+') else {
        return number.to_owned();
    };
    let digits: String = digits.chars().filter(|c| !" -().".contains(*c)).collect();
    if digits.chars().all(|c| c.is_ascii_digit()) {
        format!("+{digits}")
    } else {
        number.to_owned()
    }
}

fn kazoo(call: &Call) -> Map<String, Value> {
    let facts = call.facts();
    let sip = facts.sip.clone().unwrap_or_default();
    let or = |value: &str, otherwise: &str| {
        if value.is_empty() {
            otherwise.to_owned()
        } else {
            value.to_owned()
        }
    };
    let account = &call.services().account_sid;
    let mut params = Map::new();
    let mut add = |key: &str, value: &str| params.insert(key.to_owned(), value.into());
    add("Account-ID", account.strip_prefix("AC").unwrap_or(account));
    add("Api-Version", "4.x");
    add("Call-ID", &facts.call_id);
    add("Call-Status", call.status());
    add("Caller-ID-Name", &or(&facts.caller_name, "anonymous"));
    add("Caller-ID-Number", &or(&facts.caller_number, "0000000000"));
    add("Direction", "inbound");
    add("From", &or(&facts.caller_number, "anonymous"));
    add("From-Realm", &sip.from_realm);
    add("To", &facts.dialled);
    add("To-Realm", &sip.to_realm);
    add("Request", &facts.dialled);
    add("Request-Realm", &sip.to_realm);
    add("Language", &kazoo_language(call.language()));
    if !call.custom_vars().is_empty() {
        params.insert(
            "Custom-Application-Vars".into(),
            call.custom_vars().clone().into(),
        );
    }
    if !sip.headers.is_empty() {
        let headers: Map<String, Value> = sip
            .headers
            .into_iter()
            .map(|(name, value)| (name, value.into()))
            .collect();
        params.insert("Custom-SIP-Headers".into(), headers.into());
    }
    params
}

/// Kazoo writes languages in lower case with a region: `en-us`.
fn kazoo_language(language: &str) -> String {
    let language = language.to_ascii_lowercase().replace('_', "-");
    if language == "en" {
        "en-us".into()
    } else {
        language
    }
}

/// What verbs report has names of its own in Kazoo's format, as far as Kazoo has names for it.
fn kazoo_name(key: &str) -> &str {
    match key {
        "RecordingUrl" => "Recording-Url",
        "RecordingDuration" => "Recording-Duration",
        "RecordingSid" => "Recording-ID",
        "CallStatus" => "Call-Status",
        _ => key,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_of_the_world_lose_their_punctuation() {
        for (written, told) in [
            ("+1 (415) 555-1212", "+14155551212"),
            ("+14155551212", "+14155551212"),
            ("1000", "1000"),
            ("415-555-1212", "415-555-1212"),
            ("+bob", "+bob"),
            ("", ""),
        ] {
            assert_eq!(e164(written), told);
        }
    }

    #[test]
    fn kazoo_has_names_of_its_own_for_recordings() {
        assert_eq!(kazoo_name("RecordingUrl"), "Recording-Url");
        assert_eq!(kazoo_name("DialCallStatus"), "DialCallStatus");
    }

    #[test]
    fn asterisks_plain_english_is_kazoos_default_language() {
        assert_eq!(kazoo_language("en"), "en-us");
        assert_eq!(kazoo_language("de_DE"), "de-de");
    }
}
