//! The call as Kazoo's webhooks and notifications tell it.

use serde_json::{Map, Value};

use crate::call::Call;

/// Under Kazoo's names in lower case.
pub(super) fn call_told(call: &Call) -> Map<String, Value> {
    let facts = call.facts();
    let sip = facts.sip.clone().unwrap_or_default();
    let account = &call.services().account_sid;
    let mut told = Map::new();
    let mut add = |name: &str, value: &str| {
        if !value.is_empty() {
            told.insert(name.to_owned(), value.into());
        }
    };
    let address = |user: &str, realm: &str| match realm {
        "" => user.to_owned(),
        realm => format!("{user}@{realm}"),
    };
    add("call_id", &facts.call_id);
    add("account_id", account.strip_prefix("AC").unwrap_or(account));
    add("caller_id_name", &facts.caller_name);
    add("caller_id_number", &facts.caller_number);
    add("callee_id_number", &facts.dialled);
    add("from", &address(&facts.caller_number, &sip.from_realm));
    add("from_user", &facts.caller_number);
    add("from_realm", &sip.from_realm);
    for party in ["to", "request"] {
        add(party, &address(&facts.dialled, &sip.to_realm));
        add(&format!("{party}_user"), &facts.dialled);
        add(&format!("{party}_realm"), &sip.to_realm);
    }
    add("language", call.language());
    add("call_status", call.status());
    if !facts.internal {
        add("inception", &address(&facts.caller_number, &sip.from_realm));
    }
    add("owner_id", call.owner().unwrap_or_default());
    let vars = &call.kept().channel_vars;
    let device = vars.get("authorizing_id").and_then(Value::as_str);
    add("authorizing_id", device.unwrap_or_default());
    add("cluster_id", &call.services().config.ari.name);
    for (name, vars) in [
        ("custom_application_vars", call.custom_vars()),
        ("custom_channel_vars", &call.kept().channel_vars),
    ] {
        // An empty one stands for what was looked for and is not there.
        let said = vars.iter().filter(|(_, value)| *value != "");
        let said: Map<_, _> = said.map(|(n, v)| (n.clone(), v.clone())).collect();
        if !said.is_empty() {
            told.insert(name.to_owned(), said.into());
        }
    }
    told
}
