//! The problems of `[default]` and of each `[[route]]`.

use url::Url;

use super::Findings;
use crate::config::Route;
use crate::id::AccountId;

pub(super) fn check_route(found: &mut Findings, place: &str, route: &Route) {
    let key = |name: &str| format!("{place}.{name}");
    check_who(found, place, route);
    match (&route.voice_url, &route.callflow) {
        (Some(_), Some(_)) => found.add(
            key("callflow"),
            "is set as well as voice_url; keep the one that the calls shall run",
        ),
        (None, None) if place != "default" => found.add(
            place,
            "has neither voice_url nor callflow; write one of them",
        ),
        _ => {}
    }
    if let Some(account) = &route.account
        && AccountId::parse(account).is_none()
    {
        found.add(
            key("account"),
            "is no account; write its 32 hex digits, with or without `AC`",
        );
    }
    if let Some(file) = &route.callflow
        && !file.is_file()
    {
        found.add(
            key("callflow"),
            format!("{} is not a file that is there", file.display()),
        );
    }
    for (name, url) in [
        ("voice_url", &route.voice_url),
        ("fallback_url", &route.fallback_url),
        ("cdr_url", &route.cdr_url),
        ("status_callback", &route.status_callback),
    ] {
        if let Some(Err(message)) = url.as_deref().map(check_url) {
            found.add(key(name), message);
        }
    }
    if let Some(ms) = route.req_timeout_ms
        && !(100..=60_000).contains(&ms)
    {
        found.add(
            key("req_timeout_ms"),
            "write milliseconds from 100 to 60000",
        );
    }
    for (name, value) in &route.custom_request_headers {
        let fine = http::HeaderName::from_bytes(name.as_bytes()).is_ok()
            && http::HeaderValue::from_str(value).is_ok();
        if !fine {
            found.add(
                key("custom_request_headers"),
                format!("`{name}` with its value cannot be sent as a header"),
            );
        }
    }
}

/// Which calls the route takes.
fn check_who(found: &mut Findings, place: &str, route: &Route) {
    let nobody = route.numbers.is_empty() && route.patterns.is_empty();
    match (place, nobody) {
        ("default", false) => found.add(
            place,
            "takes every call that no [[route]] claims, so it has no numbers and patterns; write \
             them in a [[route]]",
        ),
        ("default", true) => {}
        (_, true) => found.add(
            place,
            "takes no calls; write numbers or patterns, or use [default] for all calls",
        ),
        (_, false) => {}
    }
    for (index, number) in route.numbers.iter().enumerate() {
        if number.trim().is_empty() {
            found.add(
                format!("{place}.numbers[{index}]"),
                "is empty; write a number as it is dialled",
            );
        }
    }
    for (index, pattern) in route.patterns.iter().enumerate() {
        if let Err(message) = compiles(pattern) {
            found.add(format!("{place}.patterns[{index}]"), message);
        }
    }
}

/// Patterns may use what only the backtracking engine knows.
fn compiles(pattern: &str) -> Result<(), String> {
    if regex::Regex::new(pattern).is_ok() {
        return Ok(());
    }
    match fancy_regex::Regex::new(pattern) {
        Ok(_) => Ok(()),
        Err(error) => {
            let reason = error.to_string();
            let reason = reason.lines().last().unwrap_or_default().trim();
            Err(format!(
                "`{pattern}` is no regular expression ({reason}); write one as in \"^\\\\+1900\", \
                 or the number itself in numbers"
            ))
        }
    }
}

fn check_url(text: &str) -> Result<(), &'static str> {
    let url = Url::parse(text)
        .map_err(|_| "is no URL; write one that begins with http:// or https:// and has a host")?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err("write a URL that begins with http:// or https:// and has a host");
    }
    Ok(())
}
