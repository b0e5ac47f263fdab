#!/usr/bin/env bash
# Takes a node off the network and leaves it running, so that it can be looked at: a node that may be broken into, or that answers wrong.
#
#   network-isolate.sh POD                      no connection in or out; kubectl exec still works
#   network-isolate.sh POD --lift               back to the network of the venue
#   network-isolate.sh --data-dir DIRECTORY     a node on this machine: its doors close at once, it goes on applying the log
#   network-isolate.sh --data-dir DIRECTORY --lift
#
#   --reason TEXT        kept in the pod's annotations
#   --namespace NAME     default: $HIVE_NAMESPACE, or hive-mind
#   --dry-run            shows what would be changed
#
# A pod is let into the network by its labels, which the policies of deployment/kubernetes/network-policy.yaml select; with others only the default
# remains, which denies everything. Its Deployment starts another pod in its place and leaves this one alone until --lift. The archive's pod, whose name
# and volumes no other can have, is missed until --lift or until it is deleted.
# Connections that stand are cut where the network plugin cuts them at a change of policy, as Calico and Cilium do; so the node's
# doors are closed first.
# shellcheck source=scripts/production/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

pod=''
data_dir=''
lift=no
reason='not given'
while [ "$#" -gt 0 ]; do
  case "$1" in
    --help | -h) help ;;
    --dry-run) dry_run=yes ;;
    --lift) lift=yes ;;
    --reason) reason="$(value "$@")"; shift ;;
    --data-dir) data_dir="$(value "$@")"; shift ;;
    --namespace) namespace="$(value "$@")"; shift ;;
    -*) usage_error "unknown option $1" ;;
    *)
      [ -z "$pod" ] || usage_error 'one pod at a time: the venue needs the others'
      pod="$1"
      ;;
  esac
  shift
done

if [ -n "$data_dir" ]; then
  [ -z "$pod" ] || usage_error 'a pod or a data directory, not both'
  if [ "$lift" = yes ]; then run hive admin promote --data-dir "$data_dir"
  else run hive admin demote --drain 0 --data-dir "$data_dir"; fi
  exit 0
fi
[ -n "$pod" ] || usage_error 'which pod?'
need kubectl

if [ "$lift" = yes ]; then
  name_label="$app_label"
  [[ "$pod" != hive-mind-archive-* ]] || name_label="$app_label-archive"
  run kube label pod "$pod" --overwrite "$name_label" app.kubernetes.io/part-of=hive-mind
  run kube annotate pod "$pod" hive-mind/isolated-because-
  say "$pod is back: what has made it counts it again, and a Deployment may end it as one too many"
  exit 0
fi
run timeout 30 kubectl --namespace "$namespace" exec "$pod" --container hive-mind -- \
  hive admin demote --drain 0 --data-dir "$pod_data_dir" || say "$pod does not close its doors by itself: the network is cut all the same"
run kube label pod "$pod" --overwrite app.kubernetes.io/name=hive-mind-isolated app.kubernetes.io/part-of-
run kube annotate pod "$pod" --overwrite "hive-mind/isolated-because=$reason"
say "$pod is isolated: kubectl --namespace $namespace exec $pod --container hive-mind -- hive status --data-dir $pod_data_dir still answers"
