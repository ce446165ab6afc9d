//! `pivot simulate`, as its user sees it.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Output};

use crate::support::Folder;

fn simulate(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pivot"))
        .arg("simulate")
        .args(arguments)
        .output()
        .unwrap()
}

fn printed(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

fn file(folder: &Folder, name: &str, text: &str) -> PathBuf {
    let path = folder.0.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn keys_are_pressed_where_the_flow_waits_and_files_beside_it_answer() {
    let folder = Folder::new();
    let ivr = file(
        &folder,
        "ivr.xml",
        "<Response><Gather action='/chosen' numDigits='1'><Say>Press one</Say></Gather><Say>Nothing</Say></Response>",
    );
    file(
        &folder,
        "chosen.json",
        r#"{"module":"tts","data":{"text":"Sales"}}"#,
    );
    let output = simulate(&[ivr.to_str().unwrap(), "--digits", "1"]);
    let printed = printed(&output);
    assert!(output.status.success(), "{printed}");
    assert!(printed.contains("speech \"Press one\""), "{printed}");
    assert!(
        printed.contains("/chosen (Gather action) → 200"),
        "{printed}"
    );
    let (_, heard) = printed.split_once("the caller heard:").unwrap();
    assert!(heard.contains("speech \"Press one\", "), "{printed}");
    assert!(heard.contains("speech \"Sales\", "), "{printed}");
    assert!(!printed.contains("Nothing"), "{printed}");
}

#[test]
fn minutes_pass_in_virtual_time() {
    let folder = Folder::new();
    let slow = file(
        &folder,
        "slow.xml",
        "<Response><Say>Wait</Say><Pause length='600'/></Response>",
    );
    let output = simulate(&[slow.to_str().unwrap()]);
    let printed = printed(&output);
    let is_end = |line: &&str| line.contains("the document ends");
    let last = printed.lines().find(is_end).unwrap_or_default();
    let seconds: f64 = last.split_whitespace().next().unwrap().parse().unwrap();
    assert!((600.0..610.0).contains(&seconds), "{printed}");
}

#[test]
fn a_dialled_party_does_what_it_is_told_to() {
    let folder = Folder::new();
    let dial = file(
        &folder,
        "dial.xml",
        "<Response><Dial action='/done'>100</Dial></Response>",
    );
    file(&folder, "done.xml", "<Response><Hangup/></Response>");
    let output = simulate(&[dial.to_str().unwrap(), "--callee", "busy"]);
    assert!(
        printed(&output).contains("dial ended: Busy, cause 17 USER_BUSY"),
        "{}",
        printed(&output)
    );
}

#[test]
fn a_document_that_cannot_be_run_goes_back_to_the_dialplan_and_exits_with_1() {
    let folder = Folder::new();
    let bad = file(&folder, "bad.xml", "<Response><Say>a & b</Say></Response>");
    let output = simulate(&[bad.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        printed(&output).contains("back to the dialplan: DOCUMENT_ERROR"),
        "{}",
        printed(&output)
    );
}

#[test]
fn a_file_that_is_not_there_exits_with_2_and_is_named() {
    let output = simulate(&["nowhere.xml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(printed(&output).contains("nowhere.xml"));
}

#[test]
fn a_web_server_outside_is_awaited_while_virtual_time_stands_still() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/voice", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        let read = stream.read(&mut request).unwrap();
        let body = "<Response><Say>From outside</Say></Response>";
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + body).as_bytes()).unwrap();
        String::from_utf8_lossy(&request[..read]).into_owned()
    });
    let output = simulate(&[&url, "--from", "+4912345"]);
    assert!(
        printed(&output).contains("speech \"From outside\""),
        "{}",
        printed(&output)
    );
    assert!(server.join().unwrap().contains("From=%2B4912345"));
}

