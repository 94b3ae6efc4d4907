#!/usr/bin/env bash
# Tries an archive of `cargo xtask dist` on a Debian made from nothing, with neither Rust nor this repository in it:
# what is missing is said; then `up` runs from a read-only folder, as root and as an ordinary user, speaks by the lines that it
# prints, and ends with 0 on Ctrl-C. Needs root and, where there is no ROOT yet, mmdebstrap and Debian's packages.
#
#   bash xtask/dist/try.sh target/dist/kiskadee-0.1.0-x86_64-linux.tar.gz [ROOT]
#
# ROOT (default: target/dist/debian) is kept for the next time, which then needs no network.
set -euo pipefail

archive=$(realpath "$1")
root=$(realpath -m "${2:-$(dirname "$archive")/debian}")
suite=${KISKADEE_TRY_SUITE:-bookworm}

make_root() {
  [ -e "$root/made" ] && return
  mkdir -p "$root"
  mmdebstrap --quiet --variant=apt "$suite" "$root/bare"
  mmdebstrap --quiet --variant=apt --include=postgresql,espeak-ng,ffmpeg,curl,ca-certificates \
    --customize-hook='chroot "$1" useradd --uid 1234 someone' "$suite" "$root/full"
  touch "$root/made"
}

# Runs inside.sh in one of the two systems, in namespaces of its own; nothing of it outlives this script. Nothing can be written
# but the folders of the system's users, and there is no network but the loopback.
inside() {
  unshare --mount --pid --fork --kill-child --net bash -euc '
    system=$1 folder=$2
    shift 2
    ip link set lo up
    mkdir -p "$system/opt/kiskadee" "$system/var/lib/kiskadee"
    mount --bind "$system" "$system"
    mount -o remount,bind,ro "$system"
    mount --bind "$folder" "$system/opt/kiskadee"
    mount -o remount,bind,ro "$system/opt/kiskadee"
    mount -t proc proc "$system/proc"
    mount --rbind /dev "$system/dev"
    mount -t tmpfs -o mode=1777 tmpfs "$system/tmp"
    mount -t tmpfs -o mode=700 tmpfs "$system/root"
    mount -t tmpfs tmpfs "$system/var/lib/kiskadee"
    exec chroot "$system" env -i PATH=/usr/bin:/bin:/usr/sbin:/sbin "$@"
  ' - "$1" "$unpacked" "${@:2}"
}

make_root
unpacked=$(mktemp -d)
trap 'rm -rf "$unpacked"' EXIT
tar -xzf "$archive" -C "$unpacked" --strip-components=1 --no-same-owner
cp "$(dirname "$0")/inside.sh" "$unpacked/inside.sh"
# Whoever unpacks decides who may read; here an ordinary user runs what root unpacked.
chmod 755 "$unpacked"

inside "$root/bare" HOME=/root bash /opt/kiskadee/inside.sh lacking
inside "$root/full" HOME=/root bash /opt/kiskadee/inside.sh up
inside "$root/full" HOME=/tmp/home setpriv --reuid 1234 --regid 1234 --clear-groups bash /opt/kiskadee/inside.sh up
echo "the archive works"
