#!/usr/bin/env bash
# What the scripts that fetch packages of Debian to .cache/ have in common. They source it; it does nothing by itself. Needs no root: apt's
# lists for another release lie in .cache/ too.
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
apt_options=(-o 'APT::Sandbox::User=')

# Makes the folder $work for what comes to .cache/$1 in the end; it is gone when the script is.
begin_packages() {
  work="$root/.cache/$1-packages"
  rm -rf "$work"
  mkdir -p "$work"
  trap 'rm -rf "$work"' EXIT
}

# Lets apt know the source $1 and no other: the release $1 of Debian, its packages (deb) or their sources (deb-src).
use_debian() {
  mkdir -p "$work/lists/partial" "$work/archives/partial"
  echo "$2 [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $1 main" >"$work/sources.list"
  apt_options+=(
    -o "Dir::Etc::SourceList=$work/sources.list" -o 'Dir::Etc::SourceParts=-'
    -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work"
  )
  apt-get "${apt_options[@]}" update -qq
}

# Unpacks packages to $work/unpacked.
unpack_packages() {
  (cd "$work" && apt-get "${apt_options[@]}" download -qq "$@")
  local package
  for package in "$work"/*.deb; do dpkg-deb -x "$package" "$work/unpacked"; done
}

# Puts the folder $work/$1 in the place of .cache/$2.
end_packages() {
  rm -rf "${root:?}/.cache/$2"
  mv "$work/$1" "$root/.cache/$2"
}
