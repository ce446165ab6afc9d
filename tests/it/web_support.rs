//! A scripted server and the real client in one runtime under virtual time.

use std::collections::HashMap;
use std::future::Future;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Method;
use pivot::config;
use pivot::web::{Answer, Body, Lookup, Outgoing, Policy, Web, WebError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};

#[derive(Clone)]
pub(crate) enum Step {
    Send(Vec<u8>),
    Wait(Duration),
    /// Ends the connection in good order.
    Close,
    Reset,
    Hang,
    /// Sends without end, as fast as the client reads.
    Flood,
}

/// Requests that a server saw, as it saw them.
pub(crate) type Seen = Arc<Mutex<Vec<String>>>;

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    seen: Seen,
    /// Bytes that a flood got rid of.
    pub(crate) flooded: Arc<Mutex<usize>>,
}

impl Server {
    /// Answers the nth request with what `script` says to it.
    pub(crate) async fn start(
        script: impl Fn(usize, &str) -> Vec<Step> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            seen: Seen::default(),
            flooded: Arc::default(),
        };
        let (seen, flooded) = (server.seen.clone(), server.flooded.clone());
        let script = Arc::new(script);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (script, seen, flooded) = (script.clone(), seen.clone(), flooded.clone());
                tokio::spawn(async move {
                    // A client that goes away is part of many cases.
                    let _ = converse(stream, &*script, &seen, &flooded).await;
                });
            }
        });
        server
    }

    /// The same steps for every request.
    pub(crate) async fn always(steps: Vec<Step>) -> Self {
        Self::start(move |_, _| steps.clone()).await
    }

    pub(crate) fn url(&self, rest: &str) -> String {
        format!("http://{}{rest}", self.address)
    }

    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

async fn converse(
    mut stream: TcpStream,
    script: &(dyn Fn(usize, &str) -> Vec<Step> + Send + Sync),
    seen: &Seen,
    flooded: &Mutex<usize>,
) -> io::Result<()> {
    while let Some(request) = read_request(&mut stream).await? {
        let number = {
            let mut seen = seen.lock().unwrap();
            seen.push(request.clone());
            seen.len() - 1
        };
        for step in script(number, &request) {
            match step {
                Step::Send(bytes) => stream.write_all(&bytes).await?,
                Step::Wait(time) => sleep(time).await,
                Step::Close => return Ok(()),
                Step::Reset => {
                    stream.set_zero_linger()?;
                    return Ok(());
                }
                Step::Hang => std::future::pending().await,
                Step::Flood => loop {
                    let sent = stream.write(&[b'x'; 16 * 1024]).await?;
                    *flooded.lock().unwrap() += sent;
                },
            }
        }
    }
    Ok(())
}

/// A request with its body; None when the client has closed.
async fn read_request(stream: &mut TcpStream) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .map_or(0, |(_, value)| value.trim().parse().unwrap());
            if body.len() >= length {
                return Ok(Some(text));
            }
        }
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer).await? {
            0 => return Ok(None),
            n => bytes.extend_from_slice(&buffer[..n]),
        }
    }
}

pub(crate) fn answer(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<Step> {
    let body = body.as_ref();
    let headers = headers.replace('\n', "\r\n");
    let separator = if headers.is_empty() { "" } else { "\r\n" };
    let head = format!(
        "HTTP/1.1 {status}\r\n{headers}{separator}Content-Length: {}\r\n\r\n",
        body.len()
    );
    vec![Step::Send([head.as_bytes(), body].concat())]
}

pub(crate) fn raw(text: &str) -> Step {
    Step::Send(text.as_bytes().to_vec())
}

pub(crate) fn wait(seconds: f64) -> Step {
    Step::Wait(Duration::from_secs_f64(seconds))
}

pub(crate) fn ok(body: &str) -> Vec<Step> {
    answer("200 OK", "Content-Type: text/xml", body)
}

pub(crate) fn after(first: Vec<Step>, then: Vec<Step>) -> Vec<Step> {
    first.into_iter().chain(then).collect()
}

pub(crate) fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn in_virtual_time<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(test)
}

/// Names that exist in the tests.
fn names(known: &[(&str, &str)]) -> Lookup {
    let known: HashMap<String, Vec<IpAddr>> = known
        .iter()
        .map(|(name, addresses)| {
            let addresses = addresses.split(' ').filter(|a| !a.is_empty());
            (
                name.to_string(),
                addresses.map(|a| a.parse().unwrap()).collect(),
            )
        })
        .collect();
    Arc::new(move |name| {
        let found = known.get(&name).cloned();
        Box::pin(async move {
            if name == "slow.test" {
                std::future::pending::<()>().await;
            }
            found.ok_or_else(|| io::Error::other("no such name"))
        })
    })
}

pub(crate) fn web() -> Web {
    let lookup = names(&[
        ("app.test", "127.0.0.1"),
        ("metadata.test", "169.254.169.254"),
        ("mixed.test", "169.254.169.254 127.0.0.1"),
        ("empty.test", ""),
        ("under_score.test", "127.0.0.1"),
    ]);
    Web::with_lookup(&config::Web::default(), lookup).unwrap()
}

pub(crate) fn post(url: impl Into<String>, policy: Policy) -> Outgoing {
    let form = vec![
        ("Digits".into(), "12#".into()),
        ("To".into(), "+1 2".into()),
    ];
    Outgoing::new(Method::POST, url, policy).body(Body::Form(form))
}

pub(crate) async fn send(url: impl Into<String>) -> String {
    send_with(post(url, Policy::twiml())).await
}

pub(crate) async fn send_with(out: Outgoing) -> String {
    let started = Instant::now();
    let result = web().send(out, None).await;
    tell(&result, started)
}

/// `200 "body"`, or phase, code and sentence; then the attempts and the virtual
/// seconds where they say something.
pub(crate) fn tell(result: &Result<Answer, WebError>, started: Instant) -> String {
    let (mut line, attempts) = match result {
        Ok(answer) => {
            let text = answer.text().text;
            let body = if text.len() > 40 {
                format!("{} bytes", text.len())
            } else {
                format!("{text:?}")
            };
            (format!("{} {body}", answer.status), answer.attempts)
        }
        Err(error) => {
            assert!(!error.to_string().contains("secret"), "{error}");
            let phase = format!("{:?}", error.phase()).to_lowercase();
            let line = format!("{phase} {}: {}", error.code(), error.failure);
            (line, error.attempts)
        }
    };
    if attempts > 1 {
        line += &format!(", {attempts} attempts");
    }
    let seconds = started.elapsed().as_millis() as f64 / 1000.0;
    if seconds >= 0.1 {
        line += &format!(", {seconds} s");
    }
    line
}
