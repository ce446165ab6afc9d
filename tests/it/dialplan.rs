//! What the dialplan says about a call: the arguments of `Stasis(pivot,…)`, the
//! number that was dialled, routes, and callflows from files.

use pivot::simulate::{Caller, Phone};
use serde_json::json;

use crate::support::{Folder, Reply, Scenario, seconds, twiml};

async fn dialled(scenario: &Scenario, number: &str, args: &[&str]) -> Phone {
    let phone = scenario
        .call_from(Caller {
            to: number.into(),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            ..Caller::default()
        })
        .await;
    phone.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    phone
}

async fn status(phone: &Phone) -> (String, String) {
    let continued = phone.continued().await.expect("handed back");
    let told = |name: &str| continued.variables.get(name).cloned().unwrap_or_default();
    (told("PIVOT_STATUS"), told("PIVOT_REASON"))
}

#[tokio::test(start_paused = true)]
async fn a_url_is_put_together_again_where_asterisk_split_it() {
    let scenario = Scenario::new().await;
    scenario.web.on("/v,1", twiml("<Play>sound:split</Play>"));
    let url = format!("{}/v", scenario.web.url());
    let args = [
        url.as_str(),
        "1?a=1",
        "2",
        "b=3",
        "method=get",
        "req_format=kazoo",
    ];
    let phone = dialled(&scenario, "2030", &args).await;
    assert_eq!(
        phone.heard_media().await,
        ["sound:split"],
        "{}",
        scenario.lines().await
    );
    let asked = &scenario.web.seen()[0];
    assert_eq!(asked.method, "GET");
    assert!(asked.query.starts_with("a=1,2,b=3&"), "{}", asked.query);
    assert!(asked.param("Call-ID").is_some(), "kazoo's names");
    assert!(asked.param("CallSid").is_none());
}

#[tokio::test(start_paused = true)]
async fn keys_of_the_default_may_be_given_as_arguments() {
    let scenario = Scenario::configured(
        "[default]\nvoice_url = '{app}/voice'\nfallback_url = '{app}/nobody'\n",
    )
    .await;
    scenario.web.on("/voice", Reply::status(500));
    scenario.web.on("/other", twiml("<Play>sound:other</Play>"));
    scenario.web.on("/ended", Reply::status(204));
    let fallback = format!("fallback_url={}/other", scenario.web.url());
    let ended = format!("status_callback={}/ended", scenario.web.url());
    let args = [
        fallback.as_str(),
        "fallback_method=get",
        ended.as_str(),
        "on_end=continue",
        "to=5559999",
        "debug=yes",
    ];
    let phone = dialled(&scenario, "2030", &args).await;
    assert_eq!(phone.heard_media().await, ["sound:other"]);
    assert_eq!(
        scenario.web.at("/voice")[0].param("To").as_deref(),
        Some("5559999")
    );
    assert_eq!(scenario.web.at("/other")[0].method, "GET");
    assert_eq!(status(&phone).await.0, "COMPLETED");
    tokio::time::sleep(seconds(1)).await;
    assert_eq!(scenario.web.at("/ended").len(), 1);
    assert!(scenario.lines().await.contains("Debug"), "debug is on");
}

