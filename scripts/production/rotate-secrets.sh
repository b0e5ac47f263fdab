#!/usr/bin/env bash
# Replaces a secret while the node runs, and proves that the old one is good for nothing any more. Meant for a scheduled job.
#
#   rotate-secrets.sh signing-key   the key with which a node signs bearer tokens: a token of before must be refused, a new one be good
#       --data-dir DIRECTORY  of the node, or --pod NAME in Kubernetes, which is asked through a port that kubectl forwards
#   rotate-secrets.sh api-key       an API key (token) of a user: adds another, tries it, revokes the old one, which must be refused
#       --token-file FILE     has the token; gets the new one
#   rotate-secrets.sh nats          the password of the nodes at the nats-servers: the old one must be refused by each server
#       --password-file FILE  which the nodes' configuration names (cluster.passwordFile)
#       --server-file FILE    which the servers' configuration includes: gets one line, HIVE_NATS_PASSWORD: "…" (password: $HIVE_NATS_PASSWORD there)
#       --user NAME           of the nodes at the servers
#       --nats HOST:PORT      a server to try; several times for several
#       --reload COMMAND      makes the servers read their configuration, such as "pkill -HUP nats-server"
#   rotate-secrets.sh tls           the certificate of the doors: every door must show the new one, and not the old one
#       --certificate FILE, --key FILE          which the node's configuration names (tls)
#       --new-certificate FILE, --new-key FILE  what comes in their place
#       --connect HOST:PORT   a door that speaks TLS; several times for several
#
#   --url URL             of the HTTP door, such as https://venue.example:26080; signing-key and api-key
#   --ca FILE             who signed the venue's certificate, with https
#   --user NAME, --login-file FILE   signing-key: who logs in to prove it; the file's first line is the password
#   --namespace NAME      default: $HIVE_NAMESPACE, or hive-mind
#   --json                one JSON object: {secret, rotated, oldIsRefused, newIsGood}
#   --dry-run             shows what would be changed, and changes nothing
#
# Secrets go through files and pipes, never through command lines. Exit status: 0 rotated and proven, 1 not (the message says what stands), 2 wrong usage.
# shellcheck source=scripts/production/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

command=''
url=''
ca=''
user=''
login_file=''
data_dir=''
pod=''
token_file=''
password_file=''
server_file=''
servers=()
reload=''
certificate=''
key=''
new_certificate=''
new_key=''
doors=()
as_json=no
connect_to=()
# What a node takes to see that files have changed: it looks every ten seconds.
patience=30
while [ "$#" -gt 0 ]; do
  case "$1" in
    --help | -h) help ;;
    --dry-run) dry_run=yes ;;
    --json) as_json=yes ;;
    --url) url="$(value "$@")"; shift ;;
    --ca) ca="$(value "$@")"; shift ;;
    --user) user="$(value "$@")"; shift ;;
    --login-file) login_file="$(value "$@")"; shift ;;
    --data-dir) data_dir="$(value "$@")"; shift ;;
    --pod) pod="$(value "$@")"; shift ;;
    --namespace) namespace="$(value "$@")"; shift ;;
    --token-file) token_file="$(value "$@")"; shift ;;
    --password-file) password_file="$(value "$@")"; shift ;;
    --server-file) server_file="$(value "$@")"; shift ;;
    --nats) option="$(value "$@")"; servers+=("$option"); shift ;;
    --reload) reload="$(value "$@")"; shift ;;
    --certificate) certificate="$(value "$@")"; shift ;;
    --key) key="$(value "$@")"; shift ;;
    --new-certificate) new_certificate="$(value "$@")"; shift ;;
    --new-key) new_key="$(value "$@")"; shift ;;
    --connect) option="$(value "$@")"; doors+=("$option"); shift ;;
    -*) usage_error "unknown option $1" ;;
    *)
      [ -z "$command" ] || usage_error "what is $1 for?"
      command="$1"
      ;;
  esac
  shift
done

required() {
  while [ "$#" -gt 0 ]; do
    [ -n "$2" ] || usage_error "$command needs $1"
    shift 2
  done
}

proven() {
  if [ "$as_json" = yes ]; then printf '{"secret":"%s","rotated":true,"oldIsRefused":true,"newIsGood":true}\n' "$command"
  else printf '%s: rotated; the old one is refused, the new one is good\n' "$command"; fi
}

# Replaces a file that only its owner may read by what comes on standard input: whole or not at all.
put_file() {
  local unfinished="$1.unfinished"
  (umask 077 && cat >"$unfinished")
  mv "$unfinished" "$1"
}

