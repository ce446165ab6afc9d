//! What every module must hold to, and how each reads its settings.

use serde_json::{Value, json};

use super::*;
use crate::callflow::read;

/// The JSON in the comment at the top of a module's file.
fn example(source: &str) -> String {
    source
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .skip_while(|line| *line != "```json")
        .skip(1)
        .take_while(|line| *line != "```")
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_example_of_every_module_is_read_without_a_word() {
    for (name, source) in SOURCES {
        let example = example(source);
        let (node, report) = read(example.as_bytes(), true);
        let node = node.unwrap_or_else(|| panic!("{name}: {report:?}\n{example}"));
        assert_eq!(node.module, *name);
        let warnings: Vec<_> = report.diagnostics.iter().map(|d| &d.message).collect();
        assert!(warnings.is_empty(), "{name}: {warnings:?}");
    }
}

#[test]
fn every_setting_is_described_in_the_modules_comment() {
    for entry in TABLE.iter() {
        // These take the settings of another module.
        if ["offnet", "user"].contains(&entry.name) {
            continue;
        }
        let (_, source) = SOURCES
            .iter()
            .find(|(name, _)| *name == entry.name)
            .unwrap();
        let comment: String = source
            .lines()
            .take_while(|line| line.starts_with("//!"))
            .collect();
        for field in entry.schema["properties"].as_object().into_iter().flatten() {
            let inner = field.1["properties"].as_object();
            let names: Vec<String> = match inner {
                Some(inner) => inner
                    .keys()
                    .map(|key| format!("{}.{key}", field.0))
                    .collect(),
                None => vec![field.0.clone()],
            };
            for name in names {
                assert!(
                    comment.contains(&format!("`{name}`")),
                    "{}: {name}",
                    entry.name
                );
            }
        }
    }
}

#[test]
fn every_setting_has_a_description_in_the_schema() {
    let schema = schema();
    for (name, module) in schema.as_object().unwrap() {
        assert!(module["description"].is_string(), "{name}");
        for (field, setting) in module["properties"].as_object().into_iter().flatten() {
            assert!(setting["description"].is_string(), "{name}: {field}");
        }
    }
}

#[test]
fn names_and_aliases_are_unique() {
    let mut all: Vec<_> = TABLE
        .iter()
        .flat_map(|entry| entry.aliases.iter().chain([&entry.name]))
        .collect();
    let count = all.len();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), count);
    assert!(shape("say").is_some() && shape("resource").is_some());
}

/// What a module makes of this `data`, after the reader has looked at it.
fn settings<M: Module + std::fmt::Debug>(data: Value) -> String {
    let document = json!({"module": M::NAME, "data": data}).to_string();
    let (node, report) = read(document.as_bytes(), true);
    let node = node.unwrap_or_else(|| panic!("{document}: {report:?}"));
    format!(
        "{:?}",
        serde_json::from_value::<M>(node.data.into()).unwrap()
    )
}

macro_rules! settings {
    ($($module:ty, $data:expr => $expected:expr;)*) => {
        $(
            let data = serde_json::from_str($data).unwrap();
            assert_eq!(settings::<$module>(data), $expected);
        )*
    };
}

