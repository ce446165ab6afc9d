//! Who calls whom: what web applications are told about a call.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use tokio::time::Instant;

use super::journal::Begun;
use super::{Call, Interrupt};
use crate::ari::{Channel, Request};
use crate::id::{AccountId, CallId};
use crate::trace::Kind;

/// Known from `StasisStart`, but for the SIP parts, which are asked for when a
/// request needs them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    pub caller_number: String,
    pub caller_name: String,
    /// The number that was dialled: the dialplan's extension, or `to=`.
    pub dialled: String,
    pub channel_name: String,
    /// SIP Call-ID; the channel's id for other technologies.
    pub call_id: String,
    pub language: String,
    /// Called from inside, so `no_match` flows may be used.
    pub internal: bool,
    pub sip: Option<SipFacts>,
    /// The number that was called first, of a call that was forwarded; else empty.
    #[serde(default)]
    pub forwarded_from: String,
    /// Whose stored things it may use; None = the configuration's own account.
    #[serde(default)]
    pub account: Option<AccountId>,
    /// The call whose Dial made this one.
    #[serde(default)]
    pub parent: Option<CallId>,
}

/// `X-` headers that are read, each with a request: a caller writes as many as it likes.
const MOST_HEADERS: usize = 40;

/// Asterisk knows who was transferred when the channel that it makes for the transfer has
/// joined the bridge, a moment after it brought its other half here.
const JOINS: Duration = Duration::from_millis(50);
const LOOKS: u32 = 8;

/// From the INVITE.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SipFacts {
    pub from_realm: String,
    pub to_realm: String,
    /// Where the INVITE came from, without the port.
    #[serde(default)]
    pub source_ip: String,
    /// `X-` headers, and `User-to-User`.
    pub headers: Vec<(String, String)>,
    /// What is known of a number that somebody vouches for.
    #[serde(default)]
    pub vouched: Option<Vouched>,
}

/// STIR/SHAKEN: an INVITE with an `Identity` header, as Asterisk has checked it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vouched {
    /// As Twilio words it.
    pub verstat: String,
    /// The token of the header.
    pub passport: String,
}

impl Facts {
    pub fn new(channel: &Channel, to: Option<&str>, internal: bool) -> Self {
        let call_id = if channel.protocol_id.is_empty() {
            &channel.id
        } else {
            &channel.protocol_id
        };
        Self {
            caller_number: channel.caller.number.clone(),
            caller_name: channel.caller.name.clone(),
            dialled: to.unwrap_or(&channel.dialplan.exten).to_owned(),
            channel_name: channel.name.clone(),
            call_id: call_id.clone(),
            language: if channel.language.is_empty() {
                "en".into()
            } else {
                channel.language.clone()
            },
            internal,
            sip: None,
            forwarded_from: channel.caller_rdnis.clone(),
            account: None,
            parent: None,
        }
    }
}

impl Call {
    /// A dialled number in the shop's way of writing it.
    pub fn normalize(&self, dialled: &str) -> String {
        self.services.catalog.numbers.normalize(dialled)
    }

    /// Asks for the SIP parts, unless they are known.
    pub async fn learn_sip_facts(&mut self) {
        if self.state.facts.sip.is_none() {
            self.state.facts.sip = self.ask_sip_facts().await;
        }
    }

    /// A phone that transfers somebody blindly makes Asterisk call the number with a
    /// channel that has no caller; it gets the one of whom it stands for.
    pub(super) async fn learn_who_was_transferred(&mut self) {
        let facts = &self.state.facts;
        let is_half = facts.channel_name.starts_with("Local/");
        if !is_half || !facts.caller_number.is_empty() {
            return;
        }
        let Some(by) = self.variable("BLINDTRANSFER").await else {
            return;
        };
        for _ in 0..LOOKS {
            if let Some(number) = self.variable("CALLERID(num)").await {
                self.note(format!("{by} has transferred {number} here"));
                self.trace.caller(&number);
                let name = self.variable("CALLERID(name)").await;
                let facts = &mut self.state.facts;
                facts.caller_number = number;
                facts.caller_name = name.unwrap_or_default();
                return;
            }
            tokio::time::sleep(JOINS).await;
        }
        self.note(format!(
            "{by} has transferred somebody here without a number"
        ));
    }

    /// The SIP parts; `None` for other technologies. Reading a variable waits behind nothing.
    pub(super) async fn ask_sip_facts(&self) -> Option<SipFacts> {
        if !self.state.facts.channel_name.starts_with("PJSIP/") {
            return None;
        }
        let (domain, remote, source, names) = tokio::join!(
            self.variable("SIPDOMAIN"),
            self.variable("CHANNEL(pjsip,remote_uri)"),
            self.variable("CHANNEL(pjsip,remote_addr)"),
            self.variable("PJSIP_HEADERS()"),
        );
        let names = names.unwrap_or_default();
        let names = || names.split(',').map(str::trim);
        let vouched = match names().any(|name| name.eq_ignore_ascii_case("Identity")) {
            true => Some(self.ask_who_vouches().await),
            false => None,
        };
        let mut headers: Vec<(String, String)> = Vec::new();
        for name in names().filter(|name| is_told(name)).take(MOST_HEADERS) {
            if headers.iter().any(|(seen, _)| seen == name) {
                continue;
            }
            if let Some(value) = self.variable(&format!("PJSIP_HEADER(read,{name})")).await {
                headers.push((name.to_owned(), value));
            }
        }
        Some(SipFacts {
            from_realm: remote.as_deref().map(host).unwrap_or_default(),
            to_realm: domain.unwrap_or_default(),
            source_ip: source.as_deref().map(host).unwrap_or_default(),
            headers,
            vouched,
        })
    }

