//! Nouns in Asterisk's words.

use crate::call::ops::{Endpoint, Target};
use crate::call::{Call, Services};
use crate::config;
use crate::id::AccountId;

impl Call {
    /// The target with its number in the world's form, where `[dial] us_numbers`
    /// says whose numbers documents write.
    pub(super) fn in_full(&self, target: &Target) -> Target {
        let mut target = target.clone();
        if let Endpoint::Number(number) = &mut target.endpoint
            && self.services.config.dial.us_numbers
            && let Some(full) = north_american(number)
        {
            *number = full;
        }
        target
    }

    /// A noun in Asterisk's words, by the templates of `[dial]`. What comes from
    /// a document may not bring a `/`, `&` or `,` of its own into them, and only
    /// a SIP URI an `@`: `PJSIP/19001234@trunk` and `Local/1@context` would lead
    /// past the shop's dialplan.
    pub(super) fn endpoint(&self, target: &Target) -> Result<String, String> {
        let config = &self.services.config.dial;
        let account = target.username.as_ref().and_then(|username| {
            let account = config.sip_accounts.get(username);
            if account.is_none() {
                self.warn(format!(
                    "13242: nobody logs in as {username:?} to {}: Asterisk takes no password per call; \
                     name the endpoint that has it under [dial] sip_accounts",
                    target.endpoint.told()
                ));
            }
            account
        });
        let own = *self.account() == self.services.account;
        let templates = of_account(config, self.account().as_str(), own, &target.endpoint)?;
        written(
            &templates,
            &target.endpoint,
            account.unwrap_or(&config.sip_endpoint),
        )
    }

    /// An endpoint in Asterisk's words, or why it cannot be one.
    pub fn written_endpoint(&self, endpoint: Endpoint) -> Result<String, String> {
        self.endpoint(&Target::new(endpoint))
    }

    /// The name of the device that `[dial] device` writes as this endpoint:
    /// `alice` of `PJSIP/alice`.
    pub fn device_at(&self, endpoint: &str) -> Option<String> {
        let config = &self.services.config.dial;
        let own = *self.account() == self.services.account;
        let device = Endpoint::Device(String::new());
        let templates = of_account(config, self.account().as_str(), own, &device).ok()?;
        let (before, after) = templates.device.split_once("{id}")?;
        let name = endpoint.strip_prefix(before)?.strip_suffix(after)?;
        Some(name.to_owned())
    }
}

impl Services {
    /// What Asterisk calls a device of an account, or why it cannot.
    pub fn device_endpoint(&self, account: &AccountId, name: &str) -> Result<String, String> {
        let endpoint = Endpoint::Device(name.to_owned());
        let config = &self.config.dial;
        let own = *account == self.account;
        let templates = of_account(config, account.as_str(), own, &endpoint)?;
        written(&templates, &endpoint, &config.sip_endpoint)
    }
}

/// The templates with the account's id in them. Phones of all accounts are endpoints of
/// one Asterisk: an account other than the configuration's own reaches phones only where
/// a template tells its phones from those of others.
fn of_account(
    config: &config::Dial,
    account: &str,
    own: bool,
    endpoint: &Endpoint,
) -> Result<config::Dial, String> {
    const ACCOUNT: &str = "{account}";
    let (key, template) = match endpoint {
        Endpoint::Device(_) | Endpoint::Invited { .. } => ("device", config.device.as_str()),
        Endpoint::User(_) => ("user", config.user.as_str()),
        Endpoint::Client(_) => ("client", config.client.as_str()),
        Endpoint::Number(_) | Endpoint::Internal(_) | Endpoint::Sip(_) | Endpoint::Trunk { .. } => {
            ("", ACCOUNT)
        }
    };
    if !own && !template.contains(ACCOUNT) {
        return Err(format!(
            "account {account} has no phones of its own: write {{account}} in [dial] {key}, as in \
             \"PJSIP/{{account}}-{{id}}\""
        ));
    }
    let named = |template: &String| template.replace(ACCOUNT, account);
    Ok(config::Dial {
        number: named(&config.number),
        internal: named(&config.internal),
        sip: named(&config.sip),
        user: named(&config.user),
        device: named(&config.device),
        client: named(&config.client),
        ..config.clone()
    })
}

