#!/usr/bin/env bash
# Simulates clusters (docs/simulation.md) for a time, one process for each core, and writes failing seeds:
#
#     scripts/nightly-sim.sh [SECONDS] [FILE]
#
# Each process begins with a random seed and prints it at the end; every fourth has five nodes. SECONDS: default 3600. FILE:
# where failing seeds go, one a line; default .cache/failing-seeds. Exits with 1 when a run failed.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-3600}
usage='scripts/nightly-sim.sh [SECONDS] [FILE]'
if [ "$seconds" = --help ]; then
  printf '%s\n' "$usage"
  exit 0
fi
# Before the seeds of the last time go.
if [[ ! "$seconds" =~ ^[1-9][0-9]{0,4}$ ]] || [ "$seconds" -gt 86400 ]; then
  printf 'SECONDS is a whole number from 1 to 86400, not %s\n%s\n' "$seconds" "$usage" >&2
  exit 2
fi
file=${2:-.cache/failing-seeds}
mkdir -p "$(dirname "$file")"
: >"$file"

pids=()
for ((core = 0; core < $(nproc); core++)); do
  nodes=$((core % 4 == 3 ? 5 : 3))
  npm run -s sim -- --seconds="$seconds" --nodes=$nodes --failures="$file" &
  pids+=($!)
done
failed=0
for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
exit $failed