/// The defaults, and every field set, in the loosest spelling that is taken.
#[test]
fn every_setting_is_read() {
    settings! {
        tts::Tts, r##"{"text": "a"}"##
            => r##"Tts { text: "a", voice: "female", language: None, engine: None, terminators: None, endless_playback: false }"##;
        tts::Tts, r##"{"text": "a", "voice": "male", "language": "fr-FR", "engine": "flite", "terminators": ["1", 2, "#"], "endless_playback": "true"}"##
            => r##"Tts { text: "a", voice: "male", language: Some("fr-FR"), engine: Some("flite"), terminators: Some([Key("1"), Key("2"), Key("#")]), endless_playback: true }"##;
        play::PlayModule, r##"{}"##
            => r##"PlayModule { id: None, answer: true, terminators: None, loop_count: 1, endless_playback: false }"##;
        play::PlayModule, r##"{"id": "a", "answer": false, "terminators": [], "loop_count": "3", "endless_playback": true}"##
            => r##"PlayModule { id: Some("a"), answer: false, terminators: Some([]), loop_count: 3, endless_playback: true }"##;
        collect_dtmf::CollectDtmf, r##"{}"##
            => r##"CollectDtmf { max_digits: 1, timeout: 5000, interdigit_timeout: 2000, terminator: None, terminators: None, collection_name: "default" }"##;
        collect_dtmf::CollectDtmf, r##"{"max_digits": "4", "timeout": 1000, "interdigit_timeout": 500, "terminator": "*", "terminators": ["1"], "collection_name": "pin"}"##
            => r##"CollectDtmf { max_digits: 4, timeout: 1000, interdigit_timeout: 500, terminator: Some(Key("*")), terminators: Some([Key("1")]), collection_name: "pin" }"##;
        flush_dtmf::FlushDtmf, r##"{}"##
            => r##"FlushDtmf { collection_name: "default" }"##;
        flush_dtmf::FlushDtmf, r##"{"collection_name": "pin"}"##
            => r##"FlushDtmf { collection_name: "pin" }"##;
        send_dtmf::SendDtmf, r##"{"digits": 12}"##
            => r##"SendDtmf { digits: "12", duration_ms: 2000 }"##;
        send_dtmf::SendDtmf, r##"{"digits": "1w#", "duration_ms": "100"}"##
            => r##"SendDtmf { digits: "1w#", duration_ms: 100 }"##;
        sleep::Sleep, r##"{}"##
            => r##"Sleep { duration: 0, unit: "" }"##;
        sleep::Sleep, r##"{"duration": "5", "unit": "ms"}"##
            => r##"Sleep { duration: 5, unit: "ms" }"##;
        language::Language, r##"{"language": "fr"}"##
            => r##"Language { language: "fr" }"##;
        language::Language, r##"{"language": "en-GB"}"##
            => r##"Language { language: "en-GB" }"##;
        set_variables::SetVariables, r##"{"custom_application_vars": {}}"##
            => r##"SetVariables { custom_application_vars: {}, export: false }"##;
        set_variables::SetVariables, r##"{"custom_application_vars": {"a": 1, "b": "2", "c": true}, "export": "true"}"##
            => r##"SetVariables { custom_application_vars: {"a": Number(1), "b": String("2"), "c": Bool(true)}, export: true }"##;
        set_variable::SetVariable, r##"{"variable": "a"}"##
            => r##"SetVariable { variable: "a", value: "", channel: A }"##;
        set_variable::SetVariable, r##"{"variable": "a", "value": 5, "channel": "both"}"##
            => r##"SetVariable { variable: "a", value: "5", channel: Both }"##;
        callflow::Callflow, r##"{"id": "night"}"##
            => r##"Callflow { id: "night" }"##;
        response::Response, r##"{}"##
            => r##"Response { code: 486, media: None }"##;
        response::Response, r##"{"code": "404", "media": "vm-goodbye", "message": "gone"}"##
            => r##"Response { code: 404, media: Some("vm-goodbye") }"##;
        pivot::PivotModule, r##"{"voice_url": "http://a.example"}"##
            => r##"PivotModule { voice_url: "http://a.example", method: Get, req_format: Kazoo, req_body_format: Form, req_timeout_ms: None, custom_request_headers: {}, fallback_url: None, fallback_method: None, cdr_url: None, debug: false }"##;
        pivot::PivotModule, r##"{"voice_url": "HTTPS://a.example/x", "method": "POST", "req_format": "TwiML", "req_body_format": "json", "req_timeout_ms": "3000", "custom_request_headers": {"X-A": 1}, "fallback_url": "http://b.example", "fallback_method": "get", "cdr_url": "http://c.example", "debug": "true"}"##
            => r##"PivotModule { voice_url: "HTTPS://a.example/x", method: Post, req_format: Twiml, req_body_format: Json, req_timeout_ms: Some(3000), custom_request_headers: {"X-A": "1"}, fallback_url: Some("http://b.example"), fallback_method: Some(Get), cdr_url: Some("http://c.example"), debug: true }"##;
        record_call::RecordCall, r##"{}"##
            => r##"RecordCall { action: Start, format: Mp3, time_limit: 3600, url: None, method: Put, media_name: None, record_on_answer: false, record_on_bridge: false, record_min_sec: 0 }"##;
        record_call::RecordCall, r##"{"action": "stop", "format": "wav", "time_limit": "60", "url": "http://a.example/r", "method": "POST", "media_name": "x.wav", "record_on_answer": true, "record_on_bridge": true, "record_min_sec": 2, "label": "l", "should_follow_transfer": true}"##
            => r##"RecordCall { action: Stop, format: Wav, time_limit: 60, url: Some("http://a.example/r"), method: Post, media_name: Some("x.wav"), record_on_answer: true, record_on_bridge: true, record_min_sec: 2 }"##;
        record_caller::RecordCaller, r##"{}"##
            => r##"RecordCaller { format: Mp3, time_limit: 3600, url: None, method: Put }"##;
        record_caller::RecordCaller, r##"{"format": "wav", "time_limit": 5, "url": "http://a.example/r", "method": "post"}"##
            => r##"RecordCaller { format: Wav, time_limit: 5, url: Some("http://a.example/r"), method: Post }"##;
        resources::Resources, r##"{}"##
            => r##"Resources { to_did: None, timeout: None, ignore_early_media: false, ringback: None, custom_sip_headers: {}, use_local_resources: None, hunt_account_id: None, caller_id_type: "external", outbound_flags: [], dynamic_flags: [], do_not_normalize: false, bypass_e164: false, emit_account_id: false }"##;
        resources::Resources, r##"{"to_did": 15551234567, "timeout": "20", "ignore_early_media": true, "custom_sip_headers": {"X-A": "b"}, "use_local_resources": "false", "do_not_normalize": true, "bypass_e164": true, "resource_type": "sms", "ringback": "r", "hunt_account_id": "h", "caller_id_type": "t", "outbound_flags": ["a", 1], "dynamic_flags": ["zone"], "emit_account_id": "true"}"##
            => r##"Resources { to_did: Some("15551234567"), timeout: Some(20), ignore_early_media: true, ringback: Some("r"), custom_sip_headers: {"X-A": String("b")}, use_local_resources: Some(false), hunt_account_id: Some("h"), caller_id_type: "t", outbound_flags: ["a", "1"], dynamic_flags: ["zone"], do_not_normalize: true, bypass_e164: true, emit_account_id: true }"##;
        offnet::Offnet, r##"{"to_did": "1"}"##
            => r##"Offnet(Resources { to_did: Some("1"), timeout: None, ignore_early_media: false, ringback: None, custom_sip_headers: {}, use_local_resources: None, hunt_account_id: None, caller_id_type: "external", outbound_flags: [], dynamic_flags: [], do_not_normalize: false, bypass_e164: false, emit_account_id: false })"##;
        device::Device, r##"{}"##
            => r##"Device { id: None, timeout: 0, delay: 0, can_call_self: false, suppress_clid: false, dial_strategy: None, strategy: None, static_invite: None, custom_sip_headers: {}, fail_on_single_reject: false }"##;
        device::Device, r##"{"id": 1001, "timeout": "5", "delay": 2, "can_call_self": true, "can_text_self": true, "suppress_clid": true, "dial_strategy": "single", "strategy": "Weighted_Random", "static_invite": 700, "custom_sip_headers": {"in": {"X-A": "b"}}, "fail_on_single_reject": "true"}"##
            => r##"Device { id: Some("1001"), timeout: 5, delay: 2, can_call_self: true, suppress_clid: true, dial_strategy: Some(Single), strategy: Some(WeightedRandom), static_invite: Some("700"), custom_sip_headers: {"in": Object {"X-A": String("b")}}, fail_on_single_reject: true }"##;
        user::User, r##"{"id": "bob"}"##
            => r##"User(Device { id: Some("bob"), timeout: 0, delay: 0, can_call_self: false, suppress_clid: false, dial_strategy: None, strategy: None, static_invite: None, custom_sip_headers: {}, fail_on_single_reject: false })"##;
        ring_group::RingGroup, r##"{"endpoints": [{"id": "a"}]}"##
            => r##"RingGroup { endpoints: [Member { id: "a", endpoint_type: Device, delay: 0, timeout: 0, weight: None, disable_until: None }], strategy: Simultaneous, timeout: 0, repeats: 1, ringback: None, ringtones: Tones { internal: None, external: None }, ignore_forward: true, fail_on_single_reject: false }"##;
        ring_group::RingGroup, r##"{"name": "n", "endpoints": [{"id": 5, "endpoint_type": "GROUP", "delay": "1", "timeout": 2, "weight": "3", "disable_until": 4, "name": "m"}], "strategy": "single", "timeout": "9", "repeats": 2, "ringback": "r", "ringtones": {"internal": "i", "external": "e"}, "ignore_forward": "false", "fail_on_single_reject": true}"##
            => r##"RingGroup { endpoints: [Member { id: "5", endpoint_type: Group, delay: 1, timeout: 2, weight: Some(3), disable_until: Some(4) }], strategy: Single, timeout: 9, repeats: 2, ringback: Some("r"), ringtones: Tones { internal: Some("i"), external: Some("e") }, ignore_forward: false, fail_on_single_reject: true }"##;
        group::Group, r##"{}"##
            => r##"Group { id: None, timeout: 0, strategy: Simultaneous, ringback: None, ignore_forward: true, endpoints: [] }"##;
        group::Group, r##"{"name": "n", "id": "g", "timeout": 5, "strategy": "single", "ringback": "r", "ignore_forward": false, "endpoints": [{"id": "a", "endpoint_type": "user"}]}"##
            => r##"Group { id: Some("g"), timeout: 5, strategy: Single, ringback: Some("r"), ignore_forward: false, endpoints: [Member { id: "a", endpoint_type: User, delay: 0, timeout: 0, weight: None, disable_until: None }] }"##;
        route_to_cid::RouteToCid, r##"{}"##
            => r##"RouteToCid { cid_types: ["internal"], endpoint_types: [Device, User], timeout: 0, delay: 0, can_call_self: false, suppress_clid: false, static_invite: None, custom_sip_headers: {} }"##;
        route_to_cid::RouteToCid, r##"{"cid_types": ["external"], "endpoint_types": ["user"], "timeout": 5, "delay": 1, "can_call_self": true, "suppress_clid": true, "static_invite": "7", "custom_sip_headers": {"X-A": "b"}}"##
            => r##"RouteToCid { cid_types: ["external"], endpoint_types: [User], timeout: 5, delay: 1, can_call_self: true, suppress_clid: true, static_invite: Some("7"), custom_sip_headers: {"X-A": String("b")} }"##;
        ring_group_toggle::RingGroupToggle, r##"{"action": "LOGIN", "callflow_id": "a"}"##
            => r##"RingGroupToggle { action: Login, callflow_id: "a" }"##;
        audio_macro::AudioMacro, r##"{"macros": [{"macro": "play"}]}"##
            => r##"AudioMacro { macros: [Item { kind: Play, id: None, text: None, say_as: "name_spelled", voice: None, engine: None, language: None, terminators: None, frequencies: [], duration_on: None, duration_off: None, repeat: 1 }], terminators: None, language: None }"##;
        audio_macro::AudioMacro, r##"{"macros": [{"macro": "tone", "frequencies": ["440", 480], "duration_on": "500", "duration_off": 100, "repeat": 2}, {"macro": "TTS", "text": "a", "voice": "v", "engine": "e", "language": "fr", "terminators": ["1"]}, {"macro": "say", "text": 5, "type": "number", "method": "pronounced", "gender": "feminine"}], "terminators": ["#"], "language": "de"}"##
            => r##"AudioMacro { macros: [Item { kind: Tone, id: None, text: None, say_as: "name_spelled", voice: None, engine: None, language: None, terminators: None, frequencies: [Frequency(440.0), Frequency(480.0)], duration_on: Some(500), duration_off: Some(100), repeat: 2 }, Item { kind: Tts, id: None, text: Some("a"), say_as: "name_spelled", voice: Some("v"), engine: Some("e"), language: Some("fr"), terminators: Some([Key("1")]), frequencies: [], duration_on: None, duration_off: None, repeat: 1 }, Item { kind: Say, id: None, text: Some("5"), say_as: "number", voice: None, engine: None, language: None, terminators: None, frequencies: [], duration_on: None, duration_off: None, repeat: 1 }], terminators: Some([Key("#")]), language: Some("de") }"##;
        set::Set, r##"{"a": 1, "b": ["x"]}"##
            => r##"Set({"a": Number(1), "b": Array [String("x")]})"##;
        set_cid::SetCid, r##"{}"##
            => r##"SetCid { caller_id_name: "", caller_id_number: "" }"##;
        set_cid::SetCid, r##"{"caller_id_name": "a", "caller_id_number": 5}"##
            => r##"SetCid { caller_id_name: "a", caller_id_number: "5" }"##;
        prepend_cid::PrependCid, r##"{}"##
            => r##"PrependCid { action: Prepend, apply_to: Current, caller_id_name_prefix: "", caller_id_number_prefix: "" }"##;
        prepend_cid::PrependCid, r##"{"action": "Reset", "apply_to": "original", "caller_id_name_prefix": "a", "caller_id_number_prefix": 5}"##
            => r##"PrependCid { action: Reset, apply_to: Original, caller_id_name_prefix: "a", caller_id_number_prefix: "5" }"##;
        check_cid::CheckCid, r##"{}"##
            => r##"CheckCid { regex: ".*", use_absolute_mode: false, caller_id: NewCallerId { external: External { name: None, number: None } }, user_id: None }"##;
        check_cid::CheckCid, r##"{"regex": "a", "use_absolute_mode": "true", "caller_id": {"external": {"name": "b", "number": 5}}, "user_id": "u"}"##
            => r##"CheckCid { regex: "a", use_absolute_mode: true, caller_id: NewCallerId { external: External { name: Some("b"), number: Some("5") } }, user_id: Some("u") }"##;
        cidlistmatch::Cidlistmatch, r##"{}"##
            => r##"Cidlistmatch { id: None }"##;
        cidlistmatch::Cidlistmatch, r##"{"id": "a"}"##
            => r##"Cidlistmatch { id: Some("a") }"##;
        lookupcidname::Lookupcidname, r##"{"lists": ["a", 5]}"##
            => r##"Lookupcidname { lists: ["a", "5"] }"##;
        privacy::Privacy, r##"{}"##
            => r##"Privacy { mode: Full, endpoint_strategy: Overwrite }"##;
        privacy::Privacy, r##"{"mode": "hide_name", "endpoint_strategy": "merge"}"##
            => r##"Privacy { mode: HideName, endpoint_strategy: Merge }"##;
        dynamic_cid::DynamicCid, r##"{}"##
            => r##"DynamicCid { action: Manual, media_id: None, max_digits: 10, min_digits: 10, whitelist_regex: "\\d+", interdigit_timeout: 2000, caller_id: FixedCallerId { name: None, number: None }, id: None, idx_name: None, permit_custom_callflow: false, enforce_call_restriction: true }"##;
        dynamic_cid::DynamicCid, r##"{"action": "lists", "media_id": "m", "max_digits": "12", "min_digits": 3, "whitelist_regex": "^1", "interdigit_timeout": 500, "caller_id": {"name": "a", "number": 5}, "id": "l", "idx_name": "who", "permit_custom_callflow": true, "enforce_call_restriction": "false"}"##
            => r##"DynamicCid { action: Lists, media_id: Some("m"), max_digits: 12, min_digits: 3, whitelist_regex: "^1", interdigit_timeout: 500, caller_id: FixedCallerId { name: Some("a"), number: Some("5") }, id: Some("l"), idx_name: Some("who"), permit_custom_callflow: true, enforce_call_restriction: false }"##;
        set_alert_info::SetAlertInfo, r##"{"alert_info": "a"}"##
            => r##"SetAlertInfo { alert_info: "a" }"##;
        branch_variable::BranchVariable, r##"{"variable": "a"}"##
            => r##"BranchVariable { variable: One("a"), scope: CustomChannelVars }"##;
        branch_variable::BranchVariable, r##"{"variable": ["a", "b"], "scope": "merged"}"##
            => r##"BranchVariable { variable: Path(["a", "b"]), scope: Merged }"##;
        branch_bnumber::BranchBnumber, r##"{}"##
            => r##"BranchBnumber { hunt: false, hunt_allow: None, hunt_deny: None }"##;
        branch_bnumber::BranchBnumber, r##"{"hunt": "true", "hunt_allow": "a", "hunt_deny": "b"}"##
            => r##"BranchBnumber { hunt: true, hunt_allow: Some("a"), hunt_deny: Some("b") }"##;
        webhook::Webhook, r##"{}"##
            => r##"Webhook { uri: None, http_verb: Post, retries: 2, custom_data: {} }"##;
        webhook::Webhook, r##"{"uri": "http://a.example", "http_verb": "GET", "retries": "9", "custom_data": {"a": 1}}"##
            => r##"Webhook { uri: Some("http://a.example"), http_verb: Get, retries: 4, custom_data: {"a": Number(1)} }"##;
        edr::Edr, r##"{"a": 1}"##
            => r##"Edr({"a": Number(1)})"##;
        notification::Notification, r##"{}"##
            => r##"Notification { template_id: None, recipients: [], send_at: ChannelDestroy, comments: None, notification_media: [] }"##;
        notification::Notification, r##"{"template_id": "a", "recipients": [{"type": "email", "id": "b"}, {"type": "USER", "id": ["c"]}], "send_at": "callflow_exec", "comments": "d", "notification_media": ["sms"]}"##
            => r##"Notification { template_id: Some("a"), recipients: [Recipient { kind: Email, id: One("b") }, Recipient { kind: User, id: Several(["c"]) }], send_at: CallflowExec, comments: Some("d"), notification_media: ["sms"] }"##;
        missed_call_alert::MissedCallAlert, r##"{"recipients": []}"##
            => r##"MissedCallAlert { recipients: [] }"##;
        manual_presence::ManualPresence, r##"{}"##
            => r##"ManualPresence { presence_id: None, status: Idle }"##;
        manual_presence::ManualPresence, r##"{"presence_id": 200, "status": "Busy"}"##
            => r##"ManualPresence { presence_id: Some("200"), status: Busy }"##;
        nomorobo::Nomorobo, r##"{"username": "a", "password": "b", "url": "http://a.example"}"##
            => r##"Nomorobo { username: "a", url: "http://a.example" }"##;
        transfer::Transfer, r##"{}"##
            => r##"Transfer { target: None, captures: None, leg: None, transfer_type: Blind }"##;
        transfer::Transfer, r##"{"target": 1, "captures": ["2"], "leg": "bleg", "transfer_type": "attended"}"##
            => r##"Transfer { target: Some("1"), captures: Some(Several(["2"])), leg: Some(Bleg), transfer_type: Attended }"##;
        after_bridge::AfterBridge, r##"{}"##
            => r##"AfterBridge { action: None, data: None }"##;
        after_bridge::AfterBridge, r##"{"action": "transfer", "data": "5"}"##
            => r##"AfterBridge { action: Some(Transfer), data: Some(Extension("5")) }"##;
        fax_detect::FaxDetect, r##"{}"##
            => r##"FaxDetect { duration: 5 }"##;
        fax_detect::FaxDetect, r##"{"duration": "3"}"##
            => r##"FaxDetect { duration: 3 }"##;
        faxbox::Faxbox, r##"{"id": "a", "faxbox_id": "b", "media": {"fax_option": "auto"}}"##
            => r##"Faxbox { id: Some("a"), faxbox_id: Some("b"), media: FaxMedia { fax_option: Some(Word("auto")) } }"##;
        receive_fax::ReceiveFax, r##"{"owner_id": "a", "media": {"fax_option": true}}"##
            => r##"ReceiveFax { owner_id: Some("a"), media: FaxMedia { fax_option: Some(Whether(true)) } }"##;
        menu::Menu, r##"{}"##
            => r##"Menu { id: None, retries: 3, timeout: 10000, interdigit_timeout: None, max_extension_length: 4, hunt: false, hunt_allow: None, hunt_deny: None, record_pin: None, allow_record_from_offnet: false, media: Media { greeting: None, invalid_media: Usual(true), exit_media: Usual(true), transfer_media: Usual(true) }, suppress_media: false }"##;
        menu::Menu, r##"{"id": "main", "name": "Main", "retries": "2", "timeout": 5000, "interdigit_timeout": 1000, "max_extension_length": 1, "hunt": true, "hunt_allow": "^1", "hunt_deny": "9", "record_pin": 123, "allow_record_from_offnet": true, "media": {"greeting": "g", "invalid_media": false, "exit_media": "bye", "transfer_media": true}, "suppress_media": true}"##
            => r##"Menu { id: Some("main"), retries: 2, timeout: 5000, interdigit_timeout: Some(1000), max_extension_length: 1, hunt: true, hunt_allow: Some("^1"), hunt_deny: Some("9"), record_pin: Some("123"), allow_record_from_offnet: true, media: Media { greeting: Some("g"), invalid_media: Usual(false), exit_media: Media("bye"), transfer_media: Usual(true) }, suppress_media: true }"##;
        temporal_route::TemporalRoute, r##"{}"##
            => r##"TemporalRoute { rules: [], rule_set: None, timezone: None, action: None, interdigit_timeout: 2000 }"##;
        temporal_route::TemporalRoute, r##"{"rules": ["a", 5, {"name": "n", "cycle": "yearly", "interval": "2", "start_date": 1, "time_window_start": 2, "time_window_stop": 3, "days": ["4"], "wdays": ["wensday"], "ordinal": "last", "month": 5, "enabled": "true", "flags": ["f"]}], "rule_set": "s", "timezone": "UTC", "action": "MENU", "interdigit_timeout": "500"}"##
            => r##"TemporalRoute { rules: [Id("a"), Id("5"), Rule(Rule { name: "n", cycle: Some(Yearly), interval: 2, start_date: 1, time_window_start: 2, time_window_stop: 3, days: [4], wdays: [Wensday], ordinal: Last, month: 5, enabled: Some(true), flags: ["f"] })], rule_set: Some("s"), timezone: Some("UTC"), action: Some(Menu), interdigit_timeout: 500 }"##;
    }
}
