#!/usr/bin/env bash
# Installs Debian's chromium for the tests of the console in test/browser; they are skipped without it.
set -euo pipefail
command -v chromium > /dev/null && exit 0
if [ "$(id -u)" != 0 ]; then
  echo 'as root: apt-get install chromium' >&2
  exit 1
fi
# Ubuntu's package of this name is a snap, which does not run in a container.
. /etc/os-release
if [ "${ID:-}" != debian ]; then
  echo "Debian's chromium is not in the packages of ${ID:-this system}" >&2
  exit 1
fi
apt-get update -qq
apt-get install -qq -y --no-install-recommends chromium > /dev/null
chromium --version
