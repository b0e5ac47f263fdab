#!/usr/bin/env bash
# Blue-green deployment on one log: the nodes of the new colour follow it as observers until their state hashes agree with those of the old
# one's nodes, then serve; the old ones observe, ready to take over again (docs/operations/upgrades.md).
#
#   deploy.sh blue|green               puts the overlay of the colour into the cluster and waits until its nodes agree
#   deploy.sh switch-traffic COLOUR    promotes the colour's nodes, sends clients to them, demotes the others, and looks whether all is
#                                      well; if not, goes back by itself and ends with 1
#   deploy.sh rollback                 switches to the colour that clients are not sent to
#   deploy.sh status                   the colours, their pods, their nodes
#
#   --image IMAGE@sha256:…  of blue and green: what to run; default: what the overlay says
#   --wait SECONDS          how long nodes may take to catch up and agree; default 300
#   --drain SECONDS         how long clients of the old colour have to go; default 5
#   --namespace NAME        default: $HIVE_NAMESPACE, or hive-mind
#   --dry-run               shows what would be changed
#
# Needs kubectl. Exit status: 0 done, 1 failed, 2 wrong usage.
# shellcheck source=scripts/production/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

command=''
colour=''
image=''
wait_seconds=300
drain=5
while [ "$#" -gt 0 ]; do
  case "$1" in
    --help | -h) help ;;
    --dry-run) dry_run=yes ;;
    --image) image="$(value "$@")"; shift ;;
    --wait) wait_seconds="$(whole_number "$1" "$(value "$@")")"; shift ;;
    --drain) drain="$(value "$@")"; shift ;;
    --namespace) namespace="$(value "$@")"; shift ;;
    -*) usage_error "unknown option $1" ;;
    *)
      if [ -z "$command" ]; then command="$1"
      elif [ -z "$colour" ]; then colour="$1"
      else usage_error "what is $1 for?"; fi
      ;;
  esac
  shift
done
[[ "$drain" =~ ^[0-9]+$ ]] || usage_error "--drain takes seconds, not $drain"
need kubectl

validate() {
  "$production/validate-deployment.sh" --namespace "$namespace" "$@" >&2
}

state_of() {
  in_pod "$1" status --json --data-dir "$pod_data_dir" | json it.state
}

put() {
  local live
  live="$(live_colour)"
  [ "$live" != "$colour" ] || fail "clients are sent to $colour: deploy the other colour, then switch-traffic"
  [ -z "$image" ] || [[ "$image" == *@sha256:* ]] || usage_error '--image takes a digest (IMAGE@sha256:…): a tag can change'
  run kube apply --kustomize "$overlays/$colour"
  [ -z "$image" ] || run kube set image --selector "$app_label,$colour_label=$colour" deployment "hive-mind=$image"
  run kube wait --for=jsonpath='{.status.phase}'=Running pod --selector "$app_label,$colour_label=$colour" --timeout "${wait_seconds}s"
  [ "$dry_run" = no ] || return 0
  validate --colour "$colour" --allow-observing --wait "$wait_seconds"
  say "the nodes of $colour agree with the log: deploy.sh switch-traffic $colour sends clients to them"
}

# each COLOUR FROM COMMAND…: has every node of the colour that is in state FROM do it.
each() {
  local which="$1" from="$2" pod
  shift 2
  for pod in $(pods_of "$which"); do
    if [ "$(state_of "$pod")" = "$from" ]; then run in_pod "$pod" "$@" --data-dir "$pod_data_dir"; fi
  done
}

send_clients_to() {
  local previous patch
  previous="$(other_colour "$1")"
  patch="{\"metadata\":{\"annotations\":{\"hive-mind/previous-colour\":\"$previous\"}},\"spec\":{\"selector\":{\"$colour_label\":\"$1\"}}}"
  run kube patch service "$service" --type merge --patch "$patch"
}

# The new colour serves before clients come, the old one until they have gone.
switch_to() {
  each "$1" observing admin promote
  send_clients_to "$1"
  each "$(other_colour "$1")" serving admin demote --drain "$drain"
}

switch_traffic() {
  local from
  from="$(live_colour)"
  [ "$from" != "$1" ] || fail "clients are sent to $1 already"
  other_colour "$1" >/dev/null
  [ -n "$(pods_of "$1")" ] || fail "there is no node of $1: deploy.sh $1 first"
  [ "$dry_run" = yes ] || validate --colour "$1" --allow-observing --wait "$wait_seconds" || fail "$1 is not fit to serve: nothing was changed"
  switch_to "$1"
  [ "$dry_run" = no ] || return 0
  if validate --colour "$1" --wait 30; then
    say "clients are sent to $1; $from observes: deploy.sh rollback goes back"
    return
  fi
  say "$1 is not well: going back to $from"
  switch_to "$from"
  validate --colour "$from" --wait 30 || say "$from is not well either: docs/operations/runbooks.md"
  fail "went back to $from"
}

case "$command" in
  blue | green)
    [ -z "$colour" ] || usage_error "what is $colour for?"
    colour="$command"
    put
    ;;
  switch-traffic)
    [[ "$colour" =~ ^(blue|green)$ ]] || usage_error 'switch-traffic blue, or switch-traffic green?'
    switch_traffic "$colour"
    ;;
  rollback)
    live="$(live_colour)"
    colour="$(other_colour "$live")"
    switch_traffic "$colour"
    ;;
  status)
    live="$(live_colour)"
    printf 'clients are sent to %s\n' "$live"
    for colour in blue green; do
      for pod in $(pods_of "$colour"); do
        printf '%-6s %-24s %s\n' "$colour" "$pod" "$(state_of "$pod" 2>/dev/null || echo 'does not answer')"
      done
    done
    ;;
  '') usage_error 'blue, green, switch-traffic COLOUR, rollback or status?' ;;
  *) usage_error "unknown command $command" ;;
esac
