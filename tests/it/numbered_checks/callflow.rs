//! The checks of Callflow: `// Callflow check 12.`, or a reason here.

use std::ops::RangeInclusive;

/// How many checks there are.
const ALL: RangeInclusive<u32> = 1..=102;

/// Checks without a test of their own, and why.
const NOT_HERE: &[(RangeInclusive<u32>, &str)] = &[];

#[test]
fn every_check_has_a_test_or_a_reason() {
    super::require(ALL, NOT_HERE, &super::proven("Callflow check "));
}
