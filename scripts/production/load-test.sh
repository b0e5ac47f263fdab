#!/usr/bin/env bash
# Puts a venue under the load of many users at once: trading, cancel storms, market data to many, and afterwards the same state at all nodes.
# Says whether memory grows.
#
#   load-test.sh --duration S --concurrent-users N
#
# Without --data-dir it starts a venue of its own on this machine, and removes it afterwards: not on a machine that serves.
#
#   --rate ORDERS            orders a second of all users; default: 10 for each, 5,000 at most
#   --nodes 1|3              of its own venue; 3: a cluster on three nats-servers (scripts/install-nats.sh)
#   --data-dir DIRECTORY     of a node that runs on this machine; several times for the nodes of a cluster
#   --users-file FILE        with --data-dir: one line NAME PASSWORD for each user; their accounts need funds
#   --symbol S, --price P    with --data-dir: what they trade, and at which price
#   --leak-mib-per-minute M  growth of a node's memory that is no leak; default 1. Below 5 minutes the verdict is "too short"
#   --json                   one JSON object: {passed, failures, trading, cancelStorms, fanOut, consensus, memory, …}
#   --dry-run                shows the command
#
# The load comes from this machine, over OUCH and WebSocket without TLS: run it where the doors are plain, such as in the pod's network.
# Exit status: 0 passed, 1 failed (a refused order, a missing answer or message, states that differ, a leak), 2 wrong usage.
# shellcheck source=scripts/production/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

arguments=()
duration=''
users=''
while [ "$#" -gt 0 ]; do
  case "$1" in
    --help | -h) help ;;
    --dry-run) dry_run=yes ;;
    --json) arguments+=(--json) ;;
    --duration) duration="$(whole_number "$1" "$(value "$@")")"; shift ;;
    --concurrent-users) users="$(whole_number "$1" "$(value "$@")")"; shift ;;
    --rate | --nodes | --data-dir | --users-file | --symbol | --price | --leak-mib-per-minute)
      option="$(value "$@")"
      arguments+=("$1" "$option")
      shift
      ;;
    *) usage_error "unknown option $1" ;;
  esac
  shift
done
[ -n "$duration" ] || usage_error 'for how long? --duration S'
[ -n "$users" ] || usage_error 'how many users? --concurrent-users N'
[ "$users" -ge 4 ] || usage_error '--concurrent-users: at least 4, so that there is a market'
for_running_node "${arguments[@]}"
run program bench/load-test.ts --duration "$duration" --concurrent-users "$users" "${arguments[@]}"
