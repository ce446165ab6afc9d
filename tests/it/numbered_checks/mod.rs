//! The numbered checks of the compatibility notes, a list for each language: each check is
//! named above the test that proves it, or stands in its list with the reason why not.

mod callflow;
mod twiml;

use std::collections::BTreeSet;
use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;

/// Fails unless each check of `all` has a test or an excuse, and none has both.
fn require(
    all: RangeInclusive<u32>,
    excused: &[(RangeInclusive<u32>, &str)],
    proven: &BTreeSet<u32>,
) {
    let excused: BTreeSet<u32> = excused
        .iter()
        .flat_map(|(range, _)| range.clone())
        .collect();
    let missing: Vec<u32> = all
        .clone()
        .filter(|number| !proven.contains(number) && !excused.contains(number))
        .collect();
    assert!(missing.is_empty(), "no test names the checks {missing:?}");
    let both: Vec<u32> = excused.intersection(proven).copied().collect();
    assert!(
        both.is_empty(),
        "excused, and yet there is a test: {both:?}"
    );
    let unknown: Vec<u32> = proven
        .iter()
        .copied()
        .filter(|n| !all.contains(n))
        .collect();
    assert!(unknown.is_empty(), "there are no such checks: {unknown:?}");
}

/// The numbers that comments above tests name: lines that begin with `// `, then `marker`,
/// then a number and a full stop; several in one line are each read.
fn proven(marker: &str) -> BTreeSet<u32> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut numbers = BTreeSet::new();
    for folder in ["src", "tests"] {
        collect(&root.join(folder), marker, &mut numbers);
    }
    numbers
}

fn collect(folder: &Path, marker: &str, numbers: &mut BTreeSet<u32>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, marker, numbers);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let named = text
                .lines()
                .filter_map(|line| line.trim_start().strip_prefix("// "))
                .filter(|comment| comment.starts_with(marker))
                .flat_map(|comment| comment.split(marker).skip(1))
                .filter_map(|after| after.split_once('.')?.0.parse::<u32>().ok());
            numbers.extend(named);
        }
    }
}
