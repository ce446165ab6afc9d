//! Messages that callers leave in voicemail boxes: what was recorded is kept also
//! when the caller hangs up, the owner is told, and the lamps of phones are set.

mod calling;
mod leaving;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::leaving::{Leaving, WHAT, set_folder};
use super::library::LibraryError;
use super::ops::{AudioFormat, RecordingRef};
use super::{Call, Interrupt};
use crate::clock;
use crate::objects::{Folder, Kind, Message, Vmbox, gregorian};
use crate::store::Key;

/// What becomes of what is being recorded if the caller hangs up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keeping {
    /// It becomes this message; without one it is thrown away.
    pub message: Option<Left>,
    /// Set when the recording is complete.
    recording: Option<RecordingRef>,
}

/// A message on its way into a box.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// The box's id in the store.
    pub mailbox: String,
    /// `YYYYMM-` and 32 hex digits.
    pub id: String,
    pub format: AudioFormat,
    /// A shorter one is thrown away.
    pub least: Duration,
}

/// How many messages wait in a box.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    pub new: usize,
    pub saved: usize,
}

impl Left {
    /// A message for this box that is about to be recorded.
    pub fn begin(mailbox: &str, format: AudioFormat, least: Duration) -> Self {
        Self {
            mailbox: mailbox.to_owned(),
            id: message_id(),
            format,
            least,
        }
    }
}

/// An id as Kazoo's messages have it, which begins with the month.
pub(super) fn message_id() -> String {
    let month = jiff::Timestamp::from_millisecond(clock::now().0)
        .map(|now| now.strftime("%Y%m").to_string())
        .unwrap_or_default();
    format!("{month}-{}", uuid::Uuid::new_v4().simple())
}

impl Waiting {
    fn of<'m>(messages: impl Iterator<Item = &'m Message>) -> Self {
        let mut waiting = Self::default();
        for message in messages {
            match message.folder {
                Folder::New => waiting.new += 1,
                Folder::Saved => waiting.saved += 1,
                Folder::Deleted => {}
            }
        }
        waiting
    }
}

impl Call {
    /// What is recorded from here on becomes this message when the caller hangs
    /// up; without a message it is thrown away then.
    pub fn keep_as(&mut self, message: Option<Left>) {
        self.state.last_recording = None;
        self.state.keeping = Some(Keeping {
            message,
            recording: None,
        });
        self.checkpoint();
    }

    /// The recording that is kept in this way is complete.
    pub fn keeps(&mut self, recording: &RecordingRef) {
        if let Some(keeping) = &mut self.state.keeping {
            keeping.recording = Some(recording.clone());
        }
        self.checkpoint();
    }

    /// What was recorded is in better hands now.
    pub fn keeps_no_more(&mut self) {
        self.state.keeping = None;
        self.checkpoint();
    }

    /// Puts what was recorded into its box. Whoever hangs up meanwhile has left a
    /// message all the same.
    pub async fn leave_message(&mut self) -> Result<(), Interrupt> {
        let Some(work) = self.leaving() else {
            return Ok(());
        };
        let left = self.during(work).await;
        self.keeps_no_more();
        left.map(|_| ())
    }

    /// The same at the end of a call.
    pub async fn settle_keeping(&mut self) {
        if let Some(work) = self.leaving() {
            work.await.ok();
            self.keeps_no_more();
        }
    }

    fn leaving(&mut self) -> Option<tokio::task::JoinHandle<()>> {
        let keeping = self.state.keeping.clone()?;
        let Some(recording) = keeping
            .recording
            .or_else(|| self.state.last_recording.clone())
        else {
            self.keeps_no_more();
            return None;
        };
        let facts = &self.state.facts;
        let message = Message {
            timestamp: gregorian(clock::now()),
            from: facts.caller_number.clone(),
            to: facts.dialled.clone(),
            caller_id_number: facts.caller_number.clone(),
            caller_id_name: facts.caller_name.clone(),
            call_id: facts.call_id.clone(),
            folder: Folder::New,
            length: u64::try_from(recording.duration.as_millis()).unwrap_or(u64::MAX),
            media_id: keeping
                .message
                .as_ref()
                .map(|left| left.id.clone())
                .unwrap_or_default(),
            transcription: None,
        };
        let leaving = Leaving {
            services: self.services.clone(),
            trace: self.trace.clone(),
            account: self.account().clone(),
            call_sid: self.state.id.to_string(),
            recording,
        };
        let least = keeping.message.as_ref().map(|left| left.least);
        let wanted = keeping
            .message
            .filter(|left| leaving.recording.recorded >= left.least);
        if wanted.is_none() && least.is_some() {
            self.note("the message is too short to be kept");
        }
        self.state.kept.reached |= wanted.is_some();
        let background = self.services.background.clone();
        Some(background.spawn(async move {
            match wanted {
                Some(left) => leaving.leave(left, message).await,
                None => leaving.throw_away().await,
            }
        }))
    }

