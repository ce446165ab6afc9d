use super::*;

fn config(extra: &str) -> Config {
    let text = format!("[ari]\nurl='http://127.0.0.1:8088'\nusername='u'\npassword='p'\n{extra}");
    let file = config::File::from_str(&text, config::FileFormat::Toml);
    config::Config::builder()
        .add_source(file)
        .build()
        .unwrap()
        .try_deserialize()
        .unwrap()
}

fn called(extension: &str) -> Channel {
    let mut channel = Channel::default();
    extension.clone_into(&mut channel.dialplan.exten);
    channel
}

fn args(text: &str) -> Vec<String> {
    if text.is_empty() {
        Vec::new()
    } else {
        text.split(',').map(str::to_owned).collect()
    }
}

fn url(plan: &Plan) -> &str {
    let source = match &plan.source {
        Source::Number(_, Some(otherwise)) => otherwise,
        source => source,
    };
    match source {
        Source::Pivot(pivot) => &pivot.voice_url,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_first_route_that_takes_the_number_wins_and_the_rest_goes_to_the_default() {
    let config = config(
        "[default]\nvoice_url='http://d/'\n[[route]]\nnumbers=['2030']\nvoice_url='http://a/'\n\
         [[route]]\npatterns=['^20']\nvoice_url='http://b/'",
    );
    for (number, expected) in [
        ("2030", "http://a/"),
        ("2031", "http://b/"),
        ("9", "http://d/"),
    ] {
        assert_eq!(url(&plan(&config, &called(number), &[]).unwrap()), expected);
    }
}

#[test]
fn what_follows_a_url_and_is_no_known_key_is_glued_back_to_it() {
    let config = config("");
    let plan = plan(
        &config,
        &called("1"),
        &args("https://h/a?x=1,2,y=3,req_format=kazoo,method=get"),
    )
    .unwrap();
    let Source::Pivot(pivot) = plan.source else {
        panic!()
    };
    assert_eq!(pivot.voice_url, "https://h/a?x=1,2,y=3");
    assert_eq!(
        (pivot.req_format, pivot.method),
        (ReqFormat::Kazoo, Method::Get)
    );
}

#[test]
fn a_stored_callflow_and_an_internal_caller_are_named_by_arguments() {
    let config = config("[default]\nvoice_url='http://d/'");
    let plan = plan(
        &config,
        &called("1"),
        &args("callflow=night,internal=yes,to=555"),
    )
    .unwrap();
    assert_eq!(plan.source, Source::Callflow("night".into()));
    assert!(plan.internal);
    assert_eq!(plan.to.as_deref(), Some("555"));
}

#[test]
fn a_route_with_a_callflow_does_not_inherit_the_defaults_url() {
    let config =
        config("[default]\nvoice_url='http://d/'\n[[route]]\nnumbers=['1']\ncallflow='f.json'");
    let plan = plan(&config, &called("1"), &[]).unwrap();
    assert_eq!(plan.source, Source::CallflowFile("f.json".into()));
}

#[test]
fn keys_not_given_are_inherited_from_the_default() {
    let config = config(
        "[default]\nvoice_url='http://d/'\nfallback_url='http://f/'\ndebug=true\n[[route]]\nnumbers=['1']\nvoice_url='http://a/'",
    );
    let Source::Pivot(pivot) = plan(&config, &called("1"), &[]).unwrap().source else {
        panic!()
    };
    assert_eq!(pivot.voice_url, "http://a/");
    assert_eq!(pivot.fallback_url.as_deref(), Some("http://f/"));
    assert!(pivot.debug);
}

#[test]
fn wrong_arguments_say_what_to_write() {
    let config = config("[default]\nvoice_url='http://d/'");
    let error = |text: &str| {
        plan(&config, &called("1"), &args(text))
            .unwrap_err()
            .to_string()
    };
    assert!(error("method=put").contains("write get or post"));
    assert!(error("nonsense").contains("the keys are voice_url"));
    assert!(error("req_timeout_ms=soon").contains("milliseconds"));
}

#[test]
fn a_number_that_nothing_claims_is_looked_up_before_the_default_takes_it() {
    let plan_of = |text: &str, arguments: &str| {
        plan(&config(text), &called("2030"), &args(arguments)).unwrap()
    };
    let Source::Number(number, otherwise) = plan_of("[default]\nvoice_url='http://d/'", "").source
    else {
        panic!()
    };
    assert_eq!(number, "2030");
    assert!(matches!(otherwise.as_deref(), Some(Source::Pivot(_))));
    let nothing = plan_of("", "to=7").source;
    assert_eq!(nothing, Source::Number("7".into(), None));
}

#[test]
fn an_account_is_named_by_its_digits() {
    let hex = "0123456789abcdef0123456789abcdef";
    let named = plan(
        &config(""),
        &called("1"),
        &args(&format!("account=AC{hex}")),
    )
    .unwrap();
    assert_eq!(named.account.unwrap().as_str(), hex);
    let error = plan(&config(""), &called("1"), &args("account=../etc")).unwrap_err();
    assert!(error.to_string().contains("32 hex digits"), "{error}");
}
