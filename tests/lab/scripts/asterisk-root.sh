#!/bin/bash
# Makes a private Asterisk: a chroot under build/ with the distribution's own
# package in it. Nothing outside build/ is written, and an Asterisk that the
# machine already runs is not touched.
#
#   asterisk-root.sh 22    build/asterisk-22: Debian sid, or on Ubuntu the running release
#   asterisk-root.sh 16    build/asterisk-16: Debian bullseye; on Ubuntu build/asterisk-16.skipped
#
# A root that exists is left as it is, so a second run needs no network.
set -euo pipefail

version=${1:?usage: asterisk-root.sh 22|16}
checkout=$(cd "$(dirname "$0")/../../.." && pwd)
build=${PIVOT_LAB_BUILD:-$checkout/build}
root=$build/asterisk-$version
mkdir -p "$build"

# Two test runs that start together must not build the same root twice.
exec 9>"$build/.asterisk-$version.lock"
flock 9

if [ -e "$root/.complete" ] || [ -e "$root.skipped" ]; then
    exit 0
fi

. /etc/os-release
packages=asterisk,asterisk-core-sounds-en-wav
components=main
case "${ID:-} ${ID_LIKE:-}" in
*ubuntu*)
    if [ "$version" = 16 ]; then
        echo "Ubuntu has no Asterisk 16 package; these tests run on Debian only" >"$root.skipped"
        exit 0
    fi
    suite=$VERSION_CODENAME
    components="main universe"
    ;;
*debian*)
    case $version in
    22) suite=sid packages=$packages,asterisk-mp3 ;;
    16) suite=bullseye ;;
    *) echo "asterisk-root.sh: no Debian release is known for Asterisk $version" >&2; exit 2 ;;
    esac
    ;;
*)
    echo "asterisk-root.sh: needs Debian or Ubuntu, this is ${PRETTY_NAME:-unknown}" >&2
    exit 2
    ;;
esac

if [ "$(id -u)" != 0 ]; then
    echo "asterisk-root.sh: run as root, a chroot cannot be made otherwise" >&2
    exit 2
fi

# The mirror this machine itself uses; the security archive carries no full suite.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -n 1)
if [ -z "$mirror" ]; then
    echo "asterisk-root.sh: apt knows no mirror; run apt-get update first" >&2
    exit 2
fi

echo "making Asterisk $version from $mirror $suite in $root" >&2
rm -rf "$root" "$root.partial"
# A snapshot mirror serves indexes whose validity has run out.
mmdebstrap --quiet --variant=essential \
    --aptopt='Acquire::Check-Valid-Until "false"' \
    --aptopt='APT::Install-Recommends "false"' \
    --include="$packages" \
    "$suite" "$root.partial" "deb $mirror $suite $components"

# Without its host's name in /etc/hosts every call waits five seconds for DNS.
printf '127.0.0.1 localhost %s\n' "$(hostname)" >"$root.partial/etc/hosts"
mkdir -p "$root.partial/lab"
touch "$root.partial/.complete"
mv "$root.partial" "$root"
