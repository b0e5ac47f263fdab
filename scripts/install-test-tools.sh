#!/usr/bin/env bash
# Installs what some tests look for beyond npm's packages (Debian: tshark). Tests whose tool is absent are skipped and
# say so, so this may fail on a machine without root or without Debian's packages.
set -euo pipefail
command -v tshark >/dev/null && exit 0
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends tshark >/dev/null
