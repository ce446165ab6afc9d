# The two commands: `make demo` and `make test`. Both get the machine ready
# first (packages, private Asterisks under build/), ask nothing, and work a
# second time without network. Debian or Ubuntu, with Rust, as root.

LAB := tests/lab/scripts
PIVOT := $(or $(CARGO_TARGET_DIR),target)/debug/pivot

RELEASE := $(or $(CARGO_TARGET_DIR),target)/release/pivot

.PHONY: demo test bench setup clean

# Real calls through every sample flow. KEEP=1 stays up for a softphone,
# LISTEN=ADDRESS lets a phone on another machine in.
demo: export ASTERISK_VERSIONS = 22
demo: setup
	cargo build --quiet --bin pivot
	PIVOT_BIN=$(abspath $(PIVOT)) KEEP=$(KEEP) LISTEN=$(LISTEN) \
		cargo run --quiet --package pivot-lab --bin demo

# Format, lints, then every test; the last line is "N passed, N failed".
test: export TWILIO_LIBRARIES = 1
test: export POSTGRES = 1
test: setup
	$(LAB)/test.sh

# Figures, not verdicts; see docs/performance.md.
bench: export ASTERISK_VERSIONS = 22
bench: export EXTRA_PACKAGES = sip-tester curl
bench: setup
	cargo build --quiet --release --bin pivot
	PIVOT_BIN=$(abspath $(RELEASE)) cargo run --quiet --release --package pivot-lab --bin bench

setup:
	$(LAB)/setup.sh

# Also removes the private Asterisks, which take the network to make again.
clean:
	cargo clean
	rm -rf build
