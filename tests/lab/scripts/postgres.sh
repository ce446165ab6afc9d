#!/bin/bash
# A private Postgres for the tests of the store: data of its own, on a free port
# of 127.0.0.1, run by an unprivileged user. One that the machine already runs is
# not touched.
#
#   postgres.sh install   the package, unless a server is there; build/postgres.skipped
#                         says why when it cannot be had
#   postgres.sh start     starts one and prints its URL
#   postgres.sh stop URL  stops it and removes its data
set -euo pipefail

checkout=$(cd "$(dirname "$0")/../../.." && pwd)
build=${PIVOT_LAB_BUILD:-$checkout/build}

# The newest server that is installed; Debian keeps it out of PATH.
binaries() {
    local found
    found=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)
    if [ -x "$found" ]; then
        dirname "$found"
    elif command -v initdb >/dev/null; then
        dirname "$(command -v initdb)"
    else
        return 1
    fi
}

# The server refuses to be run by root.
unprivileged() {
    if [ "$(id -u)" = 0 ]; then
        # It complains about a working directory that it may not see.
        (cd / && setpriv --reuid postgres --regid postgres --clear-groups "$@")
    else
        "$@"
    fi
}

install() {
    mkdir -p "$build"
    rm -f "$build/postgres.skipped"
    if binaries >/dev/null; then
        return
    fi
    if [ "$(id -u)" != 0 ]; then
        echo "no Postgres is installed; run as root once" >"$build/postgres.skipped"
        return
    fi
    echo "installing postgresql" >&2
    export DEBIAN_FRONTEND=noninteractive
    if ! { apt-get -qq update && apt-get -qq install -y --no-install-recommends postgresql; } >/dev/null; then
        echo "the package postgresql cannot be installed" >"$build/postgres.skipped"
    fi
}

start() {
    local bin dir port password=pivot-test
    bin=$(binaries)
    mkdir -p "$build"
    dir=$(mktemp -d "$build/postgres.XXXXXX")
    chmod 755 "$dir"
    if ! unprivileged test -x "$dir"; then
        # A checkout in somebody's home, which others may not enter.
        rmdir "$dir"
        dir=$(mktemp -d "${TMPDIR:-/tmp}/pivot-postgres.XXXXXX")
    fi
    # It speaks TLS too, with a certificate that it has signed itself.
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=pivot \
        -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE \
        -keyout "$dir/key.pem" -out "$dir/cert.pem" 2>/dev/null
    echo "$password" >"$dir/password"
    chmod 600 "$dir/key.pem"
    if [ "$(id -u)" = 0 ]; then
        chown -R postgres: "$dir"
    fi
    unprivileged "$bin/initdb" --pgdata "$dir/data" --username pivot --pwfile "$dir/password" \
        --auth scram-sha-256 --encoding UTF8 --locale C --no-sync >"$dir.log" 2>&1 ||
        { cat "$dir.log" >&2; return 1; }
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    unprivileged "$bin/pg_ctl" --pgdata "$dir/data" --log "$dir/log" --wait start --options \
        "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off -c max_connections=200 -c ssl=on -c ssl_cert_file='$dir/cert.pem' -c ssl_key_file='$dir/key.pem'" \
        >"$dir.log" 2>&1 || { cat "$dir.log" "$dir/log" >&2; return 1; }
    rm -f "$dir.log"
    ln -sfn "$dir" "$build/postgres-$port"
    echo "postgres://pivot:$password@127.0.0.1:$port/postgres?sslmode=verify-full&sslrootcert=$dir/cert.pem"
}

stop() {
    local port dir
    port=${1%%/postgres\?*}
    port=${port##*:}
    dir=$(readlink "$build/postgres-$port")
    unprivileged "$(binaries)/pg_ctl" --pgdata "$dir/data" --mode immediate --wait stop >/dev/null
    rm -rf "$dir" "$build/postgres-$port"
}

case ${1:-} in
install) install ;;
start) start ;;
stop) stop "${2:?usage: postgres.sh stop URL}" ;;
*)
    echo "usage: postgres.sh install|start|stop URL" >&2
    exit 2
    ;;
esac
