//! The scenarios against the fake Asterisk, in both of its versions.

use std::collections::BTreeMap;
use std::time::Duration;

use pivot::simulate::{self, Behaviour, Caller, FakeAsterisk, OnRefer, Options, Phone};

use crate::scenarios::{self, How, Scenario, Subject, Version};

struct Fake {
    asterisk: FakeAsterisk,
    version: Version,
    phones: BTreeMap<String, Phone>,
}

impl Fake {
    async fn start(version: Version, app: &str) -> Self {
        let options = Options {
            version: match version {
                Version::V16 => simulate::Version::V16,
                Version::V22 => simulate::Version::V22,
            },
            app: app.into(),
            ..Options::default()
        };
        let asterisk = FakeAsterisk::start(options).await.unwrap();
        // As long as in the core sounds.
        asterisk
            .sound("hello-world", Duration::from_millis(1400))
            .await;
        asterisk.sound("beep", Duration::from_millis(400)).await;
        asterisk.no_sound("no-such-sound").await;
        asterisk
            .callee("PJSIP/nobody-here", Behaviour::unregistered())
            .await;
        asterisk
            .callee("Local/nowhere@*", Behaviour::no_extension())
            .await;
        // The dialplan waits when a call is handed back to it.
        asterisk.dialplan_time(Duration::from_secs(30)).await;
        Self {
            asterisk,
            version,
            phones: BTreeMap::new(),
        }
    }

    /// The phone that called in under this name, or was called at this number.
    async fn phone(&self, name: &str) -> Phone {
        match self.phones.get(name) {
            Some(phone) => phone.clone(),
            None => {
                let called = self.asterisk.called(&format!("*{name}@*")).await;
                called.last().cloned().expect("a phone that takes part")
            }
        }
    }
}

impl Subject for Fake {
    fn version(&self) -> Version {
        self.version
    }

    fn url(&self) -> String {
        self.asterisk.url()
    }

    fn password(&self) -> String {
        self.asterisk.options().password.clone()
    }

    async fn call(&mut self, phone: &str, app: &str) {
        let caller = Caller {
            to: app.into(),
            ..Caller::default()
        };
        let called = self.asterisk.call(caller).await;
        self.phones.insert(phone.to_owned(), called);
    }

    async fn press(&mut self, phone: &str, keys: &str) {
        self.phone(phone).await.press(keys).await;
    }

    async fn hang_up(&mut self, phone: &str) {
        self.phone(phone).await.hangup().await;
    }

    async fn talk(&mut self, phone: &str, length: Duration) {
        self.phone(phone).await.talk(length).await;
    }

    async fn callee(&mut self, number: &str, how: How) {
        let behaviour = match how {
            How::AnswerAfter(after) => Behaviour::answers(after),
            How::Reject(code) => Behaviour::rejects(code),
            How::Ring => Behaviour::no_answer(),
            How::Gone => Behaviour::rejects(404),
        };
        let pattern = format!("*{number}@*");
        self.asterisk.callee(&pattern, behaviour).await;
    }

    async fn refer(&mut self, phone: &str, number: &str) {
        let to = format!("sip:{number}@lab.example");
        self.phone(phone).await.refer(&to).await;
    }

    async fn told(&mut self, phone: &str) -> Option<u16> {
        self.phone(phone).await.refer_told().await.last().copied()
    }

    async fn on_refer(&mut self, phone: &str, answer: u16, told: Option<u16>, leaves: bool) {
        let how = OnRefer {
            answer,
            told,
            leaves,
        };
        self.phone(phone).await.on_refer(how).await;
    }

    async fn final_response(&mut self, phone: &str) -> Option<u16> {
        self.phone(phone).await.wait_ended().await.unwrap().sip
    }
}

fn virtual_time(work: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(work);
}

fn check(version: Version) {
    let scenarios: Vec<Scenario> = scenarios::all();
    assert!(scenarios.len() >= 60, "only {} scenarios", scenarios.len());
    let mut failures = Vec::new();
    for scenario in &scenarios {
        virtual_time(async {
            let mut fake = Fake::start(version, &scenario.app()).await;
            if let Err(difference) = scenarios::run(scenario, &mut fake).await {
                failures.push(format!("== {}\n{difference}", scenario.name));
            }
        });
    }
    assert!(
        failures.is_empty(),
        "{} of {} scenarios differ\n{}",
        failures.len(),
        scenarios.len(),
        failures.join("\n")
    );
}

#[test]
fn the_fake_of_22_behaves_as_the_scenarios_say() {
    check(Version::V22);
}

#[test]
fn the_fake_of_16_behaves_as_the_scenarios_say() {
    check(Version::V16);
}
