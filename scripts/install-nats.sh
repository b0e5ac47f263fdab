#!/usr/bin/env bash
# Fetches Debian sid's nats-server and unpacks it to .cache/nats/ for the tests of the cluster: older Debian releases have 2.9 and 2.10, which
# lose what they acknowledged. The tests are skipped, and say so, where the program is absent; so this may fail on a machine without apt or
# without a network. Needs no root: apt's lists for it lie in .cache/ too.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
target="$root/.cache/nats"
program=usr/sbin/nats-server
oldest=2.12.9

# Fails when the program at $1 is older than it may be.
check_version() {
  local version
  version="$("$1" --version | grep -oE '[0-9]+\.[0-9]+\.[0-9]+')"
  [ "$(printf '%s\n' "$oldest" "$version" | sort -V | head -n 1)" = "$oldest" ] && return
  echo "nats-server $version is too old: at least $oldest is needed" >&2
  return 1
}

if [ -x "$target/$program" ] && check_version "$target/$program"; then exit 0; fi

work="$root/.cache/nats-package"
rm -rf "$work"
mkdir -p "$work/lists/partial" "$work/archives/partial"
trap 'rm -rf "$work"' EXIT
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keyring] http://deb.debian.org/debian sid main" >"$work/sources.list"
options=(
  -o "Dir::Etc::SourceList=$work/sources.list" -o 'Dir::Etc::SourceParts=-'
  -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work" -o 'APT::Sandbox::User='
)
apt-get "${options[@]}" update -qq
(cd "$work" && apt-get "${options[@]}" download -qq nats-server)
dpkg-deb -x "$work"/nats-server_*.deb "$work/unpacked"
check_version "$work/unpacked/$program"
rm -rf "$target"
mv "$work/unpacked" "$target"
