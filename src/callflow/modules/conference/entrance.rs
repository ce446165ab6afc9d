//! How the caller comes in: what may be heard of whom, and by whom.

use std::time::Duration;

use super::room::Room;
use super::{Conference, Role};
use crate::call::ops::{Keys, Record, RecordingRef, RecordingTrack, Sound};
use crate::call::rooms::{Beep, Entrance, Rules, Sounds};
use crate::call::{Call, Interrupt};
use crate::callflow::fields::MediaSwitch;
use crate::callflow::library::{Part, named_sounds, phrase, play};
use crate::callflow::recorder::beep;
use crate::objects;

/// A spoken name.
const LONGEST_NAME: Duration = Duration::from_secs(5);
const SILENCE: Duration = Duration::from_secs(2);

/// Records the caller's name.
pub(super) async fn name(call: &mut Call) -> Result<Option<RecordingRef>, Interrupt> {
    let mut sounds = phrase(call, &[Part::Prompt("conf-announce_your_name")]).await?;
    sounds.push(beep());
    play(call, sounds).await?;
    call.keep_as(None);
    let recorded = call
        .record(Record {
            max: LONGEST_NAME,
            silence: Some(SILENCE),
            finish_on: Keys::all(),
            beep: false,
            trim: true,
            track: RecordingTrack::Inbound,
            notify: None,
            transcribe: None,
        })
        .await?;
    if let Some(recording) = &recorded.recording {
        call.keeps(recording);
    }
    Ok(recorded.recording)
}

pub(super) async fn of(
    call: &mut Call,
    node: &Conference,
    room: &Room,
    role: Role,
    name: Option<&RecordingRef>,
) -> Result<Entrance, Interrupt> {
    let stored = &room.stored;
    let (muted, deaf) = match role {
        Role::Member => (stored.member.join_muted, stored.member.join_deaf),
        Role::Moderator => (stored.moderator.join_muted, stored.moderator.join_deaf),
    };
    let moderated = stored.require_moderator || stored.wait_for_moderator;
    let mut beep = Beep::default();
    let mut sounds = Sounds::default();
    for (tone, of_room, beeps, heard) in [
        (
            &node.play_entry_tone,
            &stored.play_entry_tone,
            &mut beep.enter,
            &mut sounds.enter,
        ),
        (
            &node.play_exit_tone,
            &stored.play_exit_tone,
            &mut beep.exit,
            &mut sounds.exit,
        ),
    ] {
        match chosen(tone.as_ref(), of_room.as_ref()) {
            Tone::Usual => *beeps = true,
            Tone::None => {}
            Tone::Sound(name) => {
                let named = named_sounds(call, Some(&name)).await?;
                *heard = call.media_uris(&named).await?;
            }
        }
    }
    if let Some(name) = name
        && let Some(name) = call.recorded_sound(name).await?
    {
        sounds
            .enter
            .extend(announced(call, &name, "conf-has_joined").await?);
        sounds
            .exit
            .extend(announced(call, &name, "conf-has_left").await?);
    }
    Ok(Entrance {
        name: room.id.clone(),
        label: None,
        muted,
        deaf,
        beep,
        sounds,
        starts: role == Role::Moderator || !moderated,
        passes_lock: role == Role::Moderator,
        ends: false,
        most: stored
            .max_participants
            .filter(|most| *most > 0)
            .unwrap_or(u32::MAX),
        coach: None,
        moderator: role == Role::Moderator,
        rules: Rules::default(),
    })
}

async fn announced(call: &mut Call, name: &Sound, what: &str) -> Result<Vec<String>, Interrupt> {
    let mut sounds = vec![name.clone()];
    sounds.extend(phrase(call, &[Part::Prompt(what)]).await?);
    call.media_uris(&sounds).await
}

enum Tone {
    Usual,
    None,
    Sound(String),
}

/// The node's word, else the conference's, else a beep.
fn chosen(node: Option<&MediaSwitch>, stored: Option<&objects::Tone>) -> Tone {
    let switch = node.cloned().unwrap_or_else(|| stored.cloned().into());
    match switch {
        MediaSwitch::Usual(true) => Tone::Usual,
        MediaSwitch::Usual(false) => Tone::None,
        MediaSwitch::Media(word) => match word.to_ascii_lowercase().as_str() {
            "true" => Tone::Usual,
            "false" | "" => Tone::None,
            _ => Tone::Sound(word),
        },
    }
}
