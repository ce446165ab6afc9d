//! The numbered checks of the compatibility notes: each is named above the test
//! that proves it, as `// Check 12.`, or stands here with the reason why not.

use std::collections::BTreeSet;
use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;

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
    let proven = proven();
    let excused: BTreeSet<u32> = NOT_HERE
        .iter()
        .flat_map(|(range, _)| range.clone())
        .collect();
    let missing: Vec<u32> = ALL
        .filter(|number| !proven.contains(number) && !excused.contains(number))
        .collect();
    assert!(
        missing.is_empty(),
        "no test says `// Check N.` for {missing:?}"
    );
    let both: Vec<u32> = excused.intersection(&proven).copied().collect();
    assert!(
        both.is_empty(),
        "excused, and yet there is a test: {both:?}"
    );
    let unknown: Vec<u32> = proven
        .iter()
        .copied()
        .filter(|n| !ALL.contains(n))
        .collect();
    assert!(unknown.is_empty(), "there are no such checks: {unknown:?}");
    for (number, why) in OUR_FORM {
        assert!(proven.contains(number), "{number}: {why}");
    }
}

/// The numbers that comments above tests name.
fn proven() -> BTreeSet<u32> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut numbers = BTreeSet::new();
    for folder in ["src", "tests"] {
        collect(&root.join(folder), &mut numbers);
    }
    numbers
}

fn collect(folder: &Path, numbers: &mut BTreeSet<u32>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, numbers);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let named = text
                .lines()
                .filter(|line| line.trim_start().starts_with("// Check "))
                .flat_map(|line| line.split("Check ").skip(1))
                .filter_map(|after| after.split_once('.')?.0.parse::<u32>().ok());
            numbers.extend(named);
        }
    }
}
