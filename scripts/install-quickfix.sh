#!/usr/bin/env bash
# Fetches Debian's source package of QuickFIX and unpacks its acceptance definitions and dictionaries to .cache/quickfix/
# for test/fix-acceptance. The test is skipped, and says so, where they are absent; so this may fail on a machine without
# apt or without a network. Needs no root.
set -euo pipefail
# shellcheck source=scripts/debian-packages.sh
. "$(dirname "${BASH_SOURCE[0]}")/debian-packages.sh"
[ -d "$root/.cache/quickfix/definitions/fix44" ] && exit 0
begin_packages quickfix
. /etc/os-release
use_debian "$VERSION_CODENAME" deb-src
(cd "$work" && apt-get "${apt_options[@]}" source --download-only -qq quickfix)
mkdir "$work/unpacked"
tar -xf "$work"/quickfix_*.orig.tar.* -C "$work/unpacked" --strip-components=1
mkdir -p "$work/ready/definitions"
cp -r "$work/unpacked/test/definitions/server"/fix{42,44,50sp2} "$work/ready/definitions/"
cp -r "$work/unpacked/spec" "$work/ready/spec"
end_packages ready quickfix
