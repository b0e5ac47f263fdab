#!/usr/bin/env bash
# Fetches Debian's shellcheck and unpacks it to .cache/shellcheck/ for the test of the shell scripts, which is skipped, and says so, where
# it is absent. Needs no root.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
target="$root/.cache/shellcheck"
if [ -x "$target/usr/bin/shellcheck" ]; then exit 0; fi
work="$root/.cache/shellcheck-package"
rm -rf "$work"
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT
(cd "$work" && apt-get -o 'APT::Sandbox::User=' download -qq shellcheck)
dpkg-deb -x "$work"/shellcheck_*.deb "$work/unpacked"
rm -rf "$target"
mv "$work/unpacked" "$target"