/// What was printed, without what is different each time.
fn stable(output: &Output) -> String {
    let mut text = printed(output);
    for (pattern, with) in [
        (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
        (r"pv-[0-9a-f]{32}", "pv-CALL"),
        (r"\b1\d{9}\.\d+", "CALLER"),
        (r"\[\d+\.\d ms\]", "[… ms]"),
    ] {
        text = regex::Regex::new(pattern)
            .unwrap()
            .replace_all(&text, with)
            .into_owned();
    }
    text
}

const IVR: &str = "<Response>\n  <Gather action='/chosen' numDigits='1' timeout='3'>\n    \
                   <Play>sound:menu</Play>\n  </Gather>\n  <Redirect/>\n</Response>\n";

#[test]
fn a_script_is_carried_out_and_what_the_caller_heard_is_told() {
    let folder = Folder::new();
    let ivr = file(&folder, "ivr.xml", IVR);
    file(
        &folder,
        "chosen.xml",
        "<Response><Dial timeout='20' action='/after'>+14155551212</Dial></Response>",
    );
    file(
        &folder,
        "after.xml",
        "<Response><Play>sound:bye</Play></Response>",
    );
    let script = file(
        &folder,
        "script.txt",
        "# first a word, then a key\nspeech sales please\ndigits 1\ncallee 404\n\
         callee +1415* answers after 2 talks 6 presses 9 after 1\n",
    );
    let (ivr, script) = (ivr.to_str().unwrap(), script.to_str().unwrap());
    let output = simulate(&[ivr, "--script", script]);
    assert!(output.status.success(), "{}", stable(&output));
    let printed = stable(&output);
    assert!(
        printed.contains("→ asterisk  POST channels/create"),
        "{printed}"
    );
    assert!(printed.contains("asterisk →  Dial pv-CALL"), "{printed}");
    // What Asterisk is asked and says is for the tests of each verb.
    let lines: Vec<&str> = printed
        .lines()
        .filter(|line| !line.contains("→ asterisk ") && !line.contains("asterisk → "))
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_caller_hangs_up_at_a_wait_or_at_a_time() {
    let folder = Folder::new();
    let ivr = file(&folder, "ivr.xml", IVR);
    let ivr = ivr.to_str().unwrap();
    for (script, ended) in [("hangup", 2.0..2.2), ("hangup after 0.5", 0.5..0.6)] {
        let script = file(&folder, "script.txt", script);
        let output = simulate(&[ivr, "--script", script.to_str().unwrap()]);
        let printed = printed(&output);
        let gone = printed
            .lines()
            .find(|line| line.contains("caller gone"))
            .unwrap_or_default();
        let at: f64 = gone.split_whitespace().next().unwrap().parse().unwrap();
        assert!(ended.contains(&at), "{printed}");
        assert!(printed.contains("the caller heard:"), "{printed}");
        assert!(!printed.contains("/chosen"), "{printed}");
    }
}

#[test]
fn what_a_script_cannot_mean_exits_with_2_and_its_line() {
    let folder = Folder::new();
    let ivr = file(&folder, "ivr.xml", IVR);
    let ivr = ivr.to_str().unwrap();
    let script = file(&folder, "script.txt", "digits 1\ncallee sleepy\n");
    let output = simulate(&[ivr, "--script", script.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    let printed = printed(&output);
    assert!(
        printed.contains("script.txt: line 2: `sleepy`"),
        "{printed}"
    );
    for arguments in [["--callee", "sleepy"], ["--digits", "1x"]] {
        let output = simulate(&[ivr, arguments[0], arguments[1]]);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn requests_are_signed_with_the_given_token() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/voice", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        let read = stream.read(&mut request).unwrap();
        let answer = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 11\r\n\r\n";
        stream
            .write_all(format!("{answer}<Response/>").as_bytes())
            .unwrap();
        String::from_utf8_lossy(&request[..read]).to_lowercase()
    });
    simulate(&[&url, "--auth-token", "12345"]);
    let request = server.join().unwrap();
    assert!(request.contains("\nx-twilio-signature: "), "{request}");
}

#[test]
fn a_call_comes_when_its_author_says() {
    let folder = Folder::new();
    let flow = file(
        &folder,
        "office.json",
        r#"{"module": "temporal_route",
            "data": {"timezone": "Europe/Berlin", "rules": [
                {"name": "office", "cycle": "daily", "time_window_start": 32400, "time_window_stop": 61200}]},
            "children": {"office": {"module": "tts", "data": {"text": "open"}},
                         "_": {"module": "tts", "data": {"text": "closed"}}}}"#,
    );
    for (at, said) in [
        ("2026-12-24T16:59:00+01:00", "open"),
        ("2026-12-24T17:01:00+01:00", "closed"),
        ("2026-07-01T07:30:00Z", "open"),
    ] {
        let output = simulate(&[flow.to_str().unwrap(), "--at", at]);
        let printed = printed(&output);
        assert!(
            printed.contains(&format!("speech \"{said}\"")),
            "{at}: {printed}"
        );
    }
    let local = ["2026-12-24T12:00", "2026-12-24 12:00:30"];
    for at in local {
        assert!(
            simulate(&[flow.to_str().unwrap(), "--at", at])
                .status
                .success()
        );
    }
    let output = simulate(&[flow.to_str().unwrap(), "--at", "noon"]);
    assert!(printed(&output).contains("write it as 2026-12-24T18:00"));
}
