//! Kazoo's prompts, and what stands for them in Asterisk's core sounds.

use crate::call::ops::{Sound, Utterance};

/// Prompt, and the sounds of Asterisk's that say the same.
const RECORDED: &[(&str, &[&str])] = &[
    ("agent-logged_in", &["agent-loginok"]),
    ("agent-logged_out", &["agent-loggedoff"]),
    ("camper-deny", &["feature-not-avail-line"]),
    ("camper-queue", &["vm-isonphone", "auth-thankyou"]),
    ("cf-disabled", &["call-forwarding", "de-activated"]),
    ("cf-now_forwarded_to", &["call-forwarding", "is-set-to"]),
    ("cf-unauthorized_call", &["ss-noservice"]),
    ("conf-alone", &["conf-onlyperson"]),
    ("conf-announce_your_name", &["vm-rec-name"]),
    ("conf-bad_conf", &["conf-invalid"]),
    ("conf-bad_pin", &["conf-invalidpin"]),
    ("conf-conference_locked", &["conf-locked"]),
    ("conf-enter_conf_number", &["conf-getconfno"]),
    ("conf-enter_conf_pin", &["conf-getpin"]),
    ("conf-has_joined", &["conf-hasjoin"]),
    ("conf-has_left", &["conf-hasleft"]),
    ("conf-is_locked", &["conf-lockednow"]),
    ("conf-is_unlocked", &["conf-unlockednow"]),
    ("conf-joining_conference", &["conf-placeintoconf"]),
    ("conf-locked", &["conf-locked"]),
    ("conf-max_participants", &["conf-full"]),
    ("conf-muted", &["conf-muted"]),
    ("conf-too_many_attempts", &["vm-goodbye"]),
    ("conf-unmuted", &["conf-unmuted"]),
    ("conf-wait_for_moderator", &["conf-waitforleader"]),
    ("cw-activated", &["call-waiting", "activated"]),
    ("cw-deactivated", &["call-waiting", "de-activated"]),
    (
        "dir-enter_person_firstname",
        &[
            "dir-welcome",
            "dir-pls-enter",
            "dir-first",
            "dir-usingkeypad",
        ],
    ),
    (
        "dir-enter_person_lastname",
        &[
            "dir-welcome",
            "dir-pls-enter",
            "dir-last",
            "dir-usingkeypad",
        ],
    ),
    (
        "dir-enter_person_name",
        &[
            "dir-welcome",
            "dir-pls-enter",
            "dir-firstlast",
            "dir-usingkeypad",
        ],
    ),
    ("dir-invalid_key", &["vm-sorry"]),
    ("dir-no_more_results", &["dir-nomore"]),
    ("dir-no_results_found", &["dir-nomatch"]),
    ("disa-enter_pin", &["agent-pass"]),
    ("disa-invalid_extension", &["pbx-invalid"]),
    ("disa-invalid_pin", &["auth-incorrect"]),
    ("disa-retries_exceeded", &["vm-goodbye"]),
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
    ("hotdesk-abort", &["vm-goodbye"]),
    ("hotdesk-enter_pin", &["agent-pass"]),
    ("hotdesk-invalid_entry", &["vm-incorrect"]),
    ("hotdesk-logged_in", &["agent-loginok"]),
    ("hotdesk-logged_out", &["agent-loggedoff"]),
    ("ivr-group_confirm", &["followme/options"]),
    ("menu-invalid_entry", &["vm-sorry"]),
    ("menu-transferring_call", &["pbx-transfer"]),
    ("park-no_caller", &["pbx-invalidpark"]),
    ("temporal-marked_disabled", &["de-activated"]),
    ("temporal-marked_enabled", &["activated"]),
    ("vm-abort", &["vm-goodbye"]),
    ("vm-deleted", &["vm-deleted"]),
    ("vm-enter_forward_id", &["vm-extension"]),
    ("vm-enter_id", &["vm-login"]),
    ("vm-enter_new_pin", &["vm-newpassword"]),
    ("vm-enter_new_pin_confirm", &["vm-reenterpassword"]),
    ("vm-enter_pass", &["vm-password"]),
    ("vm-fail_auth", &["vm-incorrect"]),
    ("vm-goodbye", &["vm-goodbye"]),
    ("vm-mailbox_full", &["vm-mailboxfull"]),
    ("vm-message_forwarded", &["vm-msgforwarded"]),
    ("vm-message_number", &["vm-message"]),
    ("vm-new_and", &["vm-and"]),
    ("vm-new_message", &["vm-INBOX", "vm-message"]),
    ("vm-new_messages", &["vm-INBOX", "vm-messages"]),
    ("vm-no_messages", &["vm-youhave", "vm-no", "vm-messages"]),
    ("vm-no_more_messages", &["vm-nomore"]),
    ("vm-not_available", &["vm-isunavail"]),
    ("vm-not_available_no_voicemail", &["vm-nobodyavail"]),
    ("vm-person", &["vm-theperson"]),
    ("vm-person_not_available", &["vm-nobodyavail"]),
    ("vm-pin_invalid", &["vm-invalid-password"]),
    ("vm-pin_set", &["vm-passchanged"]),
    ("vm-received", &["vm-received"]),
    ("vm-record_greeting", &["vm-rec-unv"]),
    ("vm-record_message", &["vm-intro"]),
    ("vm-record_name", &["vm-rec-name"]),
    ("vm-record_temp_greeting", &["vm-rec-temp"]),
    ("vm-recording_to_short", &["vm-tooshort"]),
    ("vm-review_recording", &["vm-review"]),
    ("vm-saved", &["vm-msgsaved"]),
    ("vm-saved_message", &["vm-Old", "vm-message"]),
    ("vm-saved_messages", &["vm-Old", "vm-messages"]),
    ("vm-setup_intro", &["vm-newuser"]),
    ("vm-setup_rec_greeting", &["vm-rec-unv"]),
    ("vm-thank_you", &["auth-thankyou"]),
    ("vm-tmp_greeting_deleted", &["vm-tempremoved"]),
    ("vm-you_have", &["vm-youhave"]),
];

