//! Device states of pivot's own, which hints of the dialplan show on phones.

use serde::{Deserialize, Serialize};

use crate::ari::Request;
use crate::call::Call;

/// How the lamp of a phone shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeviceState {
    NotInUse,
    Ringing,
    InUse,
}

impl DeviceState {
    fn word(self) -> &'static str {
        match self {
            Self::NotInUse => "NOT_INUSE",
            Self::Ringing => "RINGING",
            Self::InUse => "INUSE",
        }
    }
}

impl Call {
    /// Sets `Stasis:name`; that of an account other than the configuration's own is
    /// `Stasis:ACCOUNT-name`, since they share one Asterisk. Asterisk keeps it, also when
    /// it starts again.
    pub async fn set_device_state(&mut self, name: &str, state: DeviceState) {
        let name = match self.account() {
            own if *own == self.services.account => name.to_owned(),
            account => format!("{account}-{name}"),
        };
        let name = name.as_str();
        // Setting it twice is as good as once.
        let request = Request::set_device_state(name, state.word());
        if let Err(error) = self.insist(request).await {
            self.warn(format!("the state of Stasis:{name} is not set: {error}"));
        }
    }
}
