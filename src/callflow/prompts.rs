//! Kazoo's prompts, and what stands for them in Asterisk's core sounds.

use crate::call::ops::{Sound, Utterance};

/// Prompt, and the sounds of Asterisk's that say the same.
const RECORDED: &[(&str, &[&str])] = &[
    ("agent-logged_in", &["agent-loginok"]),
    ("agent-logged_out", &["agent-loggedoff"]),
    ("cf-unauthorized_call", &["ss-noservice"]),
    ("conf-bad_pin", &["conf-invalidpin"]),
    ("conf-enter_conf_number", &["conf-getconfno"]),
    ("conf-enter_conf_pin", &["conf-getpin"]),
    ("cw-activated", &["call-waiting", "activated"]),
    ("cw-deactivated", &["call-waiting", "de-activated"]),
    ("disa-invalid_extension", &["pbx-invalid"]),
    ("dnd-activated", &["do-not-disturb", "activated"]),
    ("dnd-deactivated", &["do-not-disturb", "de-activated"]),
    (
        "fault-can_not_be_completed_as_dialed",
        &["cannot-complete-as-dialed"],
    ),
    (
        "fault-can_not_be_completed_at_this_time",
        &["all-circuits-busy-now", "please-try-call-later"],
    ),
    ("ivr-group_confirm", &["followme/options"]),
    ("menu-invalid_entry", &["vm-sorry"]),
    ("menu-transferring_call", &["pbx-transfer"]),
    ("temporal-marked_disabled", &["de-activated"]),
    ("temporal-marked_enabled", &["activated"]),
    ("vm-deleted", &["vm-deleted"]),
    ("vm-enter_pass", &["vm-password"]),
    ("vm-fail_auth", &["vm-incorrect"]),
    ("vm-goodbye", &["vm-goodbye"]),
    ("vm-mailbox_full", &["vm-mailboxfull"]),
    ("vm-not_available", &["vm-isunavail"]),
    ("vm-person", &["vm-theperson"]),
    ("vm-record_message", &["vm-intro"]),
    ("vm-recording_to_short", &["vm-tooshort"]),
    ("vm-review_recording", &["vm-review"]),
    ("vm-saved", &["vm-msgsaved"]),
];

/// Prompts that Asterisk has no words for; they are spoken.
const SPOKEN: &[(&str, &str)] = &[
    (
        "agent-invalid_choice",
        "You are not a member of this group.",
    ),
    (
        "dynamic-cid-enter_cid",
        "Please enter the number that you want to show.",
    ),
    (
        "dynamic-cid-invalid_using_default",
        "That number cannot be used. Your own number will be shown.",
    ),
    ("menu-exit", "That was one try too many."),
    ("menu-no_prompt", "This menu has no greeting."),
    ("temporal-marker_reset", "The clock decides again."),
    (
        "temporal-menu",
        "To turn the schedule on, press 1. To turn it off, press 2. To let the clock decide, press 3.",
    ),
];

/// A prompt by its name; any other name is one of Asterisk's sounds.
pub(super) fn prompt(name: &str) -> Vec<Sound> {
    if let Some((_, sounds)) = RECORDED.iter().find(|(prompt, _)| *prompt == name) {
        let sound = |name: &&str| Sound::Asterisk(format!("sound:{name}"));
        return sounds.iter().map(sound).collect();
    }
    if let Some((_, text)) = SPOKEN.iter().find(|(prompt, _)| *prompt == name) {
        return vec![Sound::Speech(Utterance {
            text: (*text).to_owned(),
            language: Some("en-US".into()),
            ..Utterance::default()
        })];
    }
    vec![Sound::Asterisk(format!("sound:{name}"))]
}
