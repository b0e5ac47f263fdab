#!/usr/bin/env bash
# Fetches Debian sid's nats-server and unpacks it to .cache/nats/ for the tests of the cluster: older Debian releases have 2.9 and 2.10, which
# lose what they acknowledged. The tests are skipped, and say so, where the program is absent; so this may fail on a machine without apt or
# without a network. Needs no root.
set -euo pipefail
# shellcheck source=scripts/debian-packages.sh
. "$(dirname "${BASH_SOURCE[0]}")/debian-packages.sh"
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

if [ -x "$root/.cache/nats/$program" ] && check_version "$root/.cache/nats/$program"; then exit 0; fi
begin_packages nats
use_debian sid deb
unpack_packages nats-server
check_version "$work/unpacked/$program"
end_packages unpacked nats
