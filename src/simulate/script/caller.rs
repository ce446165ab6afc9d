//! People who call in.

use std::collections::BTreeMap;

use super::party::Party;
use crate::simulate::channels::{Channel, Identity, State};
use crate::simulate::hangup::{By, Hangup};
use crate::simulate::world::World;

/// Somebody who calls in.
#[derive(Debug, Clone)]
pub struct Caller {
    pub number: String,
    pub name: String,
    /// The phone's endpoint, which names its channel: `PJSIP/sipp-00000001`.
    pub endpoint: String,
    /// The number dialled; becomes `dialplan.exten`.
    pub to: String,
    /// The arguments of `Stasis(app,…)`.
    pub args: Vec<String>,
    pub context: String,
    /// The host of the request URI.
    pub domain: String,
    /// The SIP Call-ID; made up when absent.
    pub call_id: Option<String>,
    /// Headers of the INVITE, for `PJSIP_HEADER(read,…)`.
    pub headers: Vec<(String, String)>,
    /// Channel variables set by the dialplan before `Stasis()`.
    pub variables: BTreeMap<String, String>,
    /// The number that was called first, as a Diversion header names it.
    pub forwarded_from: String,
    /// The channel's id; Asterisk's own kind when absent.
    pub id: Option<String>,
    /// `false`: no audio frames arrive from this phone, so that neither
    /// `maxDurationSeconds` nor silence ends a recording.
    pub sends_audio: bool,
}

impl Default for Caller {
    fn default() -> Self {
        Self {
            number: "+15550001".into(),
            name: "Alice".into(),
            endpoint: "sipp".into(),
            to: "1000".into(),
            args: Vec::new(),
            context: "default".into(),
            domain: "127.0.0.1".into(),
            call_id: None,
            headers: Vec::new(),
            variables: BTreeMap::new(),
            forwarded_from: String::new(),
            id: None,
            sends_audio: true,
        }
    }
}

impl World {
    pub(super) fn call_in(&mut self, caller: Caller) -> String {
        let id = caller.id.clone().unwrap_or_else(|| self.unique_id());
        let name = self.channel_name(&format!("PJSIP/{}", caller.endpoint));
        let mut channel = Channel::new(&id, name, State::Ring);
        channel.protocol_id = caller
            .call_id
            .clone()
            .unwrap_or_else(|| format!("{id}@{}", caller.domain));
        channel.caller = Identity {
            name: caller.name.clone(),
            number: caller.number.clone(),
        };
        channel.rdnis.clone_from(&caller.forwarded_from);
        channel.dialplan.context.clone_from(&caller.context);
        channel.dialplan.exten.clone_from(&caller.to);
        channel.dialplan.priority = 2;
        channel.vars = caller.variables.clone();
        channel
            .vars
            .insert("SIPDOMAIN".into(), caller.domain.clone());
        let uri = |user: &str, host: &str| format!("sip:{user}@{host}");
        for (what, value) in [
            ("call-id", channel.protocol_id.clone()),
            ("request_uri", uri(&caller.to, &caller.domain)),
            ("local_uri", uri(&caller.to, &caller.domain)),
            ("remote_uri", uri(&caller.number, &caller.domain)),
            ("remote_addr", "127.0.0.1:47270".to_owned()),
            ("local_addr", "127.0.0.1:5060".to_owned()),
        ] {
            channel.vars.insert(format!("CHANNEL(pjsip,{what})"), value);
        }
        let own = [
            (
                "From",
                format!(
                    "\"{}\" <{}>",
                    caller.name,
                    uri(&caller.number, &caller.domain)
                ),
            ),
            ("To", format!("<{}>", uri(&caller.to, &caller.domain))),
            ("Call-ID", channel.protocol_id.clone()),
        ];
        for (name, value) in own {
            channel
                .vars
                .insert(format!("PJSIP_HEADER(read,{name})"), value);
        }
        for (name, value) in &caller.headers {
            channel
                .vars
                .insert(format!("PJSIP_HEADER(read,{name})"), value.clone());
        }
        let names: Vec<&str> = caller.headers.iter().map(|(n, _)| n.as_str()).collect();
        channel
            .vars
            .insert("PJSIP_HEADERS(all)".into(), names.join(","));
        self.channels.insert(id.clone(), channel);
        let endpoint = format!("sip:{}", caller.number);
        let party = Party::new(&endpoint, self.count(), caller.sends_audio);
        self.parties.insert(id.clone(), party);
        let app = self.options.app.clone();
        if self.app_is_active(&app) {
            self.enter_stasis(&id, &app, &caller.args);
        } else {
            let hangup = Hangup {
                cause: 34,
                tech: None,
                by: By::Asterisk,
            };
            self.hang_up(&id, hangup);
        }
        id
    }
}
