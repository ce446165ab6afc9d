//! A message on its way from the recordings into its box, and who is told of it.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Left, Waiting};
use crate::ari::Request;
use crate::call::library::LibraryError;
use crate::call::ops::RecordingRef;
use crate::call::{CallbackTarget, Services};
use crate::clock;
use crate::config::Method;
use crate::id::AccountId;
use crate::objects::{Folder, Kind, Message, User, Vmbox};
use crate::store::{Key, StoreError};
use crate::trace::{Kind as Line, Trace};

pub(super) const WHAT: &str = "voicemail notify_url";

pub(super) fn set_folder(body: &mut Map<String, Value>, folder: Folder) {
    let word = serde_json::to_value(folder).unwrap_or_default();
    body.insert("folder".into(), word);
}

/// What was recorded, on its way: no part of the call any more.
pub(super) struct Leaving {
    pub(super) services: Arc<Services>,
    pub(super) trace: Trace,
    pub(super) account: AccountId,
    pub(super) call_sid: String,
    pub(super) recording: RecordingRef,
}

impl Leaving {
    pub(super) async fn throw_away(self) {
        self.services
            .recordings
            .delete(&self.recording.sid)
            .await
            .ok();
    }

    pub(super) async fn leave(self, left: Left, message: Message) {
        let id = format!("{}/{}", left.mailbox, left.id);
        let catalog = &self.services.catalog;
        let mailbox = catalog.get(&self.account, Kind::Vmbox, &left.mailbox);
        if let Ok(None) = mailbox.await {
            // Nobody could find the message.
            let text = format!(
                "voicemail box {} is gone, and so is the message",
                left.mailbox
            );
            self.trace.write(Line::Warning, text);
            return self.throw_away().await;
        }
        if let Err(error) = self.store(&id, &left, &message).await {
            let text = format!(
                "the message stays a recording, {}: {error}",
                self.recording.sid
            );
            self.trace.write(Line::Warning, text);
            return;
        }
        let text = format!(
            "message {id}: {:.1} s",
            self.recording.recorded.as_secs_f64()
        );
        self.trace.write(Line::Decision, text);
        self.services
            .tell_waiting(&self.account, &left.mailbox)
            .await;
        let stored = self
            .services
            .catalog
            .object_leniently::<Vmbox>(&self.account, &left.mailbox)
            .await;
        let stored = stored.ok().flatten().unwrap_or_default();
        self.services
            .call_owner(&self.account, &left.mailbox, &stored)
            .await;
        let mut message = message;
        if stored.transcribe {
            message.transcription = self.transcribe(&id).await;
        }
        let keeps_file = stored.include_message_on_notify;
        match self.services.notify_target() {
            Some(target) => self.notify(&target, &left, &stored, &message).await,
            None => return self.throw_away().await,
        }
        // With a link in it, the recording stays for whoever follows that.
        if !keeps_file {
            self.throw_away().await;
        }
    }

    async fn store(&self, id: &str, left: &Left, message: &Message) -> Result<(), LibraryError> {
        let sound = self
            .services
            .recorded(&self.recording.sid, left.format)
            .await?;
        let body = crate::call::library::body(message);
        let key = Key::new(&self.account, Kind::Message, id);
        Ok(self.services.store_with_sound(key, body, sound).await?)
    }

    async fn transcribe(&self, id: &str) -> Option<String> {
        match self.services.text_of(&self.recording).await {
            Ok(text) => {
                let change = |body: &mut Map<String, Value>| {
                    body.insert("transcription".into(), text.clone().into());
                };
                let catalog = &self.services.catalog;
                catalog
                    .update(&self.account, Kind::Message, id, change)
                    .await
                    .ok();
                Some(text)
            }
            Err(why) => {
                let text = format!("message {id} is not transcribed: {why}");
                self.trace.write(Line::Warning, text);
                None
            }
        }
    }

