#!/usr/bin/env bash
# Builds the Dockerfile without a container engine and without an image registry, and proves that the result works: buildah in a chroot, on base
# images made of Debian's packages (debootstrap), then a node is started from the built root file system, as the image's user, and the image's own
# health check must succeed. Needs root. What it lacks it installs with apt.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: scripts/dev/build-image.sh [--work DIR] [--tag NAME] [--keep] [--help]

  --work DIR   where base images and layers lie (default .cache/image)
  --tag NAME   name of the image (default localhost/hive-mind:dev)
  --keep       leave the containers that were used

Prints the size of the image and of its parts. Exit status 0: built, and the health check succeeded.
TEXT
}

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
work="$root/.cache/image"
tag=localhost/hive-mind:dev
keep=false
while [ $# -gt 0 ]; do
  case "$1" in
    --work) work="$2"; shift 2 ;;
    --tag) tag="$2"; shift 2 ;;
    --keep) keep=true; shift ;;
    --help) usage; exit 0 ;;
    *) echo "build-image: unknown argument $1 (see --help)" >&2; exit 2 ;;
  esac
done
say() { echo "build-image: $*"; }

if [ "$(id -u)" -ne 0 ]; then
  echo 'build-image: needs root, for chroot and for the owners of files: run it with sudo, or with any container engine "docker build ."' >&2
  exit 2
fi
if ! command -v buildah >/dev/null || ! command -v debootstrap >/dev/null; then
  say 'installs buildah and debootstrap'
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends buildah debootstrap >/dev/null
fi
node="$root/node_modules/node/bin/node"
npm="$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")"
[ -x "$node" ] || { echo 'build-image: the pinned Node is not installed: run "npm ci" first' >&2; exit 2; }

mkdir -p "$work"
work="$(cd "$work" && pwd)"
run_buildah() { buildah --root "$work/storage" --runroot "$work/run" --storage-driver vfs "$@"; }

# Makes an image of a directory.
image_of() {
  local name="$1" directory="$2" container
  shift 2
  container="$(run_buildah from scratch)"
  run_buildah add --quiet "$container" "$directory" / >/dev/null
  run_buildah config "$@" "$container"
  run_buildah commit --quiet --rm "$container" "$name" >/dev/null
}

if ! run_buildah inspect --type image localhost/hive-base:build >/dev/null 2>&1; then
  say 'makes the base images'
  rm -rf "$work/build" "$work/runtime"
  debootstrap --variant=minbase --include=libatomic1 bookworm "$work/build" >"$work/debootstrap.log" 2>&1 || { tail "$work/debootstrap.log" >&2; exit 1; }
  # What a program linked with the C++ library needs, as the distroless image for such has it.
  mkdir -p "$work/runtime/etc"
  for package in base-files libc6 libgcc-s1 libstdc++6 tzdata; do
    for file in "$work/build/var/cache/apt/archives/${package}"_*.deb; do dpkg-deb -x "$file" "$work/runtime"; done
  done
  rm -rf "$work/runtime/usr/share/doc" "$work/runtime/usr/share/man" "$work/runtime/usr/share/locale" "$work/build/var/cache/apt/archives"
  printf 'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n' >"$work/runtime/etc/passwd"
  printf 'root:x:0:\nnonroot:x:65532:\n' >"$work/runtime/etc/group"
  install -d -m 1777 "$work/runtime/tmp"
  # The pinned Node, this machine's npm, and the certificates that it trusts.
  install -D -m 0755 "$node" "$work/build/usr/local/bin/node"
  mkdir -p "$work/build/usr/local/lib/node_modules" "$work/build/etc/ssl/certs"
  cp -a "$npm" "$work/build/usr/local/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$work/build/usr/local/bin/npm"
  cp -L /etc/ssl/certs/ca-certificates.crt "$work/build/etc/ssl/certs/ca-certificates.crt"
  image_of localhost/hive-base:build "$work/build" --env PATH=/usr/local/bin:/usr/bin:/bin --env NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
  image_of localhost/hive-base:runtime "$work/runtime" --user 65532:65532
  rm -rf "$work/build" "$work/runtime"
