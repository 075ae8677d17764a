#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds plugins/template/project as an integrator does: from an installed Postern, by pkg-config, with make and with meson,
# outside this tree; then test_template loads each result through the real host and talks to it.
# usage: template.sh BUILD_ROOT TEMPLATE_FOLDER TEST_PROGRAM
set -eu
build=$1 template=$2 program=$3
work=$(mktemp -d /tmp/postern-template-XXXXXX)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
meson install -C "$build" --no-rebuild --destdir "$work/root" >"$work/install.log" 2>&1 ||
	{ cat "$work/install.log"; exit 1; }
pc=$(find "$work/root" -name postern-plugin.pc)
test -n "$pc" || { echo "postern-plugin.pc is not installed"; exit 1; }
export PKG_CONFIG_PATH="$(dirname "$pc")" PKG_CONFIG_SYSROOT_DIR="$work/root"
unset CFLAGS LDFLAGS DESTDIR MAKEFLAGS || true

cp -r "$template" "$work/by-make"
make -C "$work/by-make" >"$work/make.log" 2>&1 || { cat "$work/make.log"; exit 1; }
TEMPLATE="$work/by-make/reader-template.plugin" "$program"

cp -r "$template" "$work/by-meson"
meson setup "$work/by-meson/build" "$work/by-meson" >"$work/meson.log" 2>&1 &&
	meson compile -C "$work/by-meson/build" >>"$work/meson.log" 2>&1 || { cat "$work/meson.log"; exit 1; }
cp "$work/by-meson/build/reader-template.so" "$work/by-meson/"
TEMPLATE="$work/by-meson/reader-template.plugin" "$program"
