#!/usr/bin/env bash
# Back to the colour that served before, now: without analysis, and also where the nodes of the bad colour do not answer. First keeps what all
# nodes say of themselves as evidence (docs/operations/upgrades.md).
#
#   emergency-rollback.sh [--reason TEXT]
#
#   --from COLOUR        does nothing when clients are not sent to this colour (any more)
#   --reason TEXT        is kept with the evidence and in the service's annotations
#   --evidence DIRECTORY where the evidence goes; default: emergency-rollback-TIME here
#   --stop-bad           also scales the bad colour to no pods: when its nodes go on taking orders that they should not
#   --namespace NAME     default: $HIVE_NAMESPACE, or hive-mind
#   --dry-run            shows what would be changed
#
# Needs kubectl. Exit status: 0 clients are served by the old colour, 1 not, 2 wrong usage.
# shellcheck source=scripts/production/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

reason='not given'
stop_bad=no
from=''
evidence="emergency-rollback-$(date -u +%Y%m%dT%H%M%SZ)"
while [ "$#" -gt 0 ]; do
  case "$1" in
    --help | -h) help ;;
    --dry-run) dry_run=yes ;;
    --stop-bad) stop_bad=yes ;;
    --from) from="$(a_colour "$1" "$(value "$@")")"; shift ;;
    --reason) reason="$(value "$@")"; shift ;;
    --evidence) evidence="$(value "$@")"; shift ;;
    --namespace) namespace="$(value "$@")"; shift ;;
    *) usage_error "unknown option $1" ;;
  esac
  shift
done
need kubectl

bad="$(live_colour)"
good="$(other_colour "$bad")"
if [ -n "$from" ] && [ "$from" != "$bad" ]; then
  say "clients are sent to $bad, not to $from: there is nothing to go back from"
  exit 0
fi
[ -n "$(pods_of "$good")" ] || fail "there is no node of $good to go back to: docs/operations/recovery.md"

# Nodes are asked at once: as many that hang take no longer than one.
keep_evidence() {
  mkdir -p "$evidence"
  printf '%s from %s to %s: %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$bad" "$good" "$reason" >"$evidence/reason"
  local pod
  for pod in $(pods_of "$bad") $(pods_of "$good"); do
    timeout "$patience" kubectl --namespace "$namespace" exec "$pod" --container hive-mind -- \
      hive status --json --data-dir "$pod_data_dir" >"$evidence/$pod.json" 2>"$evidence/$pod.error" || say "$pod does not answer" &
  done
  wait
}
[ "$dry_run" = yes ] || keep_evidence

# How pods start that come later.
start_with() {
  run kube patch configmap "hive-mind-start-$1" --type merge --patch "{\"data\":{\"mode\":\"$2\"}}" || say "hive-mind-start-$1 was not changed"
}

# One that serves already is as good.
promote() {
  run timeout "$change_patience" kubectl --namespace "$namespace" exec "$1" --container hive-mind -- \
    hive admin promote --data-dir "$pod_data_dir" ||
    [ "$(timeout "$patience" kubectl --namespace "$namespace" exec "$1" --container hive-mind -- \
      hive status --json --data-dir "$pod_data_dir" | json it.state)" = serving ]
}

start_with "$good" --no-observe
promotions=()
for pod in $(pods_of "$good"); do
  promote "$pod" &
  promotions+=("$!")
done
promoted=0
for promotion in "${promotions[@]}"; do
  if wait "$promotion"; then promoted=$((promoted + 1)); fi
done
[ "$promoted" -gt 0 ] || fail "no node of $good serves: clients stay with $bad. docs/operations/recovery.md"
patch="{\"metadata\":{\"annotations\":{\"hive-mind/rollback-reason\":$(printf '%s' "$reason" | node -p 'JSON.stringify(require("node:fs").readFileSync(0, "utf8"))')}},\"spec\":{\"selector\":{\"$colour_label\":\"$good\"}}}"
run kube patch service "$service" --type merge --patch "$patch"
start_with "$bad" --observe
if [ "$stop_bad" = yes ]; then
  run kube scale deployment "hive-mind-$bad" --replicas 0
else
  for pod in $(pods_of "$bad"); do
    run timeout "$change_patience" kubectl --namespace "$namespace" exec "$pod" --container hive-mind -- \
      hive admin demote --drain 0 --data-dir "$pod_data_dir" || say "$pod was not demoted: --stop-bad ends it" &
  done
  wait
fi
[ "$dry_run" = no ] || exit 0
say "clients are sent to $good; what the nodes said before is in $evidence"
"$production/validate-deployment.sh" --namespace "$namespace" --colour "$good" --wait 30 >&2
