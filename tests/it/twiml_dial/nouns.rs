//! What single nouns bring to the legs that they make.

use super::*;

/// The request that made the only leg.
async fn created(scenario: &Scenario) -> pivot::simulate::Request {
    let requests = scenario.asterisk.requests().await;
    let mut made = requests
        .into_iter()
        .filter(|request| request.path == "channels/create");
    let first = made.next().unwrap();
    assert!(made.next().is_none(), "one leg");
    first
}

// Check 154.
// Proves Parameter.name, Parameter.value.
#[tokio::test(start_paused = true)]
async fn the_parameters_of_a_client_reach_it_as_headers() {
    let dial = "<Dial><Client><Identity>carol</Identity>\
        <Parameter name='order' value='47 11'/></Client></Dial>";
    let scenario = dialling(dial).await;
    scenario.asterisk.callee("*", talks(1)).await;
    scenario.call().await.wait_ended().await.unwrap();
    let leg = created(&scenario).await;
    assert_eq!(leg.params["endpoint"], "PJSIP/carol");
    let variables = leg.params["variables"].to_string();
    assert!(
        variables.to_lowercase().contains("x-order") && variables.contains("47 11"),
        "{variables}"
    );
    scenario.nothing_left().await;
}

// Proves Sip.username, Uri.username.
#[tokio::test(start_paused = true)]
async fn a_username_picks_the_endpoint_that_can_log_in() {
    let mut kept = Vec::new();
    for (noun, endpoint) in [
        (
            "<Sip username='ann'>sip:b@example.com</Sip>",
            "PJSIP/trunk-ann/sip:b@example.com",
        ),
        (
            "<Sip><Uri username='ann'>sip:b@example.com</Uri></Sip>",
            "PJSIP/trunk-ann/sip:b@example.com",
        ),
        (
            "<Sip username='bob'>sip:b@example.com</Sip>",
            "PJSIP/pivot-out/sip:b@example.com",
        ),
    ] {
        let config = "[default]\nvoice_url = '{app}/voice'\n\
            [dial.sip_accounts]\nann = 'trunk-ann'\n";
        let scenario = with(
            Scenario::configured(config).await,
            &format!("<Dial>{noun}</Dial>"),
        );
        scenario.asterisk.callee("*", talks(1)).await;
        scenario.call().await.wait_ended().await.unwrap();
        let lines = scenario.lines().await;
        assert_eq!(
            created(&scenario).await.params["endpoint"],
            endpoint,
            "{lines}"
        );
        assert_eq!(lines.contains("13242"), noun.contains("bob"), "{lines}");
        scenario.nothing_left().await;
        kept.push(scenario);
    }
}

// Proves Number.method, Sip.method.
#[tokio::test(start_paused = true)]
async fn the_document_of_a_leg_may_be_asked_for_by_get() {
    let mut kept = Vec::new();
    for noun in [
        "<Number url='/screen' method='GET'>100</Number>",
        "<Sip url='/screen' method='GET'>b@example.com</Sip>",
    ] {
        let scenario = dialling(&format!("<Dial>{noun}</Dial>")).await;
        scenario.web.on("/screen", twiml(""));
        scenario.asterisk.callee("*", talks(3)).await;
        scenario.call().await.wait_ended().await.unwrap();
        let screen = asked(&scenario, "/screen").await;
        assert_eq!(screen.method, "GET", "{noun}");
        assert_eq!(param(&screen, "Direction"), "outbound-dial", "{noun}");
        scenario.nothing_left().await;
        kept.push(scenario);
    }
}

// Check 159.
#[tokio::test(start_paused = true)]
async fn a_number_of_ten_digits_is_north_americas_where_the_configuration_says_so() {
    let mut kept = Vec::new();
    for (us, written, dialled) in [
        (true, "415-555-1212", "+14155551212"),
        (true, "(415) 555-1212", "+14155551212"),
        (true, "1 415 555 1212", "+14155551212"),
        (true, "+44 20 7946 0000", "+442079460000"),
        (true, "1000", "1000"),
        (false, "415-555-1212", "4155551212"),
    ] {
        let config = format!("[default]\nvoice_url = '{{app}}/voice'\n[dial]\nus_numbers = {us}\n");
        for noun in [
            format!("<Dial action='/dialled'>{written}</Dial>"),
            format!("<Dial><Number statusCallback='/leg'>{written}</Number></Dial>"),
        ] {
            let scenario = with(Scenario::configured(&config).await, &noun);
            scenario.asterisk.callee("*", talks(1)).await;
            scenario.call().await.wait_ended().await.unwrap();
            scenario.nothing_left().await;
            let endpoint = format!("Local/{dialled}@pivot-outbound/n");
            assert_eq!(created(&scenario).await.params["endpoint"], *endpoint);
            if noun.contains("/leg") {
                assert_eq!(params(&scenario, "/leg", "To"), [dialled]);
            }
            kept.push(scenario);
        }
    }
}
