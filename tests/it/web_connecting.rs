//! Reaching a server: names, addresses, connections and how long they take.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use http::Method;
use pivot::web::{Outgoing, Policy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{Instant, sleep};

use crate::web_support::{
    Server, Step, after, in_virtual_time, ok, post, raw, send, send_with, tell, wait, web,
};
use Step::{Close, Hang};

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
