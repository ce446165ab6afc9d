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
    assert!(printed.contains("speech \"Sales\""), "{printed}");
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
    let last = printed.lines().last().unwrap_or_default();
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