/// Prompts that Asterisk has no words for; they are spoken.
const SPOKEN: &[(&str, &str)] = &[
    ("agent-already_logged_in", "You are logged in already."),
    ("agent-invalid_choice", "That is not possible now."),
    (
        "agent-not_call_center_agent",
        "This phone belongs to nobody who could be an agent.",
    ),
    ("agent-pause", "You get no calls until you come back."),
    ("agent-resume", "You get calls again."),
    (
        "cf-disabled_menu",
        "Your calls are not forwarded. To forward them, press 1. To change the number, press 2.",
    ),
    (
        "cf-enabled_menu",
        "Your calls are forwarded. To stop that, press 1. To change the number, press 2.",
    ),
    (
        "cf-enter_number",
        "Please enter the number that your calls are to go to, then pound.",
    ),
    ("cf-move-no_channel", "You have no other call."),
    ("cf-move-no_owner", "This phone belongs to nobody."),
    (
        "cf-move-too_many_channels",
        "You have more than one other call.",
    ),
    (
        "cf-not_available",
        "Calls of this phone cannot be forwarded from here.",
    ),
    (
        "cw-not_available",
        "Call waiting cannot be changed from this phone.",
    ),
    (
        "dnd-not_available",
        "Do not disturb cannot be changed from this phone.",
    ),
    ("eavesdrop-no_channels", "You may not listen to that phone."),
    ("hotdesk-enter_id", "Please enter your number, then pound."),
    (
        "intercept-no_channels",
        "There is no call to be taken over.",
    ),
    (
        "intercept-no_users",
        "There is nobody whose call it could be.",
    ),
    ("park-already_in_use", "Somebody is parked there already."),
    ("park-call_placed_in_spot", "Parked at"),
    ("pickup-no_channels", "There is no call to be taken."),
    ("pickup-no_users", "There is no such phone."),
    ("pickup-not_allowed", "You may not take that call."),
    ("conf-welcome", "Welcome to the conference."),
    (
        "dir-confirm_menu",
        "To be connected, press 1. To search again, press 2.",
    ),
    ("dir-found", "I found"),
    (
        "dir-result_menu",
        "To be connected, press 1. For the next one, press 2. To search again, press 3.",
    ),
    ("dir-result_number", "Number"),
    ("dir-specify_minimum", "Please enter more letters."),
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
    ("menu-return", "Back to the menu."),
    ("temporal-marker_reset", "The clock decides again."),
    (
        "temporal-menu",
        "To turn the schedule on, press 1. To turn it off, press 2. To let the clock decide, press 3.",
    ),
    (
        "vm-announcement_only_off",
        "Callers can leave messages again.",
    ),
    (
        "vm-announcement_only_on",
        "From now on callers hear your greeting and cannot leave messages.",
    ),
    ("vm-greeting_intro", "This is voicemail."),
    (
        "vm-main_menu",
        "For new messages, press 1. For saved messages, press 2. For your settings, press 5. \
         To leave, press pound.",
    ),
    (
        "vm-main_menu_not_configurable",
        "For new messages, press 1. For saved messages, press 2. To leave, press pound.",
    ),
    (
        "vm-message_menu",
        "To keep this message, press 1. To hear it again, press 2. To forward it, press 3. \
         For the previous one, press 4. For the next one, press 6. To delete it, press 7. \
         To call back, press 9. For the main menu, press 0.",
    ),
    ("vm-no_access", "This mailbox cannot be opened from here."),
    (
        "vm-settings_menu",
        "To record your greeting, press 1. To record your name, press 2. To change your PIN, \
         press 3. To record a greeting for a while, press 4. To delete it, press 5. To take no \
         messages, or take them again, press 6. To go back, press 0.",
    ),
    ("vm-setup_complete", "Your mailbox is ready."),
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use regex::Regex;

    use super::*;

    /// What modules say must not be left to a file that Asterisk does not have.
    #[test]
    fn there_are_words_for_every_prompt_that_modules_say() {
        let name = "agent|camper|cf|conf|cw|dir|disa|dnd|dynamic-cid|eavesdrop|fault|hotdesk|intercept\
                    |ivr|menu|park|pickup|temporal|vm";
        let name = Regex::new(&format!("\"((?:{name})-[a-z_-]+)\"")).unwrap();
        let mut found = 0;
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/callflow")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                if path.ends_with("prompts.rs") {
                    continue;
                }
                let source = std::fs::read_to_string(&path).unwrap();
                let code = source.split("#[cfg(test)]").next().unwrap();
                for (_, [said]) in name.captures_iter(code).map(|c| c.extract()) {
                    found += 1;
                    let is_file = Sound::Asterisk(format!("sound:{said}"));
                    assert!(
                        !prompt(said).contains(&is_file) || is_recorded(said),
                        "{said} of {}",
                        path.display()
                    );
                }
            }
        }
        assert!(found > 100, "{found}");
    }

    fn is_recorded(name: &str) -> bool {
        RECORDED.iter().any(|(prompt, _)| *prompt == name)
    }
}
