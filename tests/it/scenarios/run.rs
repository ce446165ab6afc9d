//! Runs a scenario against a subject.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::SinkExt;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;

use super::client::{Client, Socket, next_event};
use super::script::{Line, Scenario, Version, fits};
use super::transcript::Transcript;

/// What a phone does when it is called.
#[derive(Debug, Clone, Copy)]
pub(crate) enum How {
    AnswerAfter(Duration),
    Reject(u16),
    Ring,
    Gone,
}

/// An Asterisk with phones around it.
pub(crate) trait Subject {
    fn version(&self) -> Version;
    /// `http://127.0.0.1:8088`.
    fn url(&self) -> String;
    /// Of the ARI user `pivot`.
    fn password(&self) -> String;
    /// Phone `phone` calls in and reaches `Stasis(app)`.
    async fn call(&mut self, phone: &str, app: &str);
    async fn press(&mut self, phone: &str, keys: &str);
    async fn hang_up(&mut self, phone: &str);
    /// Talks for so long.
    async fn talk(&mut self, phone: &str, length: Duration);
    /// What the phone with this number will do when called.
    async fn callee(&mut self, number: &str, how: How);
    /// Sends a REFER to this number.
    async fn refer(&mut self, phone: &str, number: &str);
    /// The last that it was told of the call that its REFER asked for.
    async fn told(&mut self, phone: &str) -> Option<u16>;
    /// How the phone answers a REFER, and what it tells a moment later of the
    /// call that it was asked for; then it may hang up.
    async fn on_refer(&mut self, phone: &str, answer: u16, told: Option<u16>, leaves: bool);
    /// Makes sure that the call has ended; its final SIP response, `None` when
    /// it had been answered.
    async fn final_response(&mut self, phone: &str) -> Option<u16>;
}

/// How long an event may take.
const PATIENCE: Duration = Duration::from_secs(12);
/// For what still happens after the last step.
const SETTLE: Duration = Duration::from_millis(700);

/// Runs it and gives what differs from what is expected.
pub(crate) async fn run(scenario: &Scenario, subject: &mut impl Subject) -> Result<(), String> {
    let mut runner = Runner::new(scenario, subject).await;
    let version = subject.version();
    let mut outcome = Ok(());
    for line in scenario.steps.iter().filter(|line| line.is_for(version)) {
        outcome = runner.step(line, subject).await;
        if outcome.is_err() {
            break;
        }
    }
    runner.absorb_for(SETTLE).await;
    let seen = runner.transcript.result();
    let expected = scenario.expected(version);
    runner.clean_up(subject).await;
    let same = expected.len() == seen.len()
        && expected
            .iter()
            .zip(&seen)
            .all(|(wanted, got)| wanted.0 == got.0 && fits(wanted.1, got.1));
    match outcome {
        Ok(()) if same => Ok(()),
        Ok(()) => Err(difference(&expected, &seen)),
        Err(error) => Err(format!("{error}\n{}", difference(&expected, &seen))),
    }
}

fn difference(expected: &BTreeMap<String, String>, seen: &BTreeMap<String, String>) -> String {
    let mut text = String::new();
    let nothing = String::new();
    let objects: std::collections::BTreeSet<_> = expected.keys().chain(seen.keys()).collect();
    for object in objects {
        let wanted = expected.get(object).unwrap_or(&nothing);
        let got = seen.get(object).unwrap_or(&nothing);
        if fits(wanted, got) {
            text.push_str(&format!("  {object}: as expected\n"));
        } else {
            text.push_str(&format!("- {object}: {wanted}\n+ {object}: {got}\n"));
        }
    }
    text
}

struct Runner {
    client: Client,
    app: String,
    slug: String,
    ordinal: usize,
    sockets: Vec<Socket>,
    transcript: Transcript,
    /// What `$a` and `{b}` stand for.
    channels: BTreeMap<String, String>,
    numbers: BTreeMap<String, String>,
    phones: Vec<String>,
    waiting: Option<JoinHandle<(u16, Value)>>,
}