    async fn notify(
        &self,
        target: &CallbackTarget,
        left: &Left,
        stored: &Vmbox,
        message: &Message,
    ) {
        let services = &self.services;
        let mut params = services
            .box_params(&self.account, &left.mailbox, stored, "voicemail.new")
            .await;
        let mut add = |name: &str, value: &str| params.push((name.to_owned(), value.to_owned()));
        add("CallSid", &self.call_sid);
        add("CallId", &message.call_id);
        add("MessageId", &left.id);
        add("From", &message.caller_id_number);
        add("CallerName", &message.caller_id_name);
        add("To", &message.to);
        add("Duration", &clock::whole_seconds(self.recording.recorded));
        if let Some(text) = &message.transcription {
            add("TranscriptionText", text);
        }
        if stored.include_message_on_notify {
            add("RecordingSid", &self.recording.sid);
            add("RecordingUrl", &self.recording.url);
        }
        let told = services.call_back_and_tell(&self.trace, WHAT, &left.mailbox, target, params);
        let folder = match (stored.save_after_notify, stored.delete_after_notify) {
            (true, _) => Folder::Saved,
            (false, true) => Folder::Deleted,
            (false, false) => return,
        };
        // Only what has been told may leave the new messages.
        let (services, account) = (self.services.clone(), self.account.clone());
        let left = left.clone();
        services.clone().background.spawn(async move {
            if told.await == Ok(true) {
                let id = format!("{}/{}", left.mailbox, left.id);
                let change = |body: &mut Map<String, Value>| set_folder(body, folder);
                services
                    .catalog
                    .update(&account, Kind::Message, &id, change)
                    .await
                    .ok();
                services.tell_waiting(&account, &left.mailbox).await;
            }
        });
    }
}

impl Services {
    pub(super) fn notify_target(&self) -> Option<CallbackTarget> {
        let url = self.config.voicemail.notify_url.as_ref()?;
        Some(CallbackTarget {
            url: url.to_string(),
            method: Method::Post,
        })
    }

    /// What is told about a box in every notification.
    pub(super) async fn box_params(
        &self,
        account: &AccountId,
        id: &str,
        stored: &Vmbox,
        event: &str,
    ) -> Vec<(String, String)> {
        let owner = stored.owner_id.clone().unwrap_or_default();
        let mut addresses = stored.notify_email_addresses.clone();
        let user = self.catalog.object_leniently::<User>(account, &owner).await;
        if let Ok(Some(user)) = user {
            addresses.extend(user.email);
        }
        [
            ("Event", event.to_owned()),
            ("AccountSid", format!("AC{account}")),
            ("BoxId", id.to_owned()),
            ("BoxName", stored.name.clone()),
            ("Mailbox", stored.mailbox.clone()),
            ("OwnerId", owner),
            ("Email", addresses.join(",")),
            ("Timestamp", clock::now().rfc2822()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }

    /// Sets the lamps of the phones that watch a box (`[voicemail] mwi`).
    pub async fn tell_waiting(&self, account: &AccountId, mailbox: &str) {
        if self.config.voicemail.mwi.is_none() {
            return;
        }
        let stored = self.catalog.object_leniently::<Vmbox>(account, mailbox);
        let (stored, waiting) = (stored.await, self.waiting(account, mailbox).await);
        if let (Ok(Some(stored)), Ok(waiting)) = (stored, waiting) {
            self.set_lamps(account, &stored.mailbox, waiting).await;
        }
    }

    /// How many messages wait in a box.
    pub(in crate::call) async fn waiting(
        &self,
        account: &AccountId,
        mailbox: &str,
    ) -> Result<Waiting, StoreError> {
        let listing = self.catalog.list_under(account, Kind::Message, mailbox);
        let messages = listing.await?.into_iter();
        let read: Vec<Message> = messages
            .filter_map(|message| message.read_leniently(|_| {}).ok())
            .collect();
        Ok(Waiting::of(read.iter()))
    }

    /// The same for a box number that nobody has any more.
    pub async fn tell_none_waits(&self, account: &AccountId, number: &str) {
        self.set_lamps(account, number, Waiting::default()).await;
    }

    async fn set_lamps(&self, account: &AccountId, number: &str, waiting: Waiting) {
        let Some(name) = self.lamp_name(account, number) else {
            return;
        };
        let request = Request::mailbox(&name, waiting.saved, waiting.new);
        if let Err(error) = self.ari.send(request).await {
            tracing::warn!(mailbox = %name, %error, "the lamp is not set: Asterisk needs \
                res_stasis_mailbox and res_mwi_external, or leave `voicemail.mwi` out");
        }
    }

    /// What Asterisk calls a box. All accounts' are in one Asterisk, and two accounts may
    /// have the same number: where the template does not tell them apart it is the
    /// configuration's own account's.
    fn lamp_name(&self, account: &AccountId, number: &str) -> Option<String> {
        const ACCOUNT: &str = "{account}";
        let template = self.config.voicemail.mwi.as_ref()?;
        if *account != self.account && !template.contains(ACCOUNT) {
            return None;
        }
        let name = template.replace(ACCOUNT, account.as_str());
        Some(name.replace("{mailbox}", number))
    }
}