# request METHOD PATH [TOKEN]: sends standard input as JSON; prints the status and, behind a line end, the answer.
request() {
  local options=(--silent --show-error --max-time 10 --request "$1" --write-out '\n%{http_code}' "${connect_to[@]}")
  [ -z "$ca" ] || options+=(--cacert "$ca")
  [ "$1" = GET ] || [ "$1" = DELETE ] || options+=(--header 'Content-Type: application/json' --data-binary @-)
  # The token goes through a pipe: whoever lists the processes does not see it.
  curl "${options[@]}" --header @<([ -z "${3:-}" ] || printf 'Authorization: Bearer %s\n' "$3") "$url/api/v1$2"
}
status_of() { tail -n 1 <<<"$1"; }
body_of() { sed '$d' <<<"$1"; }

# Whether the venue takes the token: 200 yes, 401 no.
token_status() {
  local answer
  answer="$(request GET /keys "$1" </dev/null)"
  status_of "$answer"
}

log_in() {
  local answer
  answer="$(node -e '
    const password = require("node:fs").readFileSync(process.argv[2], "utf8").split(/\r?\n/, 1)[0];
    process.stdout.write(JSON.stringify({ name: process.argv[1], password }));' "$user" "$login_file" | request POST /login)"
  [ "$(status_of "$answer")" = 200 ] || fail "$user cannot log in: $(body_of "$answer")"
  body_of "$answer" | json it.token
}

# Sends what goes to --url to the pod, under the name that its certificate has.
forward_to_pod() {
  local line answer
  answer="$(mktemp)"
  # Not by the function: a signal would end a shell and leave kubectl.
  kubectl --namespace "$namespace" port-forward "pod/$pod" :26080 >"$answer" &
  # shellcheck disable=SC2064
  trap "kill $! 2>/dev/null || true; rm -f '$answer'" EXIT
  local end=$((SECONDS + patience))
  until line="$(grep -oE '127\.0\.0\.1:[0-9]+' "$answer" | head -n 1)"; do
    [ "$SECONDS" -lt "$end" ] || fail "kubectl forwards no port to $pod"
    sleep 0.1
  done
  connect_to=(--connect-to "::$line")
}

# The number of the node that signed a token.
signer_of() {
  node -p 'JSON.parse(Buffer.from(require("node:fs").readFileSync(0, "utf8").split(".")[0], "base64url")).kid' <<<"$1"
}

rotate_signing_key() {
  required --url "$url" --user "$user" --login-file "$login_file" '--data-dir or --pod' "$data_dir$pod"
  need curl
  local node=(hive) directory="$data_dir"
  if [ -n "$pod" ]; then
    need kubectl
    node=(in_pod "$pod")
    directory="$pod_data_dir"
  fi
  if [ "$dry_run" = yes ]; then
    run "${node[@]}" admin rotate-key --data-dir "$directory"
    return
  fi
  [ -z "$pod" ] || forward_to_pod
  local old new status number signer
  number="$("${node[@]}" status --json --data-dir "$directory" | json it.nodeId)"
  old="$(log_in)"
  status="$(token_status "$old")"
  [ "$status" = 200 ] || fail "the venue answers $status to a token that it has just given out: nothing was rotated"
  signer="$(signer_of "$old")"
  [ "$signer" = "$number" ] || fail "$url leads to node $signer, not to node $number: nothing was rotated"
  "${node[@]}" admin rotate-key --data-dir "$directory" >&2 || fail 'the key was not rotated'
  local end=$((SECONDS + patience))
  while status="$(token_status "$old")" && [ "$status" != 401 ]; do
    [ "$SECONDS" -lt "$end" ] || fail "the venue still answers $status to a token of the old key"
    sleep 0.2
  done
  [ "$status" = 401 ] || fail "the venue does not answer whether it takes a token of the old key"
  new="$(log_in)"
  status="$(token_status "$new")"
  [ "$status" = 200 ] || fail "the venue answers $status to a token of the new key"
  proven
}

