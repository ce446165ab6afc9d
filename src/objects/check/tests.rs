//! Documents by the schemas of their kinds.

use serde_json::json;

use super::*;
use crate::objects::Kind;

fn checked(kind: Kind, mut value: Value) -> (Value, Value) {
    let mut faults = Faults::default();
    check(&kind.schema(), &mut value, "", &mut faults);
    (value, faults.into())
}

#[test]
fn strings_become_numbers_and_booleans_and_defaults_are_filled_in() {
    let (menu, faults) = checked(
        Kind::Menu,
        json!({"name": "main", "timeout": "5000", "hunt": "FALSE", "media": [], "own": "1",
               "record_pin": null, "max_extension_length": 2.0}),
    );
    assert_eq!(faults, json!({}));
    assert_eq!(
        menu,
        json!({"name": "main", "timeout": 5000, "hunt": false, "media": {}, "own": "1",
               "max_extension_length": 2, "retries": 3, "allow_record_from_offnet": false,
               "suppress_media": false})
    );
}

#[test]
fn an_empty_text_says_nothing_where_none_is_possible_or_there_need_not_be_one() {
    let (menu, faults) = checked(
        Kind::Menu,
        json!({"name": "main", "timeout": "", "hunt": "", "hunt_allow": "", "record_pin": "",
               "media": {"greeting": ""}, "own": ""}),
    );
    assert_eq!(faults, json!({}));
    assert_eq!(
        menu,
        json!({"name": "main", "media": {}, "own": "", "retries": 3, "hunt": true,
               "max_extension_length": 4, "allow_record_from_offnet": false,
               "suppress_media": false})
    );
    let (_, faults) = checked(Kind::Menu, json!({"name": ""}));
    assert!(faults["name"]["minLength"].is_object(), "{faults}");
}

#[test]
fn each_fault_has_its_field_its_code_and_its_bound() {
    let (_, faults) = checked(
        Kind::Menu,
        json!({"retries": 11, "timeout": "soon", "record_pin": "1", "media": {"greeting": 1,
               "exit_media": []}, "flags": [1], "max_extension_length": 0}),
    );
    for (field, code) in [
        ("name", "required"),
        ("retries", "maximum"),
        ("timeout", "type"),
        ("record_pin", "minLength"),
        ("media.greeting", "type"),
        ("media.exit_media", "type"),
        ("flags.0", "type"),
        ("max_extension_length", "minimum"),
    ] {
        let message = faults[field][code]["message"].as_str();
        assert!(
            message.is_some_and(|m| !m.is_empty()),
            "{field}: {faults:#}"
        );
    }
    assert_eq!(faults["retries"]["maximum"]["target"], 10);
    assert_eq!(faults["retries"]["maximum"]["value"], 11);
    assert_eq!(faults.as_object().unwrap().len(), 8, "{faults:#}");
}

#[test]
fn words_are_taken_in_any_case_and_others_are_told_what_there_is() {
    let (queue, faults) = checked(Kind::Queue, json!({"name": "q", "strategy": "Most_Idle"}));
    assert_eq!(
        (faults, &queue["strategy"]),
        (json!({}), &json!("most_idle"))
    );
    let (_, faults) = checked(Kind::Queue, json!({"name": "q", "strategy": "most_ide"}));
    let fault = &faults["strategy"]["enum"];
    assert_eq!(fault["target"], json!(["round_robin", "most_idle"]));
    assert!(
        fault["message"]
            .as_str()
            .unwrap()
            .contains("did you mean most_idle?")
    );
}

#[test]
fn entries_of_maps_are_checked_too() {
    let (_, faults) = checked(
        Kind::User,
        json!({"first_name": "a", "last_name": "b", "caller_id": {"in.ternal": {"name": 1}}}),
    );
    assert_eq!(
        faults["caller_id.in%2Eternal.name"]["type"]["target"],
        "string"
    );
}

/// What passes can be read, also by types with bounds of their own.
#[test]
fn a_number_that_no_type_can_hold_is_a_fault() {
    for number in [json!(-1), json!(4_294_967_296_u64), json!("99999999999")] {
        let (_, faults) = checked(Kind::Queue, json!({"name": "q", "max_queue_size": number}));
        assert!(faults["max_queue_size"].is_object(), "{number}: {faults}");
    }
}
