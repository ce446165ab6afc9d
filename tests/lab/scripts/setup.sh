#!/bin/bash
# Gets a Debian or Ubuntu machine ready for `make demo` and `make test`: packages,
# the Python environment of the recognisers, the private Asterisks.
#
# Asks nothing, and does nothing where everything is there already, so that a
# second run needs no network. Outside build/ only packages are installed.
set -euo pipefail

scripts=$(cd "$(dirname "$0")" && pwd)
checkout=$(cd "$scripts/../../.." && pwd)
build=${PIVOT_LAB_BUILD:-$checkout/build}
mkdir -p "$build"

# build-essential compiles the C parts of crates (TLS, mp3); mmdebstrap
# makes the roots; the others speak and listen in tests.
packages=(build-essential pkg-config ca-certificates mmdebstrap
    espeak-ng flite python3 python3-venv)
# shellcheck disable=SC2206
packages+=(${EXTRA_PACKAGES:-})
# Twilio's libraries are needed by tests only; a node that is there already will do.
if [ -n "${TWILIO_LIBRARIES:-}" ] && ! command -v npm >/dev/null; then
    packages+=(nodejs npm)
fi
missing=()
for package in "${packages[@]}"; do
    if ! dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii'; then
        missing+=("$package")
    fi
done
if [ ${#missing[@]} -gt 0 ]; then
    if [ "$(id -u)" != 0 ]; then
        echo "setup: run as root once, to install: ${missing[*]}" >&2
        exit 2
    fi
    echo "installing ${missing[*]}" >&2
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update
    apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null
fi

# Two runs that start together must not fill one environment at once.
exec 8>"$build/.venv.lock"
flock 8
if ! cmp -s "$scripts/requirements.txt" "$build/venv/.requirements"; then
    echo "installing speech recognisers and a voice in $build/venv" >&2
    rm -rf "$build/venv"
    /usr/bin/python3 -m venv "$build/venv"
    "$build/venv/bin/pip" install --quiet --disable-pip-version-check \
        -r "$scripts/requirements.txt"
    "$build/venv/bin/python" "$scripts/ears.py" check >/dev/null
    cp "$scripts/requirements.txt" "$build/venv/.requirements"
fi

# Twilio's own libraries, which write documents and check signatures in tests.
libraries=$scripts/../libraries
pinned=$(cat "$libraries/requirements.txt" "$libraries/package.json")
if [ -n "${TWILIO_LIBRARIES:-}" ] && [ "$pinned" != "$(cat "$build/twilio/.pinned" 2>/dev/null)" ]; then
    echo "installing Twilio's Python and Node libraries in $build/twilio" >&2
    rm -rf "$build/twilio"
    mkdir -p "$build/twilio/node"
    /usr/bin/python3 -m venv "$build/twilio/python"
    "$build/twilio/python/bin/pip" install --quiet --disable-pip-version-check \
        -r "$libraries/requirements.txt"
    cp "$libraries/package.json" "$build/twilio/node/"
    (cd "$build/twilio/node" && npm install --silent --no-audit --no-fund --no-package-lock \
        --ignore-scripts)
    echo "$pinned" >"$build/twilio/.pinned"
fi
flock -u 8

# A second store that tests run on.
if [ -n "${POSTGRES:-}" ]; then
    "$scripts/postgres.sh" install
fi

for version in ${ASTERISK_VERSIONS:-22 16}; do
    "$scripts/asterisk-root.sh" "$version"
done

# What failed tests left to look at, once their process (VERSION-PID-N) is gone.
for dir in "$build"/asterisk-*/lab/*-*-*; do
    pid=${dir%-*}
    if [ -e "$dir" ] && ! kill -0 "${pid##*-}" 2>/dev/null; then
        rm -rf "$dir"
    fi
done
