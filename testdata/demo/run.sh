#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs the main job on a sample image: run.sh PROGRAM. Needs nothing but the
# program and coreutils, and leaves nothing behind.
set -eu

program=$(realpath "$1")
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# say TEXT: what comes next.
say() {
	printf '\n== %s\n' "$*"
}

# expect STATUS COMMAND...: shows a command, runs it, and insists on its exit status.
expect() {
	want=$1
	shift
	printf '$ %s\n' "$*" | sed "s|$work|DIR|g"
	status=0
	if [ "$1" = systemd-hardening ]; then
		shift
		"$program" "$@" || status=$?
	else
		"$@" || status=$?
	fi
	if [ "$status" -ne "$want" ]; then
		echo "exit status $status, expected $want" >&2
		exit 1
	fi
}

say 'What do the services of the image score on the device?'
expect 0 systemd-hardening scan rootfs --arch x86-64

say 'Why, row by row? Which lines does systemd ignore?'
expect 0 systemd-hardening scan rootfs logger.service --arch x86-64

say 'A gate for the build: exit status 3 when it is not met'
expect 3 systemd-hardening check rootfs --arch x86-64 --policy policy.conf --today 2027-01-01
expect 3 systemd-hardening check rootfs --arch x86-64 --threshold 5.0

say 'Hardening written into a layer, as a person would write it'
expect 0 systemd-hardening harden rootfs --arch x86-64 --layer "$work/meta-demo-hardening" --maintainer 'Demo <demo@example.com>'
expect 0 sh -c "cd '$work' && find meta-demo-hardening -type f | sort"

say 'The same as a plain tree, laid over the image'
expect 0 systemd-hardening harden rootfs --arch x86-64 --tree "$work/overlay"
expect 0 cp -a rootfs "$work/hardened"
expect 0 cp -a "$work/overlay/." "$work/hardened"
expect 0 systemd-hardening diff rootfs "$work/hardened" --arch x86-64
expect 0 systemd-hardening scan "$work/hardened" --arch x86-64

say 'The gate is met; what is waived is shown with its reason'
expect 0 systemd-hardening check "$work/hardened" --arch x86-64 --policy policy.conf --today 2027-01-01
