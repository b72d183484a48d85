# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What every script here shares: where things are, how to talk, how to take a lock, how to fill the cache.
# Source it; it changes no state beyond variables.

# A normal user's PATH on Debian lacks depmod, nft, tc, ...
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
# What is made here for the virtual machine belongs to root there, and others have to read it.
umask 022

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck disable=SC2034  # for the scripts that source this
{
cache=${KITE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kite}
build=$top/build
kernels="6.1 6.12 debug"
}

# say TEXT...: progress, on stderr, so that stdout stays what was asked for
say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# die TEXT...: a last word, then exit 1
die() { say "$*"; exit 1; }

# hash_of: 16 hex digits over stdin
hash_of() { sha256sum | cut -c1-16; }

# locked FILE COMMAND...: run COMMAND while holding a lock on FILE, waiting for whoever has it
locked() {
	local fd
	mkdir -p "${1%/*}"
	exec {fd}>"$1"
	flock -n "$fd" || { say "waiting for another process that is preparing ${1##*/}"; flock "$fd"; }
	"${@:2}"
	exec {fd}>&-
}

# fill DIR COMMAND...: have COMMAND DIR.tmp fill a fresh directory and move it to DIR only when it succeeded, so that DIR
# exists only whole. Just notes that DIR was used when it does. Relies on set -e: do not call it as part of a condition.
fill() {
	[ -d "$1" ] || locked "$cache/lock/${1##*/}" fill_locked "$@"
	touch "$1"
}

fill_locked() {
	[ ! -d "$1" ] || return 0
	rm -rf "$1.tmp"
	mkdir -p "$1.tmp"
	"${@:2}" "$1.tmp"
	mv "$1.tmp" "$1"
}

# newest PATTERN: the whole directories that match the glob PATTERN, the one used last first
newest() {
	# shellcheck disable=SC2012,SC2086  # our own names, and a glob on purpose
	ls -dt $1 2>/dev/null | sed '/\.tmp$/d'
}

# prune PATTERN KEEP: of the directories that match the glob PATTERN keep the KEEP that were used last, and of the unfinished
# ones those that may still be worked on
prune() {
	local old
	# shellcheck disable=SC2086  # a glob on purpose
	find $1 -maxdepth 0 -name '*.tmp' -mtime +0 -exec rm -rf {} +
	newest "$1" | tail -n "+$(($2 + 1))" | while read -r old; do
		rm -rf "$old"
	done
}

# What building the module and the kernels needs, what the virtual machine is made of, and what runs on the host beside it
build_packages="gcc-12 gcc make bc bison flex libc6-dev libelf-dev libssl-dev libmnl-dev cpio kmod lz4 perl python3 rsync
	sparse xz-utils zstd linux-source-6.12"
guest_packages="bash busybox-static coreutils ethtool grep iperf3 iproute2 iputils-ping iputils-tracepath kmod net-tools nftables
	procps sed socat tcpdump traceroute util-linux"
host_packages="qemu-system-x86 shellcheck tshark"

# missing_packages: print those of the packages above that are not installed
missing_packages() {
	# shellcheck disable=SC2086  # one word a package
	printf '%s\n' $build_packages $guest_packages $host_packages | sort -u | comm -23 - <(
		dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | sort -u)
}
