#!/usr/bin/env bash
# Says whether the P99 of orders is within a threshold: from when an order is due until its durable answer is back, open loop.
#
#   latency-validation.sh --p99-threshold US
#
# Without --data-dir and --metrics it starts a venue of its own on this machine, and removes it afterwards: not on a machine that serves.
#
#   --rate ORDERS           a second; default 1000
#   --seconds S             measured; default 10
#   --warmup S              before that; default 5
#   --nodes 1|3             of its own venue; 3: a cluster on three nats-servers
#   --data-dir DIRECTORY    of a node that runs on this machine
#   --users-file FILE       with --data-dir: at least four lines NAME PASSWORD; their accounts need funds
#   --symbol S, --price P   with --data-dir: what they trade, and at which price
#   --metrics URL           judges the node's own figure instead (hive_order_stage_seconds) by the metrics at this address. Without --data-dir nothing
#                           is started and nothing is sent: the orders are those that its clients send meanwhile
#   --stage STAGE           of --metrics: appended, durable, answered or total; default total, which has the disk or the quorum in it
#   --json                  one JSON object: {passed, thresholdUs, judged, client: {p50, p90, p99, p999, max}, …}
#   --dry-run               shows the command
#
# Exit status: 0 within the threshold, 1 above it, 2 wrong usage.
# shellcheck source=scripts/production/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

arguments=()
threshold=''
while [ "$#" -gt 0 ]; do
  case "$1" in
    --help | -h) help ;;
    --dry-run) dry_run=yes ;;
    --json) arguments+=(--json) ;;
    --p99-threshold) threshold="$(whole_number "$1" "$(value "$@")")"; shift ;;
    --rate | --seconds | --warmup | --nodes | --data-dir | --users-file | --symbol | --price | --metrics | --stage)
      option="$(value "$@")"
      arguments+=("$1" "$option")
      shift
      ;;
    *) usage_error "unknown option $1" ;;
  esac
  shift
done
[ -n "$threshold" ] || usage_error 'which threshold? --p99-threshold US'
for_running_node "${arguments[@]}"
run program bench/latency-validation.ts --p99-threshold "$threshold" "${arguments[@]}"
