//! Ways for a call into the outside world: the stored trunks that take its number,
//! in the order in which they are tried; without stored trunks, the shop's dialplan.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::call::ops::Endpoint;
use crate::call::{Call, Cause, Interrupt};
use crate::objects::{DialPlan, Gateway, Resource};
use crate::patterns::Pattern;

/// What a call wants of a trunk.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted<'a> {
    pub number: &'a str,
    /// The trunk must have them all.
    pub flags: &'a [String],
    /// Who is shown as the caller.
    pub caller: &'a str,
    pub emergency: bool,
}

/// One way out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Way {
    /// Of the trunk, for the trace.
    pub name: String,
    pub endpoint: Endpoint,
    /// Who logs in there.
    pub username: Option<String>,
    /// Until something is heard.
    pub progress: Option<Duration>,
    /// It rings no longer than this.
    pub longest: Option<Duration>,
    /// The caller id that this trunk wants, in place of the node's choice.
    pub caller_id_type: Option<String>,
}

impl Way {
    /// As the shop's dialplan has it.
    pub(super) fn dialplan(number: &str) -> Self {
        Self {
            name: "the dialplan".into(),
            endpoint: Endpoint::Number(number.to_owned()),
            username: None,
            progress: None,
            longest: None,
            caller_id_type: None,
        }
    }
}

/// A number without what people put in for reading.
pub(super) fn plain(number: &str) -> String {
    let read = |c: char| matches!(c, ' ' | '-' | '(' | ')' | '.' | '/');
    number.chars().filter(|c| !read(*c)).collect()
}

/// The trunks whose turn it is to carry this call, with all their gateways.
pub(super) fn ways(call: &Call, trunks: &[(String, Resource)], wanted: &Wanted<'_>) -> Vec<Way> {
    let mut fitting: Vec<(&Resource, &str, String)> = trunks
        .iter()
        .filter(|(_, trunk)| fits(call, trunk, wanted))
        .filter_map(|(id, trunk)| {
            let number = dialled(call, &trunk.rules, wanted.number)?;
            Some((trunk, id.as_str(), number))
        })
        .collect();
    // An emergency finds any trunk that is not meant for it only after those that are.
    fitting.sort_by_key(|(trunk, ..)| (wanted.emergency && !trunk.emergency, trunk.weight_cost));
    let ways = fitting
        .iter()
        .flat_map(|(trunk, id, number)| of_trunk(trunk, id, number));
    ways.collect()
}

/// The account's trunks. Those of an account other than the configuration's own are SIP
/// servers: the endpoints of Asterisk and their passwords are the shop's.
pub(super) async fn of_account(call: &mut Call) -> Result<Vec<(String, Resource)>, Interrupt> {
    let mut trunks = call.all_stored::<Resource>().await?;
    if *call.account() == call.services().account {
        return Ok(trunks);
    }
    for (id, trunk) in &mut trunks {
        let named = trunk.dial.take().is_some();
        let gateways = trunk.gateways.iter_mut();
        let used = gateways.filter_map(|gateway| {
            gateway.username = None;
            gateway.endpoint.take()
        });
        if used.count() > 0 || named {
            call.warn(format!(
                "trunk {id} names an endpoint of Asterisk, which is not this account's to use; \
                 give it a `server` in `gateways`"
            ));
        }
    }
    trunks.retain(|(_, trunk)| {
        trunk
            .gateways
            .iter()
            .any(|gateway| gateway.server.is_some())
    });
    Ok(trunks)
}

/// Where a number outside is called, when one try is all there is.
pub(super) async fn first(call: &mut Call, number: &str) -> Result<Endpoint, Interrupt> {
    let trunks = of_account(call).await?;
    let caller = call.facts().caller_number.clone();
    let wanted = Wanted {
        number,
        caller: &caller,
        ..Wanted::default()
    };
    let way = ways(call, &trunks, &wanted).into_iter().next();
    Ok(way.unwrap_or_else(|| Way::dialplan(number)).endpoint)
}

/// Whether another trunk may reach whom this one did not: not when it is the number,
/// or whoever has it, that did not want the call.
pub(super) fn is_worth_another(cause: Cause) -> bool {
    !matches!(cause.0, 1 | 16 | 17 | 19 | 21 | 22 | 28 | 31)
}

fn fits(call: &Call, trunk: &Resource, wanted: &Wanted<'_>) -> bool {
    let has = |flag: &String| trunk.flags.contains(flag);
    trunk.enabled
        && (wanted.emergency || !trunk.emergency)
        && wanted.flags.iter().all(has)
        && (!trunk.require_flags || !wanted.flags.is_empty())
        && (trunk.cid_rules.is_empty()
            || trunk.cid_rules.iter().any(|rule| {
                pattern(call, rule).is_some_and(|pattern| pattern.is_match(wanted.caller))
            }))
}

