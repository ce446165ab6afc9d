//! The checks of TwiML: `// Check 12.`, or a reason here.

use std::ops::RangeInclusive;

/// How many checks there are.
const ALL: RangeInclusive<u32> = 1..=237;

/// Checks without a test of their own, and why.
const NOT_HERE: &[(RangeInclusive<u32>, &str)] = &[
    (56..=57, "the REST API, which is a later issue"),
    (70..=74, "the REST API, which is a later issue"),
    (107..=108, "speech is recognised in a later issue"),
    (110..=110, "speech is recognised in a later issue"),
    (167..=167, "the REST API, which is a later issue"),
    (170..=170, "the REST API, which is a later issue"),
    (174..=174, "the REST API, which is a later issue"),
    (176..=176, "the REST API, which is a later issue"),
    (178..=179, "the REST API, which is a later issue"),
    (
        194..=194,
        "calls that the REST API makes, which is a later issue",
    ),
    (
        195..=196,
        "calls that the REST API makes, which is a later issue",
    ),
    (
        198..=199,
        "calls that the REST API makes, which is a later issue",
    ),
    (200..=219, "the REST API, which is a later issue"),
    (220..=234, "WebSockets, which are a later issue"),
    (236..=237, "WebSockets, which are a later issue"),
];

/// Tested, but in the form that the outer face gives them where it differs.
const OUR_FORM: &[(u32, &str)] = &[
    (7, "without a content type the first character decides"),
    (
        8,
        "application/json is a Callflow document, in either format",
    ),
    (
        42,
        "the dialplan goes on; the application-error message is the profile `twilio`",
    ),
    (43, "the same"),
    (
        153,
        "by the username alone: Asterisk has the password, of the endpoint that [dial] sip_accounts names",
    ),
    (
        84,
        "a warning and the next verb; the fallback URL is the profile `twilio`",
    ),
    (85, "the same"),
];

#[test]
fn every_check_has_a_test_or_a_reason() {
    let proven = super::proven("Check ");
    super::require(ALL, NOT_HERE, &proven);
    for (number, why) in OUR_FORM {
        assert!(proven.contains(number), "{number}: {why}");
    }
}