fi

say 'builds the Dockerfile'
run_buildah bud --quiet --isolation chroot --format docker --layers=false \
  --build-arg NODE_IMAGE=localhost/hive-base:build --build-arg BASE_IMAGE=localhost/hive-base:runtime \
  --build-arg VERSION="$(node -p 'require(process.argv[1]).version' "$root/package.json")" \
  --build-arg REVISION="$(git -C "$root" rev-parse HEAD 2>/dev/null || echo unknown)" \
  --tag "$tag" "$root" >/dev/null

container="$(run_buildah from --pull-never "$tag")"
mount="$(run_buildah mount "$container")"
pid=''
finish() {
  [ -z "$pid" ] || { kill -TERM "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; }
  for path in tmp var/lib/hive-mind; do umount "$mount/$path" 2>/dev/null || true; done
  umount "$mount/proc" 2>/dev/null || true
  umount "$mount" 2>/dev/null || true
  run_buildah umount "$container" >/dev/null || true
  $keep || run_buildah rm "$container" >/dev/null || true
}
trap finish EXIT

for tool in bin/sh usr/bin/sh usr/bin/npm usr/local/bin/npm usr/bin/gcc usr/bin/apt-get usr/bin/dpkg; do
  [ ! -e "$mount/$tool" ] || { echo "build-image: the image has /$tool" >&2; exit 1; }
done
size() { du -sm --apparent-size "$@" | awk '{ sum += $1 } END { print sum }'; }
say "image $tag: $(size "$mount") MB: node $(size "$mount/usr/local/bin/node"), dependencies $(size "$mount/app/node_modules"), sources $(size "$mount/app/src" "$mount/app/bin"), console $(size "$mount/app/dist"), compiled $(size "$mount/app/.cache"), the rest is the base"

say 'starts a node from it: read-only root, user 65532, no privileges'
mount --bind "$mount" "$mount"
mkdir -p "$mount/proc" 2>/dev/null || true
mount -t tmpfs -o mode=1777 tmpfs "$mount/tmp"
mount -t tmpfs -o uid=65532,gid=65532,mode=0700 tmpfs "$mount/var/lib/hive-mind"
mount -t proc proc "$mount/proc"
mount -o remount,bind,ro "$mount"
config="$(run_buildah inspect --type image "$tag")"
field() { node -e 'const { Docker: { config } } = JSON.parse(process.argv[1]); console.log(eval(process.argv[2]).join("\n"))' "$config" "$1"; }
mapfile -t entrypoint < <(field config.Entrypoint)
mapfile -t check < <(field 'config.Healthcheck.Test.slice(1)')
in_image() { exec env -i PATH=/usr/sbin:/usr/bin:/usr/local/bin NODE_ENV=production chroot --userspec=65532:65532 --groups='' "$mount" "$@"; }
(in_image "${entrypoint[@]}" start --no-demo --data-dir /var/lib/hive-mind/data) >"$work/node.log" 2>&1 &
pid=$!
began="$(date +%s%N)"
until (in_image "${check[@]}"); do
  if ! kill -0 "$pid" 2>/dev/null || [ $(($(date +%s%N) - began)) -gt 60000000000 ]; then
    echo 'build-image: the health check does not succeed; the node said:' >&2
    tail -20 "$work/node.log" >&2
    exit 1
  fi
done
say "health check succeeds $((($(date +%s%N) - began) / 1000000)) ms after the start"
until grep -q 'is ready' "$work/node.log"; do kill -0 "$pid"; done
kill -TERM "$pid"
wait "$pid"
pid=''
if (in_image "${check[@]}"); then
  echo 'build-image: the health check succeeds without a node' >&2
  exit 1
fi
say 'stops on SIGTERM with status 0, and the health check fails without it'
