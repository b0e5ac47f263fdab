# Shared by the scripts of this folder, which source it. Needs bash, a Node >= 20, and what each script names.
# shellcheck shell=bash disable=SC2034
set -euo pipefail
shopt -s inherit_errexit

production="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
root="$(cd "$production/../.." && pwd)"

# Where the venue runs in Kubernetes (deployment/kubernetes).
namespace="${HIVE_NAMESPACE:-hive-mind}"
service="${HIVE_SERVICE:-hive-mind}"
pod_data_dir="${HIVE_POD_DATA_DIR:-/var/lib/hive-mind}"
app_label="app.kubernetes.io/name=hive-mind"
colour_label="hive-mind/colour"
overlays="${HIVE_OVERLAYS:-$root/deployment/kubernetes/overlays}"
dry_run=no
# Seconds that a node may take to answer, and to begin or end to serve. kubectl would wait for ever for a machine that hangs.
patience=10
change_patience=30

say() { printf '%s\n' "$*" >&2; }

# Wrong usage ends with 2, as the hive command does; everything else that fails with 1.
usage_error() {
  say "$(basename "$0"): $* (see --help)"
  exit 2
}
fail() {
  say "$(basename "$0"): $*"
  exit 1
}

# Prints the comment at the head of the script that is run.
help() {
  awk 'NR > 1 && !/^# shellcheck / { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$0"
  exit 0
}

# Runs what changes something; with --dry-run only shows it.
run() {
  if [ "$dry_run" = yes ]; then
    case "$1" in
      kube) set -- kubectl --namespace "$namespace" "${@:2}" ;;
      program) set -- npx node "${@:2}" ;;
      in_pod) set -- kubectl --namespace "$namespace" exec "$2" --container hive-mind -- hive "${@:3}" ;;
    esac
    # In one piece: others may be shown at the same time.
    printf '+%s\n' "$(printf ' %q' "$@")"
  else
    "$@"
  fi
}

# The hive of the PATH where there is one, or else that of this repository.
hive() {
  if [ -n "${HIVE:-}" ]; then "$HIVE" "$@"
  elif type -P hive >/dev/null; then command hive "$@"
  else node "$root/bin/hive.js" "$@"; fi
}

# A program of this folder in TypeScript, with the Node that the repository pins.
program() {
  local file="$1"
  shift
  local node="$root/node_modules/node/bin/node"
  [ -x "$node" ] || node=node
  "$node" "$root/$file" "$@"
}

# What the JavaScript expression $1 makes of the JSON on standard input, which is `it`; text as it is, else JSON. Fails where there is nothing: who should
# have written it has said why.
json() {
  node -e '
    const text = require("node:fs").readFileSync(0, "utf8");
    if (text === "") process.exit(1);
    const it = JSON.parse(text);
    const out = new Function("it", "return " + process.argv[1])(it);
    console.log(typeof out === "string" ? out : JSON.stringify(out));' "$1"
}

# The value of an option that needs one.
value() {
  [ "$#" -ge 2 ] || usage_error "$1 needs a value"
  printf '%s' "$2"
}

whole_number() {
  [[ "$2" =~ ^[1-9][0-9]*$ ]] || usage_error "$1 takes a whole number above zero, not $2"
  printf '%s' "$2"
}

# The value of an option that takes a colour.
a_colour() {
  [[ "$2" =~ ^(blue|green)$ ]] || usage_error "$1 is blue or green, not $2"
  printf '%s' "$2"
}

# Load for a node that runs comes from users who are there already: refuses arguments that name a node and leave them out.
for_running_node() {
  [[ " $* " == *" --data-dir "* ]] || return 0
  local option
  for option in --users-file --symbol --price; do
    [[ " $* " == *" $option "* ]] ||
      usage_error "a node that runs needs $option, too: --users-file FILE (a line NAME PASSWORD for each user, whose accounts have funds), --symbol S and --price P"
  done
}

need() {
  local tool
  for tool in "$@"; do
    type -P "$tool" >/dev/null || fail "$tool is not installed"
  done
}

kube() { kubectl --namespace "$namespace" "$@"; }

# The hive command in a pod; fails with 124 when it takes longer than $patience seconds.
in_pod() {
  local pod="$1" status=0
  shift
  timeout "$patience" kubectl --namespace "$namespace" exec "$pod" --container hive-mind -- hive "$@" || status="$?"
  [ "$status" -ne 124 ] || say "$pod does not answer within $patience s"
  return "$status"
}

# Names of the pods of a colour, one a line.
pods_of() {
  kube get pods --selector "$app_label,$colour_label=$1" --output name | sed 's|^pod/||'
}

# How many pods a colour should have.
replicas_of() {
  kube get deployment "hive-mind-$1" --output json | json it.spec.replicas
}

# The colour that clients are sent to.
live_colour() {
  kube get service "$service" --output json | json 'it.spec.selector["hive-mind/colour"] ?? ""'
}

other_colour() {
  case "$1" in
    blue) echo green ;;
    green) echo blue ;;
    *) fail "service $service sends clients to '$1', which is neither blue nor green" ;;
  esac
}
