//! `pivot calls` and `pivot trace` ask the daemon through its control socket.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use pivot::clock;
use pivot::control::{self, Answer, ControlError, Question};
use pivot::id::CallId;
use pivot::trace::{Kind, Summary, Trace, Traces};
use tokio::net::UnixStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::support::Folder;

struct Daemon {
    traces: Traces,
    path: PathBuf,
    stop: CancellationToken,
    tasks: TaskTracker,
    _folder: Folder,
}

impl Daemon {
    async fn start() -> Self {
        let folder = Folder::new();
        let path = folder.0.join("pivot.sock");
        let (traces, keeping) = Traces::start(10);
        tokio::spawn(keeping);
        let listener = control::bind(&path).await.unwrap();
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        tasks.spawn(control::serve(
            listener,
            traces.clone(),
            tasks.clone(),
            stop.clone(),
        ));
        Self {
            traces,
            path,
            stop,
            tasks,
            _folder: folder,
        }
    }

    fn call(&self) -> (CallId, Trace) {
        let id = CallId::new();
        let summary = Summary {
            id: id.to_string(),
            channel: "PJSIP/alice-1".into(),
            from: "100".into(),
            to: "2030".into(),
            began: clock::now(),
            ended: None,
            state: "in progress".into(),
        };
        let trace = self.traces.begin(&id, summary);
        (id, trace)
    }

    async fn ask(&self, question: Question) -> Result<Vec<Answer>, ControlError> {
        let mut answers = Vec::new();
        control::ask(&self.path, &question, |answer| answers.push(answer)).await?;
        Ok(answers)
    }
}

fn trace_of(call: &str, follow: bool) -> Question {
    Question::Trace {
        call: call.into(),
        follow,
    }
}

#[tokio::test]
async fn live_calls_and_those_that_are_over_are_listed() {
    let daemon = Daemon::start().await;
    let (over, trace) = daemon.call();
    trace.end("hung up by the flow");
    let (live, _trace) = daemon.call();
    let answers = daemon.ask(Question::Calls).await.unwrap();
    let [Answer::Calls { calls }] = answers.as_slice() else {
        panic!("{answers:?}")
    };
    let ids: Vec<_> = calls.iter().map(|call| call.id.as_str()).collect();
    assert_eq!(ids, [live.as_str(), over.as_str()]);
    assert_eq!(calls[1].state, "hung up by the flow");
    assert!(calls[1].ended.is_some());
}

#[tokio::test]
async fn a_timeline_is_asked_for_by_id_its_end_or_the_channel() {
    let daemon = Daemon::start().await;
    let (id, trace) = daemon.call();
    trace.write(Kind::Step, "<Say> in line 1");
    for name in [id.as_str(), &id.as_str()[24..], "PJSIP/alice-1"] {
        let answers = daemon.ask(trace_of(name, false)).await.unwrap();
        let [Answer::Trace(timeline)] = answers.as_slice() else {
            panic!("{answers:?}")
        };
        assert_eq!(timeline.entries[0].text, "<Say> in line 1");
    }
}

#[tokio::test]
async fn an_unknown_call_is_an_error_that_says_where_to_look() {
    let daemon = Daemon::start().await;
    let error = daemon.ask(trace_of("nobody", true)).await.unwrap_err();
    assert!(error.to_string().contains("`pivot calls`"), "{error}");
}

#[tokio::test]
async fn a_followed_call_tells_each_entry_once_until_it_ends() {
    let daemon = Daemon::start().await;
    let (id, trace) = daemon.call();
    trace.write(Kind::Step, "first");
    let (seen, mut answers) = tokio::sync::mpsc::unbounded_channel();
    let path = daemon.path.clone();
    let asking = tokio::spawn(async move {
        let question = trace_of(id.as_str(), true);
        control::ask(&path, &question, |answer| {
            seen.send(answer).ok();
        })
        .await
    });
    let Some(Answer::Trace(timeline)) = answers.recv().await else {
        panic!()
    };
    assert_eq!(timeline.entries.len(), 1);
    // Within the same millisecond as far as can be.
    for text in ["second", "third", "fourth"] {
        trace.write(Kind::Decision, text);
    }
    trace.end("over");
    let mut texts = Vec::new();
    while let Some(answer) = answers.recv().await {
        let Answer::Entry(entry) = answer else {
            panic!()
        };
        texts.push(entry.text);
    }
    assert_eq!(texts, ["second", "third", "fourth"]);
    asking.await.unwrap().unwrap();
}

#[tokio::test]
async fn following_a_call_that_is_over_shows_it_and_ends() {
    let daemon = Daemon::start().await;
    let (id, trace) = daemon.call();
    trace.end("over");
    let answers = daemon.ask(trace_of(id.as_str(), true)).await.unwrap();
    assert_eq!(answers.len(), 1);
}

#[tokio::test]
async fn only_the_owner_may_use_the_socket() {
    let daemon = Daemon::start().await;
    let mode = std::fs::metadata(&daemon.path)
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600, "{mode:o}");
}

#[tokio::test]
async fn a_socket_left_by_a_pivot_that_is_gone_is_replaced() {
    let folder = Folder::new();
    let path = folder.0.join("pivot.sock");
    drop(control::bind(&path).await.unwrap());
    assert!(path.exists(), "it was left behind");
    let again = control::bind(&path).await;
    assert!(again.is_ok(), "{again:?}");
}

#[tokio::test]
async fn the_socket_of_a_running_pivot_is_not_taken() {
    let daemon = Daemon::start().await;
    let error = control::bind(&daemon.path).await.unwrap_err().to_string();
    assert!(error.contains("another pivot answers there"), "{error}");
    assert!(error.contains("[control] socket"), "{error}");
    daemon.ask(Question::Calls).await.unwrap();
}

#[tokio::test]
async fn without_a_daemon_the_error_says_what_to_check() {
    let folder = Folder::new();
    let path = folder.0.join("pivot.sock");
    let asked = control::ask(&path, &Question::Calls, |_| {}).await;
    let error = asked.unwrap_err().to_string();
    assert!(error.contains("Is it running"), "{error}");
}

#[tokio::test]
async fn nonsense_is_answered_with_an_error_and_the_others_are_served() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let daemon = Daemon::start().await;
    for line in ["nonsense\n".to_owned(), "{}\n".into(), "x".repeat(100_000)] {
        let mut stream = UnixStream::connect(&daemon.path).await.unwrap();
        stream.write_all(line.as_bytes()).await.ok();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok();
        if line.len() < 100 {
            assert!(answer.contains("\"error\""), "{answer}");
        }
    }
    daemon.ask(Question::Calls).await.unwrap();
}

#[tokio::test]
async fn it_ends_with_the_daemon_although_somebody_follows() {
    let daemon = Daemon::start().await;
    let (id, _trace) = daemon.call();
    let path = daemon.path.clone();
    let asking =
        tokio::spawn(
            async move { control::ask(&path, &trace_of(id.as_str(), true), |_| {}).await },
        );
    tokio::task::yield_now().await;
    daemon.stop.cancel();
    daemon.tasks.close();
    daemon.tasks.wait().await;
    asking.await.unwrap().ok();
}

#[tokio::test]
async fn a_file_at_a_mistyped_path_is_not_removed() {
    let folder = Folder::new();
    let path = folder.0.join("notes.txt");
    std::fs::write(&path, "mine").unwrap();
    let error = control::bind(&path).await.unwrap_err().to_string();
    assert!(error.contains("it is not a socket"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
}
