//! The checks of Callflow: `// Callflow check 12.`, or a reason here.

use std::ops::RangeInclusive;

/// How many checks there are.
const ALL: RangeInclusive<u32> = 1..=102;

/// Checks without a test of their own, and why.
const NOT_HERE: &[(RangeInclusive<u32>, &str)] = &[];

/// Tested, but in the form that the outer face gives them where it differs.
const OUR_FORM: &[(u32, &str)] = &[
    (
        60,
        "no flow runs while a caller talks with somebody, so there is no other leg to transfer: `_`",
    ),
    (
        78,
        "a recording without URL is kept here, so none is skipped",
    ),
    (
        87,
        "JSON that cannot be run takes `_`, as the failure ladder and Kazoo's documentation say",
    ),
];

#[test]
fn every_check_has_a_test_or_a_reason() {
    let proven = super::proven("Callflow check ");
    super::require(ALL, NOT_HERE, &proven);
    for (number, why) in OUR_FORM {
        assert!(proven.contains(number), "{number}: {why}");
    }
}
