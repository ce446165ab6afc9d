//! `machineDetection`: who has answered.

use pivot::simulate::{Fault, Matching};

use super::*;
use crate::support::ms;

const ENABLE: &str = "machineDetection='Enable' amdStatusCallback='/who' statusCallback='/leg'";

async fn detecting(attributes: &str, behaviour: Behaviour) -> Scenario {
    detecting_at("Number", "100", attributes, behaviour).await
}

async fn detecting_at(noun: &str, party: &str, attributes: &str, behaviour: Behaviour) -> Scenario {
    let dial = format!("<Dial action='/dialled'><{noun} {attributes}>{party}</{noun}></Dial>");
    let scenario = dialling(&dial).await;
    scenario.web.on("/who", twiml(""));
    scenario.asterisk.callee("*", behaviour).await;
    scenario
}

// Check 158.
// Proves Number.machineDetection, Number.amdStatusCallback, Number.machineDetectionTimeout.
// Proves Number.machineDetectionSilenceTimeout, Number.machineDetectionSpeechThreshold.
// Proves Number.machineDetectionSpeechEndThreshold.
#[tokio::test(start_paused = true)]
async fn the_verdict_is_told_beside_the_conversation() {
    verdicts("Number", "100").await;
}

// Proves Sip.machineDetection, Sip.amdStatusCallback, Sip.machineDetectionTimeout.
// Proves Sip.machineDetectionSilenceTimeout, Sip.machineDetectionSpeechThreshold.
// Proves Sip.machineDetectionSpeechEndThreshold.
#[tokio::test(start_paused = true)]
async fn a_sip_party_is_listened_to_in_the_same_way() {
    verdicts("Sip", "bob@example.com").await;
}

async fn verdicts(noun: &str, party: &str) {
    let mut kept = Vec::new();
    for (attributes, from, length, verdict, after) in [
        (ENABLE.to_owned(), 500, 800, "human", 2500),
        (ENABLE.to_owned(), 500, 9000, "machine_start", 2900),
        (ENABLE.to_owned(), 60_000, 1, "unknown", 5000),
        (
            ENABLE.replace("Enable", "DetectMessageEnd"),
            500,
            9000,
            "machine_end_silence",
            10_700,
        ),
        (
            ENABLE.replace("Enable", "DetectMessageEnd"),
            500,
            60_000,
            "machine_end_other",
            30_000,
        ),
        (
            format!("{ENABLE} machineDetectionTimeout='3' machineDetectionSilenceTimeout='9000'"),
            60_000,
            1,
            "unknown",
            3000,
        ),
        (
            format!("{ENABLE} machineDetectionSilenceTimeout='2000'"),
            60_000,
            1,
            "unknown",
            2000,
        ),
        (
            format!("{ENABLE} machineDetectionSpeechThreshold='1000'"),
            0,
            2000,
            "machine_start",
            1000,
        ),
        (
            format!("{ENABLE} machineDetectionSpeechEndThreshold='500'"),
            0,
            800,
            "human",
            1300,
        ),
    ] {
        let behaviour = talks(40).talks(ms(from), ms(length));
        let scenario = detecting_at(noun, party, &attributes, behaviour).await;
        let phone = scenario.call().await;
        tokio::time::sleep(ms(2200)).await;
        let joined = scenario.asterisk.requests().await;
        let joined = joined
            .iter()
            .filter(|r| r.path.ends_with("/addChannel"))
            .count();
        assert_eq!(joined, 2, "{attributes}: bridged at once");
        phone.wait_ended().await.unwrap();
        scenario.nothing_left().await;
        let who = asked(&scenario, "/who").await;
        assert_eq!(
            param(&who, "AnsweredBy"),
            verdict,
            "{attributes}\n{}",
            scenario.lines().await
        );
        let took: u64 = param(&who, "MachineDetectionDuration").parse().unwrap();
        assert!((after..after + 300).contains(&took), "{attributes}: {took}");
        let dialled = asked(&scenario, "/dialled").await;
        assert_eq!(param(&who, "CallSid"), param(&dialled, "DialCallSid"));
        assert_eq!(params(&scenario, "/leg", "AnsweredBy"), [verdict]);
        kept.push(scenario);
    }
}