/// What a trunk with these rules dials for the number; none when it takes it not.
fn dialled(call: &Call, rules: &[String], number: &str) -> Option<String> {
    if rules.is_empty() {
        return Some(number.to_owned());
    }
    let captures = rules
        .iter()
        .find_map(|rule| pattern(call, rule)?.captures(number))?;
    Some(captures.last.unwrap_or(captures.whole))
}

fn pattern(call: &Call, text: &str) -> Option<Pattern> {
    Pattern::new(text)
        .map_err(|error| call.warn(format!("a rule of a trunk is passed over: {error}")))
        .ok()
}

fn of_trunk(trunk: &Resource, id: &str, number: &str) -> Vec<Way> {
    let name = if trunk.name.is_empty() {
        id
    } else {
        &trunk.name
    };
    let caller_id_type = trunk.caller_id_options.get("type");
    let way = |endpoint: Endpoint| Way {
        name: name.to_owned(),
        endpoint,
        username: None,
        progress: None,
        longest: trunk
            .grace_period
            .filter(|s| *s > 0)
            .map(Duration::from_secs),
        caller_id_type: caller_id_type
            .and_then(|kind| kind.as_str())
            .map(str::to_owned),
    };
    let by_template = |template: &str| {
        way(Endpoint::Trunk {
            template: template.to_owned(),
            number: number.to_owned(),
        })
    };
    if let Some(template) = &trunk.dial {
        return vec![by_template(template)];
    }
    if trunk.gateways.is_empty() {
        return vec![way(Endpoint::Number(number.to_owned()))];
    }
    let open = trunk.gateways.iter().filter(|gateway| gateway.enabled);
    open.filter_map(|gateway| {
        let endpoint = of_gateway(gateway, number)?;
        Some(Way {
            username: gateway
                .username
                .clone()
                .filter(|_| gateway.endpoint.is_none()),
            progress: gateway
                .progress_timeout
                .filter(|s| *s > 0)
                .map(Duration::from_secs),
            ..way(endpoint)
        })
    })
    .collect()
}

fn of_gateway(gateway: &Gateway, number: &str) -> Option<Endpoint> {
    let number = format!("{}{number}{}", gateway.prefix, gateway.suffix);
    if let Some(endpoint) = &gateway.endpoint {
        return Some(Endpoint::Trunk {
            template: format!("PJSIP/{{number}}@{endpoint}"),
            number,
        });
    }
    let server = gateway.server.as_ref()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "+*#".contains(c);
    if !number.chars().all(plain) {
        return None;
    }
    let number = number.replace('#', "%23");
    let port = gateway
        .port
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    Some(Endpoint::Sip(format!("sip:{number}@{server}{port}")))
}

/// A number rewritten by the first rule of a dial plan that matches; its last
/// captured group stays.
pub(super) fn rewritten(call: &Call, plan: &DialPlan, number: &str) -> Option<String> {
    plan.rules.iter().find_map(|(regex, rule)| {
        let captures = pattern(call, regex)?.captures(number)?;
        let kept = captures.last.as_deref().unwrap_or(&captures.whole);
        Some(format!("{}{kept}{}", rule.prefix, rule.suffix))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_dialled_without_what_makes_it_readable() {
        assert_eq!(plain("+1 (555) 123-45.67"), "+15551234567");
        assert_eq!(plain("*98#"), "*98#");
    }

    #[test]
    fn only_what_is_the_trunks_fault_is_tried_again() {
        for cause in [1, 17, 19, 21, 28] {
            assert!(!is_worth_another(Cause(cause)), "{cause}");
        }
        for cause in [3, 18, 20, 27, 34, 38, 41, 42, 44, 58, 102] {
            assert!(is_worth_another(Cause(cause)), "{cause}");
        }
    }

    #[test]
    fn a_gateway_is_an_endpoint_of_asterisks_or_an_address() {
        let gateway = |endpoint: Option<&str>, server: Option<&str>| Gateway {
            endpoint: endpoint.map(Into::into),
            server: server.map(Into::into),
            port: Some(5070),
            prefix: "00".into(),
            suffix: "#".into(),
            ..Gateway::default()
        };
        let template = "PJSIP/{number}@carrier".to_owned();
        let number = "00491#".to_owned();
        assert_eq!(
            of_gateway(&gateway(Some("carrier"), Some("x")), "491"),
            Some(Endpoint::Trunk { template, number })
        );
        assert_eq!(
            of_gateway(&gateway(None, Some("sip.example.com")), "491"),
            Some(Endpoint::Sip("sip:00491%23@sip.example.com:5070".into()))
        );
        let elsewhere = of_gateway(&gateway(None, Some("sip.example.com")), "1@other");
        assert_eq!(elsewhere, None);
        assert_eq!(of_gateway(&gateway(None, None), "491"), None);
    }
}