impl Runner {
    async fn new(scenario: &Scenario, subject: &impl Subject) -> Self {
        let client = Client::new(&subject.url(), &subject.password());
        let app = scenario.app();
        Self {
            sockets: vec![client.socket(&app).await],
            client,
            app,
            slug: scenario.slug.clone(),
            ordinal: scenario.ordinal,
            transcript: Transcript::new(scenario),
            channels: BTreeMap::new(),
            numbers: BTreeMap::new(),
            phones: Vec::new(),
            waiting: None,
        }
    }

    async fn step(&mut self, line: &Line, subject: &mut impl Subject) -> Result<(), String> {
        let place = format!("line {}: {}", line.number, line.text);
        let fail = |what: String| format!("{place}: {what}");
        let words: Vec<&str> = line.text.split_whitespace().collect();
        match words.as_slice() {
            ["call", phone] => {
                subject.call(phone, &self.app).await;
                self.phones.push((*phone).to_owned());
                let start = self.wait(|event, transcript| {
                    let id = event["channel"]["id"].as_str()?;
                    (event["type"] == "StasisStart" && !transcript.is_known(id))
                        .then(|| id.to_owned())
                });
                let id = start.await.ok_or_else(|| fail("no StasisStart".into()))?;
                self.channels.insert((*phone).to_owned(), id.clone());
                self.transcript.name(&id, phone);
                self.transcript.add(&json!({
                    "type": "StasisStart", "channel": { "id": id },
                }));
            }
            ["dials", phone] => {
                subject.call(phone, &self.app).await;
                self.phones.push((*phone).to_owned());
            }
            [phone, "presses", keys] => {
                let phone = self.phone(phone);
                self.during(subject.press(&phone, keys)).await;
            }
            [phone, "hangs", "up"] => {
                let phone = self.phone(phone);
                self.during(subject.hang_up(&phone)).await;
            }
            [phone, "talks", time] => {
                let phone = self.phone(phone);
                self.during(subject.talk(&phone, seconds(time))).await;
            }
            [phone, "refers", "to", number] => {
                let phone = self.phone(phone);
                self.during(subject.refer(&phone, number)).await;
            }
            [phone, "was", "told", wanted] => {
                let phone = self.phone(phone);
                let told = self.during(subject.told(&phone)).await;
                if told.map(|code| code.to_string()).as_deref() != Some(*wanted) {
                    return Err(fail(format!("it was told {told:?}")));
                }
            }
            [phone, "refuses", "REFER", code] => {
                let phone = self.phone(phone);
                subject
                    .on_refer(&phone, code.parse().unwrap(), None, false)
                    .await;
            }
            [phone, "follows", "REFER", code, end @ ..] => {
                let phone = self.phone(phone);
                let leaves = end == ["and", "leaves"];
                subject
                    .on_refer(&phone, 202, code.parse().ok(), leaves)
                    .await;
            }
            [phone, "answers", time] => {
                self.callee(phone, How::AnswerAfter(seconds(time)), subject)
                    .await;
            }
            [phone, "rejects", code] => {
                self.callee(phone, How::Reject(code.parse().unwrap()), subject)
                    .await;
            }
            [phone, "rings"] => self.callee(phone, How::Ring, subject).await,
            [phone, "gone"] => self.callee(phone, How::Gone, subject).await,
            [phone, "got", wanted] => {
                self.absorb_for(Duration::from_millis(100)).await;
                let got = subject.final_response(phone).await;
                let got = got.map_or("bye".to_owned(), |code| code.to_string());
                if got != *wanted {
                    return Err(fail(format!("it got {got}")));
                }
            }
            ["sleep", time] => self.absorb_for(seconds(time)).await,
            ["until", object, event @ ..] => {
                let event = event.join(" ");
                if !self.until(object, &event).await {
                    return Err(fail("did not happen".into()));
                }
            }
            ["socket", "down"] => self.sockets.clear(),
            ["socket", "up"] => self.sockets = vec![self.client.socket(&self.app).await],
            ["socket", "again"] => self.sockets.push(self.client.socket(&self.app).await),
            ["&", method, path, params @ ..] => {
                let (method, path) = ((*method).to_owned(), self.path(path));
                let (params, client) = (self.params(params), self.client.clone());
                self.waiting = Some(tokio::spawn(async move {
                    client.send(&method, &path, &params).await
                }));
                // So that it is on its way before the next step.
                self.absorb_for(Duration::from_millis(100)).await;
            }
            ["~", method, path, rest @ ..] => {
                let (params, wanted) = halves(rest);
                let frame = request_frame(method, &self.path(path), &self.params(params));
                let socket = self.sockets.first_mut();
                let socket = socket.ok_or_else(|| fail("no socket".into()))?;
                socket.send(Message::text(frame)).await.unwrap();
                let response =
                    self.wait(|event, _| (event["type"] == "RESTResponse").then(|| event.clone()));
                let response = response.await.ok_or_else(|| fail("no answer".into()))?;
                let body = response["message_body"].as_str().unwrap_or("null");
                let body = serde_json::from_str(body).unwrap_or_default();
                let status = u16::try_from(response["status_code"].as_u64().unwrap_or(0));
                self.compare(status.unwrap_or(0), &body, wanted)
                    .map_err(fail)?;
            }
            ["pending"] => {
                if self.waiting.as_ref().is_none_or(JoinHandle::is_finished) {
                    return Err(fail("it has been answered".into()));
                }
            }
            ["joined", status] => {
                let waiting = self
                    .waiting
                    .take()
                    .ok_or_else(|| fail("nothing waits".into()))?;
                let (got, body) = self.during(waiting).await.unwrap();
                if got.to_string() != *status {
                    return Err(fail(format!("{got} {body}")));
                }
            }
            [method, path, rest @ ..] => {
                let (params, wanted) = halves(rest);
                let (path, params) = (self.path(path), self.params(params));
                let client = self.client.clone();
                let (status, body) = self.during(client.send(method, &path, &params)).await;
                self.compare(status, &body, wanted).map_err(fail)?;
            }
            _ => return Err(fail("not understood".into())),
        }
        Ok(())
    }

