#!/usr/bin/env bash
# Fetches Debian's shellcheck and unpacks it to .cache/shellcheck/ for the test of the shell scripts, which is skipped, and says so, where
# it is absent. Needs no root.
set -euo pipefail
# shellcheck source=scripts/debian-packages.sh
. "$(dirname "${BASH_SOURCE[0]}")/debian-packages.sh"
if [ -x "$root/.cache/shellcheck/usr/bin/shellcheck" ]; then exit 0; fi
begin_packages shellcheck
unpack_packages shellcheck
end_packages unpacked shellcheck