    /// Copies a message into another box; `false` when that cannot be done.
    pub async fn copy_message(&mut self, from: &str, mailbox: &str) -> Result<bool, Interrupt> {
        let Some(document) = self.document(Kind::Message, from).await? else {
            return Ok(false);
        };
        let services = self.services.clone();
        let account = self.account().clone();
        let (id, from, to) = (message_id(), from.to_owned(), mailbox.to_owned());
        let mut body = document.body;
        body.insert("folder".into(), "new".into());
        body.insert("media_id".into(), id.clone().into());
        let work = async move {
            let sound = services
                .catalog
                .attachment(&account, Kind::Message, &from)
                .await?;
            let Some(sound) = sound else {
                return Err(LibraryError::Silent {
                    kind: Kind::Message,
                    id: from,
                });
            };
            let key = Key::new(&account, Kind::Message, format!("{to}/{id}"));
            services.store_with_sound(key, body, sound).await?;
            services.tell_waiting(&account, &to).await;
            Ok(())
        };
        let copied: Result<(), LibraryError> = self.during(work).await?;
        Ok(copied.map_err(|error| self.warn(error.to_string())).is_ok())
    }

    /// Puts a message into another folder of its box, and sets the lamps.
    pub async fn move_message(&mut self, id: &str, folder: Folder) -> Result<(), Interrupt> {
        let moved = self.change_stored(Kind::Message, id, |body| {
            set_folder(body, folder);
        });
        if moved.await?
            && let Some((mailbox, _)) = id.split_once('/')
        {
            let services = self.services.clone();
            let (account, mailbox) = (self.account().clone(), mailbox.to_owned());
            self.during(async move { services.tell_waiting(&account, &mailbox).await })
                .await?;
        }
        Ok(())
    }

    /// How many messages wait in a box.
    pub async fn messages_waiting(&mut self, mailbox: &str) -> Result<Waiting, Interrupt> {
        let messages = self.stored_under::<Message>(mailbox).await?;
        Ok(Waiting::of(messages.iter().map(|(_, message)| message)))
    }

    /// The owner is told that nobody can leave messages any more.
    pub async fn tell_full(&mut self, mailbox: &str) -> Result<(), Interrupt> {
        let services = self.services.clone();
        let (account, trace) = (self.account().clone(), self.trace.clone());
        let mailbox = mailbox.to_owned();
        let work = async move {
            let Some(target) = services.notify_target() else {
                return;
            };
            let stored = services
                .catalog
                .object_leniently::<Vmbox>(&account, &mailbox);
            if let Ok(Some(stored)) = stored.await {
                let params = services
                    .box_params(&account, &mailbox, &stored, "voicemail.full")
                    .await;
                services.call_back(&trace, WHAT, &mailbox, &target, params);
            }
        };
        self.during(work).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::AccountId;

    #[test]
    fn a_message_is_named_after_its_month() {
        let id = message_id();
        let (month, hex) = id.split_once('-').unwrap();
        assert_eq!((month.len(), hex.len()), (6, 32));
        assert!(month.starts_with("20") && AccountId::parse(hex).is_some());
    }

    #[test]
    fn what_is_deleted_waits_no_more() {
        let message = |folder| Message {
            folder,
            ..Message::default()
        };
        let all = [Folder::New, Folder::Saved, Folder::Deleted, Folder::New].map(message);
        assert_eq!(Waiting::of(all.iter()), Waiting { new: 2, saved: 1 });
    }
}