#[tokio::test(start_paused = true)]
async fn a_fax_machine_and_a_beep_are_known_by_their_tones() {
    let to_end = ENABLE.replace("Enable", "DetectMessageEnd");
    let config = "[default]\nvoice_url = '{app}/voice'\n[dial]\nbeep_hz = 1400\n";
    let mut kept = Vec::new();
    for (attributes, hertz, length, verdict) in [
        (ENABLE, 2100, 3000, "fax"),
        (ENABLE, 2100, 400, "machine_start"),
        (ENABLE, 440, 3000, "machine_start"),
        (&to_end, 1400, 300, "machine_end_beep"),
        (&to_end, 1400, 100, "machine_end_silence"),
        (&to_end, 1000, 300, "machine_end_silence"),
    ] {
        let dial = format!("<Dial action='/dialled'><Number {attributes}>100</Number></Dial>");
        let scenario = with(Scenario::configured(config).await, &dial);
        scenario.web.on("/who", twiml(""));
        let talks = talks(20).talks(ms(100), ms(2900));
        let behaviour = match attributes == ENABLE {
            true => talks.sounds(hertz, ms(100), ms(length)),
            false => talks.sounds(hertz, ms(3500), ms(length)),
        };
        scenario.asterisk.callee("*", behaviour).await;
        scenario.call().await.wait_ended().await.unwrap();
        scenario.nothing_left().await;
        let told = params(&scenario, "/who", "AnsweredBy");
        let lines = scenario.lines().await;
        assert_eq!(told, [verdict], "{attributes} {hertz} {length}\n{lines}");
        kept.push(scenario);
    }
}

#[tokio::test(start_paused = true)]
async fn an_asterisk_that_knows_no_tones_has_a_verdict_all_the_same() {
    let behaviour = talks(20).sounds(2100, ms(100), ms(3000));
    let scenario = detecting(ENABLE, behaviour).await;
    let unknown = Matching::next("POST", "/variable").after(1);
    scenario.asterisk.fault(unknown, Fault::Refuse(400)).await;
    scenario.call().await.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    let lines = scenario.lines().await;
    let told = params(&scenario, "/who", "AnsweredBy");
    assert_eq!(told, ["machine_start"], "{lines}");
}

#[tokio::test(start_paused = true)]
async fn one_who_hangs_up_before_anything_can_be_said_is_unknown() {
    let scenario = detecting(ENABLE, talks(1)).await;
    scenario.call().await.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    assert_eq!(params(&scenario, "/who", "AnsweredBy"), ["unknown"]);
}

#[tokio::test(start_paused = true)]
async fn digits_disable_it() {
    let attributes = format!("{ENABLE} sendDigits='1'");
    let scenario = detecting(&attributes, talks(10)).await;
    scenario.call().await.wait_ended().await.unwrap();
    scenario.nothing_left().await;
    assert!(scenario.web.at("/who").is_empty());
}

// Proves Number.amdStatusCallbackMethod, Sip.amdStatusCallbackMethod.
#[tokio::test(start_paused = true)]
async fn a_callee_who_is_asked_first_is_listened_to_as_well() {
    let attributes = format!("{ENABLE} url='/screen' amdStatusCallbackMethod='GET'");
    let mut kept = Vec::new();
    for (noun, party) in [("Number", "100"), ("Sip", "bob@example.com")] {
        let behaviour = talks(20).talks(ms(300), ms(500));
        let scenario = detecting_at(noun, party, &attributes, behaviour).await;
        scenario.web.on("/screen", twiml("<Pause length='6'/>"));
        scenario.call().await.wait_ended().await.unwrap();
        scenario.nothing_left().await;
        let who = asked(&scenario, "/who").await;
        assert_eq!(who.method, "GET");
        let lines = scenario.lines().await;
        assert_eq!(param(&who, "AnsweredBy"), "human", "{noun}\n{lines}");
        kept.push(scenario);
    }
}
