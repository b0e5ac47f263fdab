#!/usr/bin/env bash
# Fetches Debian's libfaketime and unpacks it to .cache/faketime/ for the faults of test/faults: it lets the clock of a node jump. Those faults
# are left out, and the run says so, where it is absent. Needs no root.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
target="$root/.cache/faketime"
if [ -d "$target/usr" ]; then exit 0; fi
work="$root/.cache/faketime-package"
rm -rf "$work"
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT
(cd "$work" && apt-get -o 'APT::Sandbox::User=' download -qq libfaketime)
dpkg-deb -x "$work"/libfaketime_*.deb "$work/unpacked"
rm -rf "$target"
mv "$work/unpacked" "$target"