rotate_api_key() {
  required --url "$url" --token-file "$token_file"
  need curl
  local old old_id answer new new_id status
  old="$(head -n 1 "$token_file")"
  [[ "$old" =~ ^hive_([0-9]+)_ ]] || fail "$token_file does not have a token of the venue (hive_NUMBER_…)"
  old_id="${BASH_REMATCH[1]}"
  if [ "$dry_run" = yes ]; then
    printf '+ POST /api/v1/keys, then %s gets the new token, then DELETE /api/v1/keys/%s\n' "$token_file" "$old_id"
    return
  fi
  answer="$(printf '{"kind":"token","label":"rotated","reason":"scheduled rotation of key %s"}' "$old_id" | request POST /keys "$old")"
  [ "$(status_of "$answer")" = 200 ] || fail "no key was added: $(body_of "$answer")"
  new="$(body_of "$answer" | json it.token)"
  new_id="$(body_of "$answer" | json it.keyId)"
  status="$(token_status "$new")"
  [ "$status" = 200 ] || fail "the venue answers $status to the new key $new_id: the old one stands"
  # First the file, then the end of the old one: whoever reads the file finds one that is good at any time.
  printf '%s\n' "$new" | put_file "$token_file"
  answer="$(request DELETE "/keys/$old_id?reason=scheduled%20rotation" "$new" </dev/null)"
  [ "$(status_of "$answer")" = 200 ] || fail "key $old_id still stands: $(body_of "$answer")"
  status="$(token_status "$old")"
  [ "$status" = 401 ] || fail "the venue answers $status to the old key $old_id"
  proven
}

# Whether a server lets the nodes' user in with the password of a file.
nats_lets_in() { program scripts/production/lib/nats-login.ts "$1" "$user" "$2"; }

rotate_nats() {
  required --password-file "$password_file" --server-file "$server_file" --user "$user" --nats "${servers[*]-}" --reload "$reload"
  if [ "$dry_run" = yes ]; then
    printf '+ a new password into %s and %s\n+ %s\n' "$password_file" "$server_file" "$reload"
    return
  fi
  local old server new status
  old="$(mktemp)"
  # shellcheck disable=SC2064
  trap "rm -f '$old'" EXIT
  cat "$password_file" >"$old"
  for server in "${servers[@]}"; do
    nats_lets_in "$server" "$old" || fail "$server does not let $user in with the password of $password_file: nothing was rotated"
  done
  new="$(node -p 'require("node:crypto").randomBytes(32).toString("base64url")')"
  # The nodes read their file at each connection. A server ends those of the old password when it reads its own: right after.
  printf '%s\n' "$new" | put_file "$password_file"
  printf 'HIVE_NATS_PASSWORD: "%s"\n' "$new" | put_file "$server_file"
  bash -c "$reload" || fail "the servers were not told: run $reload"
  local end=$((SECONDS + patience))
  for server in "${servers[@]}"; do
    until nats_lets_in "$server" "$password_file"; do
      [ "$SECONDS" -lt "$end" ] || fail "$server does not let $user in with the new password"
      sleep 0.2
    done
    status=0
    nats_lets_in "$server" "$old" || status=$?
    [ "$status" -eq 5 ] || fail "$server does not refuse the old password"
  done
  proven
}

# The certificate that a door shows, as its SHA-256.
shown_by() {
  openssl s_client -connect "$1" </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256 2>/dev/null || true
}

rotate_tls() {
  required --certificate "$certificate" --key "$key" --new-certificate "$new_certificate" --new-key "$new_key" --connect "${doors[*]-}"
  need openssl
  if [ "$dry_run" = yes ]; then
    printf '+ %s to %s\n+ %s to %s\n' "$new_key" "$key" "$new_certificate" "$certificate"
    return
  fi
  local wanted own of_key shown door
  wanted="$(openssl x509 -noout -fingerprint -sha256 -in "$new_certificate")"
  own="$(openssl x509 -noout -pubkey -in "$new_certificate")"
  of_key="$(openssl pkey -pubout -in "$new_key")"
  [ "$own" = "$of_key" ] || fail "$new_key is not the key of $new_certificate: nothing was rotated"
  openssl x509 -noout -checkend 0 -in "$new_certificate" >/dev/null || fail "$new_certificate has expired: nothing was rotated"
  # Between the two the files do not fit together: the node then keeps what it has, and looks again.
  put_file "$key" <"$new_key"
  put_file "$certificate" <"$new_certificate"
  local end=$((SECONDS + patience))
  for door in "${doors[@]}"; do
    while shown="$(shown_by "$door")" && [ "$shown" != "$wanted" ]; do
      [ "$SECONDS" -lt "$end" ] || fail "$door still shows ${shown:-no certificate}"
      sleep 0.5
    done
  done
  proven
}

case "$command" in
  signing-key) rotate_signing_key ;;
  api-key) rotate_api_key ;;
  nats) rotate_nats ;;
  tls) rotate_tls ;;
  '') usage_error 'signing-key, api-key, nats or tls?' ;;
  *) usage_error "unknown secret $command" ;;
esac
