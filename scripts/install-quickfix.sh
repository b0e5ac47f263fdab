#!/usr/bin/env bash
# Fetches Debian's source package of QuickFIX and unpacks its acceptance definitions and dictionaries to .cache/quickfix/
# for test/fix-acceptance. The test is skipped, and says so, where they are absent; so this may fail on a machine without
# apt or without a network. Needs no root: apt's lists for it lie in .cache/ too.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
target="$root/.cache/quickfix"
[ -d "$target/definitions/fix44" ] && exit 0

work="$root/.cache/quickfix-source"
rm -rf "$work"
mkdir -p "$work/lists/partial" "$work/archives/partial"
trap 'rm -rf "$work"' EXIT
. /etc/os-release
echo "deb-src http://deb.debian.org/debian ${VERSION_CODENAME} main" >"$work/sources.list"
options=(
  -o "Dir::Etc::SourceList=$work/sources.list" -o 'Dir::Etc::SourceParts=-'
  -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work" -o 'APT::Sandbox::User='
)
apt-get "${options[@]}" update -qq
(cd "$work" && apt-get "${options[@]}" source --download-only -qq quickfix)

mkdir "$work/unpacked"
tar -xf "$work"/quickfix_*.orig.tar.* -C "$work/unpacked" --strip-components=1
mkdir -p "$work/ready/definitions"
cp -r "$work/unpacked/test/definitions/server"/fix{42,44,50sp2} "$work/ready/definitions/"
cp -r "$work/unpacked/spec" "$work/ready/spec"
rm -rf "$target"
mv "$work/ready" "$target"
