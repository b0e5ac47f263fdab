#!/usr/bin/env bash
# Fetches Debian's libfaketime and unpacks it to .cache/faketime/ for the faults of test/faults: it lets the clock of a node jump. Those faults
# are left out, and the run says so, where it is absent. Needs no root.
set -euo pipefail
# shellcheck source=scripts/debian-packages.sh
. "$(dirname "${BASH_SOURCE[0]}")/debian-packages.sh"
if [ -d "$root/.cache/faketime/usr" ]; then exit 0; fi
begin_packages faketime
unpack_packages libfaketime
end_packages unpacked faketime
