#!/usr/bin/env bash
# Builds the QuickFIX counterparty of test/fix-quickfix and bench/fix.ts to .cache/quickfix-libraries/counterparty, with Debian's packages
# libquickfix-dev and libquickfix17, which it unpacks beside it. Needs no root, but g++. The test is skipped, and says so, where
# the program is absent; so this may fail on a machine without apt, without a network or without a compiler.
set -euo pipefail
# shellcheck source=scripts/debian-packages.sh
. "$(dirname "${BASH_SOURCE[0]}")/debian-packages.sh"
source="$root/test/fix-quickfix/counterparty.cpp"
target="$root/.cache/quickfix-libraries/counterparty"
[ "$target" -nt "$source" ] && exit 0

libraries="$root/.cache/quickfix-libraries"
if [ ! -d "$libraries/usr" ]; then
  begin_packages quickfix-libraries
  unpack_packages libquickfix-dev libquickfix17
  end_packages unpacked quickfix-libraries
fi
library="$(dirname "$(find "$libraries" -name libquickfix.so)")"
g++ -std=c++14 -O2 -w -I "$libraries/usr/include" "$source" -L "$library" "-Wl,-rpath,$library" -lquickfix -lpthread -o "$target"
