//! How customers' servers behave, and what comes of it, told in one line each.

use crate::web_support::{Server, Step, after, answer, gzip, in_virtual_time, ok, raw, send, wait};
use Step::{Close, Flood, Hang, Reset};

/// A case: what the server does, the URL's fragment, and what comes of it.
type Case = (&'static str, Vec<Step>, &'static str, &'static str);

// Check 27.
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
