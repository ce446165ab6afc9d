#!/bin/bash
# Format, lints and all tests, in the order of their speed. The last line is the
# sum over all runners, "N passed, N failed"; format and lints count one each.
set -uo pipefail

cd "$(dirname "$0")/../../.."
log=$(mktemp)
trap 'rm -f "$log"; [ -z "${PIVOT_TEST_POSTGRES:-}" ] || tests/lab/scripts/postgres.sh stop "$PIVOT_TEST_POSTGRES"' EXIT
unset PIVOT_TEST_POSTGRES
passed=0
failed=0

# Runs one command that either passes or fails.
check() {
    echo "== $*"
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
}

# Runs a test runner and adds up what it reports. One that fails without having
# counted a failure (it did not compile, or crashed) is one failure.
tests() {
    echo "== $*"
    local status=0 good bad
    "$@" 2>&1 | tee "$log" || status=1
    # nextest: "12 tests run: 11 passed (1 slow), 1 failed, 1 timed out, 0 skipped"
    # libtest: "test result: FAILED. 11 passed; 1 failed; 0 ignored; …"
    good=$(summaries | grep -Eo '[0-9]+ passed' | awk '{n += $1} END {print n + 0}')
    bad=$(summaries | grep -Eo '[0-9]+ (failed|timed out|exec failed)' | awk '{n += $1} END {print n + 0}')
    if [ "$status" != 0 ] && [ "$bad" = 0 ]; then
        bad=1
    fi
    passed=$((passed + good))
    failed=$((failed + bad))
}

summaries() {
    sed 's/\x1b\[[0-9;]*m//g' "$log" | grep -E '^ *Summary \[|^test result: '
}

if cargo nextest --version >/dev/null 2>&1; then
    runner=(cargo nextest run --config-file tests/lab/nextest.toml)
else
    # One test at a time: live tests need their share of the machine.
    runner=(cargo test --no-fail-fast)
    export RUST_TEST_THREADS=${RUST_TEST_THREADS:-2}
fi

# The tests of the store run on Postgres too, where there can be one.
if [ -e "${PIVOT_LAB_BUILD:-build}/postgres.skipped" ]; then
    echo "skipped: postgres: $(cat "${PIVOT_LAB_BUILD:-build}/postgres.skipped")"
elif PIVOT_TEST_POSTGRES=$(tests/lab/scripts/postgres.sh start); then
    export PIVOT_TEST_POSTGRES
else
    echo "skipped: postgres: it cannot be started, see above"
    unset PIVOT_TEST_POSTGRES
fi

# `cargo fmt` does not find the files that the lists of verbs and modules name.
every_file_is_formatted() {
    cargo fmt --all --check && find src -name '*.rs' -exec rustfmt --edition 2024 --check {} +
}
check every_file_is_formatted
check cargo clippy --quiet --workspace --all-targets -- -D warnings
# From here on with everything that a package may switch on.
all=(--features postgres)
check cargo clippy --quiet --package pivot --all-targets "${all[@]}" -- -D warnings
# The lab runs this binary from outside.
check cargo build --quiet --bin pivot "${all[@]}"
export PIVOT_BIN=${CARGO_TARGET_DIR:-$PWD/target}/debug/pivot
tests "${runner[@]}" --package pivot "${all[@]}"
# Do the tests that docs/twiml.md and docs/callflow.md name notice when an attribute or a
# field is not read?
binary=$(cargo test --package pivot --test it "${all[@]}" --no-run 2>&1 | sed -n 's/.*Executable.*(\(.*\))/\1/p')
check python3 tests/lab/scripts/break-attributes.py "$binary" twiml
check python3 tests/lab/scripts/break-attributes.py "$binary" callflow
tests "${runner[@]}" --package pivot-lab --lib --bins
if [ "${runner[1]}" = nextest ]; then
    tests cargo test --quiet --package pivot --doc "${all[@]}"
    tests cargo test --quiet --package pivot-lab --doc
fi
# Real calls. A version that this machine cannot have is skipped with its reason.
for skipped in "${PIVOT_LAB_BUILD:-build}"/asterisk-*.skipped; do
    [ -e "$skipped" ] && echo "skipped: $(basename "$skipped" .skipped): $(cat "$skipped")"
done
tests "${runner[@]}" --package pivot-lab --test '*'

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
