#!/usr/bin/env bash
# Blue-green deployment on one log: the nodes of the new colour follow it as observers until their state hashes agree with those of the old
# one's nodes, then serve; the old ones observe, ready to take over again (docs/operations/upgrades.md).
#
#   deploy.sh blue|green               puts the overlay of the colour into the cluster and waits until its nodes agree
#   deploy.sh shared                   puts there what both colours use (nats-servers, the archive node), and waits until it runs: last of a
#                                      release, when the colour has shown that it is good
#   deploy.sh switch-traffic COLOUR    promotes the colour's nodes, sends clients to them, demotes the others, and looks whether all is
#                                      well; if not, or when a node takes longer than 30 s, goes back by itself and
#                                      ends with 1
#   deploy.sh rollback                 switches to the colour that clients are not sent to
#   deploy.sh watch --prometheus URL   looks for --for seconds whether an alert fires that a release must not cause (error budget, state hashes,
#                                      latency, orders that stop) or the live colour is not fit; if so, rolls back and ends with 1
#   deploy.sh status                   the colours, their pods, their nodes
#
#   --image IMAGE@sha256:…  of blue, green and shared: what to run; default: what the overlay says
#   --wait SECONDS          how long nodes may take to catch up and agree; default 300
#   --drain SECONDS         how long clients of the old colour have to go; default 5
#   --for SECONDS           of watch: default 900
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
prometheus=''
watch_seconds=900
# What a release must not cause (monitoring/alerting/prometheus-rules.yaml).
alerts='HiveErrorBudgetBurn14x|HiveErrorBudgetBurn6x|HiveStateDiverged|HiveNodeOutvoted|HiveVenueDown|HiveOrderFlowStopped|HiveOrderLatencyHigh'
# Seconds between two looks.
look_every=15
while [ "$#" -gt 0 ]; do
  case "$1" in
    --help | -h) help ;;
    --dry-run) dry_run=yes ;;
    --image) image="$(value "$@")"; shift ;;
    --wait) wait_seconds="$(whole_number "$1" "$(value "$@")")"; shift ;;
    --prometheus) prometheus="$(value "$@")"; shift ;;
    --for) watch_seconds="$(whole_number "$1" "$(value "$@")")"; shift ;;
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
[ -z "$colour" ] || [ "$command" = switch-traffic ] || usage_error "what is $colour for?"
need kubectl

validate() {
  "$production/validate-deployment.sh" --namespace "$namespace" "$@" >&2
}

state_of() {
  in_pod "$1" status --json --data-dir "$pod_data_dir" | json it.state
}

# manifests_of OVERLAY: with the release's image in them.
manifests_of() {
  local manifests
  [ -z "$image" ] || [[ "$image" == *@sha256:* ]] || usage_error '--image takes a digest (IMAGE@sha256:…): a tag can change'
  manifests="$(kubectl kustomize "$overlays/$1")"
  [ -z "$image" ] || manifests="$(sed -E "s|image: \\S+/hive-mind@sha256:[0-9a-f]+|image: $image|" <<<"$manifests")"
  [[ "$manifests" != *@sha256:0000000000* ]] || usage_error "the overlay of $1 has no release's digest in it: --image IMAGE@sha256:…"
  printf '%s\n' "$manifests"
}

put_shared() {
  local manifests
  manifests="$(manifests_of shared)" || exit "$?"
  run kube apply --filename - <<<"$manifests"
  run kube rollout status statefulset/nats --timeout "${wait_seconds}s"
  run kube rollout status statefulset/hive-mind-archive --timeout "${wait_seconds}s"
}

put() {
  local live manifests
  live="$(live_colour)"
  [ "$live" != "$colour" ] || fail "clients are sent to $colour: deploy the other colour, then switch-traffic"
  manifests="$(manifests_of "$colour")" || exit "$?"
  # Nodes that observe are never ready, so an update in turns would not get past the first.
  run kube delete deployment "hive-mind-$colour" --ignore-not-found --cascade foreground --timeout "${wait_seconds}s"
  run kube apply --filename - <<<"$manifests"
  [ "$dry_run" = no ] || return 0
  validate --colour "$colour" --allow-observing --wait "$wait_seconds"
  say "the nodes of $colour agree with the log: deploy.sh switch-traffic $colour sends clients to them"
}

# each COLOUR FROM SECONDS COMMAND…: has every node of the colour that is in state FROM do it, within SECONDS; fails when one does not.
each() {
  local which="$1" from="$2" seconds="$3" pod status=0
  shift 3
  for pod in $(pods_of "$which"); do
    [ "$(state_of "$pod")" = "$from" ] || continue
    patience="$seconds" run in_pod "$pod" "$@" --data-dir "$pod_data_dir" || { say "$pod does not $2"; status=1; }
  done
  return "$status"
}