fn written(
    config: &config::Dial,
    endpoint: &Endpoint,
    sip_endpoint: &str,
) -> Result<String, String> {
    let allowed = |text: &str, more: &str| {
        let ok = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
        !text.is_empty() && text.len() <= 255 && text.chars().all(ok)
    };
    let fill = |template: &str, name: &str, value: &str, more: &str| {
        if allowed(value, more) {
            Ok(template.replace(name, value))
        } else {
            Err(format!(
                "{value:?} cannot be dialled: letters, digits and {more} only"
            ))
        }
    };
    match endpoint {
        Endpoint::Number(number) => fill(&config.number, "{number}", number, "+*#"),
        Endpoint::User(user) => fill(&config.user, "{id}", user, "._-+"),
        Endpoint::Device(device) => fill(&config.device, "{id}", device, "._-+"),
        Endpoint::Invited { device, user } => {
            let template = config
                .device
                .strip_prefix("PJSIP/{id}")
                .map(|rest| format!("PJSIP/{{user}}@{{id}}{rest}"))
                .ok_or_else(|| {
                    format!(
                        "static_invite needs a [dial] device that begins with PJSIP/{{id}}, not {:?}",
                        config.device
                    )
                })?;
            let template = fill(&template, "{user}", user, "._-+*#")?;
            fill(&template, "{id}", device, "._-+")
        }
        Endpoint::Trunk { template, number } => {
            let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+*#@:;=".contains(c);
            let around = template.replacen("{number}", "", 1);
            if around.len() == template.len() || !around.chars().all(plain) {
                return Err(format!(
                    "{template:?} is no trunk: write it like PJSIP/{{number}}@carrier"
                ));
            }
            fill(template, "{number}", number, "+*#")
        }
        Endpoint::Internal(number) => fill(&config.internal, "{number}", number, "+*#"),
        Endpoint::Client(client) => fill(&config.client, "{id}", client, "._-+"),
        Endpoint::Sip(uri) => {
            let uri = if uri.starts_with("sip:") || uri.starts_with("sips:") {
                uri.clone()
            } else {
                format!("sip:{uri}")
            };
            let template = config.sip.replace("{endpoint}", sip_endpoint);
            fill(&template, "{uri}", &uri, ":@.-_+;=%[]~!$*'()?")
        }
    }
}

/// `4155551212` and `14155551212` as `+14155551212`: neither the area's code nor the
/// exchange's begins with 0 or 1 there.
fn north_american(number: &str) -> Option<String> {
    let national = match number.len() {
        11 => number.strip_prefix('1')?,
        _ => number,
    };
    let fits = |(place, digit): (usize, char)| match place {
        0 | 3 => matches!(digit, '2'..='9'),
        _ => digit.is_ascii_digit(),
    };
    (national.len() == 10 && national.chars().enumerate().all(fits))
        .then(|| format!("+1{national}"))
}

/// A header or caller id may not bring a line of its own.
pub(super) fn clean(value: &str) -> String {
    value.chars().filter(|c| !c.is_control()).collect()
}

