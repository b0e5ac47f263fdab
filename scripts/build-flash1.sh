#!/usr/bin/env bash
# Makes the workloads for bench/flash1.ts from a checkout that you have of
# https://github.com/flash1-dev/matching-engine-benchmark (MIT): builds its generator with your compiler and writes
# its five scenarios, its conformance cases and its published hashes to a folder. Nothing is downloaded.
#
#   FLASH1_DIR=/path/to/checkout scripts/build-flash1.sh [seed…]
#
# OUT (default .cache/flash1) is the folder, COUNT (default 1000000) the number of new orders. Without a seed: 23, for
# which the hashes are published. Needs g++, and python3 for the conformance cases.
set -euo pipefail

: "${FLASH1_DIR:?set FLASH1_DIR to a checkout of github.com/flash1-dev/matching-engine-benchmark}"
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
out="${OUT:-$root/.cache/flash1}"
count="${COUNT:-1000000}"
seeds=("$@")
[ ${#seeds[@]} -gt 0 ] || seeds=(23)
mkdir -p "$out"

generator="$out/generator"
if [ ! -x "$generator" ] || [ "$FLASH1_DIR/workload/generator.cpp" -nt "$generator" ]; then
  g++ -std=c++20 -O3 -I "$FLASH1_DIR/api" -o "$generator" "$FLASH1_DIR/workload/generator.cpp"
fi

for seed in "${seeds[@]}"; do
  for scenario in static normal swing-25 swing-40 flash-crash; do
    file="$out/orders_${scenario}_s${seed}_n${count}.bin"
    [ -f "$file" ] || { "$generator" "$scenario" "$file.part" "$count" "$seed" && mv "$file.part" "$file"; }
  done
done

cp "$FLASH1_DIR/reference/correctness_hash.txt" "$out/"

python3 - "$FLASH1_DIR/scripts" "$out" <<'PYTHON'
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
from conformance_check import EDGE_CASES, scen_name, write_bin

for case, messages in EDGE_CASES.items():
    write_bin(os.path.join(sys.argv[2], f"orders_{scen_name(case)}_s0_n{len(messages)}.bin"), messages)
PYTHON

echo "workloads are in $out; run: node bench/flash1.ts --dir $out"
