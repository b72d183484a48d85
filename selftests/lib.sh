# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2015,SC2317
# TAP for the selftest scripts, and the hosts of hosts.sh. Source it first; the last command of a script is finish.

# shellcheck source=hosts.sh
. "$(dirname "${BASH_SOURCE[0]}")/hosts.sh"

count=0		# results so far
failures=0
skips=0
finished=

echo "TAP version 13"

# comment: turn stdin into TAP comments
comment() { sed 's/^/# /'; }

# ok NAME: something that was promised holds
ok() { echo "ok $((++count)) - $1"; }

# not_ok NAME: it does not
not_ok() { echo "not ok $((++count)) - $1"; failures=$((failures + 1)); }

# check NAME COMMAND...: NAME is promised, and COMMAND succeeds exactly when it holds. What COMMAND prints is shown if not.
check() {
	local name=$1
	shift
	if "$@" >"$tmp/check" 2>&1; then
		ok "$name"
	else
		not_ok "$name"
		{ echo "failed: $*"; cat "$tmp/check"; } | comment
	fi
}

# skip NAME WHY: NAME cannot be tested on this kernel
skip() { echo "ok $((++count)) - $1 # SKIP $2"; skips=$((skips + 1)); }

# skip_all WHY: nothing here can be tested on this kernel; ends the script
skip_all() { echo "1..0 # SKIP $1"; finished=y; exit 4; }

# bail WHY: the test itself cannot go on; ends the script
bail() { echo "Bail out! $1"; finished=y; exit 1; }

# finish: the last command of every script: prints the plan and, after a failure, what the programs said; ends the script
finish() {
	local out
	if [ "$failures" -gt 0 ]; then
		for out in "$tmp"/*.out; do
			[ -s "$out" ] && { echo "--- ${out##*/}"; tail -n 20 "$out"; } | comment
		done
	fi
	echo "1..$count"
	echo "# Totals: pass:$((count - failures - skips)) fail:$failures skip:$skips"
	finished=y
	[ "$failures" -eq 0 ] && [ "$count" -gt 0 ]
	exit
}

end_of_test() {
	local status=$?
	[ -n "$finished" ] || { echo "Bail out! $script ended early"; status=1; }
	(exit "$status")
	clean_up
}
trap end_of_test EXIT
