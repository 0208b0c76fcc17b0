#!/bin/sh
# Opens the disk image, lets the program on it test itself, and closes it.
#
#   try-image.sh dist/opside-desktop-1.2.0-macos-arm64.dmg
set -eu

image="${1:?Name the image.}"
place="$(mktemp -d)"
hdiutil attach "$image" -readonly -nobrowse -mountpoint "$place"
trap 'hdiutil detach "$place" && rmdir "$place"' EXIT
[ -L "$place/Applications" ] || { echo "$image has no link to Applications." >&2; exit 1; }
"$place/Opside Desktop.app/Contents/MacOS/opside-desktop" --self-test
