#!/usr/bin/env bash
# Fetches Debian's Prometheus and Alertmanager, with promtool and amtool, and unpacks them to .cache/prometheus/ for the tests of monitoring/.
# The tests are skipped, and say so, where a program is absent; so this may fail on a machine without apt or without a network. Needs no root.
set -euo pipefail
# shellcheck source=scripts/debian-packages.sh
. "$(dirname "${BASH_SOURCE[0]}")/debian-packages.sh"
programs=(prometheus promtool prometheus-alertmanager amtool)

# Fails when one of the programs below $1 is not there or does not run.
check_programs() {
  local program
  for program in "${programs[@]}"; do
    "$1/usr/bin/$program" --version >/dev/null 2>&1 && continue
    echo "$1/usr/bin/$program does not run" >&2
    return 1
  done
}

if [ -d "$root/.cache/prometheus" ] && check_programs "$root/.cache/prometheus"; then exit 0; fi
begin_packages prometheus
use_debian bookworm deb
unpack_packages prometheus prometheus-alertmanager
check_programs "$work/unpacked"
end_packages unpacked prometheus