    /// Whether an answer is what stands behind `=>`.
    fn compare(&self, status: u16, body: &Value, wanted: &[&str]) -> Result<(), String> {
        let [_, code, fields @ ..] = wanted else {
            return Err("no status is expected".into());
        };
        if status.to_string() != *code {
            return Err(format!("{status} {body}"));
        }
        for (name, value) in self.params(fields) {
            let found = match &body[&name] {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            if found != value {
                return Err(format!("{name} is {found}"));
            }
        }
        Ok(())
    }

    async fn callee(&mut self, phone: &str, how: How, subject: &mut impl Subject) {
        let letter = phone.bytes().next().unwrap_or_default();
        let number = format!("557{:03}{:03}", self.ordinal, letter);
        subject.callee(&number, how).await;
        self.numbers.insert(phone.to_owned(), number);
    }

    /// What the subject knows a phone by: its number, if it is called.
    fn phone(&self, phone: &str) -> String {
        let number = self.numbers.get(phone);
        number.cloned().unwrap_or_else(|| phone.to_owned())
    }

    /// Replaces `$name` and `{phone}`.
    fn fill(&self, text: &str) -> String {
        let mut filled = text.to_owned();
        for (phone, number) in &self.numbers {
            let endpoint = format!("PJSIP/{number}@pivot-trunk");
            filled = filled
                .replace(&format!("{{{phone}}}"), &endpoint)
                .replace(&format!("{{{phone}.number}}"), number);
        }
        filled = filled.replace("{app}", &self.app);
        let mut out = String::new();
        let mut rest = filled.as_str();
        while let Some((before, after)) = rest.split_once('$') {
            let end = after
                .find(|c: char| !c.is_ascii_alphanumeric())
                .unwrap_or(after.len());
            let (name, tail) = after.split_at(end);
            out.push_str(before);
            let heir = self.transcript.heir().filter(|_| name == "heir");
            match self.channels.get(name).map(String::as_str).or(heir) {
                Some(id) => out.push_str(id),
                None => out.push_str(&format!("{}-{name}", self.slug)),
            }
            rest = tail;
        }
        out.push_str(rest);
        out
    }

    fn path(&self, path: &str) -> String {
        self.fill(path)
    }

    fn params(&self, words: &[&str]) -> Vec<(String, String)> {
        words
            .iter()
            .map(|word| {
                let (name, value) = word.split_once('=').unwrap_or((word, ""));
                (name.to_owned(), self.fill(value))
            })
            .collect()
    }

    /// Does something while events are noted.
    async fn during<T>(&mut self, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                event = any(&mut self.sockets) => self.transcript.add(&event),
            }
        }
    }

    async fn absorb_for(&mut self, time: Duration) {
        self.during(tokio::time::sleep(time)).await;
    }

    async fn wait<T>(
        &mut self,
        mut look: impl FnMut(&Value, &Transcript) -> Option<T>,
    ) -> Option<T> {
        let late = tokio::time::sleep(PATIENCE);
        tokio::pin!(late);
        loop {
            tokio::select! {
                () = &mut late => return None,
                event = any(&mut self.sockets) => {
                    if let Some(found) = look(&event, &self.transcript) {
                        return Some(found);
                    }
                    self.transcript.add(&event);
                }
            }
        }
    }

    async fn until(&mut self, object: &str, event: &str) -> bool {
        let late = tokio::time::sleep(PATIENCE);
        tokio::pin!(late);
        loop {
            let events = self.transcript.events(object);
            if events.iter().any(|seen| seen.starts_with(event)) {
                return true;
            }
            tokio::select! {
                () = &mut late => return false,
                event = any(&mut self.sockets) => self.transcript.add(&event),
            }
        }
    }

    /// Leaves nothing behind, whatever the scenario did.
    async fn clean_up(mut self, subject: &mut impl Subject) {
        for phone in std::mem::take(&mut self.phones) {
            subject.hang_up(&phone).await;
        }
        let prefix = format!("{}-", self.slug);
        for list in ["channels", "bridges"] {
            let (_, all) = self.client.send("GET", list, &[]).await;
            for object in all.as_array().into_iter().flatten() {
                if let Some(id) = object["id"].as_str().filter(|id| id.starts_with(&prefix)) {
                    self.client
                        .send("DELETE", &format!("{list}/{id}"), &[])
                        .await;
                }
            }
        }
        let (_, all) = self.client.send("GET", "recordings/stored", &[]).await;
        for recording in all.as_array().into_iter().flatten() {
            if let Some(name) = recording["name"]
                .as_str()
                .filter(|n| n.starts_with(&prefix))
            {
                self.client
                    .send("DELETE", &format!("recordings/stored/{name}"), &[])
                    .await;
            }
        }
        if let Some(waiting) = self.waiting.take() {
            waiting.abort();
        }
    }
}

/// The next event of any socket; never, while none is open.
async fn any(sockets: &mut Vec<Socket>) -> Value {
    loop {
        if sockets.is_empty() {
            std::future::pending::<()>().await;
        }
        let events = sockets
            .iter_mut()
            .map(|socket| Box::pin(next_event(socket)));
        let (event, place, _) = futures_util::future::select_all(events).await;
        match event {
            Some(event) => return event,
            None => {
                sockets.remove(place);
            }
        }
    }
}

/// What stands before and from `=>`.
fn halves<'a, 'b>(words: &'a [&'b str]) -> (&'a [&'b str], &'a [&'b str]) {
    let split = words.iter().position(|word| *word == "=>");
    words.split_at(split.unwrap_or(words.len()))
}

/// A request over the event socket.
fn request_frame(method: &str, path: &str, params: &[(String, String)]) -> String {
    let query: Vec<Value> = params
        .iter()
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect();
    json!({
        "type": "RESTRequest", "request_id": "r", "method": method, "uri": path,
        "query_strings": query,
    })
    .to_string()
}

fn seconds(text: &str) -> Duration {
    Duration::from_secs_f64(text.parse().unwrap())
}
