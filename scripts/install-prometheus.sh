#!/usr/bin/env bash
# Fetches Debian's Prometheus and Alertmanager, with promtool and amtool, and unpacks them to .cache/prometheus/ for the tests of monitoring/.
# The tests are skipped, and say so, where a program is absent; so this may fail on a machine without apt or without a network. Needs no root:
# apt's lists for it lie in .cache/ too.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
target="$root/.cache/prometheus"
programs=(prometheus promtool prometheus-alertmanager amtool)

# Fails when one of the programs below $1 is not there or does not run.
check_programs() {
  local program
  for program in "${programs[@]}"; do
    "$1/usr/bin/$program" --version >/dev/null 2>&1 && continue
    echo "$1/usr/bin/$program does not run" >&2
    return 1
  done
}

if [ -d "$target" ] && check_programs "$target"; then exit 0; fi

work="$root/.cache/prometheus-package"
rm -rf "$work"
mkdir -p "$work/lists/partial" "$work/archives/partial"
trap 'rm -rf "$work"' EXIT
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keyring] http://deb.debian.org/debian bookworm main" >"$work/sources.list"
options=(
  -o "Dir::Etc::SourceList=$work/sources.list" -o 'Dir::Etc::SourceParts=-'
  -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work" -o 'APT::Sandbox::User='
)
apt-get "${options[@]}" update -qq
(cd "$work" && apt-get "${options[@]}" download -qq prometheus prometheus-alertmanager)
for package in "$work"/prometheus*.deb; do dpkg-deb -x "$package" "$work/unpacked"; done
check_programs "$work/unpacked"
rm -rf "$target"
mv "$work/unpacked" "$target"
