//! Handing a text message to whoever sends the shop's messages.

use crate::call::journal::Begun;
use crate::call::{Call, CallbackTarget};
use crate::config::Method;
use crate::id;

/// A text message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// None = the caller.
    pub to: Option<String>,
    /// None = the number that was dialled.
    pub from: Option<String>,
    pub body: String,
    /// Pictures and the like.
    pub media: Vec<String>,
    /// Where the sender tells what became of it.
    pub status_callback: Option<CallbackTarget>,
}

/// What became of it as far as pivot knows.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Handed {
    /// `SM` and 32 hex digits.
    pub sid: String,
    /// Nobody is configured to send messages.
    pub failed: bool,
}

impl Handed {
    /// `SmsStatus`.
    pub fn status(&self) -> &'static str {
        if self.failed { "failed" } else { "sent" }
    }
}

impl Call {
    /// Hands it over beside the call, which does not wait.
    pub fn send_message(&mut self, message: &Message) -> Handed {
        let op = match self.begin::<Handed, Handed>() {
            Begun::Done(handed) => return handed,
            // It may be on its way: rather not sent than sent twice.
            Begun::Again(op, handed) => return self.done(&op, handed),
            Begun::New(op) => op,
        };
        let webhook = self.services.config.sms.url.clone();
        let handed = Handed {
            sid: id::secret_sid("SM"),
            failed: webhook.is_none(),
        };
        self.write_down(&op, &handed);
        let params = self.message_params(message, &handed);
        match webhook {
            Some(url) => {
                let target = CallbackTarget {
                    url: url.into(),
                    method: Method::Post,
                };
                self.call_back("[sms] url", &handed.sid, &target, params);
            }
            None => {
                self.warn("13803: the message is not sent, since [sms] url is not set");
                if let Some(target) = &message.status_callback {
                    self.call_back("Sms statusCallback", &handed.sid, target, params);
                }
            }
        }
        self.done(&op, handed)
    }

    fn message_params(&self, message: &Message, handed: &Handed) -> Vec<(String, String)> {
        let facts = self.facts();
        let to = message.to.as_ref().unwrap_or(&facts.caller_number);
        let from = message.from.as_ref().unwrap_or(&facts.dialled);
        let mut params = Vec::new();
        let mut add = |key: &str, value: &str| params.push((key.to_owned(), value.to_owned()));
        add("AccountSid", &self.services.account_sid);
        add("CallSid", self.id().as_str());
        add("MessageSid", &handed.sid);
        add("SmsSid", &handed.sid);
        add("To", to);
        add("From", from);
        add("Body", &message.body);
        if !message.media.is_empty() {
            add("NumMedia", &message.media.len().to_string());
        }
        for (number, url) in message.media.iter().enumerate() {
            add(&format!("MediaUrl{number}"), url);
        }
        if handed.failed {
            add("MessageStatus", handed.status());
            add("SmsStatus", handed.status());
        } else if let Some(target) = &message.status_callback {
            add("StatusCallback", &target.url);
        }
        params
    }
}