pub(super) fn clean_header_name(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invited(device: &str, user: &str) -> Endpoint {
        Endpoint::Invited {
            device: device.into(),
            user: user.into(),
        }
    }

    fn trunk(template: &str, number: &str) -> Endpoint {
        Endpoint::Trunk {
            template: template.into(),
            number: number.into(),
        }
    }

    #[test]
    fn a_phone_that_is_no_pjsip_endpoint_takes_no_other_user_part() {
        let config = config::Dial {
            device: "Local/{id}@phones".into(),
            ..config::Dial::default()
        };
        let refused = written(&config, &invited("alice", "700"), "").unwrap_err();
        assert!(refused.contains("static_invite"), "{refused}");
    }

    #[test]
    fn phones_of_another_account_are_reached_only_by_a_template_that_tells_them_apart() {
        let plain = config::Dial::default();
        let apart = config::Dial {
            device: "PJSIP/{account}-{id}".into(),
            ..config::Dial::default()
        };
        let alice = Endpoint::Device("alice".into());
        let reached = |config: &config::Dial, own: bool, endpoint: &Endpoint| {
            written(&of_account(config, "0a1b", own, endpoint)?, endpoint, "out")
        };
        assert_eq!(reached(&plain, true, &alice).as_deref(), Ok("PJSIP/alice"));
        let refused = reached(&plain, false, &alice).unwrap_err();
        assert!(refused.contains("[dial] device"), "{refused}");
        assert_eq!(
            reached(&apart, false, &alice).as_deref(),
            Ok("PJSIP/0a1b-alice")
        );
        assert!(reached(&apart, false, &Endpoint::User("alice".into())).is_err());
        assert!(reached(&apart, false, &Endpoint::Client("alice".into())).is_err());
        // The shop's dialplan decides about numbers.
        assert!(reached(&apart, false, &Endpoint::Number("1".into())).is_ok());
    }

    #[test]
    fn nouns_fill_the_templates() {
        let config = config::Dial::default();
        for (endpoint, expected) in [
            (
                Endpoint::Number("+15550001".into()),
                "Local/+15550001@pivot-outbound/n",
            ),
            (
                Endpoint::Sip("alice@example.com:5070".into()),
                "PJSIP/pivot-out/sip:alice@example.com:5070",
            ),
            (Endpoint::User("alice".into()), "PJSIP/alice"),
            (invited("alice", "*700"), "PJSIP/*700@alice"),
            (
                trunk("PJSIP/00{number}@carrier", "+49301"),
                "PJSIP/00+49301@carrier",
            ),
            (
                Endpoint::Internal("2030".into()),
                "Local/2030@pivot-internal/n",
            ),
        ] {
            assert_eq!(
                written(&config, &endpoint, "pivot-out").as_deref(),
                Ok(expected)
            );
        }
    }

    #[test]
    fn only_what_can_be_a_number_of_north_america_becomes_one() {
        for number in ["4155551212", "14155551212"] {
            assert_eq!(north_american(number).as_deref(), Some("+14155551212"));
        }
        for other in [
            "1000",
            "0155551212",
            "4150551212",
            "+4155551212",
            "24155551212",
            "415555121#",
        ] {
            assert_eq!(north_american(other), None, "{other}");
        }
    }

    #[test]
    fn nobody_leads_past_the_shops_dialplan() {
        let config = config::Dial::default();
        for endpoint in [
            Endpoint::Number("1@other/n".into()),
            Endpoint::Number("1&2".into()),
            Endpoint::Number(String::new()),
            Endpoint::User("19001234@trunk".into()),
            Endpoint::Client("trunk/sip:1@h".into()),
            Endpoint::Device("a,b".into()),
            Endpoint::Sip("sip:a@h/n".into()),
            Endpoint::Sip("sip:a@h&PJSIP/b".into()),
            Endpoint::Sip("sip:a@h\r\nX: 1".into()),
            Endpoint::Sip("sip:${SECRET}@h".into()),
            invited("alice", "1@trunk"),
            invited("a/b", "1"),
            trunk("PJSIP/{number}@carrier", "1@other"),
            trunk("PJSIP/{number}@a&PJSIP/b", "1"),
            trunk("Local/{number}@${X}", "1"),
            trunk("PJSIP/carrier", "1"),
            trunk("PJSIP/{number}{x}@carrier", "1"),
            Endpoint::Internal("1@other/n".into()),
        ] {
            assert!(
                written(&config, &endpoint, "pivot-out").is_err(),
                "{endpoint:?}"
            );
        }
    }
}