send_clients_to() {
  local previous patch
  previous="$(other_colour "$1")"
  patch="{\"metadata\":{\"annotations\":{\"hive-mind/previous-colour\":\"$previous\"}},\"spec\":{\"selector\":{\"$colour_label\":\"$1\"}}}"
  run kube patch service "$service" --type merge --patch "$patch"
}

# How pods of a colour start that come later: after a crash, or from the autoscaler.
start_with() {
  run kube patch configmap "hive-mind-start-$1" --type merge --patch "{\"data\":{\"mode\":\"$2\"}}"
}

# The new colour serves before clients come, the old one until they have gone. Fails when a node of the new colour does not begin to serve: clients are where
# they were then. One of the old colour that goes on serving holds up nobody.
switch_to() {
  local other
  other="$(other_colour "$1")"
  start_with "$1" --no-observe &&
    each "$1" observing "$change_patience" admin promote &&
    send_clients_to "$1" &&
    start_with "$other" --observe || return
  each "$other" serving "$((drain + change_patience))" admin demote --drain "$drain" || say "not all nodes of $other observe: deploy.sh status"
}

# as_many_as FROM TO: TO gets as many nodes as FROM has, where it has fewer: the autoscaler adds none while all observe.
as_many_as() {
  local wanted has
  wanted="$(replicas_of "$1")"
  has="$(replicas_of "$2")"
  [ "$has" -ge "$wanted" ] || run kube scale deployment "hive-mind-$2" --replicas "$wanted"
}

switch_traffic() {
  local from
  from="$(live_colour)"
  [ "$from" != "$1" ] || fail "clients are sent to $1 already"
  other_colour "$1" >/dev/null
  [ -n "$(pods_of "$1")" ] || fail "there is no node of $1: deploy.sh $1 first"
  as_many_as "$from" "$1"
  [ "$dry_run" = yes ] || validate --colour "$1" --allow-observing --wait "$wait_seconds" || fail "$1 is not fit to serve: clients stay with $from"
  local is_done=yes
  switch_to "$1" || is_done=no
  [ "$dry_run" = no ] || return 0
  if [ "$is_done" = yes ] && validate --colour "$1" --wait 30; then
    say "clients are sent to $1; $from observes: deploy.sh rollback goes back"
    return
  fi
  say "$1 is not well: going back to $from"
  switch_to "$from" || say "not all nodes of $from serve: deploy.sh status"
  validate --colour "$from" --wait 30 || say "$from is not well either: docs/operations/runbooks.md"
  fail "went back to $from"
}

firing() {
  curl --silent --show-error --fail --max-time 10 --get "$prometheus/api/v1/query" \
    --data-urlencode "query=ALERTS{alertstate=\"firing\",alertname=~\"$alerts\"}" |
    json 'it.data.result.map(({ metric }) => metric.alertname).join(" ")'
}

# Without Prometheus nobody would see that it goes wrong: that, too, is a reason to go back.
watch_live() {
  local live why='' end=$((SECONDS + watch_seconds))
  live="$(live_colour)"
  if [ "$dry_run" = yes ]; then
    printf '+ alerts %s at %s, every %s s for %s s\n' "$alerts" "$prometheus" "$look_every" "$watch_seconds"
    return
  fi
  while [ "$SECONDS" -lt "$end" ]; do
    why="$(firing)" || why='Prometheus does not answer'
    if [ -z "$why" ] && ! validate --colour "$live"; then why='the nodes are not fit'; fi
    if [ -n "$why" ]; then
      say "$live is not well: $why"
      # Where somebody went back meanwhile, it must not go forward again.
      "$production/emergency-rollback.sh" --namespace "$namespace" --from "$live" --reason "$why" || fail "the rollback failed: docs/operations/upgrades.md says what next"
      fail 'rolled back'
    fi
    sleep "$((look_every < end - SECONDS ? look_every : 1))"
  done
  say "$live was well for $watch_seconds s"
}

case "$command" in
  blue | green)
    colour="$command"
    put
    ;;
  shared) put_shared ;;
  switch-traffic)
    [[ "$colour" =~ ^(blue|green)$ ]] || usage_error 'switch-traffic blue, or switch-traffic green?'
    switch_traffic "$colour"
    ;;
  rollback)
    live="$(live_colour)"
    colour="$(other_colour "$live")"
    switch_traffic "$colour"
    ;;
  watch)
    [ -n "$prometheus" ] || usage_error 'watch needs --prometheus URL'
    need curl
    watch_live
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
  '') usage_error 'blue, green, shared, switch-traffic COLOUR, rollback, watch or status?' ;;
  *) usage_error "unknown command $command" ;;
esac
