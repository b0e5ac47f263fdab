#!/usr/bin/env bash
# Backups of a node, restores, and the proof that they work (docs/operations/recovery.md).
#
#   disaster-recovery.sh backup             copies the node of --data-dir to the target now
#   disaster-recovery.sh restore ID|latest  makes the new directory --data-dir from a backup; the old node must not run any more
#   disaster-recovery.sh list               the backups of the target
#   disaster-recovery.sh verify [ID]        reads all of a backup and compares the state hashes; default: the newest
#   disaster-recovery.sh drill              kills a copy of the venue under load, restores it, measures RTO and RPO
#
#   --target TARGET       a directory or s3://BUCKET/PREFIX; default: $HIVE_BACKUP_TARGET
#   --log ID              of restore, verify and drill: which log, where the target has several (after a restore to a point in the past)
#   --key-file FILE       key of encrypted backups; default: $HIVE_BACKUP_KEY_FILE, where it is set
#   --data-dir DIRECTORY  of backup and restore; default of backup: data. Of drill: of the node that exports its figures (drill.json there)
#   --work-dir DIRECTORY  of drill: where its data directories are made
#   --rto-seconds S       of drill: the most that may pass until the venue serves again; default 30
#   --rpo-seconds S       of drill: the most that may be lost; default 2
#   --report FILE         of drill: appends the line of evidence to this file
#   --json                results as one JSON object a line
#   --dry-run             shows the hive commands and runs none
#
# Exit status: that of the hive command (docs/cli.md).
# shellcheck source=scripts/production/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

command=''
id=''
target="${HIVE_BACKUP_TARGET:-}"
key_file="${HIVE_BACKUP_KEY_FILE:-}"
log=()
data_dir=''
work_dir=''
report=''
rto=30
rpo=2
flags=()
while [ "$#" -gt 0 ]; do
  case "$1" in
    --help | -h) help ;;
    --dry-run) dry_run=yes ;;
    --json) flags=(--json) ;;
    --target) target="$(value "$@")"; shift ;;
    --log) log=(--log "$(value "$@")"); shift ;;
    --key-file) key_file="$(value "$@")"; shift ;;
    --data-dir) data_dir="$(value "$@")"; shift ;;
    --work-dir) work_dir="$(value "$@")"; shift ;;
    --report) report="$(value "$@")"; shift ;;
    --rto-seconds) rto="$(whole_number "$1" "$(value "$@")")"; shift ;;
    --rpo-seconds) rpo="$(whole_number "$1" "$(value "$@")")"; shift ;;
    -*) usage_error "unknown option $1" ;;
    *)
      if [ -z "$command" ]; then command="$1"
      elif [ -z "$id" ]; then id="$1"
      else usage_error "what is $1 for?"; fi
      ;;
  esac
  shift
done
[ -n "$command" ] || usage_error 'backup, restore ID, list, verify or drill?'
[ -z "$id" ] || [[ "$command" =~ ^(restore|verify)$ ]] || usage_error "what is $id for?"
[ "${#log[@]}" -eq 0 ] || [[ "$command" =~ ^(restore|verify|drill)$ ]] || usage_error 'what is --log for?'
[ -n "$target" ] || usage_error 'where are the backups? --target, or HIVE_BACKUP_TARGET in the environment'
key=()
[ -z "$key_file" ] || key=(--key-file "$key_file")

# Two nodes that go on from one point are two venues.
refuse_running_node() {
  [ "$dry_run" = yes ] && return
  if hive status --json --data-dir "$1" >/dev/null 2>&1; then
    fail "a node runs on $1: stop it first, and restore into a new directory"
  fi
}

case "$command" in
  backup) run hive "${flags[@]}" backup create --to "$target" "${key[@]}" --data-dir "${data_dir:-data}" ;;
  list) run hive "${flags[@]}" backup list --from "$target" ;;
  verify) run hive "${flags[@]}" backup verify --from "$target" "${key[@]}" "${log[@]}" ${id:+"$id"} ;;
  restore)
    [ -n "$id" ] || usage_error 'which backup? restore ID, or restore latest'
    [ -n "$data_dir" ] || usage_error 'restore needs a new directory: --data-dir'
    refuse_running_node "$data_dir"
    run hive "${flags[@]}" restore "$id" --from "$target" "${key[@]}" "${log[@]}" --data-dir "$data_dir"
    ;;
  drill)
    # Said before the minutes that a drill takes, not behind them.
    [ -z "$data_dir" ] || [ -d "$data_dir" ] || usage_error "--data-dir: there is no directory $data_dir"
    [ -z "$report" ] || [ "$dry_run" = yes ] || { : >>"$report"; } 2>/dev/null || fail "--report: $report cannot be written"
    drill=(hive "${flags[@]}" drill --to "$target" "${key[@]}" "${log[@]}" --rto-seconds "$rto" --rpo-seconds "$rpo")
    [ -z "$work_dir" ] || drill+=(--work-dir "$work_dir")
    if [ "$dry_run" = yes ]; then
      run "${drill[@]}"
      exit 0
    fi
    status=0
    line="$("${drill[@]}")" || status=$?
    if [ -n "$line" ]; then
      printf '%s\n' "$line"
      [ -z "$report" ] || printf '%s\n' "$line" >>"$report"
      # Whole or not at all: a node may read it meanwhile.
      if [ -n "$data_dir" ]; then
        printf '%s\n' "$line" >"$data_dir/drill.json.unfinished"
        mv "$data_dir/drill.json.unfinished" "$data_dir/drill.json"
      fi
    fi
    exit "$status"
    ;;
  *) usage_error "unknown command $command" ;;
esac
