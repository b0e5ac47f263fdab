#!/usr/bin/env bash
# Says whether a deployment is fit to serve: each node's state, shadow core, archive, disk, backup and clock, and of a cluster its quorum, its
# copies of the log, and whether all nodes stand behind the same state hash.
#
#   validate-deployment.sh [--colour blue|green]                  the pods of a colour; default: the one that clients are sent to
#   validate-deployment.sh --data-dir DIRECTORY [--data-dir …]    nodes on this machine, without Kubernetes
#
#   --nodes N             so many nodes must serve; default: as many as the colour's Deployment should have, or all of --data-dir
#   --allow-observing     nodes that observe are fit, too: before traffic is switched to them
#   --wait SECONDS        looks again until it is fit, for so long; default 0
#   --namespace NAME      default: $HIVE_NAMESPACE, or hive-mind
#   --json                one JSON object: {passed, checks: [{check, passed, evidence}]}
#   --dry-run             shows what would be asked
#
# Exit status: 0 fit, 1 not fit, 2 wrong usage, 4 a node does not answer.
# shellcheck source=scripts/production/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

colour=''
data_dirs=()
checks=()
wait_seconds=0
while [ "$#" -gt 0 ]; do
  case "$1" in
    --help | -h) help ;;
    --dry-run) dry_run=yes ;;
    --json | --allow-observing) checks+=("$1") ;;
    --nodes) nodes="$(whole_number "$1" "$(value "$@")")"; checks+=(--nodes "$nodes"); shift ;;
    --wait) wait_seconds="$(whole_number "$1" "$(value "$@")")"; shift ;;
    --colour) colour="$(a_colour "$1" "$(value "$@")")"; shift ;;
    --data-dir) directory="$(value "$@")"; data_dirs+=("$directory"); shift ;;
    --namespace) namespace="$(value "$@")"; shift ;;
    *) usage_error "unknown option $1" ;;
  esac
  shift
done

answers="$(mktemp -d)"
complaints="$(mktemp)"
trap 'rm -rf "$answers" "$complaints"' EXIT

# ask INDEX local DIRECTORY | ask INDEX pod NAME: what a node says of itself and, the first that is in a cluster, of the cluster.
ask() {
  local index="$1"
  local node=(hive)
  local data_dir="$3"
  if [ "$2" = pod ]; then
    node=(in_pod "$3")
    data_dir="$pod_data_dir"
  fi
  if [ "$dry_run" = yes ]; then
    run "${node[@]}" status --json --data-dir "$data_dir"
    return
  fi
  "${node[@]}" status --json --data-dir "$data_dir" >"$answers/$index.node.json" || exit 4
  if [ ! -e "$answers/cluster.json" ] && [ "$(json '"cluster" in it' <"$answers/$index.node.json")" = true ]; then
    "${node[@]}" status --cluster --json --data-dir "$data_dir" >"$answers/cluster.json" || exit 4
  fi
}

look() {
  rm -f "$answers"/*
  local index=0 one replicas wanted=()
  if [ "${#data_dirs[@]}" -gt 0 ]; then
    for one in "${data_dirs[@]}"; do
      index=$((index + 1))
      ask "$index" local "$one"
    done
  else
    need kubectl
    [ -n "$colour" ] || colour="$(live_colour)" || exit 4
    kube get pods --selector "$app_label,$colour_label=$colour" --output json >"$answers/pods.json" || exit 4
    replicas="$(replicas_of "$colour")" || exit 4
    wanted=(--nodes "$replicas")
    for one in $(json 'it.items.map(({ metadata }) => metadata.name).join("\n")' <"$answers/pods.json"); do
      index=$((index + 1))
      ask "$index" pod "$one"
    done
  fi
  [ "$dry_run" = no ] || return 0
  [ "$index" -gt 0 ] || fail "there is no node of colour $colour in namespace $namespace"
  program scripts/production/lib/deployment-checks.ts "$answers" "${wanted[@]}" "${checks[@]}"
}

end=$((SECONDS + wait_seconds))
while true; do
  status=0
  # Of all tries only the last one's complaints are of interest.
  result="$(look 2>"$complaints")" || status=$?
  if [ "$status" -eq 0 ] || [ "$status" -eq 2 ] || [ "$SECONDS" -ge "$end" ]; then break; fi
  sleep 1
done
cat "$complaints" >&2
[ -z "$result" ] || printf '%s\n' "$result"
exit "$status"
