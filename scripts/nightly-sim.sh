#!/usr/bin/env bash
# Simulates clusters (docs/simulation.md) for a time, one process for each core, and writes failing seeds:
#
#     scripts/nightly-sim.sh [SECONDS] [FILE]
#
# SECONDS: default 3600. FILE: where failing seeds go, one a line; default .cache/failing-seeds. A quarter of the processes
# has five nodes. Exits with 1 when a run failed.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-3600}
file=${2:-.cache/failing-seeds}
mkdir -p "$(dirname "$file")"
: >"$file"

# A day has seeds of its own: 2^31 of them last for 58 years of nights.
first=$(($(date +%s) / 86400 % 21474 * 100000))
pids=()
for ((core = 0; core < $(nproc); core++)); do
  nodes=$((core % 4 == 3 ? 5 : 3))
  npm run -s sim -- --seed=$((first + core * 1000)) --seconds="$seconds" --nodes=$nodes --failures="$file" &
  pids+=($!)
done
failed=0
for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
exit $failed
