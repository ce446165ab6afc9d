//! How customers' servers behave, and what comes of it.
//!
//! Each case runs a scripted server and the real client in one runtime under
//! virtual time; the outcome is told in one line.

use std::collections::HashMap;
use std::future::Future;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Method;
use pivot::config;
use pivot::web::{Answer, Body, CookieJar, Lookup, Outgoing, Policy, Redirects, Web, WebError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{Instant, sleep};

#[derive(Clone)]
enum Step {
    Send(Vec<u8>),
    Wait(Duration),
    /// Ends the connection in good order.
    Close,
    Reset,
    Hang,
    /// Sends without end, as fast as the client reads.
    Flood,
}
use Step::{Close, Flood, Hang, Reset, Send};

/// Requests that a server saw, as it saw them.
type Seen = Arc<Mutex<Vec<String>>>;

struct Server {
    address: SocketAddr,
    seen: Seen,
    /// Bytes that a flood got rid of.
    flooded: Arc<Mutex<usize>>,
}

impl Server {
    /// Answers the nth request with what `script` says to it.
    async fn start(
        script: impl Fn(usize, &str) -> Vec<Step> + std::marker::Send + Sync + 'static,
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
    async fn always(steps: Vec<Step>) -> Self {
        Self::start(move |_, _| steps.clone()).await
    }

    fn url(&self, rest: &str) -> String {
        format!("http://{}{rest}", self.address)
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

async fn converse(
    mut stream: TcpStream,
    script: &(dyn Fn(usize, &str) -> Vec<Step> + std::marker::Send + Sync),
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
                Send(bytes) => stream.write_all(&bytes).await?,
                Step::Wait(time) => sleep(time).await,
                Close => return Ok(()),
                Reset => {
                    stream.set_zero_linger()?;
                    return Ok(());
                }
                Hang => std::future::pending().await,
                Flood => loop {
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

fn answer(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<Step> {
    let body = body.as_ref();
    let headers = headers.replace('\n', "\r\n");
    let separator = if headers.is_empty() { "" } else { "\r\n" };
    let head = format!(
        "HTTP/1.1 {status}\r\n{headers}{separator}Content-Length: {}\r\n\r\n",
        body.len()
    );
    vec![Send([head.as_bytes(), body].concat())]
}

fn raw(text: &str) -> Step {
    Send(text.as_bytes().to_vec())
}

fn wait(seconds: f64) -> Step {
    Step::Wait(Duration::from_secs_f64(seconds))
}

fn ok(body: &str) -> Vec<Step> {
    answer("200 OK", "Content-Type: text/xml", body)
}

fn after(first: Vec<Step>, then: Vec<Step>) -> Vec<Step> {
    first.into_iter().chain(then).collect()
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn in_virtual_time<T>(test: impl Future<Output = T>) -> T {
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

fn web() -> Web {
    let lookup = names(&[
        ("app.test", "127.0.0.1"),
        ("metadata.test", "169.254.169.254"),
        ("mixed.test", "169.254.169.254 127.0.0.1"),
        ("empty.test", ""),
        ("under_score.test", "127.0.0.1"),
    ]);
    Web::with_lookup(&config::Web::default(), lookup).unwrap()
}

fn post(url: impl Into<String>, policy: Policy) -> Outgoing {
    let form = vec![
        ("Digits".into(), "12#".into()),
        ("To".into(), "+1 2".into()),
    ];
    Outgoing::new(Method::POST, url, policy).body(Body::Form(form))
}

async fn send(url: impl Into<String>) -> String {
    send_with(post(url, Policy::twiml())).await
}

async fn send_with(out: Outgoing) -> String {
    let started = Instant::now();
    let result = web().send(out, None).await;
    tell(&result, started)
}

/// `200 "body"`, or phase, code and sentence; then the attempts and the virtual
/// seconds where they say something.
fn tell(result: &Result<Answer, WebError>, started: Instant) -> String {
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

/// A case: what the server does, the URL's fragment, and what comes of it.
type Case = (&'static str, Vec<Step>, &'static str, &'static str);

#[test]
fn each_behaviour_of_a_server_has_its_result() {
    let mb100 = 100 * 1024 * 1024;
    let bomb = gzip(&vec![0; 10 * 1024 * 1024]);
    let half = gzip(&[b'x'; 5000]);
    let cases: Vec<Case> = vec![
        (
            "plain answer",
            ok("<Response/>"),
            "",
            r#"200 "<Response/>""#,
        ),
        (
            "slow headers, in time",
            after(vec![wait(14.0)], ok("a")),
            "",
            r#"200 "a", 14 s"#,
        ),
        (
            "slow headers, too slow",
            after(vec![wait(16.0)], ok("a")),
            "",
            "headers 11203: not finished within 15000 ms; it ended while waiting for the answer, 15 s",
        ),
        (
            "a second against #rt=500",
            after(vec![wait(1.0)], ok("a")),
            "#rt=500",
            "headers 11203: no data for 500 ms while waiting for the answer, 0.5 s",
        ),
        (
            "a read timeout is tried again when the URL says so",
            vec![Hang],
            "#rt=500&rc=2&rp=rt",
            "headers 11203: no data for 500 ms while waiting for the answer, 3 attempts, 1.5 s",
        ),
        (
            "never an answer",
            vec![Hang],
            "#tt=3000",
            "headers 11203: not finished within 3000 ms; it ended while waiting for the answer, 3 s",
        ),
        (
            "a body that drips",
            after(
                vec![raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")],
                (0..100).flat_map(|_| [wait(1.0), raw("x")]).collect(),
            ),
            "",
            "body 11203: not finished within 15000 ms; it ended while waiting for the rest of the answer, 15 s",
        ),
        (
            "a body that stops",
            vec![
                raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<Resp"),
                Hang,
            ],
            "#rt=2000",
            "body 11203: no data for 2000 ms while waiting for the rest of the answer, 2 s",
        ),
        (
            "reset before the answer",
            vec![Reset],
            "",
            "headers 11205: the server closed the connection before it answered",
        ),
        (
            "closed without an answer",
            vec![Close],
            "",
            "headers 11205: the server closed the connection before it answered",
        ),
        (
            "closed within the headers",
            vec![raw("HTTP/1.1 200 OK\r\nContent-"), Close],
            "",
            "headers 11205: the server closed the connection before it answered",
        ),
        (
            "closed within the body",
            vec![
                raw("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n<Response>"),
                Close,
            ],
            "",
            "body 11205: the answer broke off: end of file before message length reached",
        ),
        (
            "chunks that end early",
            vec![
                raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<Resp\r\n"),
                Close,
            ],
            "",
            "body 11205: the answer broke off: unexpected EOF during chunk size line",
        ),
        (
            "chunked",
            vec![
                raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<Resp\r\n"),
                wait(1.0),
                raw("6\r\nonse/>\r\n0\r\n\r\n"),
            ],
            "",
            r#"200 "<Response/>", 1 s"#,
        ),
        (
            "HTTP/1.0, ended by closing",
            vec![raw("HTTP/1.0 200 OK\r\n\r\n<Response/>"), Close],
            "",
            r#"200 "<Response/>""#,
        ),
        (
            "interim answer",
            after(vec![raw("HTTP/1.1 103 Early Hints\r\n\r\n")], ok("a")),
            "",
            r#"200 "a""#,
        ),
        ("empty 200", ok(""), "", r#"200 """#),
        (
            "204",
            vec![raw("HTTP/1.1 204 No Content\r\n\r\n")],
            "",
            r#"204 """#,
        ),
        (
            "404",
            answer("404 Not Found", "", "gone"),
            "",
            r#"404 "gone""#,
        ),
        (
            "500 is not tried again",
            answer("500 Oh", "", ""),
            "",
            r#"500 """#,
        ),
        (
            "503 with rp=5xx",
            answer("503 Busy", "", ""),
            "#rc=2&rp=5xx",
            r#"503 "", 3 attempts"#,
        ),
        (
            "503 with rp=4xx",
            answer("503 Busy", "", ""),
            "#rc=2&rp=4xx",
            r#"503 """#,
        ),
        (
            "429 with rp=all",
            answer("429 Slow", "", ""),
            "#rp=all",
            r#"429 "", 2 attempts"#,
        ),
        (
            "wrong type",
            answer("200 OK", "Content-Type: image/png", "png"),
            "",
            r#"200 "png""#,
        ),
        (
            "304",
            vec![raw("HTTP/1.1 304 Not Modified\r\n\r\n")],
            "",
            r#"304 """#,
        ),
        (
            "300 is not followed",
            answer("300 Many", "Location: /x", ""),
            "",
            r#"300 """#,
        ),
        (
            "redirect without a target",
            answer("302 Found", "", "where?"),
            "",
            r#"302 "where?""#,
        ),
        (
            "redirect in a circle",
            answer("302 Found", "Location: /again", ""),
            "",
            "headers 11215: more than 10 redirects",
        ),
        (
            "redirect to a denied address",
            answer("302 Found", "Location: http://169.254.169.254/latest", ""),
            "",
            "request 11200: 169.254.169.254 is not within the networks that `[web] allow` and `deny` permit",
        ),
        (
            "redirect to a denied address in IPv6 clothes",
            answer(
                "302 Found",
                "Location: http://[::ffff:a9fe:a9fe]/latest",
                "",
            ),
            "",
            "request 11200: ::ffff:169.254.169.254 is not within the networks that `[web] allow` and `deny` permit",
        ),
        (
            "redirect to a name with a denied address",
            answer("302 Found", "Location: http://metadata.test/latest", ""),
            "",
            "request 11200: 169.254.169.254 is not within the networks that `[web] allow` and `deny` permit",
        ),
        (
            "redirect to a file",
            answer("302 Found", "Location: file:///etc/passwd", ""),
            "",
            "headers 11216: redirected to `file:///etc/passwd`, which cannot be followed: it is not an http or https URL",
        ),
        (
            "redirect to nonsense",
            answer("302 Found", "Location: http://me:secret@[bad", ""),
            "",
            "headers 11216: redirected to `http://[bad`, which cannot be followed: invalid IPv6 address",
        ),
        (
            "100 MB announced",
            vec![
                raw(&format!(
                    "HTTP/1.1 200 OK\r\nContent-Length: {mb100}\r\n\r\n"
                )),
                Flood,
            ],
            "",
            "body 11750: the answer is larger than 65536 bytes",
        ),
        (
            "endless",
            vec![raw("HTTP/1.1 200 OK\r\n\r\n"), Flood],
            "",
            "body 11750: the answer is larger than 65536 bytes",
        ),
        ("63 kB", ok(&"x".repeat(63 * 1024)), "", "200 64512 bytes"),
        (
            "65 kB",
            ok(&"x".repeat(65 * 1024)),
            "",
            "body 11750: the answer is larger than 65536 bytes",
        ),
        (
            "gzip",
            answer("200 OK", "Content-Encoding: gzip", gzip(b"<Response/>")),
            "",
            r#"200 "<Response/>""#,
        ),
        (
            "gzip bomb",
            answer("200 OK", "Content-Encoding: gzip", bomb),
            "",
            "body 11750: the answer is larger than 65536 bytes",
        ),
        (
            "gzip that ends early",
            answer("200 OK", "Content-Encoding: gzip", &half[..half.len() - 12]),
            "",
            "body 11206: the body could not be decoded: unexpected end of file",
        ),
        (
            "gzip that is none",
            answer("200 OK", "Content-Encoding: gzip", "<Response/>"),
            "",
            "body 11206: the body could not be decoded: Invalid gzip header",
        ),
        (
            "an encoding that was not asked for",
            answer("200 OK", "Content-Encoding: br", "x"),
            "",
            "body 11206: the body could not be decoded: `br` was not asked for",
        ),
        (
            "no encoding, spelt out",
            answer("200 OK", "Content-Encoding: identity", "x"),
            "",
            r#"200 "x""#,
        ),
        (
            "not HTTP",
            vec![raw("220 mail.example.com ESMTP\r\n"), Hang],
            "",
            "headers 11206: the answer is not HTTP: invalid HTTP version parsed",
        ),
        (
            "headers without end",
            vec![raw("HTTP/1.1 200 OK\r\nX-Long: "), Flood],
            "",
            "headers 11206: the answer is not HTTP: message head is too large",
        ),
        (
            "ISO-8859-1",
            answer(
                "200 OK",
                "Content-Type: text/xml; charset=ISO-8859-1",
                b"<Say>\xe9</Say>",
            ),
            "",
            "200 \"<Say>é</Say>\"",
        ),
        (
            "not UTF-8",
            answer("200 OK", "", b"caf\xe9"),
            "",
            "200 \"caf\u{fffd}\"",
        ),
    ];
    assert!(cases.len() >= 40);
    let mut wrong = Vec::new();
    for (name, steps, fragment, expected) in cases {
        let (outcome, flooded) = in_virtual_time(async {
            let server = Server::always(steps).await;
            let outcome = send(server.url(&format!("/voice?x=1{fragment}"))).await;
            for request in server.seen() {
                assert!(!request.contains("#r"), "{name}: {request}");
            }
            let flooded = *server.flooded.lock().unwrap();
            (outcome, flooded)
        });
        if outcome != expected {
            wrong.push(format!(
                "{name}\n  expected {expected}\n  was      {outcome}"
            ));
        }
        // What the sockets' buffers hold, and no more.
        assert!(flooded < 16 * 1024 * 1024, "{name}: {flooded} bytes taken");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn connections_that_fail_are_tried_twice() {
    let refused = in_virtual_time(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        send(format!("http://{address}/")).await
    });
    assert_eq!(refused, "connect 11202: connection refused, 2 attempts");

    let black_hole = in_virtual_time(async {
        let (address, _full) = unreachable().await;
        send(format!("http://{address}/")).await
    });
    assert_eq!(
        black_hole,
        "connect 11201: no connection within 5000 ms, 2 attempts, 10 s"
    );

    let many = in_virtual_time(async {
        let (address, _full) = unreachable().await;
        send(format!("http://{address}/#ct=9000&rc=5")).await
    });
    assert_eq!(
        many,
        "connect 11203: not finished within 15000 ms; it ended while waiting for the connection, \
         2 attempts, 15 s"
    );

    let kazoo = in_virtual_time(async {
        let (address, _full) = unreachable().await;
        send_with(post(format!("http://{address}/"), Policy::kazoo())).await
    });
    assert_eq!(kazoo, "connect 11201: no connection within 5000 ms, 5 s");
}

/// A listener that is never accepted from and whose queue is full, so that the
/// system leaves further connections without an answer.
async fn unreachable() -> (
    SocketAddr,
    Vec<tokio::task::JoinHandle<io::Result<TcpStream>>>,
) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut full = Vec::new();
    for _ in 0..8 {
        full.push(tokio::spawn(TcpStream::connect(address)));
        tokio::task::yield_now().await;
    }
    full.push(tokio::spawn(async move {
        let _listener = listener;
        std::future::pending().await
    }));
    (address, full)
}

#[test]
fn names_that_do_not_resolve() {
    let outcome = |url: &'static str| in_virtual_time(send(url));
    assert_eq!(
        outcome("http://nowhere.test/"),
        "dns 11210: the host name could not be resolved: no such name, 2 attempts"
    );
    assert_eq!(
        outcome("http://empty.test/"),
        "dns 11210: the host name could not be resolved: the name has no address, 2 attempts"
    );
    assert_eq!(
        outcome("http://slow.test/#tt=4000"),
        "dns 11203: not finished within 4000 ms; it ended while waiting for the host name, 4 s"
    );
}

#[test]
fn only_permitted_addresses_of_a_name_are_used() {
    in_virtual_time(async {
        let server = Server::always(ok("here")).await;
        let port = server.address.port();
        assert_eq!(
            send(format!("http://app.test:{port}/")).await,
            r#"200 "here""#
        );
        assert_eq!(
            send(format!("http://mixed.test:{port}/")).await,
            r#"200 "here""#
        );
        assert_eq!(
            send(format!("http://under_score.test:{port}/")).await,
            r#"200 "here""#
        );
        assert!(
            send(format!("http://metadata.test:{port}/"))
                .await
                .starts_with("request 11200: 169.254.169.254")
        );
        assert!(server.seen()[0].contains(&format!("app.test:{port}")));
    });
}

#[test]
fn tls_failures_are_told_apart() {
    in_virtual_time(async {
        // A plain server reads the handshake as the start of a request; this one
        // answers it at once.
        let outcome = send(format!("https://{}/", plain_answer().await)).await;
        assert!(
            outcome.starts_with("tls 11220: the TLS handshake failed: "),
            "{outcome}"
        );

        let silent = Server::always(vec![Hang]).await;
        let outcome = send(format!("https://{}/", silent.address)).await;
        assert_eq!(
            outcome,
            "connect 11201: no connection within 5000 ms, 2 attempts, 10 s"
        );
    });
}

async fn plain_answer() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = [0; 1024];
            let _ = stream.read(&mut buffer).await;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    address
}

#[test]
fn urls_that_cannot_be_requested() {
    for (url, expected) in [
        (
            "/voice",
            "request 11100: not an absolute URL; write it with http:// or https:// and a host",
        ),
        (
            "",
            "request 11100: not an absolute URL; write it with http:// or https:// and a host",
        ),
        ("http://", "request 11100: not a URL: empty host"),
        (
            "http://h:99999/",
            "request 11100: not a URL: invalid port number",
        ),
        (
            "ftp://h/x",
            "request 11100: `ftp:` is not a scheme that pivot requests; write http or https",
        ),
    ] {
        assert_eq!(in_virtual_time(send(url)), expected, "{url}");
    }
    let header = Outgoing::new(Method::GET, "http://app.test/", Policy::twiml())
        .header("X-Bad", "a\r\nHost: evil");
    assert_eq!(
        in_virtual_time(send_with(header)),
        "request 11200: `X-Bad` is not a header that can be sent"
    );
}

fn ten_then(more: usize) -> impl Fn(usize, &str) -> Vec<Step> {
    move |number, _| {
        if number < more {
            answer(
                "302 Found",
                &format!("Location: hop{number}?n={number}#frag"),
                "",
            )
        } else {
            ok("end")
        }
    }
}

#[test]
fn ten_redirects_are_followed_and_no_more() {
    in_virtual_time(async {
        let server = Server::start(ten_then(10)).await;
        let answer = web()
            .send(post(server.url("/a/voice"), Policy::twiml()), None)
            .await
            .unwrap();
        assert_eq!((answer.status, answer.redirects), (200, 10));
        assert_eq!(answer.url.as_str(), server.url("/a/hop9?n=9"));
        let seen = server.seen();
        assert!(seen[0].starts_with("POST /a/voice HTTP/1.1\r\n"));
        assert!(seen[10].starts_with("GET /a/hop9?n=9 HTTP/1.1\r\n"));

        let server = Server::start(ten_then(11)).await;
        assert_eq!(
            send(server.url("/")).await,
            "headers 11215: more than 10 redirects"
        );
        assert_eq!(server.seen().len(), 11);
    });
}

#[test]
fn what_a_redirect_makes_of_a_post() {
    let keep = |redirects| {
        let mut policy = Policy::twiml();
        policy.redirects = redirects;
        policy
    };
    for (policy, status, expected) in [
        (Policy::twiml(), 302, "GET"),
        (Policy::twiml(), 307, "GET"),
        (Policy::kazoo(), 301, "GET"),
        (Policy::kazoo(), 303, "GET"),
        (Policy::kazoo(), 307, "POST"),
        (Policy::kazoo(), 308, "POST"),
        (Policy::upload(), 301, "POST"),
        (Policy::upload(), 303, "GET"),
        (keep(Redirects::None), 302, ""),
    ] {
        let seen = in_virtual_time(async {
            let server = Server::start(move |number, _| match number {
                0 => answer(&format!("{status} Go"), "Location: /next", ""),
                _ => ok(""),
            })
            .await;
            web()
                .send(post(server.url("/voice"), policy.clone()), None)
                .await
                .unwrap();
            server.seen()
        });
        let second = seen.get(1).map(String::as_str).unwrap_or_default();
        assert_eq!(
            second.split(' ').next().unwrap_or_default(),
            expected,
            "{status} {policy:?}"
        );
        assert_eq!(second.contains("Digits=12%23"), expected == "POST");
        assert_eq!(
            second.to_lowercase().contains("content-type"),
            expected == "POST"
        );
    }
}

#[test]
fn confidential_headers_stay_with_their_server() {
    in_virtual_time(async {
        let target = Server::always(ok("there")).await;
        let location = target.url("/t");
        let first = Server::start(move |_, _| {
            answer(
                "302 Found",
                &format!("Location: {location}\nSet-Cookie: s=1"),
                "",
            )
        })
        .await;
        let out = post(first.url("/"), Policy::twiml())
            .header("Authorization", "Bearer top")
            .header("X-Api-Key", "key")
            .header("X-Tenant", "t1");
        web().send(out, None).await.unwrap();
        assert!(first.seen()[0].contains("Bearer top"));
        let seen = &target.seen()[0];
        assert!(seen.contains("X-Tenant: t1"), "{seen}");
        assert!(!seen.contains("Bearer") && !seen.contains("key"), "{seen}");
    });
}

#[test]
fn requests_look_as_twilio_and_kazoo_send_them() {
    in_virtual_time(async {
        let server = Server::always(ok("")).await;
        let host = server.address;
        let web = web();
        let out = post(server.url("/v?x=%20y#rc=2"), Policy::twiml())
            .header("I-Twilio-Idempotency-Token", "t-1")
            .sign(Arc::new(|url, form| format!("{url} {}", form.len())));
        let answer = web.send(out, None).await.unwrap();
        assert_eq!(
            server.seen()[0],
            format!(
                "POST /v?x=%20y HTTP/1.1\r\nUser-Agent: TwilioProxy/1.1\r\nAccept: */*\r\n\
                 Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n\
                 I-Twilio-Idempotency-Token: t-1\r\n\
                 X-Twilio-Signature: http://{host}/v?x=%20y 2\r\n\
                 Accept-Encoding: gzip\r\nHost: {host}\r\nContent-Length: 22\r\n\r\n\
                 Digits=12%23&To=%2B1+2"
            )
        );
        assert_eq!(answer.sent.uri, format!("http://{host}/v?x=%20y"));
        assert_eq!(answer.sent.body, "Digits=12%23&To=%2B1+2");
        assert!(answer.warnings.is_empty());

        let mut get = post(server.url("/v?x=1#f"), Policy::kazoo());
        get.method = Method::GET;
        let answer = web.send(get, None).await.unwrap();
        // Or a document that redirects to itself would send them twice.
        assert_eq!(answer.url.as_str(), server.url("/v?x=1"));
        let seen = &server.seen()[1];
        assert!(
            seen.starts_with("GET /v?x=1&Digits=12%23&To=%2B1+2 HTTP/1.1\r\n"),
            "{seen}"
        );
        assert!(!seen.to_lowercase().contains("user-agent"), "{seen}");
        assert!(!seen.to_lowercase().contains("content-"), "{seen}");

        let json = Outgoing::new(Method::POST, server.url("/"), Policy::kazoo())
            .body(Body::Json(serde_json::json!({"Digits": {"a": "1"}})))
            .header("Content-Length", "9999");
        web.send(json, None).await.unwrap();
        let seen = &server.seen()[2];
        assert!(
            seen.contains("Content-Type: application/json\r\n"),
            "{seen}"
        );
        assert!(
            seen.ends_with("\r\n\r\n{\"Digits\":{\"a\":\"1\"}}"),
            "{seen}"
        );
    });
}

#[test]
fn a_retry_carries_the_same_token() {
    in_virtual_time(async {
        let server = Server::start(|number, _| match number {
            0 | 1 => answer("503 Busy", "", ""),
            _ => ok("third"),
        })
        .await;
        let out = post(server.url("/#rc=2&rp=5xx"), Policy::twiml())
            .header("I-Twilio-Idempotency-Token", "t-9");
        assert_eq!(send_with(out).await, r#"200 "third", 3 attempts"#);
        let seen = server.seen();
        assert_eq!(seen.len(), 3);
        assert!(seen.iter().all(|request| request.contains("t-9")));
    });
}

#[test]
fn cookies_live_as_long_as_the_call() {
    in_virtual_time(async {
        let server = Server::start(|number, _| match number {
            0 => answer("302 Found", "Location: /b\nSet-Cookie: sid=abc; Path=/", ""),
            _ => ok("ok"),
        })
        .await;
        let web = web();
        let mut jar = CookieJar::default();
        for _ in 0..2 {
            let out = post(server.url("/a"), Policy::twiml());
            web.send(out, Some(&mut jar)).await.unwrap();
        }
        web.send(post(server.url("/a"), Policy::twiml()), None)
            .await
            .unwrap();
        let with_cookie: Vec<bool> = server
            .seen()
            .iter()
            .map(|request| request.contains("Cookie: sid=abc\r\n"))
            .collect();
        assert_eq!(with_cookie, [false, true, true, false]);
    });
}

/// A server that wants user `me` with password `secret:1`.
async fn protected(challenge: &'static str, scheme: &'static str) -> Server {
    Server::start(move |_, request| {
        if request.contains(&format!("Authorization: {scheme}")) {
            ok("welcome")
        } else {
            answer(
                "401 Unauthorized",
                &format!("WWW-Authenticate: {challenge}"),
                "who?",
            )
        }
    })
    .await
}

fn authorizations(server: &Server) -> Vec<String> {
    let lines = server.seen();
    lines
        .iter()
        .map(|request| {
            let line = request
                .lines()
                .find(|line| line.starts_with("Authorization: "));
            line.unwrap_or_default()
                .trim_start_matches("Authorization: ")
                .to_owned()
        })
        .collect()
}

#[test]
fn basic_credentials_are_sent_when_asked_for_and_then_remembered() {
    in_virtual_time(async {
        let server = protected("Basic realm=\"x\"", "Basic").await;
        let web = web();
        let mut jar = CookieJar::default();
        let url = format!("http://me:secret%3A1@{}/a", server.address);
        let answer = web
            .send(post(&url, Policy::twiml()), Some(&mut jar))
            .await
            .unwrap();
        assert_eq!(answer.status, 200);
        assert_eq!(answer.attempts, 1);
        assert_eq!(answer.url.as_str(), server.url("/a"));
        assert!(!format!("{:?}", answer.sent).contains("secret"));
        // A call that moves to another process takes its logins along.
        let saved = serde_json::to_string(&jar).unwrap();
        let mut jar: CookieJar = serde_json::from_str(&saved).unwrap();
        let next = post(server.url("/next"), Policy::twiml());
        web.send(next, Some(&mut jar)).await.unwrap();
        let basic = "Basic bWU6c2VjcmV0OjE=";
        assert_eq!(authorizations(&server), ["", basic, basic]);
        assert!(!server.seen()[0].contains("me:"));
    });
}

#[test]
fn kazoo_sends_basic_at_once() {
    in_virtual_time(async {
        let server = protected("Basic realm=\"x\"", "Basic").await;
        let url = format!("http://me:secret%3A1@{}/a", server.address);
        assert_eq!(
            send_with(post(&url, Policy::kazoo())).await,
            r#"200 "welcome""#
        );
        assert_eq!(authorizations(&server), ["Basic bWU6c2VjcmV0OjE="]);
    });
}

#[test]
fn wrong_credentials_are_not_sent_twice() {
    in_virtual_time(async {
        let server = protected("Basic realm=\"x\"", "Never").await;
        let url = format!("http://me:secret@{}/a", server.address);
        assert_eq!(
            send_with(post(&url, Policy::twiml())).await,
            r#"401 "who?""#
        );
        assert_eq!(server.seen().len(), 2);
        assert_eq!(
            send_with(post(&url, Policy::kazoo())).await,
            r#"401 "who?""#
        );
        assert_eq!(server.seen().len(), 3);
        assert_eq!(send(server.url("/a")).await, r#"401 "who?""#);
        assert_eq!(server.seen().len(), 4);
    });
}

#[test]
fn digest_challenges_are_answered() {
    in_virtual_time(async {
        let server = protected("Digest realm=\"x\", nonce=\"n1\", qop=\"auth\"", "Digest").await;
        let web = web();
        let mut jar = CookieJar::default();
        let url = format!("http://me:secret@{}/a?b=c", server.address);
        for _ in 0..2 {
            let out = post(&url, Policy::twiml());
            assert_eq!(web.send(out, Some(&mut jar)).await.unwrap().status, 200);
        }
        let sent = authorizations(&server);
        assert_eq!(sent.len(), 3);
        assert!(sent[1].contains("username=\"me\", realm=\"x\", nonce=\"n1\", uri=\"/a?b=c\""));
        assert!(sent[1].contains("nc=00000001") && sent[2].contains("nc=00000002"));
    });
}

#[test]
fn an_idle_connection_is_used_again_and_one_that_was_closed_is_not() {
    in_virtual_time(async {
        let server = Server::always(ok("a")).await;
        let web = web();
        for pause in [0.0, 1.0, 4.0] {
            sleep(Duration::from_secs_f64(pause)).await;
            let out = post(server.url("/"), Policy::twiml());
            assert_eq!(web.send(out, None).await.unwrap().status, 200);
        }
        let closing = Server::always(after(ok("b"), vec![Close])).await;
        for _ in 0..20 {
            let out = post(closing.url("/"), Policy::twiml());
            assert_eq!(web.send(out, None).await.unwrap().body, "b");
            tokio::task::yield_now().await;
        }
    });
}

#[test]
fn a_connection_that_closes_as_it_is_used_again_costs_nothing() {
    in_virtual_time(async {
        let server = Server::start(|number, _| match number {
            1 | 3 | 4 => vec![Close],
            _ => ok("a"),
        })
        .await;
        let web = web();
        for expected in [r#"200 "a""#, r#"200 "a""#, "headers 11205"] {
            let started = Instant::now();
            let out = post(server.url("/"), Policy::twiml());
            let outcome = tell(&web.send(out, None).await, started);
            assert!(outcome.starts_with(expected), "{outcome}");
            sleep(Duration::from_secs(1)).await;
        }
        // The new connection that was closed too was not tried again.
        assert_eq!(server.seen().len(), 5);
    });
}

#[test]
fn bad_overrides_are_warned_about_and_the_request_goes_out() {
    in_virtual_time(async {
        let server = Server::always(ok("a")).await;
        let out = post(server.url("/#rc=9&ct=50"), Policy::twiml());
        let answer = web().send(out, None).await.unwrap();
        let codes: Vec<u32> = answer.warnings.iter().map(|w| w.code).collect();
        assert_eq!(codes, [11243, 11243]);
        assert_eq!(
            answer.warnings[0].message,
            "`rc=9` is ignored: write a number of retries from 0 to 5"
        );
    });
}

#[test]
fn sending_may_move_between_threads() {
    fn moves<T: std::marker::Send>(_: &T) {}
    let web = web();
    let mut jar = CookieJar::default();
    let sending = web.send(post("http://app.test/", Policy::twiml()), Some(&mut jar));
    moves(&sending);
    assert!(
        size_of_val(&sending) < 4096,
        "{} bytes",
        size_of_val(&sending)
    );
}

#[test]
fn times_are_those_of_the_server() {
    in_virtual_time(async {
        let server = Server::always(vec![
            wait(1.0),
            raw("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"),
            wait(2.0),
            raw("a"),
        ])
        .await;
        let answer = web()
            .send(post(server.url("/"), Policy::twiml()), None)
            .await
            .unwrap();
        assert_eq!(answer.timing.headers.as_secs(), 1);
        assert_eq!(answer.timing.total.as_secs(), 3);
    });
}