    /// A variable of the caller's channel. A name with brackets would be a function
    /// of Asterisk's, and those may do anything.
    pub async fn channel_variable(&mut self, name: &str) -> Result<Option<String>, Interrupt> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if name.is_empty() || !name.chars().all(plain) {
            self.warn(format!(
                "{name:?} is no plain channel variable, and is not read"
            ));
            return Ok(None);
        }
        let op = match self.begin::<Option<String>, ()>() {
            Begun::Done(value) => return Ok(value),
            Begun::Again(op, ()) | Begun::New(op) => op,
        };
        let value = self.variable(name).await;
        Ok(self.done(&op, value))
    }

    /// Asterisk checks what an endpoint's `stir_shaken_profile` tells it to.
    async fn ask_who_vouches(&self) -> Vouched {
        let (result, attestation, header) = tokio::join!(
            self.variable("STIR_SHAKEN(0,verify_result)"),
            self.variable("STIR_SHAKEN(0,attestation)"),
            self.variable("PJSIP_HEADER(read,Identity)"),
        );
        let passport = header.unwrap_or_default();
        let passport = passport.split(';').next().unwrap_or_default().trim();
        Vouched {
            verstat: verstat(result.as_deref(), attestation.as_deref()),
            passport: passport.to_owned(),
        }
    }

    /// The language of the caller's channel, as Asterisk has it.
    pub async fn channel_language(&self) -> Option<String> {
        self.variable("CHANNEL(language)").await
    }

    /// A variable of the caller's channel.
    pub async fn variable(&self, name: &str) -> Option<String> {
        self.variable_of(&self.state.channel, name).await
    }

    /// A variable that is not set is no refusal worth telling.
    pub(super) async fn variable_of(&self, channel: &str, name: &str) -> Option<String> {
        if channel.is_empty() {
            // Nobody has answered yet.
            return None;
        }
        let request = Request::get_variable(channel, name);
        let text = request.to_string();
        let began = Instant::now();
        let reply = self.ari.send(request).await;
        let value = reply
            .and_then(|reply| reply.json::<Variable>())
            .ok()
            .map(|variable| variable.value)
            .filter(|value| !value.is_empty());
        let shown = value.as_deref().unwrap_or("not set");
        self.trace
            .took(Kind::Ari, format!("{text} → {shown}"), began);
        value
    }
}

/// Asterisk's answer to a question for a variable.
#[derive(Deserialize)]
struct Variable {
    value: String,
}

/// Web applications are told the headers that are nobody else's. The caller's own
/// words go into the name of a function of Asterisk's.
fn is_told(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let extension = name.get(..2).is_some_and(|x| x.eq_ignore_ascii_case("X-"));
    (extension || name.eq_ignore_ascii_case("User-to-User")) && name.chars().all(plain)
}

/// Asterisk's result of a check in Twilio's words. Asterisk 18 wrote sentences where
/// later ones write names of codes; whatever is no success has failed.
fn verstat(result: Option<&str>, attestation: Option<&str>) -> String {
    let level = match attestation {
        Some(level @ ("A" | "B" | "C")) => format!("-{level}"),
        _ => String::new(),
    };
    match result {
        None | Some("" | "Verification not present") => "No-TN-Validation".into(),
        Some("success" | "Verification passed") => format!("TN-Validation-Passed{level}"),
        Some(_) => format!("TN-Validation-Failed{level}"),
    }
}

/// The host of `"Name" <sip:user@host:port;transport=udp>`.
fn host(uri: &str) -> String {
    let uri = uri.rsplit('<').next().unwrap_or(uri);
    let uri = uri.split('>').next().unwrap_or(uri);
    let after_user = uri.rsplit('@').next().unwrap_or(uri);
    let after_scheme = after_user
        .strip_prefix("sip:")
        .or_else(|| after_user.strip_prefix("sips:"))
        .unwrap_or(after_user);
    if let Some(v6) = after_scheme.strip_prefix('[') {
        return v6.split(']').next().unwrap_or(v6).to_owned();
    }
    after_scheme
        .split([':', ';', '?'])
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::{host, verstat};

    #[test]
    fn the_result_of_a_check_is_told_in_twilios_words() {
        for (result, level, told) in [
            (Some("success"), Some("A"), "TN-Validation-Passed-A"),
            (
                Some("Verification passed"),
                Some("C"),
                "TN-Validation-Passed-C",
            ),
            (
                Some("cert_date_failure"),
                Some("B"),
                "TN-Validation-Failed-B",
            ),
            (
                Some("invalid_signature"),
                Some("x\r\ny"),
                "TN-Validation-Failed",
            ),
            (None, None, "No-TN-Validation"),
        ] {
            assert_eq!(verstat(result, level), told);
        }
    }

    #[test]
    fn the_realm_is_the_host_of_the_uri() {
        for (uri, realm) in [
            ("sip:alice@example.com", "example.com"),
            (
                "\"Alice\" <sip:alice@example.com:5060;transport=tcp>",
                "example.com",
            ),
            ("sips:example.com", "example.com"),
            ("sip:a@[2001:db8::1]:5060", "2001:db8::1"),
            ("", ""),
        ] {
            assert_eq!(host(uri), realm, "{uri}");
        }
    }
}
