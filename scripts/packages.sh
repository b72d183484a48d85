# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# Debian packages that are downloaded and unpacked, but not installed. Source it after lib.sh.

# fetch DIR STATUS PACKAGE...: the packages and all that they depend on, into DIR/archives, except what the file STATUS says is
# there, as dpkg's own does
fetch() {
	mkdir -p "$1/archives/partial"
	if ! download "$@"; then
		# What yesterday's lists name may be gone from the mirrors.
		"$top/scripts/setup" --update
		download "$@" || { cat "$1/log" >&2; die "cannot download them"; }
	fi
}

download() {
	apt-get -q -y --no-install-recommends --download-only -o Dir::State::status="$2" -o Dir::Cache="$1" \
		-o Debug::NoLocking=1 install "${@:3}" >"$1/log" 2>&1
}

# unpack DEB_DIR DIR [OPTION...]: all packages in DEB_DIR but the C library, which is the machine's own; OPTIONs are tar's
unpack() {
	local deb
	# Debian 12 has programs in /usr alone; its packages still say /lib.
	mkdir -p "$2"/usr/{bin,sbin,lib,lib64}
	ln -s usr/bin usr/sbin usr/lib usr/lib64 "$2/"
	for deb in "$1"/*.deb; do
		case ${deb##*/} in libc6_*) continue ;; esac
		dpkg-deb --fsys-tarfile "$deb" |
			tar -x -C "$2" --keep-directory-symlink --no-same-owner "${@:3}"
	done
}
