//! A phone that wants to know who calls: Digest without `qop`.

use std::collections::HashMap;

use md5::{Digest, Md5};

use super::message::{Message, Start};

const REALM: &str = "lab";

/// What a caller must know.
#[derive(Debug, Clone)]
pub(super) struct Challenge {
    code: u16,
    user: String,
    password: String,
    nonce: String,
}

impl Challenge {
    pub(super) fn new(code: u16, user: &str, password: &str) -> Self {
        Self {
            code,
            user: user.into(),
            password: password.into(),
            nonce: uuid::Uuid::new_v4().simple().to_string(),
        }
    }

    /// What is answered instead of taking the call; nothing to who knows the password.
    pub(super) fn refuse(&self, invite: &Message) -> Option<Message> {
        let (asks, answers) = match self.code {
            407 => ("Proxy-Authenticate", "Proxy-Authorization"),
            _ => ("WWW-Authenticate", "Authorization"),
        };
        let Some(credentials) = invite.header(answers) else {
            let challenge = format!("Digest realm=\"{REALM}\", nonce=\"{}\"", self.nonce);
            let response = Message::response(invite, self.code, "Who Is There", "lab");
            return Some(response.with(asks, challenge));
        };
        let fine = self.is_answered_by(credentials, invite);
        (!fine).then(|| Message::response(invite, 403, "Forbidden", "lab"))
    }

    fn is_answered_by(&self, credentials: &str, invite: &Message) -> bool {
        let Start::Request { method, .. } = &invite.start else {
            return false;
        };
        let fields: HashMap<&str, &str> = credentials
            .trim_start_matches("Digest")
            .split(',')
            .filter_map(|field| field.trim().split_once('='))
            .map(|(name, value)| (name, value.trim_matches('"')))
            .collect();
        let field = |name: &str| fields.get(name).copied().unwrap_or_default();
        let who = md5(&format!("{}:{REALM}:{}", self.user, self.password));
        let what = md5(&format!("{method}:{}", field("uri")));
        field("username") == self.user
            && field("nonce") == self.nonce
            && field("response") == md5(&format!("{who}:{}:{what}", self.nonce))
    }
}

fn md5(text: &str) -> String {
    let digest = Md5::digest(text);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_knows_the_password_may_pass() {
        let challenge = Challenge::new(401, "ann", "sesame");
        let invite = Message::request("INVITE", "sip:1@lab").with("CSeq", "1 INVITE");
        let asked = challenge.refuse(&invite).unwrap();
        assert!(matches!(asked.start, Start::Response { code: 401, .. }));
        let of = |password: &str| {
            let who = md5(&format!("ann:lab:{password}"));
            let what = md5("INVITE:sip:1@lab");
            let response = md5(&format!("{who}:{}:{what}", challenge.nonce));
            invite.clone().with(
                "Authorization",
                format!(
                    "Digest username=\"ann\", realm=\"lab\", nonce=\"{}\", uri=\"sip:1@lab\", response=\"{response}\"",
                    challenge.nonce
                ),
            )
        };
        assert!(challenge.refuse(&of("sesame")).is_none());
        let refused = challenge.refuse(&of("guess")).unwrap();
        assert!(matches!(refused.start, Start::Response { code: 403, .. }));
    }
}
