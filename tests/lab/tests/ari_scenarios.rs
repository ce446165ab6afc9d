//! The scenarios of `tests/it/scenarios` against real Asterisks. The fake is
//! held to the same files, so a difference here is one between fake and real.

#![expect(
    clippy::unwrap_used,
    reason = "a step that cannot be done is the failure of the scenario"
)]

#[path = "../../it/scenarios/mod.rs"]
mod scenarios;

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::StreamExt;
use pivot_lab::asterisk::{Asterisk, Options};
use pivot_lab::error::LabError;
use pivot_lab::phone::{Call, OnCall, OnRefer, Phone};

use scenarios::{How, Scenario, Subject, Version};

/// How many scenarios run at once, each with an application of its own.
const AT_ONCE: usize = 8;

/// Any number that begins with `app` reaches the application of that name, and
/// gets a 503 when there is none.
const DIALPLAN: &str = "[pivot](+)\n\
    exten => _app.,1,Stasis(${EXTEN})\n\
    same => n,GotoIf($[\"${STASISSTATUS}\" = \"FAILED\"]?down)\n\
    same => n,Hangup(16)\n\
    same => n(down),Hangup(34)\n\
    [hold]\n\
    exten => s,1,Wait(30)\n";

struct Live<'a> {
    asterisk: &'a Asterisk,
    version: Version,
    /// By name for those that call in, by number for those that are called.
    calls: BTreeMap<String, Call>,
    phones: BTreeMap<String, Phone>,
}

impl Live<'_> {
    async fn phone(&mut self, name: &str) -> &mut Call {
        if !self.calls.contains_key(name) {
            let phone = self.phones.get_mut(name).expect("a phone of the scenario");
            let call = phone.next_call().await.expect("it was called");
            self.calls.insert(name.to_owned(), call);
        }
        self.calls.get_mut(name).expect("just put there")
    }
}

impl Subject for Live<'_> {
    fn version(&self) -> Version {
        self.version
    }

    fn url(&self) -> String {
        self.asterisk.ari_url.clone()
    }

    fn password(&self) -> String {
        self.asterisk.password.clone()
    }

    async fn call(&mut self, phone: &str, app: &str) {
        let caller = self.asterisk.phone(&format!("1555{app}{phone}"));
        let call = caller.call(app).await.expect("the INVITE is sent");
        self.calls.insert(phone.to_owned(), call);
        self.phones.insert(format!("caller {phone}"), caller);
    }

    async fn press(&mut self, phone: &str, keys: &str) {
        let call = self.phone(phone).await;
        call.press(keys).await.expect("keys that exist");
    }

    async fn hang_up(&mut self, phone: &str) {
        // A call that is over already is fine too.
        let _ = self.phone(phone).await.hangup().await;
    }

    async fn talk(&mut self, phone: &str, length: Duration) {
        let call = self.phone(phone).await;
        call.send_tone(440.0, length).await.expect("a call");
    }

    async fn callee(&mut self, number: &str, how: How) {
        let on_call = match how {
            How::AnswerAfter(after) => OnCall::Answer { after },
            How::Reject(code) => OnCall::Reject(code),
            How::Ring => OnCall::NeverAnswer,
            How::Gone => return,
        };
        let phone = self.asterisk.phone(number);
        phone.on_call(on_call);
        self.phones.insert(number.to_owned(), phone);
    }

    async fn refer(&mut self, phone: &str, number: &str) {
        let to = format!("<sip:{number}@lab.example?X-Reason=7>");
        self.phone(phone).await.refer(&to);
    }

    async fn on_refer(&mut self, phone: &str, answer: u16, told: Option<u16>, leaves: bool) {
        let how = match told {
            Some(code) if leaves => OnRefer::follow(code).and_leave(),
            Some(code) => OnRefer::follow(code),
            None => OnRefer::refuse(answer),
        };
        self.phone(phone).await.on_refer(how);
    }

    async fn told(&mut self, phone: &str) -> Option<u16> {
        let call = self.phone(phone).await;
        let referral = call.wait_refer_over().await.expect("it sent a REFER");
        referral.notified.last().copied()
    }

    async fn final_response(&mut self, phone: &str) -> Option<u16> {
        let call = self.phone(phone).await;
        call.wait_ended().await.expect("it ended");
        let state = call.state();
        state.code.filter(|_| state.answered_at.is_none())
    }
}

async fn check(name: &str, version: Version) {
    let options = Options {
        dialplan: DIALPLAN.into(),
        ..Options::default()
    };
    let asterisk = match Asterisk::start_with(name, options).await {
        Ok(asterisk) => asterisk,
        Err(LabError::Skipped(reason)) => {
            eprintln!("skipped on Asterisk {name}: {reason}");
            return;
        }
        Err(error) => panic!("{error}"),
    };
    let only = std::env::var("PIVOT_SCENARIO").unwrap_or_default();
    let scenarios: Vec<Scenario> = scenarios::all()
        .into_iter()
        .filter(|scenario| scenario.name.contains(&only))
        .collect();
    let asterisk = &asterisk;
    let mut results: Vec<_> = futures_util::stream::iter(&scenarios)
        .map(|scenario| async move {
            let mut subject = Live {
                asterisk,
                version,
                calls: BTreeMap::new(),
                phones: BTreeMap::new(),
            };
            let result = scenarios::run(scenario, &mut subject).await;
            (scenario.ordinal, scenario, result)
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    results.sort_by_key(|(ordinal, ..)| *ordinal);
    let failures: Vec<String> = results
        .into_iter()
        .filter_map(|(_, scenario, result)| {
            let difference = result.err()?;
            Some(format!("== {}\n{difference}", scenario.name))
        })
        .collect();
    assert!(
        failures.is_empty(),
        "{} of {} scenarios differ\n{}",
        failures.len(),
        scenarios.len(),
        failures.join("\n")
    );
}

#[tokio::test]
async fn asterisk_22_behaves_as_the_scenarios_say() {
    check("22", Version::V22).await;
}

#[tokio::test]
async fn asterisk_16_behaves_as_the_scenarios_say() {
    check("16", Version::V16).await;
}