#[tokio::test(start_paused = true)]
async fn an_argument_that_says_nothing_goes_back_with_what_to_write() {
    for (args, help) in [
        (vec!["nonsense"], "the keys are"),
        (vec!["method=put"], "write get or post"),
        (vec!["internal=perhaps"], "write yes or no"),
        (vec!["ftp://example.com/a"], "no URL"),
    ] {
        let scenario = Scenario::new().await;
        let phone = dialled(&scenario, "2030", &args).await;
        let (status, reason) = status(&phone).await;
        assert_eq!(status, "NO_ROUTE", "{args:?}");
        assert!(reason.contains(help), "{args:?}: {reason}");
        assert!(scenario.web.seen().is_empty(), "{args:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn routes_are_chosen_by_number_and_by_pattern() {
    let scenario = Scenario::configured(
        "[default]\nvoice_url = '{app}/default'\n\
         [[route]]\nnumbers = ['2030', '+4930123']\nvoice_url = '{app}/number'\n\
         [[route]]\npatterns = ['^\\+1900', '^(?!2)[0-9]{4}$']\nvoice_url = '{app}/pattern'\n\
         [[route]]\npatterns = ['.']\nvoice_url = '{app}/never-2030'\n",
    )
    .await;
    for path in ["/default", "/number", "/pattern", "/never-2030"] {
        scenario.web.on(path, twiml("<Hangup/>"));
    }
    for (number, args, path) in [
        ("2030", vec![], "/number"),
        ("+4930123", vec![], "/number"),
        ("+19005551", vec![], "/pattern"),
        ("4711", vec![], "/pattern"),
        ("2111", vec![], "/never-2030"),
        ("9", vec!["to=2030"], "/number"),
    ] {
        let before = scenario.web.at(path).len();
        dialled(&scenario, number, &args).await;
        assert_eq!(scenario.web.at(path).len(), before + 1, "{number} {args:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_argument_beats_the_routes() {
    let scenario =
        Scenario::configured("[[route]]\nnumbers = ['2030']\nvoice_url = '{app}/number'\n").await;
    scenario.web.on("/own", twiml("<Play>sound:own</Play>"));
    let url = format!("{}/own", scenario.web.url());
    let phone = dialled(&scenario, "2030", &[&url]).await;
    assert_eq!(phone.heard_media().await, ["sound:own"]);
}

fn keep(scenario: &Scenario, name: &str, document: &str) {
    let dir = scenario.dir.join("flows");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join(name), document).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_stored_callflow_is_named_by_an_argument() {
    let scenario = Scenario::new().await;
    let play = json!({ "module": "play", "data": { "id": "sound:night" } });
    keep(&scenario, "night.json", &play.to_string());
    keep(
        &scenario,
        "whole.json",
        &json!({ "flow": play, "numbers": ["1"] }).to_string(),
    );
    for id in ["night", "whole", "night.json"] {
        let phone = dialled(
            &scenario,
            "2031",
            &[&format!("callflow={id}"), "internal=yes"],
        )
        .await;
        assert_eq!(phone.heard_media().await, ["sound:night"], "{id}");
    }
    assert!(scenario.web.seen().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_routes_callflow_is_a_file() {
    let folder = Folder::new();
    let file = folder.0.join("premium.json");
    let flow = json!({ "module": "play", "data": { "id": "sound:premium" }, "children": {} });
    std::fs::write(&file, flow.to_string()).unwrap();
    let scenario = Scenario::configured(&format!(
        "[default]\nvoice_url = '{{app}}/voice'\n[[route]]\nnumbers = ['2031']\ncallflow = '{}'\n",
        file.display()
    ))
    .await;
    let phone = dialled(&scenario, "2031", &[]).await;
    assert_eq!(phone.heard_media().await, ["sound:premium"]);
}

#[tokio::test(start_paused = true)]
async fn an_id_is_never_a_path() {
    let scenario = Scenario::new().await;
    std::fs::write(
        scenario.dir.join("secret.json"),
        r#"{"module": "play", "data": {"id": "sound:secret"}}"#,
    )
    .unwrap();
    keep(&scenario, "fine.json", "{}");
    let whole = scenario.dir.join("secret.json").display().to_string();
    for id in [
        "../secret",
        "..%2fsecret",
        "flows/../../secret",
        "..",
        ".",
        ".hidden",
        "",
        "a\0b",
        whole.as_str(),
        "nobody",
    ] {
        let phone = dialled(&scenario, "2031", &[&format!("callflow={id}")]).await;
        assert!(phone.heard_media().await.is_empty(), "{id:?}");
        let (status, reason) = status(&phone).await;
        assert_eq!(status, "DOCUMENT_ERROR", "{id:?}");
        assert!(!reason.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_callflow_that_cannot_be_run_goes_back_to_the_dialplan() {
    let scenario = Scenario::new().await;
    for (name, text) in [
        ("broken", "{\"module\": "),
        ("empty", ""),
        ("list", "[]"),
        ("wrong", r#"{"module": "tts", "data": {}}"#),
    ] {
        keep(&scenario, &format!("{name}.json"), text);
        let phone = dialled(&scenario, "2031", &[&format!("callflow={name}")]).await;
        let (status, reason) = status(&phone).await;
        assert_eq!(status, "DOCUMENT_ERROR", "{name}");
        assert!(reason.contains(name), "{name}: {reason}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stored_callflow_may_ask_a_web_application_with_kazoos_defaults() {
    let scenario = Scenario::new().await;
    let url = format!("{}/from-flow", scenario.web.url());
    keep(
        &scenario,
        "night.json",
        &json!({ "module": "pivot", "data": { "voice_url": url } }).to_string(),
    );
    scenario
        .web
        .on("/from-flow", twiml("<Play>sound:hello-world</Play>"));
    let phone = dialled(&scenario, "2031", &["callflow=night"]).await;
    assert_eq!(phone.heard_media().await, ["sound:hello-world"]);
    let asked = &scenario.web.at("/from-flow")[0];
    assert_eq!(asked.method, "GET");
    assert!(asked.param("Call-ID").is_some());
}

#[tokio::test(start_paused = true)]
async fn routes_that_are_read_again_take_the_next_call() {
    let scenario = Scenario::new().await;
    scenario
        .web
        .on("/voice", twiml("<Play>sound:before</Play>"));
    scenario.web.on("/new", twiml("<Play>sound:after</Play>"));
    let before = dialled(&scenario, "2030", &[]).await;
    assert_eq!(before.heard_media().await, ["sound:before"]);
    let mut config = (*scenario.pivot.services.config).clone();
    config.routes.push(pivot::config::Route {
        numbers: vec!["2030".into()],
        voice_url: Some(format!("{}/new", scenario.web.url())),
        ..pivot::config::Route::default()
    });
    scenario.pivot.reload(config).await;
    let after = dialled(&scenario, "2030", &[]).await;
    assert_eq!(after.heard_media().await, ["sound:after"]);
}
